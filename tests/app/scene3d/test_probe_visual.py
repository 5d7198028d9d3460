"""The probe in the scene: its points, rays and ruler are drawn where they are, in both themes."""

from __future__ import annotations

import numpy as np
import pytest

from mouseview.app.probing.probe import Probe
from mouseview.app.probing.scene import probe_shape
from mouseview.app.probing.solution import solve_probe
from mouseview.app.scene3d.geometry import display_point
from mouseview.app.scene3d.palette import PALETTES
from mouseview.app.scene3d.state import Layers, SceneState, Theme
from mouseview.app.scene3d.view import SceneView
from mouseview.geometry.transforms import Array, Similarity
from tests.rigs import SUBJECT_MM, mouse_ring

BARE = Layers(names=False, axes=False, ground=False, box=False, frusta=False)
ENDS = SUBJECT_MM + np.array([[0.0, 0, 0], [60, -30, 20]])


def probed(theme: Theme) -> SceneState:
    rig, probe = mouse_ring(), Probe("s")
    for which, end in enumerate(ENDS):
        for camera in rig.cameras[:4]:
            probe = probe.with_mark(camera.name, *camera.project(end)[0], point=which)
    similarity = Similarity.about(SUBJECT_MM, 1 / 120)
    return SceneState(
        before=rig, similarity=similarity, layers=BARE, theme=theme, probe=probe_shape(solve_probe(rig, probe))
    )


def near(view: SceneView, point: Array, colour: tuple[float, float, float], reach_px: int = 4) -> float:
    """How close the nearest pixel about a display point comes to a colour, 0..1 a channel."""
    picture = view.screenshot()[..., :3] / 255.0
    ratio = picture.shape[1] / view.width()
    x, y = view.navigator.viewpoint.project(point, (view.width(), view.height()))[:2] * ratio
    window = picture[int(y) - reach_px : int(y) + reach_px + 1, int(x) - reach_px : int(x) + reach_px + 1]
    return float(np.abs(window - np.array(colour)).max(axis=-1).min())


@pytest.mark.parametrize("theme", list(Theme))
def test_points_rays_and_ruler_are_where_they_are(view: SceneView, theme: Theme) -> None:
    state = probed(theme)
    view.set_state(state)
    palette = PALETTES[theme]
    for which, end in enumerate(ENDS):
        assert near(view, display_point(state, end), palette.probe[which]) < 0.06
    assert near(view, display_point(state, ENDS.mean(axis=0)), palette.text) < 0.2
    camera = state.before[1]
    along = display_point(state, camera.centre + 0.5 * (ENDS[0] - camera.centre))
    assert near(view, along, palette.probe[0]) < 0.25
    view.set_state(state.replace(probe=None))
    assert near(view, display_point(state, ENDS[0]), palette.probe[0]) > 0.2
