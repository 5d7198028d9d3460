"""Names in the scene: painted by Qt into one atlas, so that they are as sharp as any other text of the window."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter

from mouseview.app.scene3d.palette import Rgb
from mouseview.geometry.transforms import Array

_PAD_X, _PAD_Y, _GAP = 6.0, 2.5, 6.0  # logical px: inside the plate, and between its two texts


@dataclass(frozen=True)
class Text:
    """title in ``colour``, detail in ``faint`` beside it, on a rounded plate (none where ``plate`` is None).

    lift: of its lower edge over the anchor, in logical px.
    """

    title: str
    detail: str
    colour: Rgb
    faint: Rgb
    plate: Rgb | None
    bold: bool = True
    lift: float = 6.0


@dataclass(frozen=True, eq=False)
class Atlas:
    """image (H, W, 4) premultiplied RGBA; corners (N, 4, 2): device px about the anchor; uv (N, 4, 2)."""

    image: npt.NDArray[np.uint8]
    corners: Array
    uv: Array


def _colour(rgb: Rgb, opacity: float = 1.0) -> QColor:
    return QColor.fromRgbF(*rgb, opacity)


def paint(texts: tuple[Text, ...], ratio: float, font: QFont) -> Atlas:
    """All texts below one another at ``ratio`` device px per logical px."""
    bold = QFont(font)
    bold.setWeight(QFont.Weight.DemiBold)
    faces = [(bold if text.bold else font, font) for text in texts]
    widths, heights = [], []
    for text, (title_font, detail_font) in zip(texts, faces, strict=True):
        width = QFontMetricsF(title_font).horizontalAdvance(text.title) + 2 * _PAD_X
        if text.detail:
            width += _GAP + QFontMetricsF(detail_font).horizontalAdvance(text.detail)
        widths.append(int(np.ceil(width * ratio)) + 2)
        heights.append(int(np.ceil((QFontMetricsF(title_font).height() + 2 * _PAD_Y) * ratio)) + 2)
    tops = np.concatenate([[0], np.cumsum(heights)]).astype(int)
    picture = QImage(max(widths, default=1), max(int(tops[-1]), 1), QImage.Format.Format_RGBA8888_Premultiplied)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
    painter.scale(ratio, ratio)
    for index, (text, (title_font, detail_font)) in enumerate(zip(texts, faces, strict=True)):
        area = QRectF(0.5, tops[index] / ratio + 0.5, widths[index] / ratio - 1, heights[index] / ratio - 1)
        if text.plate is not None:
            painter.setPen(_colour(text.colour, 0.28))
            painter.setBrush(_colour(text.plate, 0.86))
            painter.drawRoundedRect(area, 5, 5)
        inner = area.adjusted(_PAD_X - 0.5, 0, -_PAD_X + 0.5, 0)
        painter.setFont(title_font)
        painter.setPen(_colour(text.colour))
        painter.drawText(inner, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text.title)
        painter.setFont(detail_font)
        painter.setPen(_colour(text.faint))
        painter.drawText(inner, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text.detail)
    painter.end()
    rows = np.frombuffer(picture.constBits(), np.uint8).reshape(picture.height(), picture.bytesPerLine())
    image = rows[:, : 4 * picture.width()].reshape(picture.height(), picture.width(), 4).copy()
    return Atlas(image, _corners(texts, widths, heights, ratio), _places(image.shape, widths, tops))


def _corners(texts: tuple[Text, ...], widths: list[int], heights: list[int], ratio: float) -> Array:
    out = np.zeros((len(texts), 4, 2))
    for index, text in enumerate(texts):
        left, bottom = -(widths[index] // 2), round(text.lift * ratio)
        right, top = left + widths[index], bottom + heights[index]
        out[index] = [(left, top), (right, top), (right, bottom), (left, bottom)]
    return out


def _places(shape: tuple[int, ...], widths: list[int], tops: npt.NDArray[np.int_]) -> Array:
    out = np.zeros((len(widths), 4, 2))
    for index, width in enumerate(widths):
        u, top, bottom = width / shape[1], tops[index] / shape[0], tops[index + 1] / shape[0]
        out[index] = [(0, top), (u, top), (u, bottom), (0, bottom)]
    return out
