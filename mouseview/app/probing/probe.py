"""The probe: which pixels were marked for up to two points of one sample. A frozen value without a window."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from mouseview.geometry.transforms import Array

POINTS = ("A", "B")
ASSUMED_NOISE_PX = 1.0


@dataclass(frozen=True)
class Mark:
    """pixel (x, y): of the photograph as opened, house pixel origin.  grain_px: px of the photograph per px of the
    screen where it was made: no finer than this could be aimed."""

    camera: str
    pixel: tuple[float, float]
    grain_px: float = 0.0


@dataclass(frozen=True)
class Probe:
    """points: the marks of A and of B, in the order they were made, at most one a camera.  active: which one is being
    marked.  sample: whose photographs they lie on.  noise_px: what the uncertainty assumes of every mark."""

    sample: str = ""
    points: tuple[tuple[Mark, ...], tuple[Mark, ...]] = ((), ())
    active: int = 0
    noise_px: float = ASSUMED_NOISE_PX

    def replace(self, **changes: Any) -> Probe:
        return dataclasses.replace(self, **changes)

    @property
    def marks(self) -> tuple[Mark, ...]:
        """Of the point that is being marked."""
        return self.points[self.active]

    @property
    def is_empty(self) -> bool:
        return not any(self.points)

    def of(self, sample: str) -> Probe:
        """This probe where it belongs to that sample, else an empty one for it."""
        return self if self.sample == sample else Probe(sample, noise_px=self.noise_px)

    def with_mark(self, camera: str, x: float, y: float, point: int | None = None, grain_px: float = 0.0) -> Probe:
        """Marked there; a mark that the camera has already is moved. ``point`` becomes the active one."""
        active = self.active if point is None else point
        mark, marks = Mark(camera, (float(x), float(y)), grain_px), self.points[active]
        if any(old.camera == camera for old in marks):
            changed = tuple(mark if old.camera == camera else old for old in marks)
        else:
            changed = (*marks, mark)
        return self._with(active, changed)

    def without_last(self) -> Probe:
        """Without the mark of the active point that was made last; an empty B gives way to A."""
        if self.marks:
            return self._with(self.active, self.marks[:-1])
        return self.replace(active=0)

    def without(self, camera: str) -> Probe:
        return self._with(self.active, tuple(mark for mark in self.marks if mark.camera != camera))

    def cleared(self) -> Probe:
        return Probe(self.sample, noise_px=self.noise_px)

    def pixels(self, names: tuple[str, ...]) -> Array:
        """(V, 2, 2): marks of A and B for the cameras of a rig, NaN where there is none."""
        out = np.full((len(names), len(POINTS), 2), np.nan)
        for point, marks in enumerate(self.points):
            for mark in marks:
                if mark.camera in names:
                    out[names.index(mark.camera), point] = mark.pixel
        return out

    def _with(self, active: int, marks: tuple[Mark, ...]) -> Probe:
        points = (marks, self.points[1]) if active == 0 else (self.points[0], marks)
        return self.replace(points=points, active=active)
