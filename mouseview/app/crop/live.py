"""The result while a hand moves the window: one bilinear remap from a photograph that was filtered before."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from mouseview.app.crop.places import source_places
from mouseview.app.qimages import to_bytes
from mouseview.model.sample import Image
from mouseview.normalise import warp
from mouseview.normalise.pixel_map import PixelMap
from mouseview.normalise.plan import ViewPlan

Bytes = npt.NDArray[np.uint8]

_STEP = 1.15  # between filters that are kept: a ratio is met within 7 %
_KEPT_FILTERS = 3
_PALE = 0.3  # of what a photograph shows beside its mask
_OUTSIDE = (255, 255, 255, 0)


@dataclass(frozen=True, eq=False)
class LiveSource:
    """One view's photograph, ready to be warped again and again.

    image: as read, for the full quality.  on_white (H, W, 4) uint8: colour composited on white, and alpha. Compositing
    commutes with filtering and interpolation, so the warp needs no alpha arithmetic.
    """

    camera: str
    image: Image
    on_white: Bytes
    _filtered: dict[int, Bytes] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, camera: str, image: Image) -> LiveSource:
        """image (H, W, 4) uint8 or uint16, straight alpha."""
        straight = to_bytes(image)
        alpha = straight[..., 3:]
        if alpha.min() == 255:
            return cls(camera, image, straight)
        weight = alpha.astype(np.uint16)
        colour = (straight[..., :3] * weight + (255 - weight) * np.uint16(255) + np.uint16(127)) // 255
        return cls(camera, image, np.ascontiguousarray(np.dstack([colour.astype(np.uint8), alpha])))

    @property
    def pale(self) -> Bytes:
        """(H, W, 4) uint8: the photograph, nearly white where the mask leaves it out."""
        straight = to_bytes(self.image)
        weight = _PALE + (1 - _PALE) * (straight[..., 3:].astype(np.float32) / 255)
        colour = 255 - weight * (255 - straight[..., :3].astype(np.float32))
        return np.ascontiguousarray(np.dstack([np.rint(colour).astype(np.uint8), straight[..., 3:]]))

    def filtered(self, ratio: float) -> Bytes:
        """Every pixel the mean of the area that a canonical pixel covers: ``ratio`` source px a side."""
        level = round(math.log(max(ratio, 1.0)) / math.log(_STEP)) if math.isfinite(ratio) else 0
        if level <= 0:
            return self.on_white
        if level not in self._filtered:
            while len(self._filtered) >= _KEPT_FILTERS:
                del self._filtered[next(iter(self._filtered))]
            weights = _box(_STEP**level)
            self._filtered[level] = cv2.sepFilter2D(
                self.on_white, -1, weights, weights, borderType=cv2.BORDER_REPLICATE
            )
        return self._filtered[level]


def _box(width: float) -> npt.NDArray[np.float32]:
    """Weights of a box ``width`` px wide about a pixel's centre; its ends cover parts of pixels."""
    whole = math.ceil((width - 1) / 2)
    offsets = np.abs(np.arange(-whole, whole + 1))
    covered = np.clip(width / 2 - (offsets - 0.5), 0.0, 1.0)
    return (covered / covered.sum()).astype(np.float32)


def live_warp(source: LiveSource, pixel_map: PixelMap, size: int) -> tuple[Bytes, float]:
    """(size, size, 4) uint8 on white, its alpha beside it; and the resample ratio at its middle."""
    x, y = source_places(pixel_map, size)
    ratio = _ratio(x, y)
    image = source.filtered(ratio)
    return cv2.remap(image, x, y, cv2.INTER_LINEAR, None, cv2.BORDER_CONSTANT, _OUTSIDE), ratio


def _ratio(x: npt.NDArray[np.float32], y: npt.NDArray[np.float32]) -> float:
    """Source px per canonical px at the middle: the root of the area ratio."""
    m = x.shape[0] // 2
    across = float(x[m, m] - x[m, m - 1]), float(y[m, m] - y[m, m - 1])
    down = float(x[m, m] - x[m - 1, m]), float(y[m, m] - y[m - 1, m])
    return math.sqrt(abs(across[0] * down[1] - across[1] * down[0]))


def full_quality(image: Image, view: ViewPlan, size: int) -> Bytes:
    """(size, size, 4) uint8 as the model will be fed with image (H, W, 4). For a thread."""
    return to_bytes(warp.copy(image) if view.copied else warp.warp(image, view.pixel_map, size))
