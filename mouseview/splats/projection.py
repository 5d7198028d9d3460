"""Projection stage: 3D Gaussians seen by a camera become coloured 2D Gaussians in its image.

The covariance goes through the Jacobian of the whole camera (lens, skew, off-centre K), evaluated at the Gaussian's
centre. Everything is computed in float64 and stored in float32.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mouseview.geometry.compiled import compiled
from mouseview.geometry.lenses import LensModel
from mouseview.model.camera import Camera
from mouseview.model.gaussians import F32, Gaussians
from mouseview.splats.definition import (
    GUARD,
    LOW_PASS_PX2,
    MIN_ALPHA,
    NEAR_FRACTION,
    SH_C0,
    SH_C1,
    SH_C2,
    SH_C3,
)
from mouseview.splats.threads import resolve_threads, run_all

RECORD = 14
"""Floats per projected Gaussian; the layout stands at ``Projected.records``."""

MAX_SIDE_PX = 16384
_MAX_CHUNKS = 64
_MIN_CHUNK = 4096
_SAMPLE = 4096

_PINHOLE, _RADTAN, _FISHEYE = 0, 1, 2


@dataclass(frozen=True, eq=False)
class Projected:
    """The Gaussians of a scene that reach one image.

    The scene is cut into C runs of Gaussians; run c holds ``counts[c]`` drawn ones from row ``starts[c]`` on, in
    scene order, and the rows after them are undefined. ``rows`` lists the defined ones.

    records (N, 14) float32: centre in px as two whole and two fractional parts (x, y, x, y; whole + fraction keeps a
    1e-7 px grid at any image size), the three factors of the exponent A dx² + B dx dy + C dy², opacity, red, green,
    blue, camera z in the scene's unit, half width and half height in px of the ellipse where alpha ≥ 1/255.
    bounds (N, 4) int16: first and last column, first and last row of the pixels it can reach, all inside the image.
    index (N,) int32: its place in the scene.
    """

    width: int
    height: int
    records: F32
    bounds: npt.NDArray[np.int16]
    index: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return int(self.counts.sum())

    @property
    def rows(self) -> npt.NDArray[np.int64]:
        """(M,) rows of the arrays that hold a drawn Gaussian, in scene order."""
        runs = [np.arange(s, s + c) for s, c in zip(self.starts, self.counts, strict=True)]
        return np.concatenate([np.zeros(0, np.int64), *runs])

    @property
    def centre_px(self) -> npt.NDArray[np.float64]:
        """(M, 2) in px, house pixel origin."""
        record = self.records[self.rows].astype(np.float64)
        return record[:, 0:2] + record[:, 2:4]

    @property
    def depth(self) -> F32:
        """(M,) camera z in the scene's unit."""
        return self.records[self.rows, 11]

    @property
    def source(self) -> npt.NDArray[np.int32]:
        """(M,) which Gaussian of the scene it was."""
        return self.index[self.rows]


