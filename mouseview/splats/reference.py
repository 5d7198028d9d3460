"""The rasteriser's definition in plain float64 numpy: slow, readable, and the judge of the fast path.

One Gaussian after the other over the whole image. The camera's derivative comes from ``Lens.jacobian``, spherical
harmonics from a table of polynomials; nothing is shared with the fast path but the constants.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mouseview.geometry.rays import pixel_centres, to_pixels
from mouseview.geometry.transforms import Array
from mouseview.model.camera import Camera
from mouseview.model.gaussians import Gaussians
from mouseview.splats import definition as d


def harmonics(directions: Array, terms: int) -> Array:
    """Real spherical harmonics with the signs of 3D Gaussian splatting: unit directions (N, 3) → (N, terms)."""
    x, y, z = directions.T
    c1, c2, c3 = d.SH_C1, d.SH_C2, d.SH_C3
    table = [
        np.full_like(x, d.SH_C0),
        -c1 * y,
        c1 * z,
        -c1 * x,
        c2[0] * x * y,
        -c2[0] * y * z,
        c2[1] * (2 * z**2 - x**2 - y**2),
        -c2[0] * x * z,
        c2[2] * (x**2 - y**2),
        -c3[0] * y * (3 * x**2 - y**2),
        c3[1] * x * y * z,
        -c3[2] * y * (4 * z**2 - x**2 - y**2),
        c3[3] * z * (2 * z**2 - 3 * x**2 - 3 * y**2),
        -c3[2] * x * (4 * z**2 - x**2 - y**2),
        c3[4] * z * (x**2 - y**2),
        -c3[0] * x * (x**2 - 3 * y**2),
    ]
    return np.stack(table[:terms], axis=-1)


def colours(gaussians: Gaussians, centre: Array) -> Array:
    """(N, 3) as seen from the camera centre (3,) in world: max(0, 0.5 + Σ)."""
    directions = gaussians.xyz - centre
    directions = directions / np.linalg.norm(directions, axis=-1, keepdims=True)
    basis = harmonics(directions, gaussians.sh.shape[1])
    return np.maximum(0.0, 0.5 + np.einsum("nk,nkc->nc", basis, gaussians.sh.astype(np.float64)))


def covariances_world(gaussians: Gaussians) -> Array:
    """(N, 3, 3): R diag(scale²) Rᵀ of the normalised wxyz quaternions."""
    q = gaussians.rotation.astype(np.float64)
    w, x, y, z = (q / np.linalg.norm(q, axis=-1, keepdims=True)).T
    R = np.stack(
        [
            np.stack([1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)], -1),
            np.stack([2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)], -1),
            np.stack([2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)], -1),
        ],
        axis=-2,
    )
    return np.einsum("nij,nj,nkj->nik", R, gaussians.scale.astype(np.float64) ** 2, R)


def covariances_px(gaussians: Gaussians, camera: Camera) -> Array:
    """(N, 2, 2) in px², low-pass included."""
    points_cam = camera.pose.apply(gaussians.xyz)
    to_image = camera.K[:2, :2] @ camera.optics.jacobian(points_cam) @ camera.T_cam_world[:3, :3]
    return to_image @ covariances_world(gaussians) @ np.swapaxes(to_image, -1, -2) + d.LOW_PASS_PX2 * np.eye(2)


def near_plane(gaussians: Gaussians, camera: Camera) -> float:
    """1 % of the median distance to the camera; exact up to 4096 Gaussians, where the fast path takes all too."""
    return d.NEAR_FRACTION * float(np.median(np.linalg.norm(gaussians.xyz - camera.centre, axis=-1)))


def render(gaussians: Gaussians, camera: Camera, background: Sequence[float] = (1.0, 1.0, 1.0)) -> Array:
    """(height, width, 5) float64: RGB on the background, alpha, expected depth (NaN where nothing is drawn)."""
    points_cam = camera.pose.apply(gaussians.xyz)
    z = points_cam[:, 2]
    plane, valid = camera.optics.project(points_cam)
    centres = to_pixels(camera.K, plane)
    size = np.array(camera.size)
    inside = np.all((centres >= -d.GUARD * size) & (centres <= (1 + d.GUARD) * size), axis=-1)
    drawn = valid & inside & (z > near_plane(gaussians, camera)) & (gaussians.opacity >= d.MIN_ALPHA)
    with np.errstate(all="ignore"):
        inverse = np.full((len(gaussians), 2, 2), np.nan)
        inverse[drawn] = np.linalg.inv(covariances_px(gaussians.select(drawn), camera))
    rgb = colours(gaussians, camera.centre)

    pixels = pixel_centres(camera.width, camera.height)
    transmittance = np.ones((camera.height, camera.width))
    finished = np.zeros_like(transmittance, bool)
    colour = np.zeros((camera.height, camera.width, 3))
    depth = np.zeros_like(transmittance)
    # the order is by float32 depth, ties in scene order, as the fast path keeps depths
    for g in np.argsort(z.astype(np.float32), kind="stable"):
        if not drawn[g]:
            continue
        offset = pixels - centres[g]
        power = -0.5 * np.einsum("yxi,ij,yxj->yx", offset, inverse[g], offset)
        strength = float(gaussians.opacity[g]) * np.exp(power)
        alpha = np.minimum(d.MAX_ALPHA, strength)
        left = transmittance * (1 - alpha)
        reaches = (strength >= d.MIN_ALPHA) & ~finished
        finished |= reaches & (left < d.MIN_TRANSMITTANCE)
        reaches &= ~finished
        weight = np.where(reaches, transmittance * alpha, 0.0)
        colour += weight[..., None] * rgb[g]
        depth += weight * z[g]
        transmittance = np.where(reaches, left, transmittance)
    cover = 1 - transmittance
    colour += transmittance[..., None] * np.asarray(background, dtype=np.float64)
    with np.errstate(all="ignore"):
        depth = np.where(cover > 0, depth / cover, np.nan)
    return np.concatenate([colour, cover[..., None], depth[..., None]], axis=-1)
