"""Levenberg's method for many points at once: the least squares of pixel distances through full lens models."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mouseview.geometry.lenses import Mask
from mouseview.geometry.transforms import Array
from mouseview.model.camera import Camera

_STEPS = 60
_STILL_PX = 1e-6  # a step that moves no projection further than this is the last: what is left is far smaller
_LEAST_DAMPING, _FIRST_DAMPING, _MOST_DAMPING = 1e-13, 1e-7, 1e12  # relative to the information's trace


@dataclass(frozen=True, eq=False)
class Marks:
    """What V cameras mark of N points. pixels (V, N, 2); rays (V, N, 3) in the cameras' frames; seen (V, N)."""

    cameras: tuple[Camera, ...]
    pixels: Array
    rays: Array
    seen: Mask

    @property
    def count(self) -> int:
        return self.pixels.shape[1]

    def part(self, points: slice | npt.NDArray[np.intp]) -> Marks:
        return Marks(self.cameras, self.pixels[:, points], self.rays[:, points], self.seen[:, points])

    def residuals(self, points: Array) -> Array:
        """(V, N) px from mark to projection of points (N, 3): NaN unseen or no point, inf where nothing projects."""
        out = np.full(self.seen.shape, np.nan)
        located = np.all(np.isfinite(points), axis=-1)
        for view, camera in enumerate(self.cameras):
            asked = np.flatnonzero(self.seen[view] & located)
            if asked.size:
                gap = np.linalg.norm(camera.project(points[asked])[0] - self.pixels[view, asked], axis=-1)
                out[view, asked] = np.where(np.isfinite(gap), gap, np.inf)
        return out


def _equations(marks: Marks, used: Mask, points: Array) -> tuple[Array, Array, Array]:
    """Cost (N,), gradient (N, 3), information (N, 3, 3) at 1 px; the cost is inf where a used view cannot project."""
    count = len(points)
    cost, gradient, information = np.zeros(count), np.zeros((count, 3)), np.zeros((count, 3, 3))
    for view, camera in enumerate(marks.cameras):
        asked = np.flatnonzero(used[view])
        if not asked.size:
            continue
        in_camera = camera.pose.apply(points[asked])
        plane, _ = camera.optics.project(in_camera)
        gap = plane @ camera.K[:2, :2].T + camera.K[:2, 2] - marks.pixels[view, asked]
        with np.errstate(all="ignore"):
            J = camera.K[:2, :2] @ camera.optics.jacobian(in_camera) @ camera.T_cam_world[:3, :3]
        finite = np.all(np.isfinite(gap), axis=-1) & np.all(np.isfinite(J), axis=(-1, -2))
        gap, J = np.where(finite[:, None], gap, 0.0), np.where(finite[:, None, None], J, 0.0)
        cost[asked] += np.where(finite, np.sum(gap * gap, axis=-1), np.inf)
        gradient[asked] += np.einsum("nki,nk->ni", J, gap)
        information[asked] += np.einsum("nki,nkj->nij", J, J)
    return cost, gradient, information


def refine(marks: Marks, used: Mask, start: Array) -> tuple[Array, Array]:
    """Points (N, 3) of least cost near ``start`` (N, 3), and the information (N, 3, 3) there at a noise of 1 px.

    used (V, N).  A view into which the start cannot be projected takes no part: from behind a camera no slope leads
    in front of it. Where fewer than two views are left, the start is what is known and the information is NaN.
    """
    projected = np.isfinite(marks.residuals(start))
    used = used & projected
    points, information = start.copy(), np.full((len(start), 3, 3), np.nan)
    rows = np.flatnonzero(used.sum(axis=0) >= 2)
    if not rows.size:
        return points, information
    part, taken, x = marks.part(rows), used[:, rows], points[rows]
    cost, gradient, normal = _equations(part, taken, x)
    damping = np.full(len(x), _FIRST_DAMPING)
    moving = np.arange(len(x))
    for _ in range(_STEPS):
        trace = np.trace(normal[moving], axis1=-2, axis2=-1)
        damped = normal[moving] + (np.maximum(damping[moving] * trace, 1e-300))[:, None, None] * np.eye(3)
        step = -np.linalg.solve(damped, gradient[moving][..., None])[..., 0]
        tried = _equations(part.part(moving), taken[:, moving], x[moving] + step)
        better = tried[0] < cost[moving]
        shift_px = np.sqrt(np.maximum(np.einsum("ni,nij,nj->n", step, normal[moving], step), 0.0))
        kept = moving[better]
        x[kept] += step[better]
        for whole, new in zip((cost, gradient, normal), tried, strict=True):
            whole[kept] = new[better]
        damping[moving] = np.clip(damping[moving] * np.where(better, 0.1, 10.0), _LEAST_DAMPING, None)
        moving = moving[(shift_px > _STILL_PX) & (damping[moving] < _MOST_DAMPING)]
        if not moving.size:
            break
    points[rows], information[rows] = x, normal
    return points, information
