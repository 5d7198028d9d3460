"""Lists of painted rows: how they behave, where the columns of a row stand, and the names above them."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractItemDelegate, QAbstractItemView, QListView, QWidget

from mouseview.app import theme

_TICK_PX = 60


def paint_rows(rows: QListView, delegate: QAbstractItemDelegate) -> None:
    """A list to read and to click, as wide as there is room, that shows which row is under the pointer."""
    rows.setItemDelegate(delegate)
    rows.setMouseTracking(True)
    rows.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    rows.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    rows.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)


@dataclass(frozen=True)
class RowColumns:
    """Words, a bar in what room is left, then columns of fixed width.

    words_share: of the row.  fixed_px: (width, gap at its right) each.  bar_margins_px: both of the bar's together.
    """

    words_share: float
    fixed_px: tuple[tuple[int, int], ...]
    bar_margins_px: int

    def of(self, row: QRect) -> tuple[QRect, ...]:
        """Where a row has its words, its bar and its fixed columns."""
        area = row.adjusted(10, 0, -10, 0)
        words = QRect(area.left(), area.top(), round(self.words_share * area.width()), area.height())
        fixed: list[QRect] = []
        edge = area.right()
        for width, gap in reversed(self.fixed_px):
            fixed.insert(0, QRect(edge - gap - width, area.top(), width, area.height()))
            edge = fixed[0].left()
        bar_px = edge - words.right() - self.bar_margins_px
        return words, QRect(words.right() + 12, area.top(), bar_px, area.height()), *fixed


class ColumnHeader(QWidget):
    """Names all columns but the bar's, whose scale it marks. ticks: (share of the scale, words)."""

    def __init__(self, columns: RowColumns, names: tuple[str, ...]) -> None:
        """names: of the words and of the fixed columns."""
        super().__init__()
        self.ticks: tuple[tuple[float, str], ...] = ()
        self._columns, self._names = columns, names
        self.setFixedHeight(20)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(theme.ui_font(theme.FONT_PX - 1))
        painter.setPen(QColor(theme.current().faint))
        words, bar, *fixed = self._columns.of(self.rect())
        middle, right = Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignRight
        painter.drawText(words, middle, self._names[0])
        for place, name in zip(fixed, self._names[1:], strict=True):
            painter.drawText(place, middle | right, name)
        for share, text in self.ticks:
            left = bar.left() + share * bar.width() - _TICK_PX / 2
            spot = QRectF(left, bar.top(), _TICK_PX, bar.height())
            painter.drawText(spot, Qt.AlignmentFlag.AlignCenter, text)
