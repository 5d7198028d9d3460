"""What a view's mask says about the subject, in source pixels: area, centroid, extent, clipping."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from mouseview.geometry.transforms import Array
from mouseview.model.sample import Image, Sample

_WHOLE_IMAGE = 0.8  # a mask that covers more than this share is no mask of an animal
_SPREAD_POINTS = 600


@dataclass(frozen=True, eq=False)
class MaskStats:
    """One view's mask (alpha above one half): mask (H, W).

    area_px: subject pixels.  centroid_px (2,), NaN where the mask is empty.  box_px: x0, y0, x1, y1, outer edges.
    coverage: area over image area.  border_share: share of the mask's own outline that lies on the image's border.
    outline_px (M, 2): centres of the subject pixels on the mask's outline.  spread_px (P, 2): centres of subject
    pixels taken evenly over the mask, some hundreds of them.
    """

    mask: npt.NDArray[np.bool_]
    area_px: int
    centroid_px: Array
    box_px: tuple[float, float, float, float]
    coverage: float
    border_share: float
    outline_px: Array
    spread_px: Array

    @property
    def usable(self) -> bool:
        """Something is masked and something is left out."""
        return self.area_px > 0 and self.coverage <= _WHOLE_IMAGE


def subject_mask(image: Image) -> npt.NDArray[np.bool_]:
    """(H, W): alpha above one half of its range. image (H, W, 4) uint8 or uint16."""
    half = np.iinfo(image.dtype).max // 2
    return np.asarray(cv2.extractChannel(np.ascontiguousarray(image), 3) > half)


def mask_stats(image: Image) -> MaskStats:
    """Statistics of the mask in an image (H, W, 4)."""
    mask = subject_mask(image)
    height, width = mask.shape
    x0, y0, across, down = cv2.boundingRect(mask.view(np.uint8))
    if across == 0:
        return MaskStats(mask, 0, np.full(2, np.nan), (np.nan,) * 4, 0.0, 0.0, np.zeros((0, 2)), np.zeros((0, 2)))
    x1, y1 = x0 + across, y0 + down
    moments = cv2.moments(np.ascontiguousarray(mask[y0:y1, x0:x1]).view(np.uint8), binaryImage=True)
    area = int(moments["m00"])
    centroid = np.array([moments["m10"], moments["m01"]]) / area + 0.5 + (x0, y0)
    inner = np.pad(mask[y0:y1, x0:x1], 1)
    surrounded = inner[:-2, 1:-1] & inner[2:, 1:-1] & inner[1:-1, :-2] & inner[1:-1, 2:]
    v, u = np.divmod(np.flatnonzero(inner[1:-1, 1:-1] & ~surrounded), across)
    stride = max(1, int(np.sqrt(area / _SPREAD_POINTS)))
    picked_v, picked_u = np.nonzero(mask[y0:y1:stride, x0:x1:stride])
    at_border = (u + x0 == 0) | (u + x0 == width - 1) | (v + y0 == 0) | (v + y0 == height - 1)
    return MaskStats(
        mask,
        area,
        centroid,
        (float(x0), float(y0), float(x1), float(y1)),
        area / mask.size,
        float(at_border.mean()),
        np.stack([u + x0 + 0.5, v + y0 + 0.5], axis=-1),
        np.stack([picked_u * stride + x0 + 0.5, picked_v * stride + y0 + 0.5], axis=-1),
    )


def all_mask_stats(sample: Sample, images: Sequence[Image]) -> tuple[MaskStats | None, ...]:
    """Per view; None where the view has no mask of its own."""
    return tuple(
        mask_stats(image) if source is not None and source.has_mask else None
        for source, image in zip(sample.sources, images, strict=True)
    )
