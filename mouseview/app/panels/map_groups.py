"""Maps of one quantity side by side, in groups on one scale each, with their colour bars."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from mouseview.app import theme
from mouseview.app.tokens import Tokens
from mouseview.app.understanding.values import Legend, MapGroup, MapImage
from mouseview.geometry.transforms import Array

_TITLE_PX, _LEGEND_PX, _NOTE_PX = 18, 28, 15
_LEAST_GROUP_PX = 190  # for its title
_GAP_PX, _GROUP_GAP_PX, _PAD_PX = 4, 18, 8
_LEAST_PX, _MOST_PX = 56, 320
BAR_PX = 8


def paint_legend(painter: QPainter, legend: Legend, place: QRectF, t: Tokens) -> None:
    """A colour bar over the width of ``place`` with its marks below it, and its unit behind the last one."""
    colours = np.ascontiguousarray(legend.colours)
    image = QImage(colours.data, colours.shape[1], 1, 3 * colours.shape[1], QImage.Format.Format_RGB888)
    bar = QRectF(place.left(), place.top() + 2, place.width(), BAR_PX)
    painter.drawImage(bar, image)
    painter.setFont(theme.ui_font(theme.FONT_PX - 2))
    metrics = QFontMetricsF(painter.font())
    painter.setPen(QColor(t.muted))
    for share, text in legend.marks:
        last = share == legend.marks[-1][0]
        shown = f"{text} {legend.unit}".rstrip() if last else text
        width = metrics.horizontalAdvance(shown)
        left = min(max(bar.left() + share * bar.width() - width / 2, bar.left()), bar.right() - width)
        painter.drawText(QRectF(left, bar.bottom() + 1, width + 2, 13), Qt.AlignmentFlag.AlignVCenter, shown)


def unbroken(line: Array) -> list[Array]:
    """The stretches of a curve (N, 2) between points that are NaN, where a lens lets no ray through."""
    known = np.all(np.isfinite(line), axis=-1)
    breaks = np.flatnonzero(np.diff(known.astype(np.int8))) + 1
    return [piece for piece in np.split(line, breaks) if len(piece) > 1 and np.isfinite(piece[0]).all()]


class LegendBar(QWidget):
    """A legend as a widget of its own."""

    def __init__(self, width: int = 220) -> None:
        super().__init__()
        self._legend: Legend | None = None
        self._width = width
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(self._width, BAR_PX + 18)

    def show_legend(self, legend: Legend | None) -> None:
        self._legend = legend
        self.setVisible(legend is not None)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._legend is not None:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            paint_legend(painter, self._legend, QRectF(self.rect()).adjusted(1, 0, -1, 0), theme.current())


class MapGroups(QWidget):
    """Groups from left to right; all maps as tall as there is room for."""

    def __init__(self) -> None:
        super().__init__()
        self.groups: tuple[MapGroup, ...] = ()
        self.setMinimumSize(QSize(300, _LEAST_PX + _TITLE_PX + _LEGEND_PX + _NOTE_PX + 4))

    def show_groups(self, groups: tuple[MapGroup, ...]) -> None:
        self.groups = groups
        self.setAccessibleName("; ".join(f"{group.title} {group.note}".strip() for group in groups))
        self.update()

    def _map_height(self) -> float:
        """The height at which all maps fit the width, or that there is room for."""
        shapes = [m.image.width() / max(m.image.height(), 1) for group in self.groups for m in group.maps]
        gaps = sum(_GAP_PX * (len(group.maps) - 1) for group in self.groups)
        gaps += _GROUP_GAP_PX * (len(self.groups) - 1) + 2 * _PAD_PX
        across = (self.width() - gaps) / max(sum(shapes), 0.1)
        down = self.height() - _TITLE_PX - _LEGEND_PX - _NOTE_PX - 2
        return float(np.clip(min(across, down), _LEAST_PX, _MOST_PX))

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.current()
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        height, left = self._map_height(), float(_PAD_PX)
        for group in self.groups:
            start = left
            for shown in group.maps:
                width = height * shown.image.width() / max(shown.image.height(), 1)
                self._paint_map(painter, shown, QRectF(left, _TITLE_PX, width, height), t)
                left += width + _GAP_PX
            width = max(left - _GAP_PX - start, _LEAST_GROUP_PX)
            self._paint_words(painter, group, QRectF(start, 0, width, _TITLE_PX), height, t)
            left = start + width + _GROUP_GAP_PX

    @staticmethod
    def _paint_map(painter: QPainter, shown: MapImage, place: QRectF, t: Tokens) -> None:
        painter.fillRect(place, QColor(t.canvas))
        painter.save()
        painter.setClipRect(place)
        painter.drawImage(place, shown.image)
        for colour, width in ((QColor(0, 0, 0, 160), 2.6), (QColor(255, 255, 255, 230), 1.2)):
            painter.setPen(QPen(colour, width))
            for piece in (piece for line in shown.lines for piece in unbroken(line)):
                points = [QPointF(place.left() + x * place.width(), place.top() + y * place.height()) for x, y in piece]
                painter.drawPolyline(QPolygonF(points))
        painter.restore()
        painter.setPen(QPen(QColor(t.border), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(place)
        if shown.title:
            painter.setFont(theme.ui_font(theme.FONT_PX - 1, bold=True))
            badge = QRectF(place.left() + 3, place.top() + 3, 15, 15)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.tinted(t.panel, 0.8))
            painter.drawRoundedRect(badge, 3, 3)
            painter.setPen(QColor(t.text))
            painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, shown.title)

    @staticmethod
    def _paint_words(painter: QPainter, group: MapGroup, head: QRectF, height: float, t: Tokens) -> None:
        painter.setFont(theme.ui_font(theme.FONT_PX - 1, bold=True))
        painter.setPen(QColor(t.text))
        title = painter.fontMetrics().elidedText(group.title, Qt.TextElideMode.ElideRight, int(head.width()))
        painter.drawText(head, Qt.AlignmentFlag.AlignVCenter, title)
        bottom = head.bottom() + height + 3
        paint_legend(painter, group.legend, QRectF(head.left(), bottom, min(head.width(), 240), _LEGEND_PX), t)
        painter.setFont(theme.ui_font(theme.FONT_PX - 2))
        painter.setPen(QColor(t.warn))
        note = painter.fontMetrics().elidedText(group.note, Qt.TextElideMode.ElideRight, int(head.width()))
        painter.drawText(QRectF(head.left(), bottom + BAR_PX + 16, head.width(), _NOTE_PX), 0, note)
