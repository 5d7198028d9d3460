"""Model: how the sample is normalised, what is fed to which model, and the run itself."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from mouseview import resources
from mouseview.app.jobs import JobStatus
from mouseview.app.panels.forms import WheelGuard, panel_form
from mouseview.app.panels.view_choice import ViewChoice
from mouseview.app.panels.widgets import Badge, ElidedLabel, label, scrolling, truth_colour
from mouseview.app.state import AppState, Changed
from mouseview.app.tokens import tokens
from mouseview.model.recipe import Mode

BUNDLED = "mouse-256"
_PICK_FILE, _PICK_FOLDER, _PICK_HUB = "\x00file", "\x00folder", "\x00hub"
DEVICES = (("auto", "Automatic"), ("cpu", "CPU"), ("cuda", "CUDA"))


def seconds_text(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


class ModelPanel(QWidget):
    """Intents: ``mode_chosen``, ``checkpoint_chosen``, ``device_chosen``, run. ``views``: which are fed."""

    mode_chosen = Signal(object)  # Mode
    checkpoint_chosen = Signal(str)
    checkpoint_wanted = Signal(str)  # "file", "folder" or "hub": a dialog has to ask
    device_chosen = Signal(str)
    run_wanted = Signal()
    modes_wanted = Signal()
    cancel_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._changed = Changed()
        self._dark = False
        self.mode = QComboBox()
        for mode in Mode:
            self.mode.addItem(str(mode), mode)
            self.mode.setItemData(self.mode.count() - 1, mode.summary, Qt.ItemDataRole.ToolTipRole)
        self.mode.activated.connect(lambda row: self.mode_chosen.emit(Mode(self.mode.itemData(row))))
        self.truth = Badge()
        self.summary = label("", "muted", wrap=True)
        self.checkpoint = QComboBox()
        self.checkpoint.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.checkpoint.activated.connect(self._checkpoint_activated)
        self.device = QComboBox()
        for key, title in DEVICES:
            self.device.addItem(title, key)
        self.device.activated.connect(lambda row: self.device_chosen.emit(str(self.device.itemData(row))))
        self.views = ViewChoice()
        self.run = QPushButton("Reconstruct")
        self.run.setProperty("primary", True)
        self.run.clicked.connect(self.run_wanted)
        self.all_modes = QPushButton("All modes")
        self.all_modes.setToolTip("Reconstruct this sample in every mode and compare them on the same source pixels")
        self.all_modes.clicked.connect(self.modes_wanted)
        self.stop = QPushButton("Stop")
        self.stop.clicked.connect(self.cancel_wanted)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.note = ElidedLabel()
        self.note.setProperty("role", "muted")
        self._build()
        self._guard = WheelGuard(self)
        for combo in (self.mode, self.checkpoint, self.device):
            combo.setMinimumWidth(60)
            self._guard.watch(combo)
        self.show_progress(None)

    def _build(self) -> None:
        form = panel_form(6)
        mode_row = QHBoxLayout()
        mode_row.setSpacing(6)
        mode_row.addWidget(self.mode, 1)
        mode_row.addWidget(self.truth)
        form.addRow(label("Mode", "muted"), mode_row)
        form.addRow("", self.summary)
        form.addRow(label("Weights", "muted"), self.checkpoint)
        form.addRow(label("Device", "muted"), self.device)
        inner = QWidget()
        inner.setObjectName("panel")
        body = QVBoxLayout(inner)
        body.setContentsMargins(10, 9, 10, 6)
        body.setSpacing(7)
        body.addLayout(form)
        body.addSpacing(2)
        body.addWidget(self.views)
        body.addStretch(1)
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        self.run.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        buttons.addWidget(self.run, 1)
        buttons.addWidget(self.all_modes)
        buttons.addWidget(self.stop)
        foot = QVBoxLayout()
        foot.setContentsMargins(10, 4, 10, 9)
        foot.setSpacing(5)
        foot.addWidget(self.note)
        foot.addWidget(self.bar)
        foot.addLayout(buttons)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(scrolling(inner), 1)
        column.addLayout(foot)

    def show_state(self, state: AppState) -> None:
        project = state.project
        self._dark = state.dark
        self.views.show_state(state)
        if not self._changed(project, state.prepared, state.prepare_problem, state.sample, state.dark):
            return
        usable = project is not None and state.sample is not None
        for widget in (self.mode, self.checkpoint, self.device):
            widget.setEnabled(usable)
        t = tokens(state.dark)
        if project is None:
            self.truth.show_text("", t.text)
            self.summary.setText("")
            self._update_run(state)
            return
        mode = project.recipe.mode
        self.mode.setCurrentIndex(self.mode.findData(mode))
        self.truth.show_text(str(mode.truth), truth_colour(mode.truth, t))
        self.summary.setText(mode.summary[0].upper() + mode.summary[1:] + ".")
        self._show_checkpoints(project.checkpoint)
        self.device.setCurrentIndex(max(self.device.findData(project.device), 0))
        self._update_run(state)

    def _update_run(self, state: AppState) -> None:
        enough = state.sample is not None and state.sample.has_images and len(state.fed) >= 2
        self.all_modes.setEnabled(enough)
        self.run.setEnabled(enough and not state.prepare_problem)
        why = state.prepare_problem if enough else "At least two views with images have to be fed"
        self.run.setToolTip("" if state.sample is None else why)

    def _show_checkpoints(self, chosen: str) -> None:
        self.checkpoint.clear()
        self.checkpoint.addItem(f"{BUNDLED} (bundled)", BUNDLED)
        if chosen != BUNDLED:
            self.checkpoint.addItem(chosen.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1], chosen)
            self.checkpoint.setItemData(1, chosen, Qt.ItemDataRole.ToolTipRole)
        self.checkpoint.setCurrentIndex(self.checkpoint.count() - 1)
        self.checkpoint.insertSeparator(self.checkpoint.count())
        for key, title in ((_PICK_FILE, "Open a file…"), (_PICK_FOLDER, "Open a folder…"), (_PICK_HUB, "By hub name…")):
            self.checkpoint.addItem(title, key)
        self.checkpoint.setToolTip(resources.model_format(BUNDLED).title if chosen == BUNDLED else chosen)
        self._chosen_checkpoint = self.checkpoint.currentIndex()

    def _checkpoint_activated(self, row: int) -> None:
        key = str(self.checkpoint.itemData(row))
        if key.startswith("\x00"):
            self.checkpoint.setCurrentIndex(self._chosen_checkpoint)
            self.checkpoint_wanted.emit(key[1:])
        else:
            self.checkpoint_chosen.emit(key)

    def show_progress(self, status: JobStatus | None) -> None:
        """Of the run; None or a finished status shows the buttons that start one."""
        running = status is not None and status.running
        self.run.setVisible(not running)
        self.all_modes.setVisible(not running)
        self.stop.setVisible(running)
        self.bar.setVisible(running)
        self.note.setVisible(running)
        if status is None or not running:
            return
        self.stop.setEnabled(not status.cancelling)
        if status.fraction is None:
            self.bar.setRange(0, 0)
        else:
            self.bar.setRange(0, 1000)
            self.bar.setValue(round(1000 * status.fraction))
        left = f" · about {seconds_text(status.remaining_s)} left" if status.remaining_s is not None else ""
        self.note.setText(f"{status.note or status.title}{left}")
