"""How well a reading explains masks: each outline's rays must meet a point that lies inside all other masks.

Unlike a check of one rig, readings are compared here, so nothing may come free: a point behind a camera or beyond the
image counts as missed, else the worst reading would win by looking away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from mouseview.geometry.transforms import Array
from mouseview.geometry.triangulation import triangulate_rays
from mouseview.solve.conventions.cameras import ReadCameras

BoolImage = npt.NDArray[np.bool_]

_CAP_SHARE = 0.06  # of the image's longer side: an outline that misses by more says no more
_OUTLINE = 40
_DEPTHS = (40, 7, 7)  # samples along a ray, and twice again about the best of them
_PAIR_DEPTHS = 40
_ROOM = 1.4  # the sphere that is searched, over the one that the masks' extents tell


@dataclass(frozen=True, eq=False)
class Silhouette:
    """One mask, prepared once. outline (P, 2) and centroid (2,) in px; reach_px: farthest pixel from the centroid.

    away (H, W) float32: px outside the mask, 0 within; cap_px: the most that counts.  cut: whether the image's left,
    top, right and bottom border cut it off.
    """

    outline: Array
    centroid: Array
    reach_px: float
    away: npt.NDArray[np.float32]
    cap_px: float
    cut: tuple[bool, bool, bool, bool]

    @classmethod
    def of_mask(cls, mask: BoolImage) -> Silhouette:
        """mask (H, W) with at least one pixel set."""
        inside = mask.astype(np.uint8)
        v, u = np.nonzero(mask)
        pixels = np.stack([u + 0.5, v + 0.5], axis=-1)
        centroid = pixels.mean(axis=0)
        away = np.maximum(cv2.distanceTransform(1 - inside, cv2.DIST_L2, 5) - 0.5, 0.0)
        reach = float(np.linalg.norm(pixels - centroid, axis=-1).max())
        cut = (bool(mask[:, 0].any()), bool(mask[0].any()), bool(mask[:, -1].any()), bool(mask[-1].any()))
        cap_px = _CAP_SHARE * max(mask.shape)
        return cls(_outline(inside, centroid), centroid, reach, away, cap_px, cut)

    def gap_px(self, pixels: Array, seen: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
        """(...) px by which pixels (..., 2) lie outside.

        Beyond a border that cuts the mask off nobody knows how it goes on: there it may widen by a px each px.
        """
        height, width = self.away.shape
        pixels = np.where(seen[..., None], pixels, 0.0)
        inside = np.clip(pixels, 0.0, [width - 1e-6, height - 1e-6])
        whole = inside.astype(np.int32)
        gap = self.away[whole[..., 1], whole[..., 0]]
        over = pixels - inside
        beyond = np.abs(over).max(axis=-1)
        left, top, right, bottom = self.cut
        unknown = ((over[..., 0] < 0) & left) | ((over[..., 0] > 0) & right)
        unknown |= ((over[..., 1] < 0) & top) | ((over[..., 1] > 0) & bottom)
        gap = np.where(unknown, np.maximum(gap - beyond, 0.0), gap + beyond)
        return np.where(seen, np.minimum(gap, self.cap_px), self.cap_px).astype(np.float32)


def _outline(inside: npt.NDArray[np.uint8], centroid: Array) -> Array:
    """(≤ 40, 2) pixel centres along the mask's outline, off the image's border, spread by angle about the centroid."""
    inner = cv2.erode(inside, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0)
    v, u = np.nonzero((inside > 0) & (inner == 0))
    height, width = inside.shape
    free = (u > 0) & (v > 0) & (u < width - 1) & (v < height - 1)
    points = np.stack([u[free] + 0.5, v[free] + 0.5], axis=-1)
    about = points - centroid
    ordered = points[np.argsort(np.arctan2(about[:, 1], about[:, 0]), kind="stable")]
    return ordered[np.linspace(0, len(ordered) - 1, min(_OUTLINE, len(ordered))).astype(int)]


def _sphere(cameras: ReadCameras, frame: Sequence[Silhouette | None]) -> tuple[Array, float]:
    """Where the masks' rays roughly meet, and a radius that holds the extent of half of the masks or more."""
    views = [view for view, silhouette in enumerate(frame) if silhouette is not None]
    rays = np.stack([cameras.directions(view, _of(frame, view).centroid) for view in views])
    origins = cameras.centres[views]
    middle = triangulate_rays(origins, rays)
    distances = np.linalg.norm(origins - middle, axis=-1)
    reach = np.array([_of(frame, view).reach_px for view in views]) / cameras.focal_px[views]
    return middle, _ROOM * float(np.median(reach * distances))


