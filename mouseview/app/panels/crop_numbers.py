"""The live numbers of the crop panel as one painted column: sections of rows, before and after."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from mouseview.app import theme
from mouseview.app.crop.numbers import NumberRow, Section
from mouseview.app.panels.widgets import truth_colour
from mouseview.app.tokens import Tokens
from mouseview.model.finding import Truth, Verdict

_ROW_PX, _HEAD_PX, _PAD_PX, _GAP_PX = 18, 22, 8, 5
_NUMBER_PX = 68


def live_number(value: float | None) -> str:
    """With as many decimals as do not flicker under a hand."""
    if value is None:
        return "–"
    if not math.isfinite(value):
        return "unknown"
    size = abs(value)
    decimals = 1 if size >= 1000 else 2 if size >= 10 else 3
    text = f"{value:.{decimals}f}"
    return text.lstrip("-") if float(text) == 0 else text


def verdict_colour(verdict: Verdict | None, t: Tokens) -> str:
    """Of a number: false and approximate first, then what is true but outside the format."""
    if verdict is None:
        return t.text
    if verdict.truth is not Truth.TRUE:
        return truth_colour(verdict.truth, t)
    return t.text if verdict.in_format else t.outside


class CropNumbers(QWidget):
    """Coloured by its verdict: false, approximate, or true but outside the format."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self.setMinimumWidth(232)
        self._sections: tuple[Section, ...] = ()
        self._fonts: tuple[QFont, QFont, QFont] | None = None

    def show_sections(self, sections: tuple[Section, ...]) -> None:
        resized = [len(section.rows) for section in sections] != [len(section.rows) for section in self._sections]
        self._sections = sections
        if resized:
            self.updateGeometry()
        self.update()

    @property
    def text(self) -> str:
        """All of it, for screen readers and tests."""
        return "\n".join(
            f"{section.title}\t{row.name}\t{live_number(row.before)}\t{live_number(row.after)}"
            for section in self._sections
            for row in section.rows
        )

    def sizeHint(self) -> QSize:
        rows = sum(len(section.rows) for section in self._sections)
        return QSize(240, len(self._sections) * (_HEAD_PX + _GAP_PX) + rows * _ROW_PX + 4)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.current()
        if self._fonts is None:  # finding a font takes longer than painting the rows
            self._fonts = theme.ui_font(theme.FONT_PX - 1), theme.ui_font(bold=True), theme.mono_font()
        plain, bold, mono = self._fonts
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(t.panel))
        right, middle = Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignVCenter
        seen = event.rect()
        columns = self._columns()
        top = 0
        for section in self._sections:
            painter.setFont(bold)
            painter.setPen(QColor(t.muted))
            painter.drawText(QRect(_PAD_PX, top, columns[0], _HEAD_PX), middle, section.title)
            painter.setFont(plain)
            painter.setPen(QColor(t.faint))
            for left, word in ((columns[0], "before"), (columns[1], "after")):
                painter.drawText(QRect(left, top, _NUMBER_PX, _HEAD_PX), right | middle, word)
            top += _HEAD_PX
            for row in section.rows:
                if top + _ROW_PX >= seen.top() and top <= seen.bottom():
                    self._paint_row(painter, row, top, columns, (plain, mono), t)
                top += _ROW_PX
            top += _GAP_PX

    def _columns(self) -> tuple[int, int]:
        """Left edges of both numbers."""
        after = self.width() - _PAD_PX - _NUMBER_PX
        return after - _NUMBER_PX, after

    def _paint_row(
        self,
        painter: QPainter,
        row: NumberRow,
        top: int,
        columns: tuple[int, int],
        fonts: tuple[QFont, QFont],
        t: Tokens,
    ) -> None:
        colour = verdict_colour(row.verdict, t)
        painter.setFont(fonts[0])
        painter.setPen(QColor(t.text if row.verdict is None or colour == t.text else colour))
        name = QRect(_PAD_PX, top, columns[0] - _PAD_PX + 14, _ROW_PX)
        painter.drawText(name, Qt.AlignmentFlag.AlignVCenter, row.name)
        painter.setFont(fonts[1])
        flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(t.faint))
        painter.drawText(QRect(columns[0], top, _NUMBER_PX, _ROW_PX), flags, live_number(row.before))
        painter.setPen(QColor(colour))
        painter.drawText(QRect(columns[1], top, _NUMBER_PX, _ROW_PX), flags, live_number(row.after))

    def row_at(self, y: int) -> NumberRow | None:
        top = 0
        for section in self._sections:
            top += _HEAD_PX
            for row in section.rows:
                if top <= y < top + _ROW_PX:
                    return row
                top += _ROW_PX
            top += _GAP_PX
        return None

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            row = self.row_at(event.pos().y())
            said = "" if row is None else row.tip
            if row is not None and row.verdict is not None:
                said += f"\n{row.verdict.truth}, {'in format' if row.verdict.in_format else 'outside the format'}"
            QToolTip.showText(event.globalPos(), said, self)
            return True
        return super().event(event)
