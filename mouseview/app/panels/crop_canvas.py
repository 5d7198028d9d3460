"""The canvas of the crop panel: the photograph stays, the model's window over it is dragged, rolled and zoomed."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QWheelEvent,
)

from mouseview.app import theme
from mouseview.app.crop.curves import lens_grid
from mouseview.app.crop.ready import Photograph
from mouseview.app.crop.shown import Shown
from mouseview.app.crop.snap import SNAP_SCREEN_PX
from mouseview.app.panels import crop_marks
from mouseview.app.panels.backdrop import BackdropWidget
from mouseview.app.panels.framing import Framing as Plane
from mouseview.app.panels.view_marks import cosmetic
from mouseview.app.panels.widgets import sentence
from mouseview.app.tokens import Tokens

_ARROWS = {
    Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1),
}  # fmt: skip
_FAR_NUDGE_PX = 10
_FINE = 0.1  # of the pointer's way, while Shift is held
_STILL_PX = 2.0  # a click is no drag
_HANDLE_HIT_PX = 11.0
_ROOM = 0.05  # beside what has to be seen, as a share of the photograph's longer side
_MOST_ROOM = 1.2  # photographs beside the photograph: a wider window leaves the canvas
_LOST = "The window lies beyond what this lens can show: double-click, or reset the view"
_SHIFT, _CONTROL, _ALT = (
    Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier,
)  # fmt: skip


class CropCanvas(BackdropWidget):
    """Intents: ``taken(part, x, y)`` with part ``window`` or ``handle``, then ``moved(x, y, snap_px)`` and ``let_go``
    or ``given_up``; ``wheel_turned(steps, fine)``; ``nudged(right_px, down_px)``; ``picked(x, y)``.

    Places are px of the photograph. snap_px: how far snapping reaches; 0 while it is switched off.
    """

    taken = Signal(str, float, float)
    moved = Signal(float, float, float)
    let_go = Signal()
    given_up = Signal()
    wheel_turned = Signal(float, bool)
    nudged = Signal(float, float)
    picked = Signal(float, float)

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumSize(QSize(220, 170))
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Window on the photograph")
        self.snapping, self.grid_shown = True, False
        self._photograph: Photograph | None = None
        self._shown: Shown | None = None
        self._problem = ""
        self._room: QRectF | None = None  # what of the image plane is shown unmagnified
        self._zoom: float = 1.0
        self._centre: QPointF | None = None
        self._pressed: QPointF | None = None  # where the left button went down, before it is a drag
        self._part = ""  # what is dragged
        self._last = QPointF()  # of the pointer
        self._place = QPointF()  # that the drag has come to; behind the pointer where it was slowed down
        self._pan_from: QPointF | None = None
        self._hot = False

    def show_photograph(self, photograph: Photograph | None) -> None:
        other = self._photograph is None or photograph is None or photograph.camera != self._photograph.camera
        self._photograph = photograph
        if other:
            self._zoom, self._centre, self._room = 1.0, None, None
            self._part, self._pressed = "", None
        self._stale()

    def show_shown(self, shown: Shown | None, problem: str = "") -> None:
        """problem: why there is nothing."""
        other_mode = self._shown is None or shown is None or shown.mode is not self._shown.mode
        self._shown, self._problem = shown, problem
        if shown is None or not shown.in_hand:
            if other_mode:
                self._room = None
            self._make_room()
        self._follow_pointer(self._last)
        self.update()

    def set_snapping(self, snapping: bool) -> None:
        self.snapping = snapping

    def set_grid_shown(self, shown: bool) -> None:
        self.grid_shown = shown
        self._stale()

    # ---- places --------------------------------------------------------------------------------------------------

    @property
    def plane(self) -> Plane:
        """How the photograph lies on the canvas now."""
        return Plane(QRectF(self.rect()), self._room or QRectF(0, 0, 1, 1), self._zoom, self._centre)

    @property
    def handle(self) -> QPointF | None:
        """Where the handle is, in px of the widget."""
        border = self._shown.border if self._shown is not None and self._shown.rolls else None
        if border is None:
            return None
        plane = self.plane
        return crop_marks.handle_place(
            plane.to_widget(_point(border.top)), plane.to_widget(_point(border.middle)), QRectF(self.rect())
        )

    def _make_room(self) -> None:
        """Room for the photograph and the window beside it; as it was while the window still fits."""
        if self._shown is None:
            return
        width, height = self._shown.source.size
        image = QRectF(0, 0, width, height)
        pad = _ROOM * max(width, height)
        most = image.adjusted(-_MOST_ROOM * width, -_MOST_ROOM * height, _MOST_ROOM * width, _MOST_ROOM * height)
        wanted = image
        if self._shown.border is not None:
            low, high = self._shown.border.curve.min(axis=0), self._shown.border.curve.max(axis=0)
            wanted = image.united(QRectF(_point(low), _point(high))).intersected(most)
        if self._room is None or not self._room.contains(wanted):
            self._room = wanted.adjusted(-pad, -pad, pad, pad)
            self._stale()

    # ---- mouse ---------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._shown is None:
            return
        self._last = event.position()
        if event.button() != Qt.MouseButton.LeftButton:
            self._pan_from = event.position()
        elif not self._part:
            self._pressed = self._place = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        by, self._last = at - self._last, at
        if self._pan_from is not None:
            self._centre = self.plane.moved(at - self._pan_from)
            self._pan_from = at
            self._stale()
        elif self._part:
            self._place += by * (_FINE if event.modifiers() & _SHIFT else 1.0)
            self._drag(event.modifiers())
        elif self._pressed is not None and (at - self._pressed).manhattanLength() >= _STILL_PX:
            self._part = "handle" if self._on_handle(self._pressed) else "window"
            pixel = self.plane.to_image(self._pressed)
            self.taken.emit(self._part, pixel.x(), pixel.y())
            self._place += (at - self._pressed) * (_FINE if event.modifiers() & _SHIFT else 1.0)
            self._drag(event.modifiers())
        else:
            self._follow_pointer(at)

    def _drag(self, modifiers: Qt.KeyboardModifier) -> None:
        pixel = self.plane.to_image(self._place)
        snaps = self.snapping and not modifiers & (_ALT | _CONTROL)
        self.moved.emit(pixel.x(), pixel.y(), SNAP_SCREEN_PX / self.plane.scale if snaps else 0.0)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pan_from = None
        if event.button() == Qt.MouseButton.LeftButton:
            dragged, self._part, self._pressed = self._part, "", None
            if dragged:
                self.let_go.emit()
            self._follow_pointer(event.position())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._shown is not None:
            pixel = self.plane.to_image(event.position())
            self.picked.emit(pixel.x(), pixel.y())

    def wheelEvent(self, event: QWheelEvent) -> None:
        turn = event.angleDelta().y() or event.angleDelta().x()  # Shift makes it sideways on some systems
        if self._shown is None or not turn:
            return
        if event.modifiers() & _CONTROL:
            self._zoom, self._centre = self.plane.zoomed(2.0 ** (turn / 240.0), event.position())
            self._stale()
        else:
            self.wheel_turned.emit(turn / 120.0, bool(event.modifiers() & _SHIFT))
        event.accept()

    def _on_handle(self, at: QPointF) -> bool:
        handle = self.handle
        return handle is not None and (at - handle).manhattanLength() <= _HANDLE_HIT_PX

    def _follow_pointer(self, at: QPointF) -> None:
        """The pointer's shape says what a press would do."""
        hot = self._part == "handle" or (not self._part and self._on_handle(at))
        if hot != self._hot:
            self._hot = hot
            self.update()
        if self._shown is None:
            self.setCursor(Qt.CursorShape.ArrowCursor)
        elif hot:
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        else:
            self.setCursor(Qt.CursorShape.ClosedHandCursor if self._part else Qt.CursorShape.OpenHandCursor)

    # ---- keys ----------------------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._is_ours(event):
            event.accept()  # else the window would step to another sample
            return True
        return super().event(event)

    def _is_ours(self, event: QKeyEvent) -> bool:
        if event.key() in _ARROWS:
            return not event.modifiers() & (_CONTROL | _ALT)
        return event.key() == Qt.Key.Key_Escape and bool(self._part)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._is_ours(event):
            super().keyPressEvent(event)
        elif event.key() == Qt.Key.Key_Escape:
            self._part, self._pressed = "", None
            self.given_up.emit()
        elif self._shown is not None:
            right, down = _ARROWS[Qt.Key(event.key())]
            far = _FAR_NUDGE_PX if event.modifiers() & _SHIFT else 1
            self.nudged.emit(float(far * right), float(far * down))

    # ---- painting ------------------------------------------------------------------------------------------------

    def focusInEvent(self, event: QEvent) -> None:
        self.update()

    def focusOutEvent(self, event: QEvent) -> None:
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        t, shown = theme.current(), self._shown
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(t.canvas))
        if shown is None or self._room is None:
            painter.setPen(QColor(t.muted))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            area = QRectF(self.rect()).adjusted(16, 12, -16, -12)
            painter.drawText(area, flags, sentence(self._problem) or "preparing …")
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        plane, border = self.plane, shown.border
        if border is not None:
            painter.save()
            painter.setTransform(plane.transform, combine=True)
            crop_marks.paint_padding(painter, border, t)
            painter.restore()
        self._draw_backdrop(painter)
        if border is not None:
            painter.save()
            painter.setTransform(plane.transform, combine=True)
            visible = QRectF(plane.to_image(QPointF(0, 0)), plane.to_image(QPointF(self.width(), self.height())))
            crop_marks.paint_shade(painter, border, visible, t)
            crop_marks.paint_border(painter, border, shown.in_hand)
            painter.restore()
        self._paint_marks(painter, plane, shown, t)
        if self.hasFocus():
            painter.setPen(QColor(t.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))

    def _paint_still(self, painter: QPainter, ratio: float) -> None:
        """The photograph; transparent beside it."""
        assert self._shown is not None
        plane = self.plane
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        photograph, full = self._photograph, QRectF(0, 0, *self._shown.source.size)
        painter.setTransform(plane.transform, combine=True)
        painter.fillRect(full, QColor("#ffffff"))
        if photograph is not None:
            # single pixels are seen from there
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, plane.scale * ratio < 4)
            painter.drawImage(full, photograph.image_for(plane.scale * ratio))
            crop_marks.paint_outline(painter, photograph.outline)
        painter.setPen(cosmetic(theme.current().faint, 1.0))  # a pale photograph has an end, too
        painter.drawRect(full)
        if self.grid_shown:
            crop_marks.paint_lens_grid(painter, *lens_grid(self._shown.source))

    def _paint_marks(self, painter: QPainter, plane: Plane, shown: Shown, t: Tokens) -> None:
        """What has the same size however the photograph is magnified."""
        for target in shown.targets:
            crop_marks.paint_target(painter, target, plane.to_widget(_point(target.pixel)),
                                    target.name == shown.snapped)  # fmt: skip
        if shown.border is None:
            crop_marks.paint_tag(painter, QPointF(8, 16), _LOST, t)
            return
        middle, top = plane.to_widget(_point(shown.border.middle)), plane.to_widget(_point(shown.border.top))
        crop_marks.paint_upright(painter, top, middle, self.handle, self._hot)
        crop_marks.paint_middle(painter, middle)
        if shown.snapped:
            crop_marks.paint_tag(painter, middle + QPointF(14, -14), shown.snapped, t)
        crop_marks.paint_tag(painter, QPointF(8, 16), framing_text(shown), t)


def framing_text(shown: Shown) -> str:
    """The framing in a few words: what a hand has changed."""
    framing, (right, down) = shown.framing, shown.framing.aim_deg
    if framing.is_neutral:
        return "the mode's own window"
    parts = [
        f"{abs(right):.2f}° {'right' if right >= 0 else 'left'}",
        f"{abs(down):.2f}° {'down' if down >= 0 else 'up'}",
    ]
    if shown.rolls and framing.roll_deg:
        parts.append(f"rolled {framing.roll_deg:.1f}°")
    if shown.zooms and framing.zoom != 1.0:
        parts.append(f"zoom {framing.zoom:.3f}×")
    return "   ".join(parts)


def _point(pixel: np.ndarray) -> QPointF:
    return QPointF(float(pixel[0]), float(pixel[1]))
