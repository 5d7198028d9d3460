"""One reading a row: what it says, a bar of what it leaves, how far behind the best, and the verdict."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from mouseview.app import theme
from mouseview.app.panels.row_columns import RowColumns
from mouseview.app.panels.widgets import paint_badge, sentence
from mouseview.app.tokens import Tokens

if TYPE_CHECKING:
    from mouseview.solve.conventions.measure import Measured
    from mouseview.solve.conventions.solver import Ranked

READING_ROLE = int(Qt.ItemDataRole.UserRole) + 1
_Index = QModelIndex | QPersistentModelIndex
_ROW_PX = 30
COLUMNS = RowColumns(0.47, ((78, 6), (66, 8), (138, 0)), bar_margins_px=24)
COLUMN_NAMES = ("reading", "leaves", "× best", "verdict")
_LEAST = 0.01  # px or degrees: what is below is nothing on the bars' logarithmic scale


@dataclass(frozen=True, eq=False)
class ReadingRow:
    """What a row needs. largest: of all scores, for one scale of the bars."""

    words: str
    ranked: Ranked
    measured: Measured | None
    current: bool
    largest: float
    unit: str

    @property
    def score(self) -> str:
        if self.measured is None:
            return "–"
        digits = 2 if self.measured.score < 100 else 0
        return f"{'> ' if self.measured.capped else ''}{self.measured.score:.{digits}f} {self.unit}"

    @property
    def share(self) -> float:
        """Length of the bar, 0 to 1: logarithmic, for readings differ by thousands."""
        if self.measured is None or not math.isfinite(self.measured.score):
            return 0.0
        span = math.log1p(max(self.largest, _LEAST) / _LEAST)
        return min(math.log1p(self.measured.score / _LEAST) / span, 1.0)

    @property
    def margin(self) -> str:
        gap = self.ranked.gap
        if gap is None:
            return ""
        return f"{gap.ratio:.2f}×" if gap.ratio < 100 else f"{gap.ratio:,.0f}×"

    @property
    def details(self) -> str:
        """Everything, for the tool tip."""
        lines = [sentence(self.words)]
        if self.ranked.reading.why_impossible:
            lines.append(f"impossible: {self.ranked.reading.why_impossible}")
        lines += [
            f"{kind}: leaves {measured.score:.3g} {kind.unit}{' or more' if measured.capped else ''}"
            for kind, measured in self.ranked.reading.measured.items()
        ]
        if self.ranked.gap is not None:
            lines.append(
                f"{self.ranked.gap.ratio:.2f} times what the best leaves, {self.ranked.gap.errors:.1f} standard errors"
                + (f", told by {self.ranked.by}" if self.ranked.by else "")
            )
        return "\n".join(lines)


def standing_colour(row: ReadingRow, t: Tokens) -> str:
    """By standing: the best, what fits as well, what is worse."""
    return {"best": t.good, "cannot be separated": t.warn, "the labels' rounding": t.warn}.get(
        str(row.ranked.standing), t.bad
    )


class ReadingRows(QStyledItemDelegate):
    """Paints ``ReadingRow`` values."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(420, _ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        t = theme.current()
        row: ReadingRow = index.data(READING_ROLE)
        rect: QRect = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, QColor(t.selected))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, QColor(t.hover))
        words, bar, score, margin, verdict = COLUMNS.of(rect)
        middle, right = Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignRight
        colour = standing_colour(row, t)
        if row.current:
            left = paint_badge(painter, words.right(), words.center().y() + 1, "in use", t.accent, filled=False)
            words.setRight(round(left) - 6)
        painter.setFont(theme.ui_font(bold=row.ranked.differs == ""))
        painter.setPen(QColor(t.text))
        painter.drawText(
            words,
            middle,
            painter.fontMetrics().elidedText(sentence(row.words), Qt.TextElideMode.ElideRight, words.width()),
        )
        track = QRectF(bar.left(), bar.center().y() - 2.5, max(bar.width(), 0), 6)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(t.hover if not option.state & QStyle.StateFlag.State_Selected else t.border))
        painter.drawRoundedRect(track, 3, 3)
        painter.setBrush(QColor(colour))
        painter.drawRoundedRect(QRectF(track.left(), track.top(), max(6.0, row.share * track.width()), 6), 3, 3)
        painter.setFont(theme.mono_font())
        painter.setPen(QColor(t.text))
        painter.drawText(score, middle | right, row.score)
        painter.setPen(QColor(t.muted))
        painter.drawText(margin, middle | right, row.margin)
        paint_badge(painter, verdict.right(), verdict.center().y() + 1, str(row.ranked.standing), colour)
        painter.restore()
