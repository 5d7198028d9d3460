"""Rays of marked pixels, the points where they meet, their ellipsoids, and the length between two points."""

from __future__ import annotations

import numpy as np

from mouseview.app.scene3d import geometry
from mouseview.app.scene3d.programs import Frame, Kit, Lines, Points, Segments
from mouseview.app.scene3d.scene import Scene
from mouseview.app.scene3d.state import ProbeShape
from mouseview.app.scene3d.visual import Visual
from mouseview.geometry.transforms import Array


class ProbeVisual(Visual):
    """Drawn through everything: what is measured must not hide in a cloud of Gaussians."""

    def __init__(self, kit: Kit) -> None:
        super().__init__(kit)
        self._lines = Lines(kit)
        self._points = [(Points(kit, on_top=True), Points(kit, on_top=True)) for _ in range(2)]

    def sources(self, scene: Scene) -> tuple[object, ...]:
        state = scene.state
        return state.probe, state.similarity, state.before, state.theme

    def build(self, scene: Scene) -> None:
        shape, colours = scene.state.probe, scene.palette.probe
        self._lines.set(Segments.joined([] if shape is None else _segments(scene, shape)))
        for point, (halo, dot) in enumerate(self._points):
            places = np.zeros((0, 3)) if shape is None else _shown(scene, shape.points[point : point + 1])
            places = places[np.all(np.isfinite(places), axis=-1)]
            halo.set(places, (*scene.palette.plate, 1.0), least_px=11.0)
            dot.set(places, (*colours[point], 1.0), least_px=7.0)

    def draw(self, frame: Frame) -> None:
        self._lines.draw(frame, through=0.5)
        for halo, dot in self._points:
            halo.draw(frame)
            dot.draw(frame)


def _segments(scene: Scene, shape: ProbeShape) -> list[Segments]:
    colours = scene.palette.probe
    parts = []
    for ray, point in zip(shape.rays, shape.ray_points, strict=True):
        start, end = _shown(scene, ray)
        parts.append(Segments.of(start, end, colours[point], (0.9, 0.55), width=1.6))
    for loop, point in zip(shape.loops, shape.loop_points, strict=True):
        parts.append(Segments.path(_shown(scene, loop), colours[point], opacity=0.95, width=1.5))
    if shape.ruler is not None:
        start, end = _shown(scene, shape.ruler)
        parts.append(Segments.of(start, end, scene.palette.text, 0.95, width=2.4))
    return parts


def _shown(scene: Scene, points: Array) -> Array:
    return geometry.display_point(scene.state, np.asarray(points, np.float64).reshape(-1, 3))
