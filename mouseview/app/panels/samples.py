"""Samples: a virtual list of all samples with thumbnails and the worst finding; only rows in sight are read."""

from __future__ import annotations

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
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from mouseview.app import theme
from mouseview.app.panels.widgets import ElidedLabel, sentence, severity_colour, severity_icon
from mouseview.app.state import SEVERITY_ORDER, AppState, Changed, SampleSummary
from mouseview.app.tokens import Tokens

_Index = QModelIndex | QPersistentModelIndex
SUMMARY_ROLE = int(Qt.ItemDataRole.UserRole) + 1
SORT_ROLE = int(Qt.ItemDataRole.UserRole) + 2
_ROW_PX = 78
_THUMB_PX = 30
COLUMNS = ("Sample", "Worst finding", "Findings", "Views")


class SamplesModel(QAbstractTableModel):
    """Names are known at once; summaries arrive for the rows that were asked for."""

    def __init__(self) -> None:
        super().__init__()
        self._names: tuple[str, ...] = ()
        self._summaries: dict[int, SampleSummary] = {}

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
        if role == Qt.ItemDataRole.ToolTipRole and summary and summary.worst:
            return f"{summary.worst.message}\n→ {summary.worst.remedy}"
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
        if state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(t.selected))
            painter.drawRoundedRect(card, 6, 6)
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
        name_rect = QRect(left, top, right - left - 26, 17)
        name = QFontMetrics(painter.font()).elidedText(
            str(index.data()), Qt.TextElideMode.ElideMiddle, name_rect.width()
        )
        painter.drawText(name_rect, Qt.AlignmentFlag.AlignVCenter, name)
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
    """Intents: ``sample_chosen(row)`` and ``rows_needed(rows)`` for summaries of rows in sight."""

    sample_chosen = Signal(int)
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
        self.list = QListView()
        self.list.setModel(self._proxy)
        self.list.setItemDelegate(_Delegate(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setMouseTracking(True)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.selectionModel().currentChanged.connect(self._chosen)
        self.footer = ElidedLabel()
        self.footer.setProperty("role", "muted")
        bar = QHBoxLayout()
        bar.setContentsMargins(8, 8, 8, 6)
        bar.setSpacing(6)
        bar.addWidget(self.search, 1)
        bar.addWidget(self.order)
        foot = QHBoxLayout()
        foot.setContentsMargins(12, 4, 12, 6)
        foot.addWidget(self.footer)
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
        self._quiet = False

    def show_state(self, state: AppState) -> None:
        dataset = state.dataset
        if self._changed_dataset(dataset):
            self._quiet = True
            self.model.reset(dataset.names if dataset is not None else ())
            self._quiet = False
            self.footer.setText("" if dataset is None else self._describe(state))
            self._timer.start()
        if self._changed_sample(state.sample_index, dataset) and state.sample_index >= 0:
            self._quiet = True
            index = self._proxy.mapFromSource(self.model.index(state.sample_index, 0))
            self.list.setCurrentIndex(index)
            self.list.scrollTo(index)
            self._quiet = False

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
        if current.isValid() and not self._quiet:
            self.sample_chosen.emit(self._proxy.mapToSource(current).row())

    def _ask_for_rows(self) -> None:
        first = self.list.indexAt(QPoint(8, 8))
        if not first.isValid():
            return
        shown = self.list.viewport().height() // _ROW_PX + 2
        last = min(first.row() + shown, self._proxy.rowCount())
        rows = [self._proxy.mapToSource(self._proxy.index(row, 0)).row() for row in range(first.row(), last)]
        missing = self.model.missing(rows)
        if missing:
            self.rows_needed.emit(missing)
