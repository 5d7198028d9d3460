"""A small table of numbers: one name and right-aligned columns, as tall as its rows, one row chosen by a click."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from mouseview.app import theme

_ROW_PX, _HEAD_PX, _PAD_PX = 21, 20, 6


@dataclass(frozen=True)
class Cell:
    """colour: "" is that of ordinary text."""

    text: str
    colour: str = ""


class NumberTable(QWidget):
    """``row_chosen(key)`` for a click. Rows are (key, cell, cell, …), one cell a column."""

    row_chosen = Signal(str)

    def __init__(self, titles: tuple[str, ...], tips: tuple[str, ...], shares: tuple[float, ...]) -> None:
        """shares: of the width, one a column."""
        super().__init__()
        self._titles, self._tips, self._shares = titles, tips, shares
        self._units: tuple[str, ...] = ("",) * len(titles)
        self._rows: list[tuple[str, tuple[Cell, ...]]] = []
        self._chosen = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def show_rows(self, rows: Sequence[tuple[str | Cell, ...]], chosen: str = "", units: tuple[str, ...] = ()) -> None:
        self._rows = [(str(row[0]), tuple(c if isinstance(c, Cell) else Cell(c) for c in row[1:])) for row in rows]
        self._chosen, self._units = chosen, units or self._units
        self.setAccessibleName(self.text)
        self.updateGeometry()
        self.update()

    @property
    def text(self) -> str:
        """All of it, for the clipboard and for screen readers."""
        lines = ["\t".join(self._heads())]
        lines += ["\t".join(cell.text for cell in cells) for _, cells in self._rows]
        return "\n".join(lines)

    @property
    def rows(self) -> tuple[tuple[str, tuple[Cell, ...]], ...]:
        return tuple(self._rows)

    def _heads(self) -> list[str]:
        return [f"{title}, {unit}" if unit else title for title, unit in zip(self._titles, self._units, strict=True)]

    def sizeHint(self) -> QSize:
        return QSize(260, _HEAD_PX + _ROW_PX * len(self._rows))

    def _columns(self, top: int, height: int) -> list[QRect]:
        width = (self.width() - 2 * _PAD_PX) / sum(self._shares)
        out, left = [], float(_PAD_PX)
        for share in self._shares:
            out.append(QRect(round(left), top, round(share * width) - 4, height))
            left += share * width
        return out

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.current()
        painter = QPainter(self)
        middle, right = Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignRight
        painter.setFont(theme.ui_font(theme.FONT_PX - 1))
        painter.setPen(QColor(t.faint))
        for index, (area, head) in enumerate(zip(self._columns(0, _HEAD_PX), self._heads(), strict=True)):
            painter.drawText(area, middle | (right if index else Qt.AlignmentFlag.AlignLeft), head)
        for row, (key, cells) in enumerate(self._rows):
            top = _HEAD_PX + row * _ROW_PX
            if key == self._chosen:
                painter.fillRect(QRect(0, top, self.width(), _ROW_PX), QColor(t.selected))
            for index, (area, cell) in enumerate(zip(self._columns(top, _ROW_PX), cells, strict=True)):
                painter.setFont(theme.mono_font() if index else theme.ui_font())
                painter.setPen(QColor(cell.colour or (t.muted if index else t.text)))
                shown = painter.fontMetrics().elidedText(cell.text, Qt.TextElideMode.ElideMiddle, area.width())
                painter.drawText(area, middle | (right if index else Qt.AlignmentFlag.AlignLeft), shown)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        row = int((event.position().y() - _HEAD_PX) // _ROW_PX)
        if 0 <= row < len(self._rows):
            self.row_chosen.emit(self._rows[row][0])

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            for area, tip in zip(self._columns(0, _HEAD_PX), self._tips, strict=True):
                if tip and area.contains(event.pos()):
                    QToolTip.showText(event.globalPos(), tip, self)
                    return True
        return super().event(event)
