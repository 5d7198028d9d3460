"""One declaration a row: what it is, a bar of what it costs on a logarithmic scale, its px and length, its truth."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from mouseview.app import theme
from mouseview.app.panels.row_columns import RowColumns
from mouseview.app.panels.widgets import paint_badge, truth_colour
from mouseview.model.finding import Truth
from mouseview.model.recipe import Mode

ROW_ROLE = int(Qt.ItemDataRole.UserRole) + 1
_Index = QModelIndex | QPersistentModelIndex
_ROW_PX = 36
COLUMNS = RowColumns(0.45, ((70, 4), (82, 4), (104, 0)), bar_margins_px=18)
COLUMN_NAMES = ("what is declared", "RMS", "at the subject", "truth")
_LEAST_BAR_PX = 3.0


@dataclass(frozen=True)
class DamageRow:
    """What a row needs. shares: of the bar and of the range of its cases on the scale, 0 to 1; None: not measured."""

    title: str
    declared: str
    px: str
    length: str
    details: str
    truth: Truth
    mode: Mode | None
    current: bool
    shares: tuple[float, float, float] | None


class DamageRows(QStyledItemDelegate):
    """Paints ``DamageRow`` values; ticks: as in ``ColumnHeader``."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.ticks: tuple[tuple[float, str], ...] = ()

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(420, _ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        t = theme.current()
        row: DamageRow = index.data(ROW_ROLE)
        rect: QRect = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if row.current:
            painter.fillRect(rect, QColor(t.selected))
        elif row.mode is not None and option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, QColor(t.hover))
        words, bar, px, length, truth = COLUMNS.of(rect)
        middle, right = Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignRight
        self._paint_words(painter, words, row)
        self._paint_bar(painter, bar, row)
        painter.setFont(theme.mono_font())
        painter.setPen(QColor(t.text))
        painter.drawText(px, middle | right, row.px)
        painter.setPen(QColor(t.muted))
        painter.drawText(length, middle | right, row.length)
        paint_badge(painter, truth.right(), truth.center().y() + 1, str(row.truth), truth_colour(row.truth, t))
        painter.restore()

    @staticmethod
    def _paint_words(painter: QPainter, area: QRect, row: DamageRow) -> None:
        t = theme.current()
        title = area.adjusted(0, 3, 0, -area.height() // 2)
        if row.current:
            left = paint_badge(painter, title.right(), title.center().y() + 2, "in use", t.accent, filled=False)
            title.setRight(round(left) - 6)
        for text, at, bold, colour, smaller in (
            (row.title, title, row.mode is not None, t.text, 0),
            (row.declared, area.adjusted(0, area.height() // 2, 0, -2), False, t.muted, 2),
        ):
            painter.setFont(theme.ui_font(theme.FONT_PX - smaller, bold=bold))
            painter.setPen(QColor(colour))
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, at.width())
            painter.drawText(at, Qt.AlignmentFlag.AlignVCenter, shown)

    def _paint_bar(self, painter: QPainter, area: QRect, row: DamageRow) -> None:
        t = theme.current()
        painter.setPen(QPen(QColor(t.border), 1))
        for share, _ in self.ticks:
            x = area.left() + share * area.width()
            painter.drawLine(round(x), area.top(), round(x), area.bottom() + 1)
        if row.shares is None:
            return
        value, least, most = (share * area.width() for share in row.shares)
        middle = area.center().y() + 0.5
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(truth_colour(row.truth, t)))
        painter.drawRoundedRect(QRectF(area.left(), middle - 5, max(value, _LEAST_BAR_PX), 10), 2, 2)
        if most > least:
            painter.setPen(QPen(QColor(t.text), 1.2))
            x0, x1 = area.left() + least, area.left() + most
            painter.drawLine(round(x0), round(middle), round(x1), round(middle))
            for x in (x0, x1):
                painter.drawLine(round(x), round(middle - 4), round(x), round(middle + 4))
