"""How far masks of segmentation programs and compressed videos are from the true silhouette."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

import cv2
import numpy as np
import numpy.typing as npt

BoolImage = npt.NDArray[np.bool_]


class MaskNoise(StrEnum):
    """Kinds of imperfect masks; sizes are px of an image whose longer side is ``REFERENCE_SIDE``."""

    CLEAN = "clean"  # the true silhouette, to the pixel
    JITTERED = "jittered"  # the outline wanders by 1 px RMS over some 10 px, and every view is up to 1 px fat or thin
    BLURRED = "blurred"  # smoothed over 2 to 4 px and cut at one half: tips and thin parts are lost
    COARSE = "coarse"  # segmented at a quarter of the size and enlarged: stairs of 4 px
    COMPRESSED = "compressed"  # lossy blocks of 8 px, cut at one half


REFERENCE_SIDE = 1152


def worsened(mask: BoolImage, noise: MaskNoise, rng: np.random.Generator) -> BoolImage:
    """The mask (H, W) as a program of that kind would have delivered it; the same for the same state of ``rng``."""
    return _KINDS[noise](mask, max(mask.shape) / REFERENCE_SIDE, rng)


def _clean(mask: BoolImage, scale: float, rng: np.random.Generator) -> BoolImage:
    return mask


def _jittered(mask: BoolImage, scale: float, rng: np.random.Generator) -> BoolImage:
    solid = mask.astype(np.uint8)
    away = cv2.distanceTransform(1 - solid, cv2.DIST_L2, 5) - cv2.distanceTransform(solid, cv2.DIST_L2, 5)
    wander = cv2.GaussianBlur(rng.standard_normal(mask.shape).astype(np.float32), (0, 0), 5.0 * scale)
    wander *= 1.0 * scale / max(float(wander.std()), 1e-9)
    return np.asarray(away < wander + scale * rng.uniform(-1.0, 1.0))


def _blurred(mask: BoolImage, scale: float, rng: np.random.Generator) -> BoolImage:
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), rng.uniform(2.0, 4.0) * scale)
    return np.asarray(soft > 0.5)


def _coarse(mask: BoolImage, scale: float, rng: np.random.Generator) -> BoolImage:
    height, width = mask.shape
    step = max(round(4 * scale), 2)
    small = cv2.resize(mask.astype(np.float32), (width // step, height // step), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST) > 0.5)


def _compressed(mask: BoolImage, scale: float, rng: np.random.Generator) -> BoolImage:
    quality = int(rng.integers(10, 40))
    encoded = cv2.imencode(".jpg", mask.astype(np.uint8) * 255, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    decoded: npt.NDArray[np.uint8] = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE), dtype=np.uint8)
    return np.asarray(decoded > 127)


_KINDS: dict[MaskNoise, Callable[[BoolImage, float, np.random.Generator], BoolImage]] = {
    MaskNoise.CLEAN: _clean,
    MaskNoise.JITTERED: _jittered,
    MaskNoise.BLURRED: _blurred,
    MaskNoise.COARSE: _coarse,
    MaskNoise.COMPRESSED: _compressed,
}
