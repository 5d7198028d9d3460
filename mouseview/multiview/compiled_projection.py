"""``Camera.project`` and ``Camera.unproject``, compiled, for many points: a hull asks for a hundred thousand."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mouseview.geometry.compiled import compiled
from mouseview.geometry.lenses import NEWTON_STEPS, REACHED, ROUNDING, SHORTEST_PACE, Lens, LensModel
from mouseview.geometry.rays import to_plane
from mouseview.geometry.transforms import Array
from mouseview.model.camera import Camera

F32 = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]

_PINHOLE, _RADTAN, _FISHEYE = range(3)
_COEFFICIENTS = 8


@compiled(nogil=True)
def _project(
    points: Array, skipped: int, poses: Array, Ks: Array, kinds: npt.NDArray[np.int64], coefficients: Array,
    limits: Array, pixels: F32 | Array, depth: F32 | Array, seen: Flags,
) -> None:  # fmt: skip
    """Points (N, 3) → pixels (V, N, 2), depth (V, N), seen (V, N) of all V cameras but the one skipped."""
    for v in range(len(poses)):
        if v == skipped:
            continue
        T, K, k, limit = poses[v], Ks[v], coefficients[v], limits[v]
        for n in range(len(points)):
            X, Y, Z = points[n, 0], points[n, 1], points[n, 2]
            px = T[0, 0] * X + T[0, 1] * Y + T[0, 2] * Z + T[0, 3]
            py = T[1, 0] * X + T[1, 1] * Y + T[1, 2] * Z + T[1, 3]
            pz = T[2, 0] * X + T[2, 1] * Y + T[2, 2] * Z + T[2, 3]
            if kinds[v] == _FISHEYE:
                rho = math.hypot(px, py)
                theta = math.atan2(rho, pz)
                if theta > limit or not (rho > 0 or pz > 0):
                    continue
                t2 = theta * theta
                bent = theta * (1 + t2 * (k[0] + t2 * (k[1] + t2 * (k[2] + t2 * k[3]))))
                factor = bent / rho if rho > 0 else 1 / pz
                x, y = px * factor, py * factor
            else:
                if not pz > 0:
                    continue
                x, y = px / pz, py / pz
                if kinds[v] == _RADTAN:
                    r2 = x * x + y * y
                    if math.sqrt(r2) > limit:
                        continue
                    numerator = 1 + r2 * (k[0] + r2 * (k[1] + r2 * k[4]))
                    denominator = 1 + r2 * (k[5] + r2 * (k[6] + r2 * k[7]))
                    if denominator == 0:
                        continue
                    factor = numerator / denominator + 2 * (k[2] * y + k[3] * x)
                    x, y = x * factor + k[3] * r2, y * factor + k[2] * r2
            if not math.isfinite(x + y):
                continue
            pixels[v, n, 0] = K[0, 0] * x + K[0, 1] * y + K[0, 2]
            pixels[v, n, 1] = K[1, 0] * x + K[1, 1] * y + K[1, 2]
            depth[v, n] = pz
            seen[v, n] = True


@compiled(nogil=True)
def _bend(x: float, y: float, k: Array) -> tuple[float, float, float, float, float]:
    """The radtan lens at a point of the plane: u, v and du/dx, du/dy = dv/dx, dv/dy."""
    r2 = x * x + y * y
    numerator = 1 + r2 * (k[0] + r2 * (k[1] + r2 * k[4]))
    denominator = 1 + r2 * (k[5] + r2 * (k[6] + r2 * k[7]))
    radial = numerator / denominator if denominator != 0 else np.nan
    slope = k[0] + r2 * (2 * k[1] + 3 * r2 * k[4]) - radial * (k[5] + r2 * (2 * k[6] + 3 * r2 * k[7]))
    steep = 2 * slope / denominator if denominator != 0 else np.nan
    tangential = 2 * (k[2] * y + k[3] * x)
    return (
        x * (radial + tangential) + k[3] * r2,
        y * (radial + tangential) + k[2] * r2,
        radial + steep * x * x + tangential + 4 * k[3] * x,
        steep * x * y + 2 * (k[2] * x + k[3] * y),
        radial + steep * y * y + tangential + 4 * k[2] * y,
    )


@compiled(nogil=True)
def _unbend(plane: Array, profile: Array, samples: Array, k: Array, out: Array) -> None:
    """radtan: bent points (N, 2) of the plane → straight ones, NaN where none leads there; see ``Lens.unproject``."""
    reach = samples[-1]
    for n in range(len(plane)):
        m, q = plane[n, 0], plane[n, 1]
        target = math.hypot(m, q)
        if not math.isfinite(target):
            continue
        factor = np.interp(target, profile, samples) / target if target > 0 else 1.0
        x, y = m * factor, q * factor
        u, v, a, b, d = _bend(x, y, k)
        residual = math.hypot(u - m, v - q)
        pace = 1.0
        for _ in range(NEWTON_STEPS):
            if residual <= ROUNDING * max(target, 1.0) or pace < SHORTEST_PACE:
                break
            det = a * d - b * b
            part = pace / (det if abs(det) > 1e-6 else 1e-6)
            new_x = x - part * (d * (u - m) - b * (v - q))
            new_y = y - part * (a * (v - q) - b * (u - m))
            r = math.hypot(new_x, new_y)
            if r > reach:
                new_x, new_y = new_x * reach / r, new_y * reach / r
            new = _bend(new_x, new_y, k)
            new_residual = math.hypot(new[0] - m, new[1] - q)
            if new_residual < residual:
                x, y, residual, pace = new_x, new_y, new_residual, 1.0
                u, v, a, b, d = new
            else:
                pace /= 2
        if residual <= REACHED * max(target, 1.0):
            out[n, 0], out[n, 1] = x, y


def unproject(camera: Camera, pixels: Array) -> Array:
    """As ``Camera.unproject``: (N, 2) → unit directions (N, 3) in the camera's frame, NaN where no ray leads."""
    if _kind(camera) != _RADTAN or not np.all(np.isfinite(camera.distortion)):
        return camera.unproject(pixels)[0]
    lens = camera.optics
    directions = np.ones((len(pixels), 3))
    plane = np.full((len(pixels), 2), np.nan)
    k = np.zeros(_COEFFICIENTS)
    k[: camera.distortion.size] = camera.distortion
    _unbend(to_plane(camera.K, pixels), *lens.radial_table, k, plane)
    directions[:, :2] = plane
    return directions / np.sqrt(np.einsum("ij,ij->i", directions, directions))[:, None]


