"""Samples: a virtual list of all samples with thumbnails and the worst finding; only rows in sight are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    QSortFilterProxyModel,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPainterPath
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from mouseview.app import theme
from mouseview.app.panels.sample_list import SampleList
from mouseview.app.panels.widgets import ElidedLabel, sentence, severity_colour, severity_icon
from mouseview.app.state import SEVERITY_ORDER, AppState, Changed, SampleSummary
from mouseview.app.tokens import Tokens
from mouseview.model.recipe_book import SampleChange
from mouseview.model.scope import own_in_words

_Index = QModelIndex | QPersistentModelIndex
SUMMARY_ROLE = int(Qt.ItemDataRole.UserRole) + 1
SORT_ROLE = int(Qt.ItemDataRole.UserRole) + 2
IN_VIEW_ROLE = int(Qt.ItemDataRole.UserRole) + 3
OWN_ROLE = int(Qt.ItemDataRole.UserRole) + 4  # what the sample has of its own, in words
_ROW_PX = 78
_THUMB_PX = 30
COLUMNS = ("Sample", "Worst finding", "Findings", "Views")


class SamplesModel(QAbstractTableModel):
    """Names are known at once; summaries arrive for the rows that were asked for."""

    def __init__(self) -> None:
        super().__init__()
        self._names: tuple[str, ...] = ()
        self._summaries: dict[int, SampleSummary] = {}
        self._own: Mapping[str, SampleChange] = {}
        self.in_view = -1

    @property
    def names(self) -> tuple[str, ...]:
        return self._names

    def set_own(self, changes: Mapping[str, SampleChange]) -> None:
        """By name; the list is to be painted anew."""
        self._own = changes

    def reset(self, names: tuple[str, ...]) -> None:
        self.beginResetModel()
        self._names, self._summaries = names, {}
        self.endResetModel()

    def set_summary(self, row: int, summary: SampleSummary) -> None:
        if row < len(self._names):
            self._summaries[row] = summary
            self.dataChanged.emit(self.index(row, 0), self.index(row, len(COLUMNS) - 1))

    def missing(self, rows: list[int]) -> tuple[int, ...]:
        return tuple(row for row in rows if row not in self._summaries)

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._names)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return COLUMNS[section]
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        summary = self._summaries.get(index.row())
        if role == SUMMARY_ROLE:
            return summary
        if role == IN_VIEW_ROLE:
            return index.row() == self.in_view
        if role == OWN_ROLE:
            change = self._own.get(self._names[index.row()])
            return own_in_words(change) if change is not None else ""
        if role in (Qt.ItemDataRole.DisplayRole, SORT_ROLE):
            worst = summary.worst if summary else None
            if index.column() == 1 and role == SORT_ROLE:
                return SEVERITY_ORDER.index(worst.severity) if worst else len(SEVERITY_ORDER)
            texts = (
                self._names[index.row()],
                worst.message if worst else "",
                summary.count if summary else 0,
                summary.views if summary else 0,
            )
            return texts[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            worst, own = summary.worst if summary else None, self.data(index, OWN_ROLE)
            parts = [f"{worst.message}\n→ {worst.remedy}"] if worst else []
            return "\n\n".join([*parts, *([f"This sample has {own}."] if own else [])]) or None
        return None


class _Delegate(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(160, _ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        t = theme.current()
        rect: QRect = option.rect
        state = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        card = QRectF(rect).adjusted(6, 2, -6, -2)
        in_view = bool(index.data(IN_VIEW_ROLE))
        if state & QStyle.StateFlag.State_Selected or in_view:
            selected = bool(state & QStyle.StateFlag.State_Selected)
            painter.setPen(Qt.PenStyle.NoPen if selected else QColor(t.border))
            painter.setBrush(QColor(t.selected) if selected else Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(card, 6, 6)
            if in_view:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(t.accent))
                painter.drawRoundedRect(QRectF(card.left(), card.top() + 10, 3, card.height() - 20), 1.5, 1.5)
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(t.hover))
            painter.drawRoundedRect(card, 6, 6)
        summary: SampleSummary | None = index.data(SUMMARY_ROLE)
        left, right = int(card.left()) + 10, int(card.right()) - 8
        top = int(card.top()) + 5
        painter.setFont(theme.ui_font(bold=True))
        painter.setPen(QColor(t.text))
        name_rect = QRect(left, top, right - left - 36, 17)
        name = QFontMetrics(painter.font()).elidedText(
            str(index.data()), Qt.TextElideMode.ElideMiddle, name_rect.width()
        )
        painter.drawText(name_rect, Qt.AlignmentFlag.AlignVCenter, name)
        if index.data(OWN_ROLE):
            end = left + painter.fontMetrics().horizontalAdvance(name)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(t.accent))
            painter.drawEllipse(QRectF(end + 6, top + 5.5, 6, 6))
        if summary is not None:
            self._paint_count(painter, summary, right, top, t)
            self._paint_strip(painter, summary, QRect(left, top + 20, right - left, _THUMB_PX), t)
        text = (
            "reading …"
            if summary is None
            else sentence(summary.worst.message)
            if summary.worst
            else "nothing to report"
        )
        painter.setFont(theme.ui_font(theme.FONT_PX - 1))
        painter.setPen(QColor(t.muted))
        line = QRect(left, int(card.bottom()) - 19, right - left, 16)
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, painter.fontMetrics().elidedText(
            text, Qt.TextElideMode.ElideRight, line.width()))  # fmt: skip
        painter.restore()

    @staticmethod
    def _paint_count(painter: QPainter, summary: SampleSummary, right: int, top: int, t: Tokens) -> None:
        name, colour = ("check", t.good)
        if summary.worst is not None:
            name, colour = severity_icon(summary.worst.severity), severity_colour(summary.worst.severity, t)
        painter.drawPixmap(
            QPoint(right - 16, top), theme.icon_pixmap(name, colour, 16, painter.device().devicePixelRatio())
        )

    @staticmethod
    def _paint_strip(painter: QPainter, summary: SampleSummary, area: QRect, t: Tokens) -> None:
        x = area.left()
        for position, thumbnail in enumerate(summary.thumbnails):
            rest = len(summary.thumbnails) - position
            if rest > 1 and x + 2 * (_THUMB_PX + 3) > area.right() + 4:
                painter.setFont(theme.ui_font(theme.FONT_PX - 1))
                painter.setPen(QColor(t.muted))
                painter.drawText(QRect(x + 2, area.top(), 40, _THUMB_PX), Qt.AlignmentFlag.AlignVCenter, f"+{rest}")
                return
            frame = QRectF(x, area.top(), _THUMB_PX, _THUMB_PX)
            clip = QPainterPath()
            clip.addRoundedRect(frame, 3, 3)
            painter.save()
            painter.setClipPath(clip)
            painter.fillRect(frame, QColor(t.canvas))
            if thumbnail is not None:
                side = min(thumbnail.width(), thumbnail.height())
                middle = QRectF((thumbnail.width() - side) / 2, (thumbnail.height() - side) / 2, side, side)
                painter.drawImage(frame, thumbnail, middle)
            painter.restore()
            painter.setPen(QColor(t.border))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(frame.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
            x += _THUMB_PX + 3


class SamplesPanel(QWidget):
    """Intents: ``sample_chosen(row)``, ``selection_chosen(names)``: of samples selected together, () for one alone, and
    ``rows_needed(rows)`` for summaries of rows in sight."""

    sample_chosen = Signal(int)
    selection_chosen = Signal(object)
    rows_needed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.model = SamplesModel()
        self._proxy = QSortFilterProxyModel()
        self._proxy.setSourceModel(self.model)
        self._proxy.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self._proxy.setSortRole(SORT_ROLE)
        self.search = QLineEdit(placeholderText="Find a sample")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._proxy.setFilterFixedString)
        self.search.textChanged.connect(self._keep_place)
        self.order = QComboBox()
        self.order.addItems(["File order", "Name", "Worst first"])
        self.order.setToolTip("Order of the list; samples that were not yet read come last")
        self.order.currentIndexChanged.connect(self._sort)
        self.list = SampleList()
        self.list.setModel(self._proxy)
        self.list.setItemDelegate(_Delegate(self.list))
        self.list.chosen.connect(self._chosen)
        self.list.selected.connect(self._read_selection)
        self.footer = ElidedLabel()
        self.footer.setProperty("role", "muted")
        bar = QHBoxLayout()
        bar.setContentsMargins(8, 8, 8, 6)
        bar.setSpacing(6)
        bar.addWidget(self.search, 1)
        bar.addWidget(self.order)
        foot = QHBoxLayout()
        foot.setContentsMargins(12, 4, 12, 6)
        self.select_one = QPushButton("Clear")
        self.select_one.setProperty("link", True)
        self.select_one.setToolTip("Select only the sample in view")
        self.select_one.clicked.connect(self.select_in_view)
        self.select_one.hide()
        foot.addWidget(self.footer, 1)
        foot.addWidget(self.select_one)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self.list, 1)
        column.addLayout(foot)
        self._timer = QTimer(self, singleShot=True, interval=60)
        self._timer.timeout.connect(self._ask_for_rows)
        self.list.verticalScrollBar().valueChanged.connect(lambda _value: self._timer.start())
        self._proxy.layoutChanged.connect(lambda *_: self._timer.start())
        self.list.viewport().installEventFilter(self)
        self._changed_dataset, self._changed_sample = Changed(), Changed()
        self._own: tuple[tuple[str, SampleChange], ...] = ()
        self._selected: tuple[str, ...] = ()
        self._about = ""

    def show_state(self, state: AppState) -> None:
        dataset = state.dataset
        other = self._changed_dataset(dataset)
        if other:
            self.model.reset(dataset.names if dataset is not None else ())
            self._about = "" if dataset is None else self._describe(state)
            self._timer.start()
        self._show_own(state)
        if self._changed_sample(state.sample_index, dataset):
            self.model.in_view = state.sample_index
            if state.sample_index >= 0:
                self.list.bring(self._row(state.sample_index), keep_selection=len(state.selection) > 1)
        if other or state.selection != self._selected:
            self._show_selection(state.selection)

    def select_all(self) -> None:
        """All samples that the list shows."""
        self.list.selectAll()

    def select_in_view(self) -> None:
        """Only the sample in view."""
        if self.model.in_view >= 0:
            self.list.bring(self._row(self.model.in_view), keep_selection=False)

    def _show_own(self, state: AppState) -> None:
        """Which samples differ from the recipe of all."""
        own = state.project.samples if state.project is not None else ()
        if own is not self._own:  # by identity: there may be one entry for each of 20,000 samples
            self._own = own
            self.model.set_own(dict(own))
            self.list.viewport().update()  # and not dataChanged: it would filter and sort all rows again

    def _show_selection(self, names: tuple[str, ...]) -> None:
        self._selected = names
        if len(names) > 1:
            rows = {name: row for row, name in enumerate(self.model.names)}
            wanted = [rows[name] for name in names if name in rows]
            found = wanted if self._in_file_order else [self._row(row).row() for row in wanted]
            self.list.select_rows(row for row in found if row >= 0)
        else:
            self.select_in_view()
        self._show_count(names)

    def _show_count(self, names: tuple[str, ...]) -> None:
        count = f"{len(names):,} selected of " if len(names) > 1 else ""
        self.footer.setText(count + self._about)
        self.select_one.setVisible(bool(count))

    @property
    def _in_file_order(self) -> bool:
        """The list shows all rows as they come."""
        return self._proxy.sortColumn() < 0 and self._proxy.rowCount() == self.model.rowCount()

    def _source_row(self, row: int) -> int:
        return self._proxy.mapToSource(self._proxy.index(row, 0)).row()

    def _row(self, source_row: int) -> QModelIndex:
        return self._proxy.mapFromSource(self.model.index(source_row, 0))

    def _read_selection(self) -> None:
        chosen = self.list.selectionModel().selection()
        parts = (chosen.at(position) for position in range(chosen.count()))
        listed = sorted({row for part in parts for row in range(part.top(), part.bottom() + 1)})
        rows = listed if self._in_file_order else sorted(self._source_row(row) for row in listed)
        names = tuple(self.model.names[row] for row in rows) if len(rows) > 1 else ()
        if names != self._selected:
            self._selected = names
            self._show_count(names)
            self.selection_chosen.emit(names)

    @staticmethod
    def _describe(state: AppState) -> str:
        assert state.dataset is not None
        count = len(state.dataset)
        text = f"{count:,} sample{'s' if count != 1 else ''} · {state.dataset.format}"
        problems = len(state.dataset.problems)
        what = "could not be listed" if state.dataset.session is None else "to look at"
        return text + (f" · {problems} {what}" if problems else "")

    def eventFilter(self, watched: Any, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Show):
            self._timer.start()
        return False

    def _sort(self, choice: int) -> None:
        self._proxy.sort({0: -1, 1: 0, 2: 1}[choice])
        self._keep_place()

    def _keep_place(self) -> None:
        self.list.scrollTo(self.list.currentIndex())
        self._timer.start()

    def _chosen(self, current: QModelIndex) -> None:
        self.sample_chosen.emit(self._proxy.mapToSource(current).row())

    def _ask_for_rows(self) -> None:
        first = self.list.indexAt(QPoint(8, 8))
        if not first.isValid():
            return
        shown = self.list.viewport().height() // _ROW_PX + 2
        last = min(first.row() + shown, self._proxy.rowCount())
        rows = [self._source_row(row) for row in range(first.row(), last)]
        missing = self.model.missing(rows)
        if missing:
            self.rows_needed.emit(missing)
