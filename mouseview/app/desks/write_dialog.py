"""Asks what a long job is to write and where; offers to go on with one that was interrupted in the chosen folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from mouseview.app.panels.widgets import label
from mouseview.model.sample import Dataset
from mouseview.model.session import Session

if TYPE_CHECKING:  # the engine is imported by the work that needs it
    from mouseview.jobs import JobState

_MOST_FRAMES = 10**8
_NUMBER_PX = 96
_VIEW_COLUMNS = 4
_SETTLED_MS = 250  # after the last key in the folder's name


@dataclass(frozen=True)
class WriteChoice:
    """What was asked for. start, stop, stride: as ``Extraction``; views: empty for all.

    selected: only the samples that are selected in the list.
    """

    out: Path
    start: int
    stop: int
    stride: int
    views: tuple[str, ...]
    masks: bool
    workers: int
    resume: bool
    selected: bool = False


class WriteDialog(QDialog):
    """``chosen(WriteChoice)``; ``folder_settled(path)`` asks for ``show_state``. kind: of the job, as in journals.

    views: the cameras to choose from, none where all are written anyway. has_masks: of the sample that is shown.
    selected: how many samples are selected, where these can be written alone.
    """

    chosen = Signal(object)
    folder_settled = Signal(str)

    def __init__(
        self,
        parent: QWidget,
        kind: str,
        title: str,
        explanation: str,
        verb: str,
        dataset: Dataset,
        views: tuple[str, ...],
        has_masks: bool,
        out: Path,
        workers: int,
        cores: int,
        selected: int = 0,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.setModal(True)
        self.kind, self._dataset, self._names = kind, dataset, views
        self.folder = QLineEdit(str(out))
        self.folder.setMinimumWidth(380)
        self.choose = QPushButton("Choose…")
        self.choose.setAutoDefault(False)
        self.choose.clicked.connect(self._choose_folder)
        self.range = RangeRow(dataset)
        self.boxes = {name: QCheckBox(name) for name in views}
        self.masks = QCheckBox("Masks as alpha")
        self.masks.setChecked(has_masks)
        self.masks.setEnabled(has_masks)
        self.masks.setToolTip("" if has_masks else "There are no masks here")
        self._selected, self._proposed = selected, out
        self.only = QCheckBox(f"Only the {selected:,} selected samples")
        self.only.setToolTip("They get a folder of their own, and the one scale of the whole dataset")
        self.only.setVisible(selected > 1)
        self.only.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)  # all of it can be clicked
        self.workers = QSpinBox()
        self.workers.setRange(1, cores)
        self.workers.setValue(workers)
        self.workers.setFixedWidth(_NUMBER_PX)
        self.workers.setToolTip(f"Processes that work at the same time; this machine has {cores} cores")
        self.earlier = QCheckBox("Go on where it was")
        self.earlier.setChecked(True)
        self.earlier_text = label("", "muted", wrap=True)
        self.count = label("", "muted")
        self.start_button, self.cancel = QPushButton(verb), QPushButton("Cancel")
        self.start_button.setProperty("primary", True)
        self.start_button.setDefault(True)
        self.cancel.setAutoDefault(False)
        self._build(explanation)
        self._settle = QTimer(self, singleShot=True, interval=_SETTLED_MS)
        self._settle.timeout.connect(lambda: self.folder_settled.emit(self.folder.text().strip()))
        self.folder.textChanged.connect(self._folder_edited)
        self.range.changed.connect(self._count)
        self.only.toggled.connect(self._only_toggled)
        for box in self.boxes.values():
            box.toggled.connect(self._count)
        self.start_button.clicked.connect(self._accept)
        self.cancel.clicked.connect(self.reject)
        self.show_state(None, "")
        self._count()
        self._settle.start()

    def _build(self, explanation: str) -> None:
        form = QFormLayout()
        form.setHorizontalSpacing(14)
        form.setVerticalSpacing(9)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        folder_row = QHBoxLayout()
        folder_row.setSpacing(8)
        folder_row.addWidget(self.folder, 1)
        folder_row.addWidget(self.choose)
        form.addRow(label("Folder", "muted"), folder_row)
        earlier = QVBoxLayout()
        earlier.setSpacing(3)
        earlier.addWidget(self.earlier_text)
        earlier.addWidget(self.earlier)
        form.addRow("", earlier)
        if self.boxes:
            form.addRow(label(self.range.what, "muted"), self.range)
            grid = QGridLayout()
            grid.setHorizontalSpacing(16)
            grid.setVerticalSpacing(7)
            for place, box in enumerate(self.boxes.values()):
                box.setChecked(True)
                grid.addWidget(box, place // _VIEW_COLUMNS, place % _VIEW_COLUMNS)
            grid.setColumnStretch(_VIEW_COLUMNS, 1)
            form.addRow(label("Views", "muted"), grid)
            form.addRow("", self.masks)
        else:
            self.range.hide()
            self.masks.hide()
        if self._selected > 1:
            form.addRow(label("Samples", "muted"), self.only)
        form.addRow(label("Workers", "muted"), self.workers)
        buttons = QHBoxLayout()
        buttons.addWidget(self.count, 1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.start_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 14)
        column.setSpacing(12)
        column.addWidget(label(explanation, "muted", wrap=True))
        column.addLayout(form)
        column.addStretch(1)
        column.addLayout(buttons)

    def show_state(self, state: JobState | None, problem: str) -> None:
        """What lies in the chosen folder: the state of an earlier job, or why it cannot be used.

        What that job was asked for is asked for again, so that going on means the same samples.
        """
        source = "" if state is None else str(state.settings.get("source", ""))
        ours = state is not None and state.kind == self.kind and source == str(self._dataset.path.absolute())
        if state is not None and not ours:
            problem = f"Another job has written this folder ({state.kind} of {source}): choose another one."
        text = problem
        if state is not None and ours:
            whole = "All" if state.is_complete else f"{state.done:,}"
            text = f"{whole} of {state.items:,} samples of an earlier run lie there."
            self._ask_again(state.settings)
        self.earlier_text.setText(text)
        self.earlier_text.setVisible(bool(text))
        self.earlier.setVisible(ours)
        self._usable = not problem
        self._count()

    def _ask_again(self, settings: Mapping[str, Any]) -> None:
        for box, name in ((self.range.start, "start"), (self.range.stop, "stop"), (self.range.stride, "stride")):
            if type(value := settings.get(name)) is int:
                box.setValue(min(max(value, box.minimum()), box.maximum()))  # a damaged file may hold any number
        views = settings.get("views")
        for name, check in self.boxes.items():
            check.setChecked(not isinstance(views, list) or not views or name in views)
        if self.masks.isEnabled():
            self.masks.setChecked(settings.get("masks") is not False)

    def _choose_folder(self) -> None:
        path = QFileDialog.getExistingDirectory(self, "Write into this folder", self.folder.text())
        if path:
            self.folder.setText(path)

    def _only_toggled(self, only: bool) -> None:
        """A folder of their own, unless another one was typed."""
        few = self._proposed.with_name(f"{self._proposed.name}_selected")
        before, after = (self._proposed, few) if only else (few, self._proposed)
        if self.folder.text().strip() == str(before):
            self.folder.setText(str(after))
        self._count()

    def _folder_edited(self) -> None:
        self.show_state(None, "")
        self._settle.start()

    def _views(self) -> tuple[str, ...]:
        return tuple(name for name, box in self.boxes.items() if box.isChecked())

    def _count(self) -> None:
        samples = self.range.count if self.boxes else len(self._dataset)
        samples = self._selected if self.only.isChecked() else samples
        views = len(self._views())
        of_views = f" × {views} views = {samples * views:,} images" if self.boxes else ""
        self.count.setText(f"{samples:,} samples{of_views}")
        some = samples > 0 and (views > 0 or not self.boxes)
        self.start_button.setEnabled(some and self._usable and bool(self.folder.text().strip()))

    def _accept(self) -> None:
        views = self._views()
        self.chosen.emit(
            WriteChoice(
                Path(self.folder.text().strip()).expanduser(),
                self.range.start.value(),
                self.range.stop.value(),
                self.range.stride.value(),
                () if views == self._names else views,
                self.masks.isChecked(),
                self.workers.value(),
                self.earlier.isVisible() and self.earlier.isChecked(),
                self.only.isChecked(),
            )
        )
        self.accept()


class RangeRow(QWidget):
    """From, to (not included), every: frames of a session, or places in a list of samples. ``changed``."""

    changed = Signal()

    def __init__(self, dataset: Dataset) -> None:
        super().__init__()
        session = dataset.session
        first, end, stride = (0, len(dataset), 1) if session is None else _range_of(session)
        self.what = "Samples" if session is None else "Frames"
        self.start, self.stop, self.stride = QSpinBox(), QSpinBox(), QSpinBox()
        lowest, most = (0, len(dataset)) if session is None else (-_MOST_FRAMES, _MOST_FRAMES)
        for box, low, high, value in (
            (self.start, lowest, most, first),
            (self.stop, lowest, most, end),
            (self.stride, 1, _MOST_FRAMES, stride),
        ):
            box.setRange(low, high)
            box.setValue(value)
            box.setFixedWidth(_NUMBER_PX)
            box.setGroupSeparatorShown(True)
            box.valueChanged.connect(lambda _value: self.changed.emit())
        self.stop.setToolTip("This one is not written any more")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for text, box in (("", self.start), ("to before", self.stop), ("every", self.stride)):
            if text:
                row.addWidget(label(text, "muted"))
            row.addWidget(box)
        row.addStretch(1)

    @property
    def count(self) -> int:
        return len(range(self.start.value(), self.stop.value(), self.stride.value()))


def _range_of(session: Session) -> tuple[int, int, int]:
    return session.start, session.stop, session.stride
