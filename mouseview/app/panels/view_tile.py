"""One view as a tile: its image and, on top, the overlays that say how the model will see it."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFontMetricsF,
    QImage,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy

from mouseview.app import theme
from mouseview.app.overlays import Overlay
from mouseview.app.panels.backdrop import BackdropWidget
from mouseview.app.panels.framing import Framing
from mouseview.app.panels.probe_marks import paint_probe
from mouseview.app.panels.view_marks import paint_overlay
from mouseview.app.panels.widgets import badge_width, paint_badge, sentence
from mouseview.app.probing.overlay import ProbeOverlay
from mouseview.app.tokens import Tokens

CAPTION_PX = 22
_MARGIN_PX = 3
_LOCK_PX = 14
_PIXELS_SHOWN = 4.0  # magnified beyond this, pixels are shown as squares: one can aim inside them
_MOST_ZOOM_OUT = 1.9  # a wide window may shrink the image by this much, not more


class ViewTile(BackdropWidget):
    """Intents: ``chosen(name)`` for a click, ``entered(name)`` for a double-click, ``menu_wanted(name, place)``.

    While probing: ``hovered(name, x, y)`` in px of the image, NaN when the pointer leaves; ``mark_done`` after
    ``marked(name, x, y, other, grain_px)``, which comes for a press and while it is dragged, other: Shift was held,
    grain_px: px of the image per px of the screen;
    ``detail_wanted(name)`` when it is magnified beyond the pixels that it has.
    """

    chosen = Signal(str)
    entered = Signal(str)
    menu_wanted = Signal(str, object)  # QPoint on the screen
    hovered = Signal(str, float, float)
    marked = Signal(str, float, float, bool, float)
    mark_done = Signal()
    detail_wanted = Signal(str)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self._image: QImage | None = None
        self._detail: QImage | None = None
        self._size = (1, 1)
        self._overlay = Overlay()
        self._probe = ProbeOverlay()
        self._probing = False
        self._zoom: float = 1.0
        self._centre: QPointF | None = None
        self._dragged: QPointF | None = None
        self._marking = False
        self._selected = False
        self._tag = ""
        self._problem = ""
        self._locked = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(QSize(96, 96))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(name)

    def show_view(
        self,
        image: QImage | None,
        size: tuple[int, int],
        overlay: Overlay,
        *,
        selected: bool,
        tag: str,
        problem: str,
        locked: bool = False,
    ) -> None:
        """size: (width, height) in px of the image that the overlay speaks of, which ``image`` may show smaller.
        locked: nothing may change how it is framed."""
        other = image is not self._image
        self._image, self._size, self._overlay = image, size, overlay
        self._selected, self._tag, self._problem, self._locked = selected, tag, problem, locked
        self._stale()
        if other:
            self._detail = None
            self._ask_detail()

    def show_detail(self, detail: QImage) -> None:
        """All pixels of the image that is shown."""
        self._detail = detail
        self._stale()

    def show_probe(self, overlay: ProbeOverlay) -> None:
        if not (overlay.is_empty and self._probe.is_empty):
            self._probe = overlay
            self.update()

    def set_probing(self, probing: bool) -> None:
        """Whether clicks mark pixels. The end of it undoes what was magnified for it."""
        if probing == self._probing:
            return
        self._probing = probing
        self.setMouseTracking(probing)
        self.setCursor(Qt.CursorShape.CrossCursor if probing else Qt.CursorShape.PointingHandCursor)
        if not probing:
            self._zoom, self._centre, self._detail, self._marking = 1.0, None, None, False
        self._stale()

    @property
    def overlay(self) -> Overlay:
        return self._overlay

    @property
    def probe_overlay(self) -> ProbeOverlay:
        return self._probe

    @property
    def image(self) -> QImage | None:
        return self._image

    @property
    def framing(self) -> Framing:
        """How the image lies on the tile now."""
        return Framing(self._picture(), self._viewport(), self._zoom, self._centre)

    # ---- mouse ---------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            if self._probing and self._on_image(event.position()):
                self._marking = True
                self._mark(event)
            else:
                self.chosen.emit(self.name)
        elif self._probing:
            self._dragged = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not self._probing:
            return
        if self._dragged is not None:
            self._centre = self.framing.moved(event.position() - self._dragged)
            self._dragged = event.position()
            self._stale()
        elif self._marking:
            self._mark(event)
        elif self._on_image(event.position()):
            at = self.framing.to_image(event.position())
            self.hovered.emit(self.name, at.x(), at.y())
        else:
            self._leave()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._dragged = None
        if self._marking and event.button() == Qt.MouseButton.LeftButton:
            self._marking = False
            self.mark_done.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._probing:
            self.mousePressEvent(event)
        else:
            self.entered.emit(self.name)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if not self._probing:  # the right button moves a magnified picture then
            self.menu_wanted.emit(self.name, event.globalPos())

    def leaveEvent(self, event: QEvent) -> None:
        if self._probing:
            self._leave()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not self._probing or not event.angleDelta().y():
            event.ignore()  # the grid scrolls
            return
        factor = 2.0 ** (event.angleDelta().y() / 240.0)
        self._zoom, self._centre = self.framing.zoomed(factor, event.position())
        self._stale()
        self._ask_detail()
        event.accept()

    def _on_image(self, position: QPointF) -> bool:
        image = QRectF(0, 0, *self._size)
        return self._picture().contains(position) and image.contains(self.framing.to_image(position))

    def _mark(self, event: QMouseEvent) -> None:
        at = self.framing.to_image(event.position())
        x, y = (min(max(value, 0.0), float(most)) for value, most in zip((at.x(), at.y()), self._size, strict=True))
        other = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        grain_px = 1.0 / (self.framing.scale * self.devicePixelRatioF())
        self.marked.emit(self.name, x, y, other, grain_px)

    def _ask_detail(self) -> None:
        """For all pixels, where a smaller copy is magnified beyond its own."""
        if self._zoom == 1.0 or self._image is None or self._detail is not None:
            return
        shown, full = self._image.width(), self._size[0]
        if shown < full and self.framing.scale * self.devicePixelRatioF() * full > shown:
            self.detail_wanted.emit(self.name)

    def _leave(self) -> None:
        self.hovered.emit(self.name, float("nan"), float("nan"))

    # ---- painting ------------------------------------------------------------------------------------------------

    def _frame(self) -> QRectF:
        return QRectF(self.rect()).adjusted(_MARGIN_PX, _MARGIN_PX, -_MARGIN_PX, -_MARGIN_PX)

    def _picture(self) -> QRectF:
        """Where the image plane is shown, in px of the widget."""
        return self._frame().adjusted(0, 0, 0, -CAPTION_PX)

    def _viewport(self) -> QRectF:
        """The part of the image plane that is shown, in image px: the image, and the window where it reaches out."""
        width, height = self._size
        bounds = QRectF(0, 0, width, height)
        if self._overlay.window is not None and not self._probing:
            finite = self._overlay.window[np.all(np.isfinite(self._overlay.window), axis=1)]
            if len(finite):
                low, high = finite.min(axis=0), finite.max(axis=0)
                pad = 0.02 * width
                bounds = bounds.united(QRectF(QPointF(*(low - pad)), QPointF(*(high + pad))))
        excess_x = (_MOST_ZOOM_OUT - 1) * width / 2
        excess_y = (_MOST_ZOOM_OUT - 1) * height / 2
        return bounds.intersected(QRectF(-excess_x, -excess_y, width + 2 * excess_x, height + 2 * excess_y))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._draw_backdrop(painter)
        if self._probe.is_empty:
            return
        framing = self.framing
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(framing.area)
        painter.setTransform(framing.transform, combine=True)
        paint_probe(painter, self._probe, framing.scale)
        painter.resetTransform()
        painter.setClipping(False)
        self._paint_residuals(painter)

    def _paint_still(self, painter: QPainter, ratio: float) -> None:
        """All but the probe: hovering paints nothing else again."""
        t = theme.current()
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        frame, picture = self._frame(), self._picture()
        rounded = QPainterPath()
        rounded.addRoundedRect(frame, 6, 6)
        painter.fillPath(rounded, QColor(t.raised))
        painter.save()
        painter.setClipPath(rounded)
        painter.fillRect(picture, QColor(t.canvas))
        painter.setClipRect(picture, Qt.ClipOperation.IntersectClip)
        self._paint_plane(painter, t)
        painter.restore()
        self._paint_caption(painter, QRectF(frame.left(), frame.bottom() - CAPTION_PX, frame.width(), CAPTION_PX), t)
        painter.setPen(QPen(QColor(t.accent if self._selected else t.border), 2 if self._selected else 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(frame.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)

    def _paint_plane(self, painter: QPainter, t: Tokens) -> None:
        framing = self.framing
        image = self._detail if self._detail is not None else self._image
        if image is None:
            if self._probing:  # a camera without an image still has pixels
                corner, far = QPointF(0, 0), QPointF(*self._size)
                painter.fillRect(QRectF(framing.to_widget(corner), framing.to_widget(far)), QColor(t.raised))
            painter.setPen(QColor(t.faint if self._probing else t.muted))
            painter.setFont(theme.ui_font(theme.FONT_PX - 1))
            place = Qt.AlignmentFlag.AlignBottom if self._probing else Qt.AlignmentFlag.AlignVCenter
            flags = Qt.AlignmentFlag.AlignHCenter | place | Qt.TextFlag.TextWordWrap
            said = "no image" if self._probing and self._problem else sentence(self._problem) or "loading …"
            painter.drawText(framing.area.adjusted(8, 8, -8, -8), flags, said)
            return
        painter.setTransform(framing.transform, combine=True)
        full = QRectF(0, 0, *self._size)
        painter.fillRect(full, QColor(t.raised if t.dark else "#ffffff"))
        if framing.scale * self._size[0] > _PIXELS_SHOWN * image.width():
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        painter.drawImage(full, image)
        paint_overlay(painter, self._overlay, framing.scale)

    def _paint_residuals(self, painter: QPainter) -> None:
        """Behind the camera's name: how far its mark lies from the point that is being marked."""
        spot = next((spot for spot in self._probe.spots if spot.active and not np.isnan(spot.residual_px)), None)
        if spot is None:
            return
        t, frame = theme.current(), self._frame()
        text = f"{spot.residual_px:.2f} px" if np.isfinite(spot.residual_px) else "cannot see it"
        painter.setFont(theme.ui_font(theme.FONT_PX - 1, bold=True))
        width = painter.fontMetrics().horizontalAdvance(text) + 12
        area = QRectF(frame.right() - width - 3, frame.bottom() - CAPTION_PX + 2, width, CAPTION_PX - 5)
        painter.fillRect(area, QColor(t.raised))
        painter.setPen(QColor(t.bad if spot.suspect else t.text))
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_caption(self, painter: QPainter, area: QRectF, t: Tokens) -> None:
        right = area.right() - 6
        font = theme.ui_font(theme.FONT_PX - 1, bold=self._selected)
        metrics = QFontMetricsF(font)
        tag = "" if self._probing else self._tag  # residuals stand there
        if self._locked and not self._probing:
            ratio = painter.device().devicePixelRatioF()
            place = QPointF(right - _LOCK_PX, area.center().y() - _LOCK_PX / 2)
            painter.drawPixmap(place, theme.icon_pixmap("lock", t.text if self._selected else t.muted, _LOCK_PX, ratio))
            right -= _LOCK_PX + 3
        taken = area.right() - right + 16
        room_for_tag = metrics.horizontalAdvance(self.name) + badge_width(tag, metrics) + taken < area.width()
        if tag and room_for_tag:
            right = paint_badge(painter, right, area.center().y(), tag, t.outside, filled=False) - 4
        painter.setFont(font)
        plain = t.outside if tag and not room_for_tag else t.muted  # too narrow: the colour alone tells it
        painter.setPen(QColor(t.text if self._selected else plain))
        room = QRectF(area.left() + 8, area.top(), right - area.left() - 8, area.height())
        name = painter.fontMetrics().elidedText(self.name, Qt.TextElideMode.ElideMiddle, int(room.width()))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)
