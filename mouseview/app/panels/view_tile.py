"""One view as a tile: its image and, on top, the overlays that say how the model will see it."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QImage,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from mouseview.app import theme
from mouseview.app.overlays import Overlay
from mouseview.app.panels.widgets import badge_width, paint_badge, sentence
from mouseview.app.tokens import Tokens
from mouseview.geometry.transforms import Array

CAPTION_PX = 22
_MARGIN_PX = 3
_MOST_ZOOM_OUT = 1.9  # a wide window may shrink the image by this much, not more

WINDOW_COLOUR = "#3fa7ff"
OUTLINE_COLOUR = "#ffb02e"
PRINCIPAL_COLOUR = "#ff5fa2"
SUBJECT_COLOUR = "#37d67a"


class ViewTile(QWidget):
    """Intents: ``chosen(name)`` for a click, ``entered(name)`` for a double-click."""

    chosen = Signal(str)
    entered = Signal(str)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self._image: QImage | None = None
        self._size = (1, 1)
        self._overlay = Overlay()
        self._selected = False
        self._tag = ""
        self._problem = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(QSize(96, 96))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(name)

    def show_view(
        self, image: QImage | None, size: tuple[int, int], overlay: Overlay, *, selected: bool, tag: str, problem: str
    ) -> None:
        """size: (width, height) in px of the image that the overlay speaks of, which ``image`` may show smaller."""
        self._image, self._size, self._overlay = image, size, overlay
        self._selected, self._tag, self._problem = selected, tag, problem
        self.update()

    @property
    def overlay(self) -> Overlay:
        return self._overlay

    @property
    def image(self) -> QImage | None:
        return self._image

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit(self.name)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.entered.emit(self.name)

    def _viewport(self) -> QRectF:
        """The part of the image plane that is shown, in image px: the image, and the window where it reaches out."""
        width, height = self._size
        bounds = QRectF(0, 0, width, height)
        if self._overlay.window is not None:
            finite = self._overlay.window[np.all(np.isfinite(self._overlay.window), axis=1)]
            if len(finite):
                low, high = finite.min(axis=0), finite.max(axis=0)
                pad = 0.02 * width
                bounds = bounds.united(QRectF(QPointF(*(low - pad)), QPointF(*(high + pad))))
        excess_x = (_MOST_ZOOM_OUT - 1) * width / 2
        excess_y = (_MOST_ZOOM_OUT - 1) * height / 2
        return bounds.intersected(QRectF(-excess_x, -excess_y, width + 2 * excess_x, height + 2 * excess_y))

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.current()
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        frame = QRectF(self.rect()).adjusted(_MARGIN_PX, _MARGIN_PX, -_MARGIN_PX, -_MARGIN_PX)
        rounded = QPainterPath()
        rounded.addRoundedRect(frame, 6, 6)
        painter.fillPath(rounded, QColor(t.raised))
        picture = frame.adjusted(0, 0, 0, -CAPTION_PX)
        painter.save()
        painter.setClipPath(rounded)
        painter.fillRect(picture, QColor(t.canvas))
        painter.setClipRect(picture, Qt.ClipOperation.IntersectClip)
        if self._image is not None:
            self._paint_image(painter, self._image, picture, t)
        else:
            painter.setPen(QColor(t.muted))
            painter.setFont(theme.ui_font(theme.FONT_PX - 1))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(picture.adjusted(8, 8, -8, -8), flags, sentence(self._problem) or "loading …")
        painter.restore()
        self._paint_caption(painter, QRectF(frame.left(), frame.bottom() - CAPTION_PX, frame.width(), CAPTION_PX), t)
        painter.setPen(QPen(QColor(t.accent if self._selected else t.border), 2 if self._selected else 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(frame.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)

    def _paint_image(self, painter: QPainter, image: QImage, area: QRectF, t: Tokens) -> None:
        view = self._viewport()
        scale = min(area.width() / view.width(), area.height() / view.height())
        painter.translate(area.center())
        painter.scale(scale, scale)
        painter.translate(-view.center())
        full = QRectF(0, 0, *self._size)
        painter.fillRect(full, QColor(t.raised if t.dark else "#ffffff"))
        painter.drawImage(full, image)
        overlay = self._overlay
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(_cosmetic(OUTLINE_COLOUR, 1.3))
        for contour in overlay.outline:
            painter.drawPolygon(_polygon(contour))
        if overlay.window is not None:
            _paint_window(painter, overlay.window)
        radius = 6.0 / scale
        if overlay.principal_point is not None:
            _cross(painter, overlay.principal_point, radius)
        if overlay.subject is not None:
            _ring(painter, overlay.subject, radius * 0.75)

    def _paint_caption(self, painter: QPainter, area: QRectF, t: Tokens) -> None:
        right = area.right() - 6
        font = theme.ui_font(theme.FONT_PX - 1, bold=self._selected)
        metrics = QFontMetricsF(font)
        room_for_tag = metrics.horizontalAdvance(self.name) + badge_width(self._tag, metrics) + 22 < area.width()
        if self._tag and room_for_tag:
            right = paint_badge(painter, right, area.center().y(), self._tag, t.outside, filled=False) - 4
        painter.setFont(font)
        plain = t.outside if self._tag and not room_for_tag else t.muted  # too narrow: the colour alone tells it
        painter.setPen(QColor(t.text if self._selected else plain))
        room = QRectF(area.left() + 8, area.top(), right - area.left() - 8, area.height())
        name = painter.fontMetrics().elidedText(self.name, Qt.TextElideMode.ElideMiddle, int(room.width()))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)


def _paint_window(painter: QPainter, window: Array) -> None:
    """The closed curve; where the lens folds over there is none, so the pieces between the gaps are drawn."""
    painter.setPen(_cosmetic(WINDOW_COLOUR, 1.6))
    closed = np.vstack([window, window[:1]])
    gaps = np.flatnonzero(~np.all(np.isfinite(closed), axis=1))
    for piece in np.split(closed, gaps):
        finite = piece[np.all(np.isfinite(piece), axis=1)]
        if len(finite) > 1:
            painter.drawPolyline(_polygon(finite))


def _polygon(points: Array) -> QPolygonF:
    return QPolygonF([QPointF(float(x), float(y)) for x, y in points])


def _cosmetic(colour: str | QColor, width: float) -> QPen:
    pen = QPen(QColor(colour), width)
    pen.setCosmetic(True)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    return pen


def _cross(painter: QPainter, at: Array, radius: float) -> None:
    x, y = float(at[0]), float(at[1])
    for pen in (_cosmetic(theme.tinted("#000000", 0.45), 3.2), _cosmetic(PRINCIPAL_COLOUR, 1.7)):
        painter.setPen(pen)
        painter.drawLine(QPointF(x - radius, y), QPointF(x + radius, y))
        painter.drawLine(QPointF(x, y - radius), QPointF(x, y + radius))


def _ring(painter: QPainter, at: Array, radius: float) -> None:
    for pen in (_cosmetic(theme.tinted("#000000", 0.45), 3.4), _cosmetic(SUBJECT_COLOUR, 1.9)):
        painter.setPen(pen)
        painter.drawEllipse(QPointF(float(at[0]), float(at[1])), radius, radius)
