"""What lies under the cursor: an image, a frustum's lines, a ray. Everything in the widget's pixels. Pure numpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mouseview.app.scene3d.geometry import ShownCamera, mesh_triangles
from mouseview.app.scene3d.viewpoint import Viewpoint
from mouseview.geometry.transforms import Array


@dataclass(frozen=True, eq=False)
class CameraHit:
    """camera, its depth under the cursor, and the pixel (2,) of its image where the image itself was hit."""

    name: str
    depth: float
    pixel: tuple[float, float] | None


def distance_to_segments(point: Array, a: Array, b: Array) -> tuple[Array, Array]:
    """Point (2,) to segments a, b (N, 2) → (distance (N,), place along the segment 0..1 (N,))."""
    along = b - a
    squared = np.maximum(np.sum(along * along, axis=-1), 1e-12)
    t = np.clip(np.sum((point - a) * along, axis=-1) / squared, 0.0, 1.0)
    return np.linalg.norm(a + t[:, None] * along - point, axis=-1), t


def pick_ray(
    position: tuple[float, float],
    viewpoint: Viewpoint,
    size: tuple[float, float],
    starts: Array,
    ends: Array,
    reach: float = 7.0,
) -> int | None:
    """Index of the ray (starts, ends (N, 3)) within ``reach`` px of the cursor, the nearest on the screen."""
    if len(starts) == 0:
        return None
    a, b = viewpoint.project(starts, size), viewpoint.project(ends, size)
    distance, _ = distance_to_segments(np.asarray(position, dtype=np.float64), a[:, :2], b[:, :2])
    distance = np.where(np.isfinite(distance), distance, np.inf)
    best = int(np.argmin(distance))
    return best if distance[best] <= reach else None


def _hit_image(
    point: Array, shown: ShownCamera, screen: Array, triangles: npt.NDArray[np.uint32]
) -> tuple[float, Array] | None:
    """(depth, uv (2,)) of the nearest triangle under the point; screen (M, 3) holds x, y, depth of the mesh."""
    corners = screen[triangles]
    a, b, c = corners[:, 0, :2], corners[:, 1, :2], corners[:, 2, :2]
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    with np.errstate(divide="ignore", invalid="ignore"):
        v = ((point[0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (point[1] - a[:, 1]) * (c[:, 0] - a[:, 0])) / area
        w = ((b[:, 0] - a[:, 0]) * (point[1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (point[0] - a[:, 0])) / area
        covered = (v >= 0) & (w >= 0) & (v + w <= 1)
    if not covered.any():
        return None
    index = np.flatnonzero(covered)
    weights = np.stack([1 - v[index] - w[index], v[index], w[index]], axis=-1) / corners[index, :, 2]
    weights /= weights.sum(axis=-1, keepdims=True)  # perspective-correct
    depth = np.sum(weights * corners[index, :, 2], axis=-1)
    best = int(np.argmin(depth))
    return float(depth[best]), weights[best] @ shown.uv.reshape(-1, 2)[triangles[index[best]]]


def pick_camera(
    position: tuple[float, float],
    viewpoint: Viewpoint,
    size: tuple[float, float],
    cameras: Sequence[ShownCamera],
    depths: Sequence[float],
    reach: float = 8.0,
) -> CameraHit | None:
    """The frontmost image under the cursor, else the nearest frustum line within ``reach`` px.

    depths: at which each camera's image is drawn.  The pixel is one of the shown camera's own image; between before
    and after part of the drawn window lies outside of it, and has none.
    """
    point = np.asarray(position, dtype=np.float64)
    images: list[CameraHit] = []
    lines: list[tuple[float, CameraHit]] = []
    for shown, depth in zip(cameras, depths, strict=True):
        surface = shown.surface(depth)
        hit = _hit_image(point, shown, viewpoint.project(surface.reshape(-1, 3), size), mesh_triangles(surface))
        if hit is not None:
            x, y = (hit[1] * shown.camera.size).tolist()
            in_image = bool(np.all((hit[1] >= 0) & (hit[1] <= 1)))
            images.append(CameraHit(shown.name, hit[0], (x, y) if in_image else None))
        corners = viewpoint.project(shown.corners(depth), size)
        apex = viewpoint.project(shown.centre, size)
        starts = np.vstack([np.repeat(apex[None], 4, axis=0), corners])
        ends = np.vstack([corners, np.roll(corners, -1, axis=0)])
        distance, t = distance_to_segments(point, starts[:, :2], ends[:, :2])
        distance = np.where(np.isfinite(distance), distance, np.inf)
        best = int(np.argmin(distance))
        if distance[best] <= reach:
            line_depth = float((1 - t[best]) * starts[best, 2] + t[best] * ends[best, 2])
            lines.append((float(distance[best]), CameraHit(shown.name, line_depth, None)))
    if images:
        return min(images, key=lambda hit: hit.depth)
    return min(lines, key=lambda entry: entry[0])[1] if lines else None
