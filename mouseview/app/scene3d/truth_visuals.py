"""Where a declaration is false: the subject as a ball, and the frustum that the selected camera's pixels truly show."""

from __future__ import annotations

import numpy as np

from mouseview.app.scene3d import geometry
from mouseview.app.scene3d.camera_visuals import frustum
from mouseview.app.scene3d.programs import Frame, Segments
from mouseview.app.scene3d.scene import Scene
from mouseview.app.scene3d.state import RayColour
from mouseview.app.scene3d.visual import LinesVisual
from mouseview.geometry.transforms import Array
from mouseview.model.camera import Camera, Rig

_CIRCLE = 48  # points


def _circles(centre: Array, radius: float) -> list[Array]:
    """Three great circles, (48, 3) each."""
    angle = 2 * np.pi * np.arange(_CIRCLE) / _CIRCLE
    flat = np.stack([np.cos(angle), np.sin(angle), np.zeros(_CIRCLE)], axis=-1)
    return [centre + radius * np.roll(flat, axis, axis=-1) for axis in range(3)]


class BallVisual(LinesVisual):
    """The subject's ball: where a mode is not true, and where rays are judged by it."""

    def sources(self, scene: Scene) -> tuple[object, ...]:
        state = scene.state
        return state.layers.ball, state.ball, state.true_after, state.ray_field, state.similarity, state.theme

    def segments(self, scene: Scene) -> list[Segments]:
        state = scene.state
        judged = state.ray_field is not None and state.ray_field.colour is RayColour.WINDOW
        ball = geometry.display_ball(state) if state.layers.ball else None
        if ball is None or not (judged or state.true_after is not None):
            return []
        rgb = scene.palette.mark
        return [
            Segments.path(circle, rgb, closed=True, opacity=0.75, width=1.3)
            for circle in _circles(ball.centre, ball.radius)
        ]

    def draw(self, frame: Frame) -> None:
        self._lines.draw(frame, through=0.35)


def _true_camera(scene: Scene) -> Camera | None:
    """Of what the selected camera's pixels show, where that is not what is declared."""
    state = scene.state
    if not state.layers.ball or state.true_after is None or state.selected not in state.true_after.names:
        return None
    return state.true_after[state.selected]


class TrueFrustumVisual(LinesVisual):
    """Beside the declared frustum of the selected camera the true one, dashed, as far as the scene shows ``after``."""

    def sources(self, scene: Scene) -> tuple[object, ...]:
        state = scene.state
        return _true_camera(scene), state.blend, scene.depth, state.theme

    def segments(self, scene: Scene) -> list[Segments]:
        state, camera = scene.state, _true_camera(scene)
        if camera is None:
            return []
        (shown,) = geometry.ghost_cameras(Rig((camera,)))
        opacity = state.blend if state.before is not None else 1.0
        return frustum(shown, 1.25 * scene.depth, scene.palette.mark, opacity, 1.6, 6.0)
