"""Where a declaration is false the scene shows the subject's ball and the true frustum; nothing where it is true."""

from __future__ import annotations

import numpy as np
import pytest

from mouseview.app.scene3d.geometry import display_ball
from mouseview.app.scene3d.palette import PALETTES
from mouseview.app.scene3d.state import Ball, Layers, SceneState, Theme
from mouseview.app.scene3d.view import SceneView
from mouseview.model.camera import Rig
from tests.app.scene3d.example import CENTRE_MM, SCALE, normalised, rig_mm, similarity

BARE = Layers(names=False, axes=False, ground=False, box=False, frusta=False, textures=False)


def false_state(**changes: object) -> SceneState:
    before = rig_mm()
    after = normalised(before)
    true = Rig(tuple(camera.replace(K=camera.K @ np.diag([0.6, 0.6, 1.0])) for camera in after))
    state = SceneState(
        before=before,
        after=after,
        similarity=similarity(),
        blend=1.0,
        selected="cam_1",
        true_after=true,
        ball=Ball(CENTRE_MM + 10.0, 60.0),
        layers=BARE,
        theme=Theme.LIGHT,
    )
    return state.replace(**changes)


def marked(view: SceneView, state: SceneState) -> int:
    """Pixels in the colour of marks, within what blending leaves."""
    view.set_state(state)
    picture = view.screenshot()[..., :3].astype(int)
    gap = np.abs(picture - np.round(255 * np.array(PALETTES[state.theme].mark))).max(axis=-1)
    return int(np.sum(gap < 90))


def test_the_ball_is_shown_in_the_frame_of_the_scene() -> None:
    ball = display_ball(false_state())
    assert ball is not None
    np.testing.assert_allclose(ball.centre, SCALE * np.full(3, 10.0), atol=1e-12)
    assert ball.radius == pytest.approx(60 * SCALE)
    assert display_ball(false_state(ball=None)) is None
    assert display_ball(false_state(ball=Ball(np.full(3, np.nan), 1.0))) is None


def test_ball_and_true_frustum_are_drawn_only_where_something_is_false(view: SceneView) -> None:
    both = marked(view, false_state())
    ball_alone = marked(view, false_state(selected=None))
    frustum_alone = marked(view, false_state(ball=None))
    assert both > max(ball_alone, frustum_alone)
    assert ball_alone > 100
    assert frustum_alone > 50
    for bare in (
        false_state(true_after=None),
        false_state(layers=BARE.replace(ball=False)),
        false_state(ball=None, blend=0.0),
    ):
        assert marked(view, bare) < 5  # the letters of the status have some
