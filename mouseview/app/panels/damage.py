"""What wrong declarations cost on the sample in view: a bar each, the mode in use marked, a click to choose another."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, Signal
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QListView,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from mouseview.app.jobs import Failure, JobStatus
from mouseview.app.panels.damage_rows import COLUMN_NAMES, COLUMNS, ROW_ROLE, DamageRow, DamageRows
from mouseview.app.panels.row_columns import ColumnHeader, paint_rows
from mouseview.app.panels.widgets import Segments, label, sentence
from mouseview.model.recipe import Mode

if TYPE_CHECKING:
    from mouseview.normalise.damage.cost import Cost
    from mouseview.workflow.damage import DamageReport

_WIDTH_PX, _HEIGHT_PX = 940, 700
_EXPLAINED = (
    "This calibration is taken as true. Each way of declaring its cameras is held against what the images would show: "
    "every point is put where the declared cameras agree best, and what they then miss it by is the cost. No scene "
    "explains it away, and no network can."
)


class DamageDialog(QDialog):
    """Intents: ``mode_chosen(Mode)``, ``volume_wanted(bool)``: judge all over the working volume, not at the subject.

    ``stopped`` when it is closed.
    """

    mode_chosen = Signal(object)
    volume_wanted = Signal(bool)
    stopped = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("What wrong declarations cost")
        self.setObjectName("damage")
        self.title = label("What wrong declarations cost", "heading")
        self.explained = label(_EXPLAINED, "muted", wrap=True)
        self.told = label("", wrap=True)
        self.where = Segments(
            ("At the subject", "In the working volume"),
            (
                "Points of the subject: inside its masks, or its 3D labels",
                "A stand-in at places all over the ball that half of the cameras see",
            ),
        )
        self.where.chosen.connect(lambda index: self.volume_wanted.emit(index == 1))
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.header = ColumnHeader(COLUMNS, COLUMN_NAMES)
        self.model = QStandardItemModel()
        self.list = QListView()
        self.list.setModel(self.model)
        self.delegate = DamageRows(self.list)
        paint_rows(self.list, self.delegate)
        self.list.clicked.connect(self._choose)
        self.list.activated.connect(self._choose)
        close = QPushButton("Close")
        close.setAutoDefault(False)
        close.clicked.connect(self.close)
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.where)
        foot = QHBoxLayout()
        foot.addWidget(label("Bold rows are modes: click one to use it for this project. Undo leads back.", "muted"))
        foot.addStretch(1)
        foot.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 12)
        column.setSpacing(6)
        column.addLayout(head)
        for widget in (self.explained, self.told, self.progress, self.header):
            column.addWidget(widget)
        column.addWidget(self.list, 1)
        column.addLayout(foot)
        self.resize(min(_WIDTH_PX, parent.width() - 60), min(_HEIGHT_PX, parent.height() - 60))

    def show_work(self, status: JobStatus) -> None:
        self.progress.setVisible(status.running)
        self.progress.setRange(0, 0 if status.fraction is None else 1000)
        self.progress.setValue(round(1000 * (status.fraction or 0.0)))

    def show_failure(self, failure: Failure) -> None:
        self.told.setText(sentence(failure.message) + (f"\n→ {failure.remedy}" if failure.remedy else ""))
        self.model.clear()

    def show_report(self, report: DamageReport, mode: Mode) -> None:
        from mouseview.workflow.damage_chart import scale_top, share_of_scale, ticks

        top = scale_top(report.costs)
        marks = tuple((share_of_scale(px, top), words) for px, words in ticks(top))
        self.header.ticks = self.delegate.ticks = marks
        self.header.update()
        self.told.setText(
            f"{report.name}: {len(report.rig)} views, {report.places}. RMS px of a {report.model_format.size} px image."
        )
        self.model.clear()
        for cost in report.costs:
            row = _row(cost, report.rig.unit_words, mode, top)
            item = QStandardItem(row.title)
            item.setData(row, ROW_ROLE)
            item.setToolTip(row.details)
            self.model.appendRow(item)

    def show_mode(self, mode: Mode) -> None:
        """Mark the mode in use."""
        for number in range(self.model.rowCount()):
            item = self.model.item(number)
            row: DamageRow = item.data(ROW_ROLE)
            if row.current != (row.mode is mode):
                item.setData(dataclasses.replace(row, current=row.mode is mode), ROW_ROLE)

    def _choose(self, index: QModelIndex) -> None:
        row: DamageRow = index.data(ROW_ROLE)
        if row.mode is not None and not row.current:
            self.mode_chosen.emit(row.mode)

    def done(self, result: int) -> None:
        self.stopped.emit()
        super().done(result)


def _row(cost: Cost, unit: str, mode: Mode, top: float) -> DamageRow:
    from mouseview.workflow.damage_chart import NOTHING_PX, brief, share_of_scale

    declaration = cost.declaration
    shares = None
    px, length = "–", ""
    details = [f"{declaration.title}: {declaration.declared}."]
    if cost.problem:
        details.append(f"Not measured: {cost.problem}.")
    else:
        shares = tuple(share_of_scale(value, top) for value in (cost.rms_px, cost.least_px, cost.most_px))
        nothing = cost.rms_px < NOTHING_PX
        px = "0 px" if nothing else f"{brief(cost.rms_px)} px"
        length = "" if nothing else f"{brief(cost.rms_length)} {unit}"
        if cost.cases > 1:
            details.append(
                f"Median of {cost.cases} cases; {brief(cost.least_px)} to {brief(cost.most_px)} px, "
                f"most for {cost.worst_case}."
            )
        if not nothing:
            details.append(f"Missed most in {cost.worst_view}: {brief(cost.worst_view_px)} px RMS.")
        if cost.lost > 0:
            details.append(f"{100 * cost.lost:.0f} % of the marks have no point in front of the declared cameras.")
    return DamageRow(
        declaration.title,
        declaration.declared,
        px,
        length,
        "\n".join(details),
        cost.truth,
        declaration.mode,
        declaration.mode is not None and declaration.mode is mode,
        shares,  # type: ignore[arg-type]
    )
