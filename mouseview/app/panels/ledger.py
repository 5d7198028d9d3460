"""Ledger: every quantity before and after, per view and for the rig, each with both verdicts."""

from __future__ import annotations

import math

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from mouseview.app import theme
from mouseview.app.panels.widgets import Badge, ElidedLabel, format_text, label, paint_verdict, truth_colour
from mouseview.app.state import AppState, Changed
from mouseview.app.tokens import tokens
from mouseview.model.finding import Truth, Verdict
from mouseview.model.prepared import Ledger, LedgerRow

_Index = QModelIndex | QPersistentModelIndex
ROW_ROLE = int(Qt.ItemDataRole.UserRole) + 1  # LedgerRow of a leaf
VIEW_ROLE = int(Qt.ItemDataRole.UserRole) + 2  # camera name of a group, "" for the rig
VERDICT_ROLE = int(Qt.ItemDataRole.UserRole) + 3
RIG_TITLE = "Whole rig"


def number(value: float | None) -> str:
    """Four significant digits, or all of a large whole number; a dash where the quantity does not apply."""
    if value is None:
        return "–"
    if not math.isfinite(value):
        return "not finite"
    if value == 0 or abs(value) >= 1000:
        return f"{value:.1f}".rstrip("0").rstrip(".") if value else "0"
    digits = max(0, 3 - math.floor(math.log10(abs(value))))
    return f"{value:.{min(digits, 6)}f}".rstrip("0").rstrip(".") if digits <= 6 else f"{value:.2e}"


def change(row: LedgerRow) -> str:
    unit = f" {row.unit}" if row.unit else ""
    if row.before is None:
        return f"{number(row.after)}{unit}"
    if row.after is None:
        return f"{number(row.before)}{unit}"
    return f"{number(row.before)} → {number(row.after)}{unit}"


def as_table(ledger: Ledger) -> str:
    """Tab separated, for a spreadsheet."""
    lines = ["view\tquantity\tunit\tbefore\tafter\ttruth\tformat\tnote"]
    for row in ledger.rows:
        values = ("" if value is None else repr(float(value)) for value in (row.before, row.after))
        lines.append("\t".join((row.view, row.quantity, row.unit, *values, str(row.verdict.truth),
                                format_text(row.verdict), row.note)))  # fmt: skip
    return "\n".join(lines)


def worst_verdict(rows: tuple[LedgerRow, ...]) -> Verdict:
    order = (Truth.FALSE, Truth.APPROXIMATE, Truth.TRUE)
    truth = min((row.verdict.truth for row in rows), key=order.index, default=Truth.TRUE)
    return Verdict(truth, all(row.verdict.in_format for row in rows))


class _Delegate(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(120, 26 if index.data(ROW_ROLE) is None else 40)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        t = theme.current()
        rect: QRect = option.rect
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, QColor(t.selected))
        row: LedgerRow | None = index.data(ROW_ROLE)
        verdict: Verdict = index.data(VERDICT_ROLE)
        top = QRect(rect.left() + 2, rect.top() + (3 if row else 0), rect.width() - 12, 18 if row else rect.height())
        badges = paint_verdict(painter, top.right(), top.center().y() + 1, verdict, t)
        painter.setFont(theme.ui_font(bold=row is None))
        painter.setPen(QColor(t.text))
        room = QRect(top.left(), top.top(), int(badges) - top.left() - 6, top.height())
        title = QFontMetrics(painter.font()).elidedText(str(index.data()), Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, title)
        if row is not None:
            line = QRect(top.left(), top.bottom() + 1, top.width(), 16)
            numbers = change(row)
            painter.setFont(theme.mono_font())
            painter.setPen(QColor(t.muted))
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, numbers)
            used = painter.fontMetrics().horizontalAdvance(numbers) + 10
            painter.setFont(theme.ui_font(theme.FONT_PX - 1))
            painter.setPen(QColor(t.faint))
            rest = line.adjusted(used, 0, 0, 0)
            if rest.width() > 30:
                note = painter.fontMetrics().elidedText(row.note, Qt.TextElideMode.ElideRight, rest.width())
                painter.drawText(rest, Qt.AlignmentFlag.AlignVCenter, note)
        painter.restore()


