"""``Camera.project`` for many points seen by many cameras, compiled: the hull asks for a hundred thousand at a time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mouseview.geometry.compiled import compiled
from mouseview.geometry.lenses import LensModel
from mouseview.geometry.transforms import Array
from mouseview.model.camera import Camera

F32 = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]

_PINHOLE, _RADTAN, _FISHEYE = range(3)
_COEFFICIENTS = 8


@compiled(nogil=True)
def _project(
    points: Array, skipped: int, poses: Array, Ks: Array, kinds: npt.NDArray[np.int64], coefficients: Array,
    limits: Array, pixels: F32, depth: F32, seen: Flags,
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
