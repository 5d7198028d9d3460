"""A camera's contradiction against its shift in time, small enough for a row: where it stands and where it fits."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from mouseview.app import theme

_WIDTH_PX, _HEIGHT_PX = 78, 26
_PAD_PX = 4


class ShiftCurve(QWidget):
    """points: (shift in frames, px). The present shift is 0; ``best`` is where the evidence puts it."""

    def __init__(self) -> None:
        super().__init__()
        self.points: tuple[tuple[int, float], ...] = ()
        self._best = 0
        self._guilty = False
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(_WIDTH_PX, _HEIGHT_PX)

    def show_curve(self, points: tuple[tuple[int, float], ...], best: int, guilty: bool) -> None:
        self.points, self._best, self._guilty = points, best, guilty
        tip = "Contradiction with the other cameras, px, against the shift in frames"
        lowest = min((px for _, px in points), default=0.0)
        self.setToolTip(f"{tip}: least, {lowest:.2f} px, near {best:+d}" if points else "")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if len(self.points) < 2:
            return
        t = theme.current()
        area = QRectF(self.rect()).adjusted(_PAD_PX, _PAD_PX, -_PAD_PX, -_PAD_PX)
        shifts, values = [p[0] for p in self.points], [p[1] for p in self.points]
        low, span = min(values), max(max(values) - min(values), 1e-9)
        reach = max(max(shifts) - min(shifts), 1)

        def at(shift: float, px: float) -> QPointF:
            x = area.left() + area.width() * (shift - min(shifts)) / reach
            return QPointF(x, area.bottom() - area.height() * (px - low) / span)

        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(t.border), 1))
        painter.drawLine(QPointF(at(0, low).x(), area.top()), QPointF(at(0, low).x(), area.bottom()))
        painter.setPen(QPen(QColor(t.muted), 1.4))
        painter.drawPolyline(QPolygonF([at(*point) for point in self.points]))
        nearest = min(self.points, key=lambda point: abs(point[0] - self._best))
        painter.setPen(QColor(t.panel))
        painter.setBrush(QColor(t.bad if self._guilty else t.good))
        painter.drawEllipse(at(*nearest), 3.6, 3.6)
