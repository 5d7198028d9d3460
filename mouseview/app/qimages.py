"""Arrays to QImages, made small once, so that drawing them again costs nothing. Safe in any thread."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

from mouseview.app.state import ViewImage

GRID_SIDE_PX = 768  # a view in the grid is never drawn larger than this
THUMBNAIL_SIDE_PX = 96
TEXTURE_SIDE_PX = 320
_OUTLINE_SIDE_PX = 512


def to_bytes(image: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """(H, W, 3|4) uint8, uint16 or float 0..1 → (H, W, 4) uint8."""
    if image.dtype == np.uint16:
        small = (image >> 8).astype(np.uint8)
    elif image.dtype == np.uint8:
        small = image
    else:
        small = (np.clip(np.nan_to_num(image), 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)
    if small.shape[2] == 3:
        small = np.dstack([small, np.full(small.shape[:2], 255, np.uint8)])
    return np.ascontiguousarray(small)


def to_qimage(image: npt.NDArray[Any], opaque: bool = False) -> QImage:
    """(H, W, 3|4) as a QImage that owns its pixels; ``opaque`` ignores the alpha."""
    pixels = to_bytes(image)
    height, width = pixels.shape[:2]
    if opaque:
        # into a format without a fourth byte: drawn from RGBX what is not 255 there counts as transparent, sometimes
        borrowed = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGBX8888)
        return borrowed.convertToFormat(QImage.Format.Format_RGB32)
    return QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGBA8888).copy()


def shrunk(image: QImage, side: int) -> QImage:
    """No side longer than ``side`` px; premultiplied on the way, so that hidden colours do not bleed in."""
    if max(image.width(), image.height()) <= side:
        return image
    source = image
    if image.hasAlphaChannel():
        source = image.convertToFormat(QImage.Format.Format_RGBA8888_Premultiplied)
    return source.scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)


def view_image(name: str, image: npt.NDArray[Any], has_mask: bool) -> ViewImage:
    """A source image (H, W, 4) made ready for the grid, with the outline of its mask."""
    masked = shrunk(to_qimage(image), GRID_SIDE_PX)
    opaque = shrunk(to_qimage(image, opaque=True), GRID_SIDE_PX) if has_mask else masked
    outline = mask_outline(image) if has_mask else ()
    return ViewImage(name, masked, opaque, outline, texture(masked))


def mask_outline(image: npt.NDArray[Any]) -> tuple[npt.NDArray[np.float64], ...]:
    """Contours of alpha > ½, each (N, 2) in px of ``image``; specks left out."""
    import cv2  # loaded by the reader of the image anyway, but not needed for a first frame

    alpha = to_bytes(image)[..., 3]
    scale = min(1.0, _OUTLINE_SIDE_PX / max(alpha.shape))
    small = cv2.resize(alpha, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else alpha
    ratio = np.array([alpha.shape[1] / small.shape[1], alpha.shape[0] / small.shape[0]])
    contours, _ = cv2.findContours((small > 127).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_TC89_L1)
    return tuple((c[:, 0, :] + 0.5) * ratio for c in contours if len(c) > 4)


def texture(image: QImage) -> npt.NDArray[np.uint8]:
    """A QImage as a small (H, W, 4) RGBA array, straight alpha, for the 3D scene."""
    small = shrunk(image, TEXTURE_SIDE_PX).convertToFormat(QImage.Format.Format_RGBA8888)
    rows = np.frombuffer(small.constBits(), np.uint8).reshape(small.height(), small.bytesPerLine())
    return rows[:, : 4 * small.width()].reshape(small.height(), small.width(), 4).copy()
