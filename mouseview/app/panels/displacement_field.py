"""A camera's image with arrows: from where the one calibration has a point to where the other has it, magnified."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from mouseview.app import theme
from mouseview.app.tokens import Tokens
from mouseview.geometry.transforms import Array
from mouseview.multiview.rig_difference import CameraDifference

_CAPTION_PX = 24
_HEAD_PX = 6.0
_DOT_PX = 1.5
_LEGEND_WIDTH_PX = 220.0
_LEGEND_PX = 60.0  # at most, of the arrow in the legend


def round_below(value: float) -> float:
    """The largest of 1, 2 and 5 times a power of ten that is not above ``value`` > 0."""
    power = 10.0 ** np.floor(np.log10(value))
    return float(max(digit * power for digit in (1, 2, 5) if digit * power <= value * (1 + 1e-9)))


class DisplacementField(QWidget):
    """Pale arrows begin outside of the working volume."""

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumSize(QSize(200, 176))
        self._camera: CameraDifference | None = None
        self._image: QImage | None = None
        self._arrows: Array = np.zeros((0, 2))
        self._factor, self._colour = 0.0, "#000000"

    def show_field(
        self, camera: CameraDifference | None, image: QImage | None, part: str, factor: float, colour: str
    ) -> None:
        """part: ``total``, ``pose``, ``intrinsics`` or ``lens``.  factor: magnification; 0: nothing to be seen."""
        self._camera, self._image, self._factor, self._colour = camera, image, factor, colour
        if camera is not None:
            self._arrows = camera.arrows_px if part == "total" else camera.field_parts[part]
        self.setAccessibleName("" if camera is None else f"displacement of {camera.name}")
        self.update()

    @property
    def legend(self) -> str:
        """What the arrows mean, in words."""
        if self._camera is None:
            return ""
        return "no displacement" if self._factor == 0 else f"arrows ×{self._factor:g}"

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._camera is None:
            return
        t = theme.current()
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        width, height = self._camera.first.size
        room = QRectF(self.rect()).adjusted(0, 0, 0, -_CAPTION_PX)
        scale = min(room.width() / width, room.height() / height)
        picture = QRectF(0, 0, width * scale, height * scale)
        picture.moveCenter(room.center())
        painter.fillRect(picture, QColor(t.canvas))
        if self._image is not None:
            painter.setOpacity(0.45)
            painter.drawImage(picture, self._image)
            painter.setOpacity(1.0)
        painter.save()
        painter.setClipRect(picture)
        self._paint_arrows(painter, picture.topLeft(), scale)
        painter.restore()
        painter.setPen(QPen(QColor(t.border), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(picture)
        self._paint_legend(painter, picture, scale, t)

    def _paint_arrows(self, painter: QPainter, corner: QPointF, scale: float) -> None:
        assert self._camera is not None
        finite = np.all(np.isfinite(self._arrows), axis=-1)
        starts = self._camera.field_px * scale
        ends = (self._camera.field_px + np.clip(self._factor * self._arrows, -1e5, 1e5)) * scale
        for inside in (False, True):  # those that matter on top
            colour = theme.tinted(self._colour, 1.0 if inside else 0.4)
            painter.setBrush(colour)
            for index in np.flatnonzero(finite & (self._camera.field_inside == inside)):
                arrow(painter, corner + QPointF(*starts[index]), corner + QPointF(*ends[index]), colour)

    def _paint_legend(self, painter: QPainter, picture: QRectF, scale: float, t: Tokens) -> None:
        width = min(max(picture.width(), _LEGEND_WIDTH_PX), self.width())
        line = QRectF(picture.center().x() - width / 2, picture.bottom() + 2, width, _CAPTION_PX - 4)
        painter.setFont(theme.ui_font(theme.FONT_PX - 1))
        painter.setPen(QColor(t.muted))
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self.legend)
        if self._factor == 0:
            return
        metrics = QFontMetricsF(painter.font())
        taken = metrics.horizontalAdvance(self.legend) + metrics.horizontalAdvance("0.005 px") + 24
        room = min(_LEGEND_PX, line.width() - taken)
        if room < _HEAD_PX:
            return
        measure = round_below(room / (scale * self._factor))
        text = f"{measure:g} px"
        written = metrics.horizontalAdvance(text)
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, text)
        end = QPointF(line.right() - written - 8, line.center().y())
        colour = QColor(self._colour)
        painter.setBrush(colour)
        arrow(painter, end - QPointF(measure * self._factor * scale, 0), end, colour)


def arrow(painter: QPainter, start: QPointF, end: QPointF, colour: QColor) -> None:
    """A dot where it begins and a head where it ends; the brush must have its colour."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.drawEllipse(start, _DOT_PX, _DOT_PX)
    span = end - start
    length = float(np.hypot(span.x(), span.y()))
    if length < 1.5:
        return
    along = span / length
    across = QPointF(-along.y(), along.x())
    head = min(_HEAD_PX, 0.45 * length)
    painter.setPen(QPen(colour, 1.3))
    painter.drawLine(start, end - along * head)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.drawPolygon(
        QPolygonF([end, end - along * head + across * (0.42 * head), end - along * head - across * (0.42 * head)])
    )
