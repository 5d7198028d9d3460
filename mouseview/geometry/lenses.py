"""Lens models: from a point in the camera's frame to the normalised image plane and back.

OpenCV's radial-tangential model (``k1 k2 p1 p2 k3 k4 k5 k6``, the last three a rational denominator) and
OpenCV's fisheye (``k1 k2 k3 k4`` in the angle). A radial polynomial stops being monotone at some radius; beyond it
two rays share a pixel, so nothing out there is ever projected: ``valid`` is False.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from mouseview.geometry.transforms import Array

Mask = npt.NDArray[np.bool_]

_TABLE = 2048  # samples of the monotone profile that start Newton's method close enough
NEWTON_STEPS = 40
SHORTEST_PACE = 1e-3  # of a whole step
ROUNDING = 1e-15  # a point that is met so well cannot be met better
REACHED = 1e-11  # what is not met so well is not reached by any ray
_WIDEST = 100.0  # normalised radius (89.4°) up to which a lens that never folds is inverted
_MAX_ANGLE = np.pi * (1 - 1e-9)


class LensModel(StrEnum):
    RADTAN = "radtan"
    FISHEYE = "fisheye"


def _first_fall(profile: Callable[[Array], Array], samples: Array) -> float:
    """Where a function that starts positive first reaches zero, to full precision; inf if it never does.

    Sampled and bisected instead of solved: roots of a polynomial with a vanishing leading coefficient are noise.
    """
    fallen = np.flatnonzero(~(profile(samples) > 0))
    if not fallen.size:
        return np.inf
    low, high = samples[max(fallen[0] - 1, 0)], samples[fallen[0]]
    for _ in range(80):
        middle = 0.5 * (low + high)
        if profile(middle) > 0:
            low = middle
        else:
            high = middle
    return float(low)


@lru_cache(maxsize=4096)  # cameras are moved and turned far more often than calibrated
def _find_limit(model: LensModel, coefficients: tuple[float, ...]) -> float:
    """Where the profile of padded coefficients stops rising: a normalised radius, of a fisheye an angle."""
    k = np.array(coefficients)
    if not np.all(np.isfinite(k)):
        return 0.0
    P = np.polynomial.polynomial
    if model is LensModel.FISHEYE:
        slope = np.array([1, 3 * k[0], 5 * k[1], 7 * k[2], 9 * k[3]])
        angles = np.linspace(0.0, _MAX_ANGLE, 2 * _TABLE)
        return min(_first_fall(lambda theta: P.polyval(theta * theta, slope), angles), _MAX_ANGLE)
    numerator = np.array([1, k[0], k[1], k[4]])
    denominator = np.array([1, k[5], k[6], k[7]])
    u = np.array([0.0, 1.0])  # the polynomials are in u = r²; d/dr (r N/D) has this numerator
    rising = P.polysub(
        P.polymul(P.polyadd(numerator, 2 * P.polymul(u, P.polyder(numerator))), denominator),
        2 * P.polymul(u, P.polymul(numerator, P.polyder(denominator))),
    )
    radii = np.tan(np.linspace(0.0, np.arctan(_WIDEST), 2 * _TABLE))
    falls = _first_fall(lambda r: P.polyval(r * r, rising), radii)
    pole = _first_fall(lambda r: P.polyval(r * r, denominator), radii)
    return min(falls, pole)


@dataclass(frozen=True, eq=False)
class Lens:
    """A lens: its model and coefficients (n,), n ≤ 8 (radtan) or ≤ 4 (fisheye); none means an ideal pinhole.

    Non-finite coefficients are kept (a check reports them); nothing projects through them.
    """

    model: LensModel = LensModel.RADTAN
    coefficients: Array = field(default_factory=lambda: np.zeros(0))

    def __post_init__(self) -> None:
        values = np.array(self.coefficients, dtype=np.float64).ravel()
        values.setflags(write=False)
        object.__setattr__(self, "model", LensModel(self.model))
        object.__setattr__(self, "coefficients", values)
        limit = 4 if self.model is LensModel.FISHEYE else 8
        if values.size > limit:
            raise ValueError(f"a {self.model} lens has at most {limit} coefficients, got {values.size}")
        padded = np.zeros(limit)
        padded[: values.size] = values
        object.__setattr__(self, "_k", padded)
        with np.errstate(all="ignore"):  # coefficients of a broken file overflow; such a profile counts as fallen
            object.__setattr__(self, "_limit", _find_limit(self.model, tuple(padded.tolist())))

    _k: Array = field(init=False, repr=False)
    _limit: float = field(init=False, repr=False)

    @property
    def is_identity(self) -> bool:
        """An ideal pinhole. A fisheye is none even with zero coefficients: it is equidistant."""
        return self.model is LensModel.RADTAN and not np.any(self._k)

    @property
    def monotone_radius(self) -> float:
        """Undistorted normalised radius tan θ up to which the radial profile rises; inf where it always does."""
        if self.model is LensModel.RADTAN:
            return self._limit
        return float(np.tan(self._limit)) if self._limit < np.pi / 2 else np.inf

    @property
    def monotone_angle(self) -> float:
        """The same as an angle from the optical axis, in radians."""
        return float(np.arctan(self._limit)) if self.model is LensModel.RADTAN else self._limit

    def _radial(self, r2: Array) -> tuple[Array, Array]:
        """Radial factor of the radtan model and its derivative by r²."""
        k = self._k
        numerator = 1 + r2 * (k[0] + r2 * (k[1] + r2 * k[4]))
        denominator = 1 + r2 * (k[5] + r2 * (k[6] + r2 * k[7]))
        d_numerator = k[0] + r2 * (2 * k[1] + 3 * r2 * k[4])
        d_denominator = k[5] + r2 * (2 * k[6] + 3 * r2 * k[7])
        return numerator / denominator, (d_numerator - numerator * d_denominator / denominator) / denominator

    def _angle_profile(self, theta: Array) -> tuple[Array, Array]:
        """Fisheye: distorted angle and its derivative."""
        k, t2 = self._k, theta * theta
        value = theta * (1 + t2 * (k[0] + t2 * (k[1] + t2 * (k[2] + t2 * k[3]))))
        slope = 1 + t2 * (3 * k[0] + t2 * (5 * k[1] + t2 * (7 * k[2] + t2 * 9 * k[3])))
        return value, slope

    def _distort_plane(self, xy: Array) -> tuple[Array, Array]:
        """radtan on the normalised plane: distorted (..., 2) and its Jacobian (..., 2, 2)."""
        u, v, xx, cross, yy = self._distort(xy[..., 0], xy[..., 1])
        jacobian = np.empty((*xy.shape, 2))
        jacobian[..., 0, 0], jacobian[..., 1, 1] = xx, yy
        jacobian[..., 0, 1] = jacobian[..., 1, 0] = cross
        return np.stack([u, v], axis=-1), jacobian

    def _distort(self, x: Array, y: Array) -> tuple[Array, Array, Array, Array, Array]:
        """radtan at (x, y): distorted u and v, and the derivatives du/dx, du/dy = dv/dx, dv/dy."""
        p1, p2 = self._k[2], self._k[3]
        r2 = x * x + y * y
        radial, slope = self._radial(r2)
        bend = 2 * (p1 * y + p2 * x)
        steep = 2 * slope
        return (
            x * (radial + bend) + p2 * r2,
            y * (radial + bend) + p1 * r2,
            radial + steep * x * x + bend + 4 * p2 * x,
            steep * x * y + 2 * (p1 * x + p2 * y),
            radial + steep * y * y + bend + 4 * p1 * y,
        )

    def project(self, points_cam: npt.ArrayLike) -> tuple[Array, Mask]:
        """Points (..., 3) in the camera's frame → (normalised distorted (..., 2), valid (...)).

        Not valid: behind the camera, beyond the monotone radius, not finite. Such coordinates are NaN.
        """
        p = np.asarray(points_cam, dtype=np.float64)
        with np.errstate(all="ignore"):
            if self.model is LensModel.FISHEYE:
                rho = np.hypot(p[..., 0], p[..., 1])
                theta = np.arctan2(rho, p[..., 2])
                distorted, _ = self._angle_profile(theta)
                factor = np.where(rho > 0, distorted / np.where(rho > 0, rho, 1), 1 / p[..., 2])
                plane = p[..., :2] * factor[..., None]
                valid = (theta <= self._limit) & (np.linalg.norm(p, axis=-1) > 0)
            else:
                xy = p[..., :2] / p[..., 2:]
                valid = (p[..., 2] > 0) & (np.hypot(xy[..., 0], xy[..., 1]) <= self._limit)
                plane = xy if self.is_identity else self._distort_plane(xy)[0]
        valid &= np.all(np.isfinite(plane), axis=-1)
        return np.where(valid[..., None], plane, np.nan), valid

    def jacobian(self, points_cam: npt.ArrayLike) -> Array:
        """d(normalised distorted) / d(point in the camera's frame), (..., 2, 3)."""
        p = np.asarray(points_cam, dtype=np.float64)
        x, y, z = p[..., 0], p[..., 1], p[..., 2]
        out = np.zeros((*p.shape[:-1], 2, 3))
        if self.model is LensModel.FISHEYE:
            rho2 = x * x + y * y
            rho = np.sqrt(rho2)
            n2 = rho2 + z * z
            value, slope = self._angle_profile(np.arctan2(rho, z))
            safe = np.where(rho > 0, rho, 1.0)
            ratio = np.where(rho > 0, value / safe, 1 / z)
            # on the axis d(ratio)/d(rho) vanishes, so the limit is ratio · identity
            d_ratio = np.where(rho > 0, (slope * z / n2 - ratio) / safe, 0.0)
            out[..., 0, 0] = ratio + x * x / safe * d_ratio
            out[..., 0, 1] = out[..., 1, 0] = x * y / safe * d_ratio
            out[..., 1, 1] = ratio + y * y / safe * d_ratio
            out[..., 0, 2] = -slope * x / n2
            out[..., 1, 2] = -slope * y / n2
            return out
        xy = p[..., :2] / z[..., None]
        out[..., 0, 0] = out[..., 1, 1] = 1 / z
        out[..., 0, 2] = -xy[..., 0] / z
        out[..., 1, 2] = -xy[..., 1] / z
        return out if self.is_identity else self._distort_plane(xy)[1] @ out

    def unproject(self, plane: npt.ArrayLike) -> tuple[Array, Mask]:
        """Normalised distorted (..., 2) → (unit directions (..., 3) in the camera's frame, valid (...)).

        The inverse of ``project`` to 1e-12 on the normalised plane; not valid where no ray inside the monotone
        radius reaches the point.
        """
        m = np.asarray(plane, dtype=np.float64)
        finite = np.all(np.isfinite(m), axis=-1) & bool(np.all(np.isfinite(self._k)))
        m = np.where(finite[..., None], m, 0.0)
        if self.model is LensModel.FISHEYE:
            direction, valid = self._unproject_fisheye(m)
        elif self.is_identity:
            direction, valid = np.concatenate([m, np.ones((*m.shape[:-1], 1))], axis=-1), np.ones(m.shape[:-1], bool)
        else:
            xy, valid = self._undistort_plane(m)
            direction = np.concatenate([xy, np.ones((*m.shape[:-1], 1))], axis=-1)
        valid = valid & finite
        direction = direction / np.linalg.norm(direction, axis=-1, keepdims=True)
        return np.where(valid[..., None], direction, np.nan), valid

    def _unproject_fisheye(self, m: Array) -> tuple[Array, Mask]:
        target = np.linalg.norm(m, axis=-1)
        samples = np.linspace(0.0, self._limit, _TABLE)
        profile, _ = self._angle_profile(samples)
        theta = np.interp(target, profile, samples)
        for _ in range(NEWTON_STEPS):
            value, slope = self._angle_profile(theta)
            theta = np.clip(theta - (value - target) / np.maximum(slope, 1e-12), 0.0, self._limit)
        residual = np.abs(self._angle_profile(theta)[0] - target)
        scale = np.where(target > 0, np.sin(theta) / np.where(target > 0, target, 1), 1.0)
        direction = np.concatenate([m * scale[..., None], np.cos(theta)[..., None]], axis=-1)
        return direction, residual <= 1e-10 * np.maximum(target, 1.0)

    @cached_property
    def radial_table(self) -> tuple[Array, Array]:
        """Distorted and undistorted radii up to the last that can be inverted, both rising."""
        reach = min(self._limit, _WIDEST) * (1 - 1e-12)  # a rational lens has its pole at the limit itself
        samples = np.tan(np.linspace(0.0, np.arctan(reach), _TABLE))
        return samples * self._radial(samples * samples)[0], samples

    def _undistort_plane(self, plane: Array) -> tuple[Array, Mask]:
        """Newton from the radial profile's inverse, each point until it holds; see ``unproject``."""
        m, n = plane[..., 0].ravel(), plane[..., 1].ravel()
        target = np.hypot(m, n)
        profile, samples = self.radial_table
        reach = samples[-1]
        factor = np.interp(target, profile, samples) / np.where(target > 0, target, 1)
        x, y = m * factor, n * factor
        u, v, xx, cross, yy = self._distort(x, y)
        residual = np.hypot(u - m, v - n)
        enough = ROUNDING * np.maximum(target, 1.0)
        pace = np.ones(m.shape)  # halved where a step would leave the basin: tangential terms bend the plane
        for _ in range(NEWTON_STEPS):
            at = np.flatnonzero((residual > enough) & (pace >= SHORTEST_PACE))
            if not at.size:
                break
            gap_u, gap_v, a, b, d = u[at] - m[at], v[at] - n[at], xx[at], cross[at], yy[at]
            det = a * d - b * b
            part = pace[at] / np.where(np.abs(det) > 1e-6, det, 1e-6)
            new_x, new_y = x[at] - part * (d * gap_u - b * gap_v), y[at] - part * (a * gap_v - b * gap_u)
            r = np.hypot(new_x, new_y)
            inwards = np.where(r > reach, reach / np.where(r > 0, r, 1), 1.0)
            new_x, new_y = new_x * inwards, new_y * inwards
            found = self._distort(new_x, new_y)
            new_residual = np.hypot(found[0] - m[at], found[1] - n[at])
            better = new_residual < residual[at]
            pace[at] = np.where(better, 1.0, pace[at] / 2)
            to = at[better]
            residual[to] = new_residual[better]
            for kept, new in zip((x, y, u, v, xx, cross, yy), (new_x, new_y, *found), strict=True):
                kept[to] = new[better]
        xy = np.stack([x, y], axis=-1).reshape(plane.shape)
        return xy, (residual <= REACHED * np.maximum(target, 1.0)).reshape(plane.shape[:-1])
