"""Measures of one view's plan: what the lens moves, what is padded, how much is minified."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from mouseview.geometry.rays import pixel_centres
from mouseview.geometry.transforms import Array
from mouseview.model.camera import Camera
from mouseview.normalise.plan import ViewPlan

_PADDING_STRIDE = 4  # px between the pixels that padding is counted on
_LENS_GRID = 17  # points per axis that the lens is measured on


@dataclass(frozen=True, eq=False)
class Shown:
    """The subject in a canonical image (alpha above one half): its share of the image, and its centroid_px (2,)."""

    share: float
    centroid_px: Array | None  # None where nothing is shown

    @classmethod
    def of(cls, alpha: npt.NDArray[np.float32], size: tuple[int, int]) -> Shown:
        """alpha (h, w) in 0..1, also coarser than the image of ``size`` (width, height) whose px are meant."""
        mask = (alpha > 0.5).view(np.uint8)
        moments = cv2.moments(mask, binaryImage=True)
        area = moments["m00"]
        if area == 0:
            return cls(0.0, None)
        coarser = np.array(size) / mask.shape[::-1]
        centroid = (np.array([moments["m10"], moments["m01"]]) / area + 0.5) * coarser
        return cls(area / mask.size, centroid)


def lens_shift_px(camera: Camera) -> float:
    """The most that the lens moves any pixel of the image against an ideal pinhole with the same K, in px."""
    if camera.is_pinhole or not np.all(np.isfinite(camera.K)):
        return 0.0
    xs, ys = np.linspace(0, camera.width, _LENS_GRID), np.linspace(0, camera.height, _LENS_GRID)
    pixels = np.stack(np.meshgrid(xs, ys), axis=-1)
    directions, _ = camera.unproject(pixels)
    ideal = camera.replace(distortion=np.zeros(0), lens="radtan", T_cam_world=np.eye(4))
    shifts = np.linalg.norm(ideal.project(directions)[0] - pixels, axis=-1)
    seen = shifts[np.isfinite(shifts)]
    return float(seen.max()) if seen.size else 0.0


def padding_share(view: ViewPlan) -> float:
    """Share of the canonical image that no source pixel reaches, counted on every fourth pixel."""
    start = slice(_PADDING_STRIDE // 2, None, _PADDING_STRIDE)
    at = view.pixel_map.to_source(pixel_centres(*view.true.size)[start, start])
    with np.errstate(invalid="ignore"):
        inside = np.all((at >= 0) & (at <= np.array(view.source.size)), axis=-1)
    return float(1.0 - inside.mean())


def resample_ratio(view: ViewPlan) -> float:
    """Source pixels per canonical pixel at the middle of the window: the root of the area ratio."""
    middle = np.array(view.true.size) / 2.0
    left, right, top, bottom = view.pixel_map.to_source(middle + 0.5 * np.array([[-1, 0], [1, 0], [0, -1], [0, 1]]))
    return float(np.sqrt(abs(np.linalg.det(np.stack([right - left, bottom - top], axis=-1)))))
