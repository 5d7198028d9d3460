"""Points that several views mark: position, uncertainty at an assumed pixel noise, residuals, each view left out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mouseview.geometry.lenses import Mask
from mouseview.geometry.transforms import Array
from mouseview.geometry.triangulation import triangulate_directions
from mouseview.model.camera import Camera
from mouseview.multiview.refine import Marks, refine

_MOST_AT_ONCE = 1 << 15  # triangulations per batch: bounds memory for label files of many frames
_LARGEST_RELATIVE_RADIUS = 0.05  # beyond it perspective bends the error's shape and no ellipsoid describes it


@dataclass(frozen=True, eq=False)
class LeftOut:
    """What is left when one view after another is left out. All are NaN where fewer than two views remain.

    points_world (V, N, 3): from the other views.  residual_px (V, N): of that point in the view that was left out,
    inf where it cannot be projected there.  moved (V, N): how far the point moves, in world units.
    misfit_px (V, N): of the remaining views among themselves, as in ``TriangulatedPoints``.
    """

    points_world: Array
    residual_px: Array
    moved: Array
    misfit_px: Array


@dataclass(frozen=True, eq=False)
class TriangulatedPoints:
    """N points from their marks in V views. NaN where fewer than two views see a point.

    points_world (N, 3).  covariance (N, 3, 3) in world units², if every mark had independent noise of
    ``assumed_noise_px`` in x and in y: an assumption, not a measurement.  residual_px (V, N): distance from mark to
    projection; NaN where the view does not see the point, inf where the point cannot be projected there.
    misfit_px (N,): the noise that the residuals themselves tell, √(Σ residual² / (2 V − 3)).
    seen (V, N).  without: leave-one-camera-out, or None when it was not asked for.
    """

    points_world: Array
    covariance: Array
    residual_px: Array
    misfit_px: Array
    seen: Mask
    nearest_camera: Array
    assumed_noise_px: float
    without: LeftOut | None

    @property
    def ellipsoid(self) -> tuple[Array, Array]:
        """Radii (N, 3) of one standard deviation in world units, longest first; unit axes (N, 3, 3), one a row."""
        known = np.all(np.isfinite(self.covariance), axis=(-1, -2))
        values, vectors = np.linalg.eigh(np.where(known[:, None, None], self.covariance, np.eye(3)))
        radii = np.sqrt(np.maximum(values[:, ::-1], 0.0))
        axes = np.swapaxes(vectors[..., ::-1], -1, -2)
        return np.where(known[:, None], radii, np.nan), np.where(known[:, None, None], axes, np.nan)

    @property
    def reliable(self) -> Mask:
        """(N,): projected by all views that see it, and its largest uncertainty is below 5 % of the distance to the
        nearest of them. Nearly parallel rays, or rays from one side only at great distance, are not."""
        largest = self.ellipsoid[0][:, 0]
        with np.errstate(invalid="ignore"):
            return np.isfinite(self.misfit_px) & (largest <= _LARGEST_RELATIVE_RADIUS * self.nearest_camera)


def triangulate_pixels(
    cameras: Iterable[Camera], pixels: npt.ArrayLike, noise_px: float = 1.0, leave_one_out: bool = True
) -> TriangulatedPoints:
    """Least squares in pixels through the full lens models, from a linear start.

    cameras: V of them, or a rig.  pixels (V, N, 2), or (V, 2) for one point; NaN where a view does not see it.
    noise_px: standard deviation of a mark in x and in y that the covariance assumes.
    Points with fewer than two marks are NaN. Raises ``ValueError`` for shapes that do not fit.
    """
    views = tuple(cameras)
    marks_px = np.asarray(pixels, dtype=np.float64)
    if marks_px.ndim == 2:
        marks_px = marks_px[:, None]
    if marks_px.ndim != 3 or marks_px.shape[0] != len(views) or marks_px.shape[2] != 2:
        raise ValueError(f"pixels of {len(views)} views must be (V, 2) or (V, N, 2), got {np.shape(pixels)}")
    if not noise_px > 0:
        raise ValueError(f"the assumed pixel noise must be positive, not {noise_px}")
    seen = np.all(np.isfinite(marks_px), axis=-1)
    rays = np.stack([camera.unproject(px)[0] for camera, px in zip(views, marks_px, strict=True)])
    count = marks_px.shape[1]
    judged = seen & (seen.sum(axis=0) >= 3) if leave_one_out else np.zeros_like(seen)
    # all points, and behind them all points again without each of their views: solved together, that is faster
    out, of = np.nonzero(judged)
    asked = np.concatenate([np.arange(count), of])
    used = seen[:, asked]
    used[out, count + np.arange(out.size)] = False
    solved = _triangulate(Marks(views, marks_px, rays, seen).part(asked), used)
    points, residual_px = solved.points[:count], solved.residual_px[:, :count]
    centres = np.array([camera.centre for camera in views])
    distances = np.linalg.norm(points - centres[:, None], axis=-1)
    nearest = np.min(np.where(seen, distances, np.inf), axis=0)
    return TriangulatedPoints(
        points,
        _inverse(solved.information[:count]) * noise_px**2,
        residual_px,
        misfit_px(residual_px, seen),
        seen,
        np.where(np.isfinite(nearest), nearest, np.nan),
        float(noise_px),
        _left_out(solved, used, points, out, of) if leave_one_out else None,
    )


@dataclass(frozen=True, eq=False)
class _Solved:
    points: Array  # (N, 3)
    residual_px: Array  # (V, N), also of views that took no part but have a mark
    information: Array  # (N, 3, 3) at a noise of 1 px


def _triangulate(marks: Marks, used: Mask) -> _Solved:
    """From the marks that are ``used`` (V, N); residuals of all that are seen."""
    if marks.count > _MOST_AT_ONCE:
        cuts = [slice(at, at + _MOST_AT_ONCE) for at in range(0, marks.count, _MOST_AT_ONCE)]
        parts = [_triangulate(marks.part(cut), used[:, cut]) for cut in cuts]
        return _Solved(
            np.concatenate([part.points for part in parts]),
            np.concatenate([part.residual_px for part in parts], axis=1),
            np.concatenate([part.information for part in parts]),
        )
    poses = np.array([camera.T_cam_world for camera in marks.cameras])
    start = triangulate_directions(np.where(used[..., None], marks.rays, np.nan), poses)
    points, information = refine(marks, used, start)
    return _Solved(points, marks.residuals(points), information)


def _inverse(information: Array) -> Array:
    """Inverses (N, 3, 3); what the views do not constrain at all becomes huge and stays finite."""
    known = np.all(np.isfinite(information), axis=(-1, -2))
    values, vectors = np.linalg.eigh(np.where(known[:, None, None], information, np.eye(3)))
    floor = np.maximum(values[:, -1:] * 1e-18, 1e-300)
    inverse = np.einsum("nij,nj,nkj->nik", vectors, 1 / np.maximum(values, floor), vectors)
    return np.where((known & (values[:, -1] > 0))[:, None, None], inverse, np.nan)


def misfit_px(residual_px: Array, used: Mask) -> Array:
    """The pixel noise that residuals (V, ...) tell: √(Σ r² / (2 V − 3)) over the used views; NaN below two of them."""
    count = used.sum(axis=0)
    total = np.sum(np.where(used, residual_px, 0.0) ** 2, axis=0)
    return np.where(count >= 2, np.sqrt(total / np.maximum(2 * count - 3, 1)), np.nan)


def _left_out(
    solved: _Solved, used: Mask, whole: Array, out: npt.NDArray[np.intp], of: npt.NDArray[np.intp]
) -> LeftOut:
    """out, of (M,): which view was left out of which point, for what was solved behind the whole points (N, 3)."""
    shape, count = (len(used), len(whole)), len(whole)
    points = np.full((*shape, 3), np.nan)
    residual, misfit = np.full((2, *shape), np.nan)
    points[out, of] = solved.points[count:]
    residual[out, of] = solved.residual_px[out, count + np.arange(out.size)]
    misfit[out, of] = misfit_px(solved.residual_px[:, count:], used[:, count:])
    return LeftOut(points, residual, np.linalg.norm(points - whole, axis=-1), misfit)