def near_plane(xyz: npt.NDArray[np.floating], centre: npt.NDArray[np.float64]) -> float:
    """Camera z in the scene's unit below which nothing is drawn, from at most 4096 evenly spaced Gaussians (N, 3)."""
    sample = xyz[:: max(1, -(-len(xyz) // _SAMPLE))].astype(np.float64)
    distance = np.linalg.norm(sample - centre, axis=-1)
    distance = distance[np.isfinite(distance)]
    return NEAR_FRACTION * float(np.median(distance)) if distance.size else 0.0


def project(
    gaussians: Gaussians, camera: Camera, *, near: float | None = None, threads: int | None = None
) -> Projected:
    """What ``camera`` sees of the scene; both in the same world frame and unit.

    near: smallest camera z drawn, in the scene's unit; by default 1 % of the median distance. Left out are Gaussians
    behind it (also where a fisheye sees beyond 90°), beyond the lens's monotone radius, fainter than 1/255, not
    finite, or outside the image.
    """
    if not (1 <= camera.width <= MAX_SIDE_PX and 1 <= camera.height <= MAX_SIDE_PX):
        raise ValueError(f"camera {camera.name}: cannot render {camera.width} × {camera.height} px")
    n = len(gaussians)
    chunk = max(_MIN_CHUNK, -(-n // _MAX_CHUNKS))
    starts = np.arange(0, n, chunk, dtype=np.int64)
    counts = np.zeros(len(starts), np.int64)
    records = np.empty((n, RECORD), np.float32)
    bounds = np.empty((n, 4), np.int16)
    index = np.empty(n, np.int32)

    lens = camera.optics
    coefficients = np.zeros(8)
    coefficients[: lens.coefficients.size] = lens.coefficients
    if lens.model is LensModel.FISHEYE:
        kind, limit = _FISHEYE, lens.monotone_angle
    else:
        kind, limit = (_PINHOLE if lens.is_identity else _RADTAN), lens.monotone_radius
    K = np.array(camera.K)
    pose = np.array(camera.T_cam_world)
    centre = np.array(camera.centre)
    z_near = near_plane(gaussians.xyz, centre) if near is None else float(near)

    def task(c: int) -> None:
        start = int(starts[c])
        counts[c] = _project_run(
            start, min(start + chunk, n), gaussians.xyz, gaussians.sh, gaussians.scale, gaussians.rotation,
            gaussians.opacity, pose, centre, K, kind, coefficients, limit, z_near, camera.width, camera.height,
            records, bounds, index,
        )  # fmt: skip

    run_all(task, len(starts), resolve_threads(threads))
    return Projected(camera.width, camera.height, records, bounds, index, starts, counts)


@compiled(nogil=True, error_model="numpy")
def _radtan(k, x, y, z):  # type: ignore[no-untyped-def]
    """Distorted normalised point and its derivative by the point in the camera's frame."""
    iz = 1.0 / z
    a, b = x * iz, y * iz
    r2 = a * a + b * b
    top = 1.0 + r2 * (k[0] + r2 * (k[1] + r2 * k[4]))
    bottom = 1.0 + r2 * (k[5] + r2 * (k[6] + r2 * k[7]))
    radial = top / bottom
    slope = (k[0] + r2 * (2 * k[1] + 3 * r2 * k[4]) - radial * (k[5] + r2 * (2 * k[6] + 3 * r2 * k[7]))) / bottom
    p1, p2 = k[2], k[3]
    u = a * radial + 2 * p1 * a * b + p2 * (r2 + 2 * a * a)
    v = b * radial + p1 * (r2 + 2 * b * b) + 2 * p2 * a * b
    daa = radial + 2 * a * a * slope + 2 * p1 * b + 6 * p2 * a
    dab = 2 * a * b * slope + 2 * p1 * a + 2 * p2 * b
    dbb = radial + 2 * b * b * slope + 6 * p1 * b + 2 * p2 * a
    return u, v, daa * iz, dab * iz, -(daa * a + dab * b) * iz, dab * iz, dbb * iz, -(dab * a + dbb * b) * iz


@compiled(nogil=True, error_model="numpy")
def _fisheye(k, x, y, z):  # type: ignore[no-untyped-def]
    """The same for the fisheye, whose polynomial is in the angle from the axis."""
    rho = np.sqrt(x * x + y * y)
    theta = np.arctan2(rho, z)
    t2 = theta * theta
    value = theta * (1 + t2 * (k[0] + t2 * (k[1] + t2 * (k[2] + t2 * k[3]))))
    slope = 1 + t2 * (3 * k[0] + t2 * (5 * k[1] + t2 * (7 * k[2] + t2 * 9 * k[3])))
    n2 = rho * rho + z * z
    if rho > 0:
        ratio = value / rho
        bend = (slope * z / n2 - ratio) / (rho * rho)
    else:
        ratio = 1.0 / z
        bend = 0.0
    cross = x * y * bend
    return (
        x * ratio, y * ratio,
        ratio + x * x * bend, cross, -slope * x / n2,
        cross, ratio + y * y * bend, -slope * y / n2,
    )  # fmt: skip


@compiled(nogil=True, error_model="numpy")
def _colour(sh, g, channel, x, y, z):  # type: ignore[no-untyped-def]
    """One channel of ``sh`` (N, K, 3) of Gaussian g in the unit direction (x, y, z) from the camera to it."""
    terms = sh.shape[1]
    value = 0.5 + SH_C0 * sh[g, 0, channel]
    if terms > 1:
        value += SH_C1 * (z * sh[g, 2, channel] - y * sh[g, 1, channel] - x * sh[g, 3, channel])
    if terms > 4:
        value += (
            SH_C2[0] * (x * y * sh[g, 4, channel] - y * z * sh[g, 5, channel] - x * z * sh[g, 7, channel])
            + SH_C2[1] * (2 * z * z - x * x - y * y) * sh[g, 6, channel]
            + SH_C2[2] * (x * x - y * y) * sh[g, 8, channel]
        )
    if terms > 9:
        ring = 4 * z * z - x * x - y * y
        value += (
            -SH_C3[0] * y * (3 * x * x - y * y) * sh[g, 9, channel]
            + SH_C3[1] * x * y * z * sh[g, 10, channel]
            - SH_C3[2] * ring * (y * sh[g, 11, channel] + x * sh[g, 13, channel])
            + SH_C3[3] * z * (2 * z * z - 3 * x * x - 3 * y * y) * sh[g, 12, channel]
            + SH_C3[4] * z * (x * x - y * y) * sh[g, 14, channel]
            - SH_C3[0] * x * (x * x - 3 * y * y) * sh[g, 15, channel]
        )
    return 0.0 if value < 0.0 else value  # a NaN stays one: such a Gaussian is left out


@compiled(nogil=True, error_model="numpy")
def _project_run(  # type: ignore[no-untyped-def]
    start, stop, xyz, sh, scale, rotation, opacity, pose, centre, K, kind, k, limit, near, width, height,
    records, bounds, index,
):  # fmt: skip
    """Gaussians start … stop − 1; writes the drawn ones from row ``start`` on and returns how many they are."""
    r00, r01, r02, t0 = pose[0, 0], pose[0, 1], pose[0, 2], pose[0, 3]
    r10, r11, r12, t1 = pose[1, 0], pose[1, 1], pose[1, 2], pose[1, 3]
    r20, r21, r22, t2 = pose[2, 0], pose[2, 1], pose[2, 2], pose[2, 3]
    fx, skew, cx, fy, cy = K[0, 0], K[0, 1], K[0, 2], K[1, 1], K[1, 2]
    slot = start
    for g in range(start, stop):
        alpha = np.float64(opacity[g])
        if not alpha >= MIN_ALPHA:
            continue
        px, py, pz = np.float64(xyz[g, 0]), np.float64(xyz[g, 1]), np.float64(xyz[g, 2])
        z = r20 * px + r21 * py + r22 * pz + t2
        if not (z > near and z > 0.0):
            continue
        x = r00 * px + r01 * py + r02 * pz + t0
        y = r10 * px + r11 * py + r12 * pz + t1

        if kind == _PINHOLE:
            iz = 1.0 / z
            u, v = x * iz, y * iz
            a0, a1, a2 = iz, 0.0, -u * iz
            b0, b1, b2 = 0.0, iz, -v * iz
        elif kind == _RADTAN:
            if not np.sqrt(x * x + y * y) <= limit * z:
                continue
            u, v, a0, a1, a2, b0, b1, b2 = _radtan(k, x, y, z)
        else:
            if not np.arctan2(np.sqrt(x * x + y * y), z) <= limit:
                continue
            u, v, a0, a1, a2, b0, b1, b2 = _fisheye(k, x, y, z)
        u_px = fx * u + skew * v + cx
        v_px = fy * v + cy
        if not (-GUARD * width <= u_px <= (1 + GUARD) * width and -GUARD * height <= v_px <= (1 + GUARD) * height):
            continue
        a0, a1, a2 = fx * a0 + skew * b0, fx * a1 + skew * b1, fx * a2 + skew * b2
        b0, b1, b2 = fy * b0, fy * b1, fy * b2

        # rows of J · R_cam_world, then of J · R_cam_world · R_world_gaussian · diag(scale)
        d0, d1, d2 = a0 * r00 + a1 * r10 + a2 * r20, a0 * r01 + a1 * r11 + a2 * r21, a0 * r02 + a1 * r12 + a2 * r22
        e0, e1, e2 = b0 * r00 + b1 * r10 + b2 * r20, b0 * r01 + b1 * r11 + b2 * r21, b0 * r02 + b1 * r12 + b2 * r22
        qw, qx = np.float64(rotation[g, 0]), np.float64(rotation[g, 1])
        qy, qz = np.float64(rotation[g, 2]), np.float64(rotation[g, 3])
        two = 2.0 / (qw * qw + qx * qx + qy * qy + qz * qz)
        q00, q01, q02 = 1 - two * (qy * qy + qz * qz), two * (qx * qy - qw * qz), two * (qx * qz + qw * qy)
        q10, q11, q12 = two * (qx * qy + qw * qz), 1 - two * (qx * qx + qz * qz), two * (qy * qz - qw * qx)
        q20, q21, q22 = two * (qx * qz - qw * qy), two * (qy * qz + qw * qx), 1 - two * (qx * qx + qy * qy)
        s0, s1, s2 = np.float64(scale[g, 0]), np.float64(scale[g, 1]), np.float64(scale[g, 2])
        m0, n0 = (d0 * q00 + d1 * q10 + d2 * q20) * s0, (e0 * q00 + e1 * q10 + e2 * q20) * s0
        m1, n1 = (d0 * q01 + d1 * q11 + d2 * q21) * s1, (e0 * q01 + e1 * q11 + e2 * q21) * s1
        m2, n2 = (d0 * q02 + d1 * q12 + d2 * q22) * s2, (e0 * q02 + e1 * q12 + e2 * q22) * s2
        xx = m0 * m0 + m1 * m1 + m2 * m2 + LOW_PASS_PX2
        xy = m0 * n0 + m1 * n1 + m2 * n2
        yy = n0 * n0 + n1 * n1 + n2 * n2 + LOW_PASS_PX2
        det = xx * yy - xy * xy
        if not (det > 0.0 and det < np.inf):
            continue

        reach = 2.0 * np.log(alpha / MIN_ALPHA)
        half_x, half_y = np.sqrt(reach * xx), np.sqrt(reach * yy)
        first_x = max(np.ceil(u_px - half_x - 0.5), 0.0)
        last_x = min(np.floor(u_px + half_x - 0.5), width - 1.0)
        first_y = max(np.ceil(v_px - half_y - 0.5), 0.0)
        last_y = min(np.floor(v_px + half_y - 0.5), height - 1.0)
        if not (first_x <= last_x and first_y <= last_y):
            continue

        vx, vy, vz = px - centre[0], py - centre[1], pz - centre[2]
        inverse = 1.0 / np.sqrt(vx * vx + vy * vy + vz * vz)
        vx, vy, vz = vx * inverse, vy * inverse, vz * inverse
        red, green = _colour(sh, g, 0, vx, vy, vz), _colour(sh, g, 1, vx, vy, vz)
        blue = _colour(sh, g, 2, vx, vy, vz)
        if not red + green + blue < np.inf:
            continue

        whole_x, whole_y = np.floor(u_px), np.floor(v_px)
        records[slot, 0], records[slot, 1] = whole_x, whole_y
        records[slot, 2], records[slot, 3] = u_px - whole_x, v_px - whole_y
        records[slot, 4], records[slot, 5], records[slot, 6] = -0.5 * yy / det, xy / det, -0.5 * xx / det
        records[slot, 7] = alpha
        records[slot, 8], records[slot, 9], records[slot, 10] = red, green, blue
        records[slot, 11] = z
        records[slot, 12], records[slot, 13] = half_x, half_y
        bounds[slot, 0], bounds[slot, 1] = np.int16(first_x), np.int16(last_x)
        bounds[slot, 2], bounds[slot, 3] = np.int16(first_y), np.int16(last_y)
        index[slot] = g
        slot += 1
    return slot - start