def rays(camera: Camera, pixels: Array) -> tuple[Array, Array]:
    """As ``Camera.rays``: (N, 2) → origin (3,), unit directions (N, 3), in world."""
    return camera.centre, unproject(camera, pixels) @ camera.pose.R


def _kind(camera: Camera) -> int:
    if camera.is_pinhole:
        return _PINHOLE
    return _FISHEYE if camera.lens is LensModel.FISHEYE else _RADTAN


@dataclass(frozen=True, eq=False)
class Projection:
    """V cameras, packed for the compiled loop."""

    poses: Array
    Ks: Array
    kinds: npt.NDArray[np.int64]
    coefficients: Array
    limits: Array

    @classmethod
    def of(cls, cameras: Sequence[Camera]) -> Projection:
        coefficients = np.zeros((len(cameras), _COEFFICIENTS))
        for row, camera in zip(coefficients, cameras, strict=True):
            row[: camera.distortion.size] = camera.distortion
        kinds = np.array([_kind(camera) for camera in cameras], dtype=np.int64)
        limits = np.array(
            [
                camera.optics.monotone_angle if kind == _FISHEYE else camera.optics.monotone_radius
                for camera, kind in zip(cameras, kinds, strict=True)
            ]
        )
        poses = np.array([camera.T_cam_world for camera in cameras])
        return cls(poses, np.array([camera.K for camera in cameras]), kinds, coefficients, limits)

    @classmethod
    def of_homogeneous(cls, A: Array, K: Array, optics: Lens) -> Projection:
        """One camera with K (3, 3) and a lens, of whose frame points are A @ (x, y, 1): a turned image plane."""
        camera = Camera("", 1, 1, K, optics.coefficients, np.eye(4), optics.model)
        pose = np.zeros((1, 4, 4))
        pose[0, :3, :3] = A
        return dataclasses.replace(cls.of([camera]), poses=pose)

    def project_exactly(self, points: Array) -> Array:
        """(N, 3) → pixels (N, 2) of the first camera in double precision, NaN where it sees nothing."""
        pixels, depth = np.full((1, len(points), 2), np.nan), np.empty((1, len(points)))
        seen = np.zeros(depth.shape, np.bool_)
        _project(points, -1, self.poses, self.Ks, self.kinds, self.coefficients, self.limits, pixels, depth, seen)
        return pixels[0]

    def project(self, points_world: Array, skipped: int = -1) -> tuple[F32, F32, Flags]:
        """(..., 3) in world → pixels (V, ..., 2), depth (V, ...) along the optical axis, and whether they are seen.

        As ``Camera.project`` says it, in single precision; what is not seen, and the camera ``skipped``, is at pixel 0
        and depth 1.
        """
        shape = (len(self.kinds), *points_world.shape[:-1])
        points = np.ascontiguousarray(points_world.reshape(-1, 3))
        pixels = np.zeros((shape[0], len(points), 2), np.float32)
        depth, seen = np.ones(pixels.shape[:2], np.float32), np.zeros(pixels.shape[:2], np.bool_)
        _project(points, skipped, self.poses, self.Ks, self.kinds, self.coefficients, self.limits, pixels, depth, seen)
        return pixels.reshape(*shape, 2), depth.reshape(shape), seen.reshape(shape)
