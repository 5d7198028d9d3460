"""What the model is fed against what it knows: a histogram per channel, and the distances on one ladder."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from mouseview.app import theme
from mouseview.app.panels.widgets import truth_colour
from mouseview.app.tokens import Tokens
from mouseview.app.understanding.values import ChannelHistogram, LadderMark, MarkKind
from mouseview.app.understanding.words import distance
from mouseview.geometry.transforms import Array

_HEAD_PX, _AXIS_PX, _GAP_PX, _KEY_PX = 15, 13, 12, 17
_LEAST_PX = 26
_LEAST_DISTANCE, _MOST_DISTANCE = 1e-3, 1e3  # of the ladder, at least
_ROW_PX = (12.0, 22.0)
_NAMES_PX, _NUMBERS_PX = 126.0, 44.0


class Histograms(QWidget):
    """The reference filled, before as a thin orange line, after as a blue one; three channels in a row."""

    def __init__(self) -> None:
        super().__init__()
        self.channels: tuple[ChannelHistogram, ...] = ()
        self._names = ("reference", "before", "after")
        self.setMinimumSize(QSize(300, 2 * (_LEAST_PX + _HEAD_PX + _AXIS_PX) + _KEY_PX))

    def show_channels(self, channels: tuple[ChannelHistogram, ...], reference: str, after: str) -> None:
        self.channels = channels
        self._names = (f"{reference} rig", "before: the file's numbers", f"after: {after}")
        self.setMinimumHeight(-(-len(channels) // 3) * (_LEAST_PX + _HEAD_PX + _AXIS_PX) + _KEY_PX)
        self.setAccessibleName(", ".join(f"{c.name} {distance(c.distances[1])}" for c in channels))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.channels:
            return
        t = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_key(painter, t)
        rows = -(-len(self.channels) // 3)
        area = QRectF(self.rect()).adjusted(8, _KEY_PX, -8, 0)
        width, height = (area.width() - 2 * _GAP_PX) / 3, area.height() / rows
        for index, channel in enumerate(self.channels):
            row, column = divmod(index, 3)
            place = QRectF(area.left() + column * (width + _GAP_PX), area.top() + row * height, width, height - 2)
            self._paint_channel(painter, channel, place, t)

    def _paint_key(self, painter: QPainter, t: Tokens) -> None:
        painter.setFont(theme.ui_font(theme.FONT_PX - 2))
        left = 8.0
        for name, colour, filled in zip(self._names, (t.faint, t.warn, t.accent), (True, False, False), strict=True):
            middle = _KEY_PX / 2
            if filled:
                painter.fillRect(QRectF(left, middle - 4, 14, 8), theme.tinted(colour, 0.45))
            else:
                painter.setPen(QPen(QColor(colour), 2))
                painter.drawLine(QPointF(left, middle), QPointF(left + 14, middle))
            painter.setPen(QColor(t.muted))
            advance = painter.fontMetrics().horizontalAdvance(name)
            painter.drawText(QRectF(left + 19, 0, advance + 2, _KEY_PX), Qt.AlignmentFlag.AlignVCenter, name)
            left += 19 + advance + 16

    @staticmethod
    def _paint_channel(painter: QPainter, channel: ChannelHistogram, place: QRectF, t: Tokens) -> None:
        plot = place.adjusted(0, _HEAD_PX, 0, -_AXIS_PX)
        painter.setFont(theme.ui_font(theme.FONT_PX - 1, bold=True))
        painter.setPen(QColor(t.text))
        middle, right = Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignRight
        head = QRectF(place.left(), place.top(), place.width(), _HEAD_PX)
        painter.drawText(head, middle, channel.name)
        painter.setFont(theme.ui_font(theme.FONT_PX - 2))
        painter.setPen(QColor(t.muted))
        first, second = channel.distances
        painter.drawText(head, middle | right, f"{distance(first)} → {distance(second)}")
        top = max(float(channel.reference.max()), float(channel.after.max()), 1e-9)
        reference = _steps(channel.reference, plot, top)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.tinted(t.faint, 0.45))
        painter.drawPolygon(QPolygonF([plot.bottomLeft(), *reference, plot.bottomRight()]))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for shares, colour, width in ((channel.before, t.warn, 1.2), (channel.after, t.accent, 1.5)):
            painter.setPen(QPen(QColor(colour), width))
            painter.drawPolyline(QPolygonF(_steps(shares, plot, top)))
        painter.setPen(QPen(QColor(t.border), 1))
        painter.drawLine(plot.bottomLeft(), plot.bottomRight())
        painter.setPen(QColor(t.faint))
        axis = QRectF(place.left(), plot.bottom(), place.width(), _AXIS_PX)
        painter.drawText(axis, middle, f"{channel.edges[0]:.2g}")
        painter.drawText(axis, middle | right, f"{channel.edges[-1]:.2g}")
        beyond = [(share, colour) for share, colour in zip(channel.beyond, (t.warn, t.accent), strict=True)]
        share, colour = max(beyond)
        if share > 0.005:
            painter.setPen(QColor(colour))
            painter.drawText(axis, Qt.AlignmentFlag.AlignCenter, f"{100 * share:.0f} % lie outside")


def _steps(shares: Array, plot: QRectF, top: float) -> list[QPointF]:
    """The outline of a histogram, no higher than the plot."""
    width = plot.width() / len(shares)
    heights = plot.bottom() - plot.height() * np.minimum(shares / top, 1.0)
    points = []
    for index, y in enumerate(heights):
        left = plot.left() + index * width
        points += [QPointF(left, float(y)), QPointF(left + width, float(y))]
    return points


class Ladder(QWidget):
    """Distances on one logarithmic axis: what a mere turn makes, every mode, the file's own numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.marks: tuple[LadderMark, ...] = ()
        self.setMinimumWidth(300)
        self.setToolTip("Mean distance of the channels, in spreads of the reference rig.\nDots of modes: green exact, "
                        "orange approximate, red false.")  # fmt: skip

    def show_marks(self, marks: tuple[LadderMark, ...]) -> None:
        self.marks = marks
        self.setMinimumHeight(round(len(marks) * _ROW_PX[0]) + _AXIS_PX + 4)
        self.setAccessibleName(", ".join(f"{mark.label} {distance(mark.distance)}" for mark in marks))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.marks:
            return
        t = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        values = [max(mark.distance, _LEAST_DISTANCE) for mark in self.marks]
        low = math.floor(math.log10(min(values)))
        high = max(math.ceil(math.log10(max(values))), low + 2)
        row = min(max((self.height() - _AXIS_PX - 4) / len(self.marks), _ROW_PX[0]), _ROW_PX[1])
        plot = QRectF(_NAMES_PX, 2, self.width() - _NAMES_PX - _NUMBERS_PX - 8, row * len(self.marks))
        painter.setFont(theme.ui_font(theme.FONT_PX - 2))
        for decade in range(low, high + 1):
            x = plot.left() + plot.width() * (decade - low) / (high - low)
            painter.setPen(QPen(QColor(t.border), 1))
            painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
            painter.setPen(QColor(t.faint))
            text = QRectF(x - 24, plot.bottom(), 48, _AXIS_PX)
            painter.drawText(text, Qt.AlignmentFlag.AlignCenter, f"{10.0**decade:g}")
        for index, (mark, value) in enumerate(zip(self.marks, values, strict=True)):
            place = (math.log10(value) - low) / (high - low)
            self._paint_mark(painter, mark, place, QRectF(plot.left(), plot.top() + index * row, plot.width(), row), t)

    @staticmethod
    def _paint_mark(painter: QPainter, mark: LadderMark, place: float, row: QRectF, t: Tokens) -> None:
        shown = mark.kind is MarkKind.SHOWN
        colour = {MarkKind.ANCHOR: t.faint, MarkKind.BEFORE: t.warn, MarkKind.SHOWN: t.accent}.get(mark.kind, t.muted)
        middle, right = Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignRight
        painter.setFont(theme.ui_font(theme.FONT_PX - 1, bold=shown))
        painter.setPen(QColor(t.text if shown else t.muted))
        names = QRectF(0, row.top(), _NAMES_PX - 8, row.height())
        painter.drawText(names, middle | right, mark.label)
        painter.setPen(QPen(QColor(colour), 3 if shown else 2))
        end = QPointF(row.left() + place * row.width(), row.center().y())
        painter.drawLine(QPointF(row.left(), row.center().y()), end)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(truth_colour(mark.truth, t) if mark.truth is not None else colour))
        painter.drawEllipse(end, 3.6, 3.6)
        painter.setPen(QColor(t.text if shown else t.muted))
        numbers = QRectF(row.right() + 8, row.top(), _NUMBERS_PX, row.height())
        painter.drawText(numbers, middle, distance(mark.distance))
