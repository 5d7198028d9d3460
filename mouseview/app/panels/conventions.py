"""Check conventions: the ranked readings of a calibration in plain words, what each leaves, what nothing can tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, Signal
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDoubleSpinBox,
    QHBoxLayout,
    QListView,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from mouseview.app.jobs import Failure, JobStatus
from mouseview.app.panels.conventions_rows import COLUMN_NAMES, COLUMNS, READING_ROLE, ReadingRow, ReadingRows
from mouseview.app.panels.row_columns import ColumnHeader, paint_rows
from mouseview.app.panels.widgets import Badge, label, rule, sentence
from mouseview.app.tokens import Tokens

if TYPE_CHECKING:
    from mouseview.model.camera import Labels
    from mouseview.model.correction import Correction
    from mouseview.workflow.solve import Solved

_WIDTH_PX, _HEIGHT_PX = 780, 620
_LONGEST_MM = 100_000.0


class ConventionsDialog(QDialog):
    """Intents: ``reading_wanted(Correction, in use)`` (None: the file's own), ``length_given(first, second, mm)``.

    ``stopped`` when it is closed.
    """

    reading_wanted = Signal(object, object)
    length_given = Signal(str, str, float)
    stopped = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Check conventions")
        self.setObjectName("conventions")
        self._solved: Solved | None = None
        self.title, self.verdict = label("How is this calibration to be read?", "heading"), Badge()
        self.sentence, self.evidence = label("", wrap=True), label("", "muted", wrap=True)
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.model = QStandardItemModel()
        self.list = QListView()
        self.list.setModel(self.model)
        paint_rows(self.list, ReadingRows(self.list))
        self.list.setMinimumHeight(150)
        self.list.selectionModel().currentChanged.connect(self._chosen)
        self.header = ColumnHeader(COLUMNS, COLUMN_NAMES)
        self.unseparated_title = label("Cannot be separated by what is there", "section")
        self.unseparated = label("", "muted", wrap=True)
        self.use, self.back = QPushButton("Use this reading"), QPushButton("Back to the file's own reading")
        self.use.setProperty("primary", True)
        self.use.clicked.connect(self._use)
        self.back.clicked.connect(self._back)
        close = QPushButton("Close")
        close.clicked.connect(self.close)
        for button in (self.use, self.back, close):
            button.setAutoDefault(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 14)
        column.setSpacing(7)
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.verdict)
        column.addLayout(head)
        for widget in (self.sentence, self.evidence, self.progress, self.header):
            column.addWidget(widget)
        column.addWidget(self.list, 1)
        column.addWidget(self.unseparated_title)
        column.addWidget(self.unseparated)
        column.addWidget(rule())
        column.addLayout(self._length_row())
        foot = QHBoxLayout()
        foot.addWidget(self.back)
        foot.addStretch(1)
        foot.addWidget(close)
        foot.addWidget(self.use)
        column.addLayout(foot)
        self.resize(min(_WIDTH_PX, parent.width() - 60), min(_HEIGHT_PX, parent.height() - 60))
        self._empty()

    def _length_row(self) -> QHBoxLayout:
        """A known length is the only thing that tells the unit; it needs keypoints with names or numbers."""
        self.length_label = label("Known length", "muted")
        self.first, self.second, self.length = QComboBox(), QComboBox(), QDoubleSpinBox()
        self.length.setRange(0.0, _LONGEST_MM)
        self.length.setDecimals(2)
        self.length.setSuffix(" mm")
        self.length.setFixedWidth(110)
        self.measure = QPushButton("Find the unit")
        self.measure.setAutoDefault(False)
        self.measure.clicked.connect(self._measure)
        self.length.valueChanged.connect(lambda _value: self._length_changed())
        for combo in (self.first, self.second):
            combo.setMinimumWidth(110)
            combo.currentIndexChanged.connect(lambda _index: self._length_changed())
        row = QHBoxLayout()
        for widget in (self.length_label, self.first, self.second, self.length, self.measure):
            row.addWidget(widget)
        row.addStretch(1)
        return row

    # ---- showing -------------------------------------------------------------------------------------------------

    def _empty(self) -> None:
        self.model.clear()
        self.sentence.setText("Every way to read K, R and t is tried on what the labels, masks and cameras show …")
        for widget in (self.evidence, self.unseparated, self.unseparated_title):
            widget.setVisible(False)
        self.use.setEnabled(False)
        self.back.setEnabled(False)
        self._show_labels(None)

    def show_work(self, status: JobStatus) -> None:
        self.progress.setVisible(status.running)
        self.progress.setRange(0, 0 if status.fraction is None else 1000)
        self.progress.setValue(round(1000 * (status.fraction or 0.0)))
        if status.running:
            self.use.setEnabled(False)
            self.back.setEnabled(False)
        elif self._solved is not None:
            self._enable()

    def show_failure(self, failure: Failure) -> None:
        self.sentence.setText(sentence(failure.message) + (f"\n→ {failure.remedy}" if failure.remedy else ""))

    def show_solved(self, solved: Solved, t: Tokens) -> None:
        from mouseview.workflow.solve import reading_words

        self._solved = solved
        solution = solved.solution
        fits, agrees = solution.fits, solved.agrees
        text, colour = ("read right", t.good) if agrees else ("another reading fits better", t.bad)
        if not fits:
            text, colour = "no reading fits", t.warn
        self.verdict.show_text(text, colour)
        self.sentence.setText(f"{sentence(solved.verdict)}.")
        judged = ", ".join(str(kind) for kind in solution.kinds)
        in_use = ", ".join(solved.in_use.words) or "as the file says"
        self.evidence.setText(f"Judged by {judged}. Read now: {in_use}.")
        self.model.clear()
        measured = [solution.score(row) for row in solution.ranked]
        largest = max((found.score for found in measured if found is not None), default=1.0)
        for ranked in solution.ranked:
            words, score = reading_words(solution, ranked), solution.score(ranked)
            row = ReadingRow(words, ranked, score, ranked is solution.current, largest, solution.kind.unit)
            item = QStandardItem(words)
            item.setData(row, READING_ROLE)
            item.setToolTip(row.details)
            self.model.appendRow(item)
        self.unseparated.setText("\n".join(f"·  {line}" for line in solution.unseparated))
        self.evidence.setVisible(True)
        for widget in (self.unseparated, self.unseparated_title):
            widget.setVisible(bool(solution.unseparated))
        self._show_labels(solved.evidence.labels)
        self.list.setCurrentIndex(self.model.index(0, 0))
        self._enable()

    def _show_labels(self, labels: Labels | None) -> None:
        count = 0 if labels is None else labels.points_world.shape[1]
        names = [] if labels is None else list(labels.names or map(str, range(count)))
        if names != [self.first.itemText(i) for i in range(self.first.count())]:
            for index, combo in enumerate((self.first, self.second)):
                combo.clear()
                combo.addItems(names)
                combo.setCurrentIndex(min(index, len(names) - 1))
        for widget in (self.length_label, self.first, self.second, self.length, self.measure):
            widget.setVisible(count > 1)
        self._length_changed()

    def _length_changed(self) -> None:
        self.measure.setEnabled(self.length.value() > 0 and self.first.currentText() != self.second.currentText())

    # ---- choosing ------------------------------------------------------------------------------------------------

    def _wanted(self) -> Correction | None:
        """The correction that the chosen row leads to; the best takes the unit of a known length along."""
        index = self.list.currentIndex()
        if self._solved is None or not index.isValid():
            return None
        row: ReadingRow = index.data(READING_ROLE)
        if index.row() == 0:
            return self._solved.correction
        return row.ranked.correction.replace(scale=self._solved.in_use.scale, units=self._solved.in_use.units)

    def _chosen(self, _now: QModelIndex, _before: QModelIndex) -> None:
        self._enable()

    def _enable(self) -> None:
        solved, wanted = self._solved, self._wanted()
        self.use.setEnabled(solved is not None and wanted is not None and wanted != solved.in_use)
        self.back.setEnabled(solved is not None and solved.saved is not None)

    def _use(self) -> None:
        wanted = self._wanted()
        if self._solved is not None and wanted is not None:
            self.reading_wanted.emit(wanted, self._solved.in_use)

    def _back(self) -> None:
        if self._solved is not None and self._solved.saved is not None:
            self.reading_wanted.emit(None, self._solved.saved.correction)

    def _measure(self) -> None:
        self.length_given.emit(self.first.currentText(), self.second.currentText(), self.length.value())

    def done(self, result: int) -> None:
        self.stopped.emit()
        super().done(result)
