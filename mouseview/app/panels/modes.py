"""All modes side by side: what each way of normalising costs, measured on the same source pixels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from mouseview.app import theme
from mouseview.app.compare_images import subject_square
from mouseview.app.jobs import JobStatus
from mouseview.app.panels.widgets import ElidedLabel, label, paint_verdict, truth_colour, verdict_width
from mouseview.app.qimages import to_qimage
from mouseview.app.state import AppState, Changed
from mouseview.app.tokens import Tokens
from mouseview.model.finding import Verdict

if TYPE_CHECKING:
    from mouseview.workflow.compare_modes import ModeResult

_Index = QModelIndex | QPersistentModelIndex
RESULT_ROLE = int(Qt.ItemDataRole.UserRole) + 1
BAR_ROLE = int(Qt.ItemDataRole.UserRole) + 2  # gain over a blank white image, 0..1 of the best
HEADERS = ("Mode", "Truth | prediction", "Held-out, subject", "Held-out, whole", "Input, subject", "Verdict")
_ROW_PX = 42
_WIDTHS = (134, 128, 126, 122, 112)  # leave both badges room beside the window's least width
_INVITATION = "Every mode on this sample, scored on the same source pixels: one reconstruction each."
_SCORES = {2: "heldout_psnr_subject", 3: "heldout_psnr", 4: "input_psnr_subject"}


def gain_db(result: ModeResult, column: int) -> float:
    """What a mode scores above a blank white image on the same pixels; NaN where it has no score."""
    held_out, subject = column != 4, column != 3
    baseline = "white_baseline_subject" if subject else "white_baseline"
    values = [getattr(view.scores, baseline) for view in result.views if (view.role == "held-out") is held_out]
    known = [value for value in values if value is not None and math.isfinite(value)]
    if not known:
        return math.nan
    return float(getattr(result, _SCORES[column])) - sum(known) / len(known)


class ModesModel(QAbstractTableModel):
    """Rows in the order of the modes; sorted by nothing, so that the eye finds a mode where it was."""

    def __init__(self) -> None:
        super().__init__()
        self.results: tuple[ModeResult, ...] = ()

    def reset(self, results: tuple[ModeResult, ...]) -> None:
        self.beginResetModel()
        self.results = results
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.results)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(HEADERS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return HEADERS[section]
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.ToolTipRole and section in _SCORES:
            return "Mean PSNR on the source camera's own pixels, one truth for all modes. Bar: gain over blank white"
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        result = self.results[index.row()]
        if role == RESULT_ROLE:
            return result
        if role == Qt.ItemDataRole.ToolTipRole:
            return result.error or result.mode.summary
        if index.column() in _SCORES:
            value = float(getattr(result, _SCORES[index.column()]))
            if role == Qt.ItemDataRole.DisplayRole:
                return f"{value:.2f} dB" if math.isfinite(value) else "–"
            if role == BAR_ROLE:
                gains = [gain_db(other, index.column()) for other in self.results]
                most = max((gain for gain in gains if math.isfinite(gain)), default=0.0)
                gain = gains[index.row()]
                return min(max(gain / most, 0.0), 1.0) if math.isfinite(gain) and most > 0 else 0.0
        if role == Qt.ItemDataRole.DisplayRole and index.column() == 0:
            return str(result.mode)
        return None


class _Delegate(QStyledItemDelegate):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.pairs: dict[str, tuple[QImage, QImage]] = {}

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(90, _ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        t = theme.current()
        rect: QRect = option.rect
        result: ModeResult = index.data(RESULT_ROLE)
        painter.save()
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, QColor(t.selected))
        inner = QRectF(rect).adjusted(8, 0, -8, 0)
        middle = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        if index.column() == 0:
            painter.setFont(theme.ui_font(bold=True))
            painter.setPen(QColor(t.text))
            painter.drawText(inner, middle, str(result.mode))
        elif index.column() == 1:
            x = inner.left()
            for image in self.pairs.get(str(result.mode), ()):
                height = _ROW_PX - 8
                width = height * image.width() / max(image.height(), 1)
                painter.drawImage(QRectF(x, rect.top() + 4, width, height), image)
                x += width + 4
        elif index.column() in _SCORES:
            text = str(index.data())
            share = float(index.data(BAR_ROLE) or 0.0)
            painter.setFont(theme.mono_font(theme.FONT_PX))
            painter.setPen(QColor(t.text))
            painter.drawText(inner.adjusted(0, 0, 0, -8), middle, text)
            bar = QRectF(inner.left(), inner.center().y() + 9, inner.width(), 3)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(t.border))
            painter.drawRoundedRect(bar, 1.5, 1.5)
            painter.setBrush(QColor(truth_colour(result.truth, t)))
            painter.drawRoundedRect(QRectF(bar.left(), bar.top(), bar.width() * share, 3), 1.5, 1.5)
        else:
            self._paint_verdict(painter, inner, result, t)
        painter.restore()

    @staticmethod
    def _paint_verdict(painter: QPainter, inner: QRectF, result: ModeResult, t: Tokens) -> None:
        done = result.reconstruction
        in_format = done is not None and done.prepared.ledger.verdict.in_format
        verdict = Verdict(result.truth, in_format)
        width = verdict_width(verdict)
        if done is not None:
            paint_verdict(painter, inner.left() + width, inner.center().y(), verdict, t)
        else:
            width = 0
        if result.error or result.white_collapse:
            painter.setPen(QColor(t.bad))
            painter.setFont(theme.ui_font(theme.FONT_PX - 1))
            room = inner.adjusted(width + 6, 0, 0, 0)
            words = "white collapse" if result.white_collapse else (result.error or "").splitlines()[0]
            shown = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, int(room.width()))
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)


class ModesPanel(QWidget):
    """Intents: ``run_wanted``; ``mode_chosen(mode)`` for a double-click."""

    run_wanted = Signal()
    mode_chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.model = ModesModel()
        self.table = QTableView()
        self.table.setModel(self.model)
        self._delegate = _Delegate(self.table)
        self.table.setItemDelegate(self._delegate)
        self.table.setShowGrid(False)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(_ROW_PX)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.table.horizontalHeader().setHighlightSections(False)
        self.table.horizontalHeader().setStretchLastSection(True)
        for column, width in enumerate(_WIDTHS):
            self.table.setColumnWidth(column, width)
            self.table.horizontalHeader().setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
        self.table.doubleClicked.connect(lambda index: self.mode_chosen.emit(index.data(RESULT_ROLE).mode))
        self.note = ElidedLabel()
        self.note.setProperty("role", "muted")
        self.empty = QWidget()
        self.empty_text = label(_INVITATION, "muted", wrap=True)
        self.empty_text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.run = QPushButton("Compare all modes")
        self.run.clicked.connect(self.run_wanted)
        box = QVBoxLayout(self.empty)
        box.addStretch(1)
        box.addWidget(self.empty_text)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.run)
        row.addStretch(1)
        box.addLayout(row)
        box.addStretch(1)
        head = QHBoxLayout()
        head.setContentsMargins(10, 7, 10, 2)
        head.addWidget(self.note, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.empty, 1)
        self._changed = Changed()

    def show_progress(self, status: JobStatus) -> None:
        """Of the run that will fill this panel."""
        self.run.setVisible(not status.running)
        self.empty_text.setText(f"{status.note or status.title} …" if status.running else _INVITATION)

    def show_state(self, state: AppState) -> None:
        if not self._changed(state.modes, state.sample, state.dark):
            return
        self._delegate.pairs = {}
        for result in state.modes:
            best = min(result.views, key=lambda view: view.role != "held-out", default=None)
            if best is not None:
                part = subject_square(best.truth).toRect()
                pair = (to_qimage(best.truth[..., :3]).copy(part), to_qimage(best.prediction[..., :3]).copy(part))
                self._delegate.pairs[str(result.mode)] = pair
        self.model.reset(state.modes)
        self.table.setVisible(bool(state.modes))
        self.empty.setVisible(not state.modes)
        self.run.setEnabled(state.sample is not None and state.sample.has_images)
        held_out = any(view.role == "held-out" for result in state.modes for view in result.views)
        baseline = next(
            (r.white_baseline_subject for r in state.modes if math.isfinite(r.white_baseline_subject)), None
        )
        where = "held-out views" if held_out else "input views: hold views out to judge a mode fairly"
        self.note.setText(
            f"{state.sample.name} · {where} · a blank white image scores {baseline:.2f} dB on the subject"
            if state.modes and state.sample is not None and baseline is not None
            else ""
        )
        self.note.setVisible(bool(self.note.text()))
