"""Points from rays: where optical axes meet, and where two or more views say a point is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mouseview.geometry.transforms import Array


@dataclass(frozen=True, eq=False)
class MeetingPoint:
    """Least-squares point of several lines.

    point (3,) and the distance of every line from it (V,), in the world's unit. ``spread_deg`` is the angle
    between the lines seen along their least constrained direction: small means nearly parallel lines, whose
    meeting point says little.
    """

    point: Array
    distances: Array
    spread_deg: float

    MINIMUM_SPREAD_DEG = 5.0

    @property
    def rms(self) -> float:
        return float(np.sqrt(np.mean(self.distances**2)))

    @property
    def maximum(self) -> float:
        return float(np.max(self.distances))

    @property
    def reliable(self) -> bool:
        return self.spread_deg >= self.MINIMUM_SPREAD_DEG


def meeting_point(
    origins: npt.ArrayLike, directions: npt.ArrayLike, weights: npt.ArrayLike | None = None
) -> MeetingPoint:
    """The point nearest to all lines: origins (V, 3), directions (V, 3), weights (V,) or equal. Needs V ≥ 2."""
    o = np.asarray(origins, dtype=np.float64)
    d = np.asarray(directions, dtype=np.float64)
    if len(o) < 2:
        raise ValueError("a meeting point needs at least two lines")
    d = d / np.linalg.norm(d, axis=-1, keepdims=True)
    w = np.ones(len(o)) if weights is None else np.asarray(weights, dtype=np.float64)
    projectors = np.eye(3) - d[:, :, None] * d[:, None, :]
    A = np.einsum("v,vij->ij", w, projectors)
    b = np.einsum("v,vij,vj->i", w, projectors, o)
    # parallel lines leave A singular: lstsq then gives the solution nearest the mean origin
    anchor = o.mean(axis=0)
    point = anchor + np.linalg.lstsq(A, b - A @ anchor, rcond=1e-12)[0]
    offsets = np.einsum("vij,vj->vi", projectors, point - o)
    smallest = float(np.linalg.eigvalsh(A / w.sum())[0])
    spread_deg = float(np.degrees(np.arcsin(np.sqrt(np.clip(smallest, 0.0, 1.0)))))
    return MeetingPoint(point, np.linalg.norm(offsets, axis=-1), spread_deg)


def triangulate_rays(origins: npt.ArrayLike, directions: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> Array:
    """Midpoint triangulation: origins and directions (V, ..., 3), weights (V, ...) → points (..., 3).

    A weight of zero, or a direction that is NaN, leaves the view out. Fewer than two views left: NaN.
    """
    o, d = np.broadcast_arrays(np.asarray(origins, dtype=np.float64), np.asarray(directions, dtype=np.float64))
    w = np.ones(d.shape[:-1]) if weights is None else np.broadcast_to(np.asarray(weights, float), d.shape[:-1])
    usable = np.all(np.isfinite(d), axis=-1) & np.all(np.isfinite(o), axis=-1) & (w > 0)
    w = np.where(usable, w, 0.0)
    d = np.where(usable[..., None], d, np.array([0.0, 0.0, 1.0]))
    o = np.where(usable[..., None], o, 0.0)
    d = d / np.linalg.norm(d, axis=-1, keepdims=True)
    projectors = w[..., None, None] * (np.eye(3) - d[..., :, None] * d[..., None, :])
    A = projectors.sum(axis=0)
    b = np.einsum("v...ij,v...j->...i", projectors, o)
    enough = usable.sum(axis=0) >= 2
    A = np.where(enough[..., None, None], A, np.eye(3))
    return np.where(enough[..., None], np.einsum("...ij,...j->...i", np.linalg.pinv(A, rcond=1e-12), b), np.nan)


def triangulate_two(origins: npt.ArrayLike, directions: npt.ArrayLike) -> tuple[Array, Array]:
    """Two rays (2, ..., 3) → (midpoint of their shortest connection (..., 3), its length (...))."""
    o, d = np.asarray(origins, dtype=np.float64), np.asarray(directions, dtype=np.float64)
    point = triangulate_rays(o, d)
    unit = d / np.linalg.norm(d, axis=-1, keepdims=True)
    offset = point - o
    perpendicular = offset - np.sum(offset * unit, axis=-1, keepdims=True) * unit
    return point, np.linalg.norm(perpendicular, axis=-1).sum(axis=0)


def triangulate_dlt(plane: npt.ArrayLike, T_cam_world: npt.ArrayLike) -> Array:
    """Linear triangulation (Hartley & Zisserman §12.2) on the undistorted normalised plane.

    plane (V, ..., 2), NaN where a view does not see the point; T_cam_world (V, 4, 4) → points (..., 3) in world,
    NaN where fewer than two views see it.
    """
    m = np.asarray(plane, dtype=np.float64)
    P = np.asarray(T_cam_world, dtype=np.float64)[:, :3, :]
    seen = np.all(np.isfinite(m), axis=-1)
    m = np.where(seen[..., None], m, 0.0)
    P_broadcast = P.reshape(len(P), *(1,) * (m.ndim - 2), 3, 4)
    rows = m[..., :, None] * P_broadcast[..., 2:3, :] - P_broadcast[..., :2, :]
    rows = np.where(seen[..., None, None], rows, 0.0)
    stacked = np.moveaxis(rows, 0, -3)
    A = stacked.reshape(*stacked.shape[:-3], -1, 4)
    homogeneous = np.linalg.svd(A)[2][..., -1, :]
    with np.errstate(all="ignore"):
        points = homogeneous[..., :3] / homogeneous[..., 3:]
    return np.where((seen.sum(axis=0) >= 2)[..., None], points, np.nan)


def triangulate_directions(directions_cam: npt.ArrayLike, T_cam_world: npt.ArrayLike) -> Array:
    """Linear triangulation from rays in the cameras' frames: d × (R x + t) = 0, so rays beside and behind count too.

    directions_cam (V, N, 3), NaN where a view does not see the point; T_cam_world (V, 4, 4) → points (N, 3) in world,
    NaN where fewer than two views see it. Fast for many points; a start to be refined, good to about 1e-8 of the
    rig's size.
    """
    d = np.asarray(directions_cam, dtype=np.float64)
    T = np.asarray(T_cam_world, dtype=np.float64)
    possible = np.all(np.isfinite(T), axis=(-1, -2))
    T = np.where(possible[:, None, None], T, np.eye(4))
    seen = np.all(np.isfinite(d), axis=-1) & possible[:, None]
    d = np.where(seen[..., None], d, 0.0)
    # about the cameras and at their scale the normal matrix keeps half of the digits, whatever the unit
    centres = -np.einsum("vji,vj->vi", T[:, :3, :3], T[:, :3, 3])[possible]
    middle = centres.mean(axis=0) if len(centres) else np.zeros(3)
    size = max(float(np.abs(centres - middle).max(initial=0.0)), 1e-300)
    P = np.concatenate([T[:, :3, :3], (T[:, :3, :3] @ middle + T[:, :3, 3])[..., None] / size], axis=-1)
    norm2 = np.sum(d * d, axis=-1)[..., None, None]
    projectors = norm2 * np.eye(3) - d[..., :, None] * d[..., None, :]  # [d]×ᵀ [d]×
    normal = np.einsum("vij,vnik,vkl->njl", P, projectors, P, optimize=True)
    finite = np.all(np.isfinite(normal), axis=(-1, -2))
    homogeneous = np.linalg.eigh(np.where(finite[:, None, None], normal, np.eye(4)))[1][..., 0]
    with np.errstate(all="ignore"):
        points = middle + size * homogeneous[..., :3] / homogeneous[..., 3:]
    return np.where((finite & (seen.sum(axis=0) >= 2))[..., None], points, np.nan)
