"""Measures of one view's plan: what the lens moves, what is padded, how much is minified."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from mouseview.geometry.lenses import LensModel
from mouseview.geometry.rays import pixel_centres, to_pixels
from mouseview.geometry.transforms import Array
from mouseview.model.camera import Camera
from mouseview.multiview.hull import silhouette_hull
from mouseview.normalise.plan import ViewPlan

_PADDING_CELLS, _PER_CELL = 32, 4  # per axis: cells whose corners are asked for, places counted in each
_LENS_GRID = 17  # points per axis that the lens is measured on
_HULL_DENSITY = (48, 24)  # outline points a view, knots a ray
_HULL_SIDE = 576  # px: of larger images every other pixel, or fewer, tells enough of an outline


@dataclass(frozen=True, eq=False)
class Shown:
    """The subject in a canonical image: mask (h, w) of alpha above one half, its share and its centroid_px (2,)."""

    mask: npt.NDArray[np.bool_]
    share: float
    centroid_px: Array | None  # None where nothing is shown

    @classmethod
    def of(cls, alpha: npt.NDArray[np.float32], size: tuple[int, int]) -> Shown:
        """alpha (h, w) in 0..1, also coarser than the image of ``size`` (width, height) whose px are meant."""
        mask = alpha > 0.5
        x, y, width, height = cv2.boundingRect(mask.view(np.uint8))
        if width == 0:
            return cls(mask, 0.0, None)
        inside = np.ascontiguousarray(mask[y : y + height, x : x + width]).view(np.uint8)
        moments = cv2.moments(inside, binaryImage=True)
        area = moments["m00"]
        coarser = np.array(size) / mask.shape[::-1]
        centroid = (np.array([moments["m10"], moments["m01"]]) / area + 0.5 + (x, y)) * coarser
        return cls(mask, area / mask.size, centroid)


def lens_shift_px(camera: Camera) -> float:
    """The most that the lens moves any pixel of the image against an ideal pinhole with the same K, in px."""
    if camera.is_pinhole or not np.all(np.isfinite(camera.K)):
        return 0.0
    return _lens_shift_px(camera.size, camera.K.tobytes(), camera.distortion.tobytes(), camera.lens)


@lru_cache(maxsize=512)  # the cameras of a session are the same in all its samples
def _lens_shift_px(size: tuple[int, int], K: bytes, distortion: bytes, lens: LensModel) -> float:
    matrix = np.frombuffer(K).reshape(3, 3)
    camera = Camera("", *size, matrix, np.frombuffer(distortion), np.eye(4), lens)
    xs, ys = np.linspace(0, camera.width, _LENS_GRID), np.linspace(0, camera.height, _LENS_GRID)
    pixels = np.stack(np.meshgrid(xs, ys), axis=-1)
    directions, _ = camera.unproject(pixels)
    with np.errstate(all="ignore"):
        ideal = to_pixels(matrix, directions[..., :2] / directions[..., 2:])
    shifts = np.linalg.norm(ideal - pixels, axis=-1)[directions[..., 2] > 0]
    seen = shifts[np.isfinite(shifts)]
    return float(seen.max()) if seen.size else 0.0


def hull_gap_px(cameras: Sequence[Camera], masks: Sequence[npt.NDArray[np.bool_] | None]) -> float | None:
    """Mean px by which the views' outlines miss the visual hull of the others; None below two views with a mask.

    masks (H, W) of cameras of one frame; None where a view has none. In px of these images, but measured on every
    n-th pixel where they are large: what is thinner than some 14 px then says nothing.
    """
    pairs = [(camera, mask) for camera, mask in zip(cameras, masks, strict=True) if mask is not None]
    if len(pairs) < 2:
        return None
    every = max(1, round(max(max(camera.size) for camera, _ in pairs) / _HULL_SIDE))
    thinned = [_every(camera, mask, every) for camera, mask in pairs]
    hull = silhouette_hull([camera for camera, _ in thinned], [mask for _, mask in thinned], *_HULL_DENSITY)
    return None if hull is None else every * hull.mean_px


def _every(camera: Camera, mask: npt.NDArray[np.bool_], step: int) -> tuple[Camera, npt.NDArray[np.bool_]]:
    """Every ``step``-th pixel of a mask (H, W), and the camera that has its pixel centres there."""
    if step == 1:
        return camera, mask
    first = step // 2
    kept = np.ascontiguousarray(mask[first::step, first::step])
    K = np.array(camera.K) / step
    K[:2, 2] = (camera.K[:2, 2] - first - 0.5) / step + 0.5
    K[2] = camera.K[2]
    return camera.replace(width=kept.shape[1], height=kept.shape[0], K=K), kept


def padding_share(view: ViewPlan) -> float:
    """Share of the canonical image that no source pixel reaches, counted at some 128 × 128 places."""
    steps = [np.linspace(0, size, _PADDING_CELLS + 1) for size in view.true.size]
    corners = view.pixel_map.to_source(np.stack(np.meshgrid(*steps), axis=-1))
    # such a resize puts its samples between nodes as it would between pixel centres: half a cell off
    more, half = (_PADDING_CELLS + 1) * _PER_CELL, _PER_CELL // 2
    at = cv2.resize(corners, (more, more), interpolation=cv2.INTER_LINEAR)[half:-half, half:-half]
    ends = ~np.isfinite(at[..., 0])
    if ends.any():  # the map ends near these places
        places = _PADDING_CELLS * _PER_CELL
        at[ends] = view.pixel_map.to_source(pixel_centres(places, places)[ends] * np.array(view.true.size) / places)
    with np.errstate(invalid="ignore"):
        inside = np.all((at >= 0) & (at <= np.array(view.source.size)), axis=-1)
    return float(1.0 - inside.mean())


def resample_ratio(view: ViewPlan) -> float:
    """Source pixels per canonical pixel at the middle of the window: the root of the area ratio."""
    middle = np.array(view.true.size) / 2.0
    left, right, top, bottom = view.pixel_map.to_source(middle + 0.5 * np.array([[-1, 0], [1, 0], [0, -1], [0, 1]]))
    (ax, ay), (bx, by) = right - left, bottom - top
    return float(np.sqrt(abs(ax * by - ay * bx)))  # NaN beyond the lens
