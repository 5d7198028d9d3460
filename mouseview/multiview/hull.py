"""Do silhouettes belong to one rig? A mask pixel whose ray meets no point inside all other masks is a contradiction.

One-sided, in px beyond the other views' outlines. A perfect rig leaves only the masks' own noise, unlike the masks'
centroids, which do not triangulate for an extended animal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from mouseview.geometry.transforms import Array
from mouseview.geometry.triangulation import triangulate_rays
from mouseview.model.camera import Camera

BoolImage = npt.NDArray[np.bool_]

MAXIMUM_VIEWS = 8  # the cost grows with the square; of more views some are taken evenly
_CAP_PX = 60.0  # a pixel that misses by more says no more


@dataclass(frozen=True, eq=False)
class SilhouetteHull:
    """Evidence of V views. score of a view: mean px by which its outline's rays miss the hull of the others.

    beyond[v] (P, D, V, V): for point P of view v's outline at depth D, projected into view w, the px outside mask m.
    """

    names: tuple[str, ...]
    beyond: tuple[npt.NDArray[np.float32], ...]

    def _miss(self, view: int, masks: Sequence[int], leave_out: int | None = None) -> float:
        others = [w for w in range(len(self.names)) if w not in (view, leave_out)]
        gaps = np.stack([self.beyond[view][:, :, w, masks[w]] for w in others], axis=-1)
        return float(gaps.max(axis=-1).min(axis=-1).mean()) if gaps.size else 0.0

    @property
    def per_view_px(self) -> Array:
        """(V,) score of every view against all others."""
        order = range(len(self.names))
        return np.array([self._miss(view, order) for view in order])

    @property
    def mean_px(self) -> float:
        return float(self.per_view_px.mean())

    def without_px(self, left_out: int) -> float:
        """Mean score of the other views, were one view not there."""
        order = range(len(self.names))
        return float(np.mean([self._miss(view, order, left_out) for view in order if view != left_out]))

    def swapped_px(self, first: int, second: int) -> tuple[float, float]:
        """Mean score of the other views were the images of two exchanged, and as they are."""
        order = list(range(len(self.names)))
        exchanged = list(order)
        exchanged[first], exchanged[second] = second, first
        others = [view for view in order if view not in (first, second)]
        return (
            float(np.mean([self._miss(view, exchanged) for view in others])),
            float(np.mean([self._miss(view, order) for view in others])),
        )


def _outline(mask: BoolImage, count: int) -> Array:
    """(≤ count, 2) pixel centres spread evenly along the mask's outline, off the image's border."""
    inner = cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=0)
    v, u = np.nonzero(mask & (inner == 0))
    height, width = mask.shape
    free = (u > 0) & (v > 0) & (u < width - 1) & (v < height - 1)
    points = np.stack([u[free] + 0.5, v[free] + 0.5], axis=-1)
    centred = points - points.mean(axis=0) if len(points) else points
    ordered = points[np.argsort(np.arctan2(centred[:, 1], centred[:, 0]), kind="stable")]
    return ordered[np.linspace(0, len(ordered) - 1, min(count, len(ordered))).astype(int)]


def _bounding_sphere(cameras: Sequence[Camera], masks: Sequence[BoolImage]) -> tuple[Array, float]:
    """Where the masks' rays roughly meet, and a radius that holds every mask's extent there."""
    centroids = [np.argwhere(mask)[:, ::-1].mean(axis=0) + 0.5 for mask in masks]
    origins = np.array([camera.centre for camera in cameras])
    directions = np.array([camera.rays(pixel)[1] for camera, pixel in zip(cameras, centroids, strict=True)])
    middle = triangulate_rays(origins, directions)
    radius = 0.0
    for camera, mask, centroid in zip(cameras, masks, centroids, strict=True):
        reach = np.linalg.norm(np.argwhere(mask)[:, ::-1] + 0.5 - centroid, axis=-1).max()
        radius = max(radius, 1.3 * reach / camera.fx * float(np.linalg.norm(camera.centre - middle)))
    return middle, radius


def silhouette_hull(
    cameras: Sequence[Camera], masks: Sequence[BoolImage], points: int = 60, depths: int = 128
) -> SilhouetteHull | None:
    """Evidence from masks (H, W) through cameras of one frame; None below three views that have anything masked.

    A point that projects outside an image, or where a view's lens shows nothing, contradicts nothing there.
    """
    chosen = [index for index, mask in enumerate(masks) if mask.any()]
    if len(chosen) > MAXIMUM_VIEWS:
        chosen = [chosen[i] for i in np.linspace(0, len(chosen) - 1, MAXIMUM_VIEWS).astype(int)]
    if len(chosen) < 3:
        return None
    cameras, masks = [cameras[i] for i in chosen], [masks[i] for i in chosen]
    middle, radius = _bounding_sphere(cameras, masks)
    if not np.all(np.isfinite(middle)) or radius <= 0:
        return None
    away = [cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 3) for mask in masks]
    beyond = []
    for view, camera in enumerate(cameras):
        origin, directions = camera.rays(_outline(masks[view], points))
        directions = directions[np.all(np.isfinite(directions), axis=-1)]
        along = directions @ (middle - origin)
        depth = along[:, None] + np.linspace(-radius, radius, depths)
        world = origin + directions[:, None, :] * depth[..., None]
        gaps = np.zeros((*depth.shape, len(cameras), len(cameras)), np.float32)
        for other, seen_by in enumerate(cameras):
            if other != view:
                gaps[:, :, other] = _px_outside(seen_by, world, away)
        beyond.append(gaps)
    return SilhouetteHull(tuple(camera.name for camera in cameras), tuple(beyond))


def _px_outside(camera: Camera, world: Array, away: Sequence[npt.NDArray[np.float32]]) -> npt.NDArray[np.float32]:
    """(P, D, V): px by which points (P, D, 3) seen by ``camera`` lie outside each of V masks; 0 where not seen."""
    pixels, seen = camera.project(world)
    out = np.zeros((*seen.shape, len(away)), np.float32)
    whole = np.floor(np.where(seen[..., None], pixels, -1.0)).astype(np.int64)
    for index, field in enumerate(away):
        height, width = field.shape
        inside = (whole[..., 0] >= 0) & (whole[..., 1] >= 0) & (whole[..., 0] < width) & (whole[..., 1] < height)
        out[inside, index] = np.minimum(field[whole[inside, 1], whole[inside, 0]], _CAP_PX)
    return out