class LedgerPanel(QWidget):
    """Intents: ``camera_chosen(name)``."""

    camera_chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.truth, self.format = Badge(), Badge()
        self.title = ElidedLabel()
        self.title.setProperty("role", "heading")
        self.filter = QLineEdit(placeholderText="Filter quantities")
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(lambda _text: self._fill())
        self.model = QStandardItemModel()
        self.tree = QTreeView()
        self.tree.setHeaderHidden(True)
        self.tree.setModel(self.model)
        self.tree.setItemDelegate(_Delegate(self.tree))
        self.tree.setIndentation(14)
        self.tree.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.tree.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.tree.clicked.connect(self._clicked)
        self.empty = label("", "muted", wrap=True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignTop)
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(self.title, 1)
        head.addWidget(self.truth)
        head.addWidget(self.format)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 4)
        column.setSpacing(6)
        framed = QVBoxLayout()
        framed.setContentsMargins(10, 0, 10, 0)
        framed.setSpacing(6)
        framed.addLayout(head)
        framed.addWidget(self.filter)
        framed.addWidget(self.empty)
        column.addLayout(framed)
        column.addWidget(self.tree, 1)
        self._ledger: Ledger | None = None
        self._changed, self._changed_camera = Changed(), Changed()

    def show_state(self, state: AppState) -> None:
        ledger = state.prepared.ledger if state.prepared is not None else None
        if self._changed(ledger, state.prepare_problem, state.sample is None, state.dark):
            self._ledger = ledger
            t = tokens(state.dark)
            if ledger is not None and state.prepared is not None:
                self.title.setText(f"{state.prepared.mode} → {state.prepared.model}")
                self.truth.show_text(str(ledger.verdict.truth), truth_colour(ledger.verdict.truth, t))
                colour = t.inside if ledger.verdict.in_format else t.outside
                self.format.show_text(format_text(ledger.verdict), colour, filled=False)
            else:
                self.title.setText("")
                self.truth.show_text("", t.text)
                self.format.show_text("", t.text)
            self.empty.setText(
                state.prepare_problem
                or ("Open a sample to see what normalising does to it." if state.sample is None else "normalising …")
            )
            self.empty.setVisible(ledger is None)
            self.tree.setVisible(ledger is not None)
            self.filter.setVisible(ledger is not None)
            self._fill()
        if self._changed_camera(state.camera, ledger) and state.camera:
            self._go_to(state.camera)

    def _fill(self) -> None:
        open_views = {
            self.model.item(row).data(VIEW_ROLE)
            for row in range(self.model.rowCount())
            if self.tree.isExpanded(self.model.index(row, 0))
        } or {""}
        self.model.clear()
        if self._ledger is None:
            return
        words = self.filter.text().lower().split()
        views = tuple(dict.fromkeys(row.view for row in self._ledger.rows))
        for view in sorted(views, key=lambda name: name != ""):  # the rig first, then cameras in their order
            rows = self._ledger.of(view)
            kept = tuple(row for row in rows if all(word in f"{row.quantity} {row.note}".lower() for word in words))
            if not kept:
                continue
            group = QStandardItem(view or RIG_TITLE)
            group.setData(view, VIEW_ROLE)
            group.setData(worst_verdict(rows), VERDICT_ROLE)
            for row in kept:
                leaf = QStandardItem(row.quantity)
                leaf.setData(row, ROW_ROLE)
                leaf.setData(view, VIEW_ROLE)
                leaf.setData(row.verdict, VERDICT_ROLE)
                leaf.setToolTip(f"{row.quantity}: {change(row)}" + (f"\n{row.note}" if row.note else ""))
                group.appendRow(leaf)
            self.model.appendRow(group)
            if words or view in open_views:
                self.tree.expand(group.index())

    def _go_to(self, camera: str) -> None:
        for position in range(self.model.rowCount()):
            group = self.model.index(position, 0)
            if group.data(VIEW_ROLE) == camera and self.tree.currentIndex().data(VIEW_ROLE) != camera:
                self.tree.setCurrentIndex(group)
                self.tree.expand(group)
                self.tree.scrollTo(group, QAbstractItemView.ScrollHint.PositionAtTop)

    def _clicked(self, index: QModelIndex) -> None:
        view = index.data(VIEW_ROLE)
        if view:
            self.camera_chosen.emit(view)
