"""What stands around the cameras: backdrop, ground, box, axes and marks."""

from __future__ import annotations

import numpy as np

from mouseview.app.scene3d import geometry
from mouseview.app.scene3d.geometry import BOX_EDGES
from mouseview.app.scene3d.programs import Backdrop, Frame, Kit, Points, Segments
from mouseview.app.scene3d.scene import Scene
from mouseview.app.scene3d.visual import LinesVisual, Visual
from mouseview.geometry.transforms import Array


class BackdropVisual(Visual):
    def __init__(self, kit: Kit) -> None:
        super().__init__(kit)
        self._backdrop = Backdrop(kit)

    def sources(self, scene: Scene) -> tuple[object, ...]:
        return (scene.state.theme,)

    def build(self, scene: Scene) -> None:
        self._backdrop.set(scene.palette.sky, scene.palette.floor)

    def draw(self, frame: Frame) -> None:
        self._backdrop.draw(frame)


class GroundVisual(LinesVisual):
    """A grid that fades outwards, and a stem from every camera down to it."""

    def sources(self, scene: Scene) -> tuple[object, ...]:
        return scene.state.layers.ground, scene.ground, scene.cameras, scene.state.theme

    def segments(self, scene: Scene) -> list[Segments]:
        if not scene.state.layers.ground:
            return []
        ground, colour = scene.ground, scene.palette.grid
        steps = np.arange(-round(ground.half / ground.step), round(ground.half / ground.step) + 1)
        pieces = steps[:-1]
        middle = np.array([*ground.centre, ground.height])
        parts = []
        for axis in (0, 1):
            starts = np.zeros((len(steps), len(pieces), 3))
            starts[..., 1 - axis] = steps[:, None] * ground.step
            starts[..., axis] = pieces[None] * ground.step
            ends = starts.copy()
            ends[..., axis] += ground.step
            a, b = starts.reshape(-1, 3), ends.reshape(-1, 3)
            grid = Segments.of(middle + a, middle + b, colour, width=1.0)
            strong = np.repeat(np.where(steps % 5 == 0, 0.62, 0.3), len(pieces))
            for end, points in enumerate((a, b)):
                fading = 1 - np.linalg.norm(points, axis=-1) / ground.half
                grid.rgba[:, end, 3] = strong * np.clip(1.6 * fading, 0, 1)
            parts.append(grid)
        for camera in scene.cameras:
            foot = np.array([*camera.centre[:2], ground.height])
            parts.append(Segments.of(camera.centre, foot, colour, (0.55 * camera.presence, 0.15), width=1.0))
        return parts


class BoxVisual(LinesVisual):
    """The ±1 cube that the subject should fill."""

    def sources(self, scene: Scene) -> tuple[object, ...]:
        return scene.state.layers.box, scene.state.model_format, scene.state.theme

    def segments(self, scene: Scene) -> list[Segments]:
        if not scene.state.layers.box or scene.state.model_format is None:
            return []
        corners = geometry.box_corners(scene.state.model_format.box)
        a, b = corners[BOX_EDGES[:, 0]], corners[BOX_EDGES[:, 1]]
        whole = Segments.of(a, b, scene.palette.box, 0.38, width=1.0)
        # brackets at the corners read as a box without fencing the subject in
        stubs = [Segments.of(p, p + 0.14 * (q - p), scene.palette.box, 0.95, width=1.8) for p, q in ((a, b), (b, a))]
        return [whole, *stubs]


class AxesVisual(LinesVisual):
    """X red, Y green, Z blue from the display frame's origin."""

    def sources(self, scene: Scene) -> tuple[object, ...]:
        return scene.state.layers.axes, axis_length(scene), scene.state.theme

    def segments(self, scene: Scene) -> list[Segments]:
        if not scene.state.layers.axes:
            return []
        ends = axis_length(scene) * np.eye(3)
        return [Segments.of(np.zeros(3), ends[i], scene.palette.axes[i], 0.95, width=2.2) for i in range(3)]

    def draw(self, frame: Frame) -> None:
        self._lines.draw(frame, through=0.35)


def axis_length(scene: Scene) -> float:
    return 0.6 * geometry.subject_radius(scene.state)


class MarksVisual(Visual):
    """Subject centre (dot), meeting point of the optical axes (ring)."""

    def __init__(self, kit: Kit) -> None:
        super().__init__(kit)
        self._rings, self._dots, self._halos = (Points(kit, on_top=True) for _ in range(3))

    def sources(self, scene: Scene) -> tuple[object, ...]:
        s = scene.state
        return s.meeting_point, s.subject_centre, s.similarity, s.before, s.layers.optical_axes, s.theme

    def build(self, scene: Scene) -> None:
        state, palette = scene.state, scene.palette
        meeting = state.meeting_point if state.layers.optical_axes else None
        self._rings.set(shown_points(scene, meeting), (*palette.mark, 1.0), least_px=15.0, hole=0.7)
        dots = shown_points(scene, state.subject_centre)
        self._halos.set(dots, (*palette.plate, 1.0), least_px=9.0)
        self._dots.set(dots, (*palette.mark, 1.0), least_px=6.0)

    def draw(self, frame: Frame) -> None:
        for points in (self._rings, self._halos, self._dots):
            points.draw(frame)


def shown_points(scene: Scene, points: Array | None) -> Array:
    if points is None:
        return np.zeros((0, 3))
    shown = geometry.display_point(scene.state, np.asarray(points, np.float64).reshape(-1, 3))
    return shown[np.all(np.isfinite(shown), axis=-1)]
