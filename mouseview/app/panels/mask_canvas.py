"""The canvas on which a mask is corrected: the view's image, the mask as a tint, a brush and a box."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QWidget

from mouseview.app import theme
from mouseview.app.desks.mask_strokes import Mask, stroke, tinted

_TINT = (255, 140, 0)
_TINT_OPACITY = 0.38
_ZOOM_STEP = 1.2
_MOST_ZOOM = 24.0
_LEAST_RADIUS, _MOST_RADIUS = 0.5, 120.0
_BRUSH_STEP = 1.25
_LEAST_BOX_PX = 4


class Tool(StrEnum):
    ADD = "add"
    ERASE = "erase"
    BOX = "box"


class MaskCanvas(QWidget):
    """Intents: ``mask_drawn(mask)`` when a stroke ends, ``box_drawn((left, top, right, bottom))`` in px,
    ``radius_changed(px)``.

    Left draws with the tool; right takes away what the brush adds, and the other way round. The middle button pans,
    the wheel zooms, Ctrl and the wheel or [ and ] make the brush smaller or larger.
    """

    mask_drawn = Signal(object)
    box_drawn = Signal(object)
    radius_changed = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumSize(QSize(240, 150))
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.tool, self.radius = Tool.ADD, 8.0
        self._image: QImage | None = None
        self._mask: Mask | None = None
        self._tint: np.ndarray | None = None
        self._zoom, self._middle = 1.0, QPointF()
        self._last: QPointF | None = None  # of the stroke or box, image px
        self._box: QRectF | None = None
        self._adding = True
        self._pan_from: QPointF | None = None
        self._cursor: QPointF | None = None
        self.problem = ""

    def show_view(self, image: QImage | None, mask: Mask | None, same_view: bool) -> None:
        """mask (H, W) of the image's size; both None where there is nothing to correct. same_view keeps the zoom."""
        self._image = image
        self._mask = None if mask is None else mask.copy()
        self._tint = None if mask is None else tinted(mask, _TINT, _TINT_OPACITY)
        self._last = self._box = None
        if not same_view and image is not None:
            self._zoom, self._middle = 1.0, QPointF(image.width() / 2, image.height() / 2)
        self._follow_tool()
        self.update()

    def choose(self, tool: Tool) -> None:
        self.tool = tool
        self._follow_tool()
        self.update()

    def set_radius(self, radius: float) -> None:
        self.radius = float(np.clip(radius, _LEAST_RADIUS, _MOST_RADIUS))
        self.radius_changed.emit(self.radius)
        self.update()

    def _follow_tool(self) -> None:
        brush = self.tool is not Tool.BOX and self._mask is not None
        self.setCursor(Qt.CursorShape.BlankCursor if brush else Qt.CursorShape.CrossCursor)

    # ---- places --------------------------------------------------------------------------------------------------

    def _scale(self) -> float:
        assert self._image is not None
        return self._zoom * min(self.width() / self._image.width(), self.height() / self._image.height())

    def to_image(self, place: QPointF) -> QPointF:
        """A place of the widget in px of the image."""
        return (place - QPointF(self.width() / 2, self.height() / 2)) / self._scale() + self._middle

    def to_widget(self, pixel: QPointF) -> QPointF:
        return (pixel - self._middle) * self._scale() + QPointF(self.width() / 2, self.height() / 2)

    # ---- drawing by hand -----------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._image is None or self._mask is None:
            return
        if event.button() == Qt.MouseButton.MiddleButton:
            self._pan_from = event.position()
            return
        place = self.to_image(event.position())
        self._last = place
        if self.tool is Tool.BOX:
            self._box = QRectF(place, place)
        else:
            self._adding = (self.tool is Tool.ADD) == (event.button() == Qt.MouseButton.LeftButton)
            self._draw_to(place)
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._cursor = event.position()
        if self._image is not None and self._pan_from is not None:
            self._middle -= (event.position() - self._pan_from) / self._scale()
            self._pan_from = event.position()
        elif self._last is not None and self._image is not None:
            place = self.to_image(event.position())
            if self.tool is Tool.BOX:
                self._box = QRectF(self._last, place).normalized()
            else:
                self._draw_to(place)
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.MiddleButton:
            self._pan_from = None
            return
        if self._last is None or self._image is None:
            return
        box, self._last, self._box = self._box, None, None
        if self.tool is not Tool.BOX:
            assert self._mask is not None
            self.mask_drawn.emit(self._mask.copy())
        elif box is not None:
            box = box.intersected(QRectF(0, 0, self._image.width(), self._image.height()))
            if min(box.width(), box.height()) >= _LEAST_BOX_PX:
                self.box_drawn.emit((round(box.left()), round(box.top()), round(box.right()), round(box.bottom())))
        self.update()

    def _draw_to(self, place: QPointF) -> None:
        assert self._mask is not None
        assert self._tint is not None
        assert self._last is not None
        start, end = (self._last.x(), self._last.y()), (place.x(), place.y())
        rows, columns = stroke(self._mask, start, end, self.radius, self._adding)
        self._tint[rows, columns] = tinted(self._mask[rows, columns], _TINT, _TINT_OPACITY)
        self._last = place

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self._image is None or not event.angleDelta().y():
            return
        steps = event.angleDelta().y() / 120
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.set_radius(self.radius * _BRUSH_STEP**steps)
        else:
            fixed = self.to_image(event.position())
            self._zoom = float(np.clip(self._zoom * _ZOOM_STEP**steps, 1.0, _MOST_ZOOM))
            self._middle += fixed - self.to_image(event.position())
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.text() in ("[", "]"):
            self.set_radius(self.radius * (_BRUSH_STEP if event.text() == "]" else 1 / _BRUSH_STEP))
        else:
            super().keyPressEvent(event)

    def leaveEvent(self, event: object) -> None:
        self._cursor = None
        self.update()

    # ---- painting ------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.current()
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(t.canvas))
        if self._image is None:
            painter.setPen(QColor(t.muted))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(QRectF(self.rect()).adjusted(12, 12, -12, -12), flags, self.problem or "loading …")
            return
        scale = self._scale()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, scale < 3)  # single pixels are seen from there
        area = QRectF(self.to_widget(QPointF(0, 0)), QSize(1, 1).toSizeF())
        area.setSize(QSize(self._image.width(), self._image.height()).toSizeF() * scale)
        painter.drawImage(area, self._image)
        if self._tint is not None:
            height, width = self._tint.shape[:2]
            tint = QImage(self._tint.data, width, height, 4 * width, QImage.Format.Format_RGBA8888)
            painter.drawImage(area, tint)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self._box is not None:
            painter.setPen(QPen(QColor(t.accent), 1.6, Qt.PenStyle.DashLine))
            painter.drawRect(QRectF(self.to_widget(self._box.topLeft()), self.to_widget(self._box.bottomRight())))
        if self._cursor is not None and self.tool is not Tool.BOX and self._pan_from is None:
            for colour, width in ((QColor(0, 0, 0, 160), 3.0), (QColor(255, 255, 255), 1.2)):
                painter.setPen(QPen(colour, width))
                painter.drawEllipse(self._cursor, self.radius * scale, self.radius * scale)
                if self.tool is Tool.ADD:
                    painter.drawLine(self._cursor - QPointF(0, 3), self._cursor + QPointF(0, 3))
                painter.drawLine(self._cursor - QPointF(3, 0), self._cursor + QPointF(3, 0))