def _room(cameras: ReadCameras, frame: Sequence[Silhouette | None]) -> tuple[Array, float]:
    """Where the subject may be while nobody knows whose images are whose: about the rays of all through all."""
    shapes = [silhouette for silhouette in frame if silhouette is not None]
    views = range(len(frame))
    rays = np.stack([cameras.directions(view, shape.centroid) for view in views for shape in shapes])
    origins = np.repeat(cameras.centres, len(shapes), axis=0)
    middle = triangulate_rays(origins, rays)
    offset = middle - origins
    aside = np.linalg.norm(offset - np.einsum("ri,ri->r", offset, rays)[:, None] * rays, axis=-1)
    distance, focal = float(np.median(np.linalg.norm(offset, axis=-1))), float(np.median(cameras.focal_px))
    reach = float(np.median([shape.reach_px for shape in shapes])) / focal * distance
    return middle, _ROOM * reach + float(np.nanmax(aside))


def _of(frame: Sequence[Silhouette | None], view: int) -> Silhouette:
    silhouette = frame[view]
    assert silhouette is not None
    return silhouette


def silhouette_gaps(cameras: ReadCameras, frame: Sequence[Silhouette | None], quick: bool = False) -> Array:
    """(V,) mean px by which each view's outline misses the hull of the others; NaN where there is no mask.

    frame: V silhouettes, already in the order of the cameras that are to have taken them.  quick: a quarter of the
    outline.
    """
    views = [view for view, silhouette in enumerate(frame) if silhouette is not None and len(silhouette.outline)]
    gaps = np.full(len(frame), np.nan)
    if len(views) < 3:
        return gaps
    middle, radius = _sphere(cameras, frame)
    for view in views:
        silhouette = _of(frame, view)
        gaps[view] = silhouette.cap_px
        directions = cameras.directions(view, silhouette.outline)[:: 4 if quick else 1]
        reaching: BoolImage = np.all(np.isfinite(directions), axis=-1)
        if not (np.isfinite(middle).all() and np.isfinite(radius) and radius > 0 and reaching.any()):
            continue
        others = [(other, _of(frame, other)) for other in views if other != view]
        missed = _missed(cameras, cameras.centres[view], directions[reaching], middle, radius, others)
        missed = np.minimum(missed, silhouette.cap_px)
        gaps[view] = (missed.sum() + silhouette.cap_px * np.sum(~reaching)) / len(reaching)
    return gaps


def _missed(
    cameras: ReadCameras,
    origin: Array,
    directions: Array,
    middle: Array,
    radius: float,
    others: Sequence[tuple[int, Silhouette]],
) -> Array:
    """(P,) px by which the best point of each ray (P, 3) lies outside the worst of the other masks."""
    best = directions @ (middle - origin)
    half = radius
    gaps = np.zeros(len(directions))
    for count in _DEPTHS:
        depths = best[:, None] + np.linspace(-half, half, count)
        world = origin + directions[:, None, :] * depths[..., None]
        worst = np.zeros(depths.shape, np.float32)
        for other, silhouette in others:
            np.maximum(worst, silhouette.gap_px(*cameras.project(other, world)), out=worst)
        # of equally good depths the middle one: a ray runs inside the hull for a while
        least = worst.min(axis=1, keepdims=True)
        good = worst <= least + 1e-6
        at = np.round((good * np.arange(count)).sum(axis=1) / good.sum(axis=1)).astype(int)
        at = np.where(good[np.arange(len(at)), at], at, worst.argmin(axis=1))
        best = depths[np.arange(len(at)), at]
        gaps = np.asarray(least[:, 0], dtype=np.float64)
        half = 2.0 * half / (count - 1)
    return gaps


def pairwise_gaps(cameras: ReadCameras, frame: Sequence[Silhouette | None]) -> Array:
    """(V, V, V, V) cost [i, a, j, b] of camera i having taken image a and camera j image b; 0 where there is no mask.

    Mean px by which the outline of a, seen along its rays through camera i, misses mask b in camera j.
    """
    count = len(frame)
    costs = np.zeros((count,) * 4)
    middle, radius = _room(cameras, frame)
    if not (np.isfinite(middle).all() and np.isfinite(radius)):
        return costs
    masked = [view for view in range(count) if frame[view] is not None and len(_of(frame, view).outline)]
    for i in range(count):
        for a in masked:
            directions = cameras.directions(i, _of(frame, a).outline)[::2]
            directions = directions[np.isfinite(directions).all(axis=-1)]
            depths = (directions @ (middle - cameras.centres[i]))[:, None] + np.linspace(-radius, radius, _PAIR_DEPTHS)
            world = cameras.centres[i] + directions[:, None, :] * depths[..., None]
            for j in range(count):
                if j == i:
                    continue
                pixels, seen = cameras.project(j, world)
                for b in masked:
                    if b != a and len(directions):
                        costs[i, a, j, b] = float(_of(frame, b).gap_px(pixels, seen).min(axis=1).mean())
    return costs
