"""What the marks of a probe say: two points with their uncertainty, every view's residual, and a length."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mouseview.app.probing.probe import POINTS, Probe
from mouseview.geometry.transforms import Array
from mouseview.model.camera import Camera, Rig
from mouseview.multiview.points import TriangulatedPoints, triangulate_pixels

_RULER_STEPS = 24  # a straight length is bent by a lens
_SUSPICIOUS = 2.0  # times the assumed noise: more than marks of that noise leave
_CURED, _MARGIN = 0.5, 1.5  # of the misfit without the suspect; of that to the next best
_LEAST_VIEWS = 4  # of three, any two may agree by chance


@dataclass(frozen=True, eq=False)
class ProbeSolution:
    """of the rig ``rig`` in its own units. found: points A and B.  predicted_px (V, 2, 2): where each view shows them,
    NaN where it cannot or the point is not known.  suspects: for A and B, the view without which the others agree far
    better while with it they miss by more than the assumed noise, or None."""

    rig: Rig
    probe: Probe
    found: TriangulatedPoints
    predicted_px: Array
    suspects: tuple[int | None, int | None]

    def known(self, point: int) -> bool:
        return bool(np.all(np.isfinite(self.found.points_world[point])))

    def views(self, point: int) -> tuple[int, ...]:
        """Those that have marked it."""
        return tuple(int(view) for view in np.flatnonzero(self.found.seen[:, point]))

    @property
    def length(self) -> tuple[float, float] | None:
        """From A to B in world units, with its standard deviation at the assumed noise; None until both are known."""
        if not (self.known(0) and self.known(1)):
            return None
        step = self.found.points_world[1] - self.found.points_world[0]
        length = float(np.linalg.norm(step))
        if length == 0:
            return 0.0, float(np.sqrt(self.found.covariance.sum(axis=0).trace() / 3))
        along = step / length
        return length, float(np.sqrt(max(along @ self.found.covariance.sum(axis=0) @ along, 0.0)))

    def ruler_px(self, view: int) -> Array:
        """(24, 2) px: the straight line from A to B in a view, NaN where it cannot be seen."""
        a, b = self.found.points_world
        share = np.linspace(0.0, 1.0, _RULER_STEPS)[:, None]
        return self.rig[view].project(a + share * (b - a))[0]

    def mark_rays(self, point: int) -> tuple[tuple[Camera, Array], ...]:
        """The cameras that marked a point, each with the unit direction (3,) of its mark in world."""
        pixels = self.probe.pixels(self.rig.names)[:, point]
        out = []
        for view in self.views(point):
            _, direction = self.rig[view].rays(pixels[view])
            if np.all(np.isfinite(direction)):
                out.append((self.rig[view], direction))
        return tuple(out)


def solve_probe(rig: Rig, probe: Probe) -> ProbeSolution:
    """Triangulate what is marked. Cheap enough to follow a dragged mark."""
    pixels = probe.pixels(rig.names)
    found = triangulate_pixels(rig, pixels, probe.noise_px)
    predicted = np.stack([camera.project(found.points_world)[0] for camera in rig])
    first, second = (_suspect(found, point) for point in range(len(POINTS)))
    return ProbeSolution(rig, probe, found, predicted, (first, second))


def _suspect(found: TriangulatedPoints, point: int) -> int | None:
    views = np.flatnonzero(found.seen[:, point])
    misfit = float(found.misfit_px[point])
    if len(views) < _LEAST_VIEWS or found.without is None or not misfit > _SUSPICIOUS * found.assumed_noise_px:
        return None
    left = found.without.misfit_px[views, point]
    best, second = np.argsort(left)[:2]
    cured = left[best] <= _CURED * misfit and left[second] >= _MARGIN * left[best]
    return int(views[best]) if cured else None
