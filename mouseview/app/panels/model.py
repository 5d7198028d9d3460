"""Model: how the sample is normalised, what is fed to which model, and the run itself."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from mouseview import resources
from mouseview.app.jobs import JobStatus
from mouseview.app.panels.widgets import Badge, ElidedLabel, label, scrolling, truth_colour
from mouseview.app.state import AppState, Changed
from mouseview.app.tokens import tokens
from mouseview.model.prepared import SubjectCentre
from mouseview.model.recipe import CentreSource, Mode

BUNDLED = "mouse-256"
_PICK_FILE, _PICK_FOLDER, _PICK_HUB = "\x00file", "\x00folder", "\x00hub"
DEVICES = (("auto", "Automatic"), ("cpu", "CPU"), ("cuda", "CUDA"))
_CENTRE_TITLES = {
    CentreSource.LABELS: "3D labels",
    CentreSource.MASKS: "Mask centroids",
    CentreSource.AXES: "Optical axes",
    CentreSource.ORIGIN: "File's origin",
    CentreSource.CENTROID: "Camera centroid",
    CentreSource.POINT: "Own point",
}


def seconds_text(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


class ModelPanel(QWidget):
    """Intents: ``mode_chosen``, ``centre_chosen``, ``checkpoint_chosen``, ``device_chosen``, ``fed_changed``, run."""

    mode_chosen = Signal(object)  # Mode
    centre_chosen = Signal(object)  # CentreSource, or None for the most trusted
    checkpoint_chosen = Signal(str)
    checkpoint_wanted = Signal(str)  # "file", "folder" or "hub": a dialog has to ask
    device_chosen = Signal(str)
    fed_changed = Signal(str, bool)
    run_wanted = Signal()
    modes_wanted = Signal()
    cancel_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._changed, self._changed_views = Changed(), Changed()
        self._boxes: dict[str, QCheckBox] = {}
        self._dark = False
        self.mode = QComboBox()
        for mode in Mode:
            self.mode.addItem(str(mode), mode)
            self.mode.setItemData(self.mode.count() - 1, mode.summary, Qt.ItemDataRole.ToolTipRole)
        self.mode.activated.connect(lambda row: self.mode_chosen.emit(Mode(self.mode.itemData(row))))
        self.truth = Badge()
        self.summary = label("", "muted", wrap=True)
        self.centre = QComboBox()
        self.centre.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.centre.activated.connect(self._centre_activated)
        self.centre_note = ElidedLabel()
        self.centre_note.setProperty("role", "muted")
        self.checkpoint = QComboBox()
        self.checkpoint.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.checkpoint.activated.connect(self._checkpoint_activated)
        self.device = QComboBox()
        for key, title in DEVICES:
            self.device.addItem(title, key)
        self.device.activated.connect(lambda row: self.device_chosen.emit(str(self.device.itemData(row))))
        self.views_title = ElidedLabel()
        self.views_title.setProperty("role", "section")
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
        for combo in (self.mode, self.centre, self.checkpoint, self.device):
            combo.setMinimumWidth(60)
            combo.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            combo.installEventFilter(self)
        self.show_progress(None)

    def _build(self) -> None:
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.setHorizontalSpacing(10)
        form.setVerticalSpacing(6)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        mode_row = QHBoxLayout()
        mode_row.setSpacing(6)
        mode_row.addWidget(self.mode, 1)
        mode_row.addWidget(self.truth)
        form.addRow(label("Mode", "muted"), mode_row)
        form.addRow("", self.summary)
        form.addRow(label("Centre", "muted"), self.centre)
        form.addRow("", self.centre_note)
        form.addRow(label("Weights", "muted"), self.checkpoint)
        form.addRow(label("Device", "muted"), self.device)
        self._views = QGridLayout()
        self._views.setContentsMargins(0, 0, 0, 0)
        self._views.setHorizontalSpacing(10)
        self._views.setVerticalSpacing(5)
        inner = QWidget()
        inner.setObjectName("panel")
        body = QVBoxLayout(inner)
        body.setContentsMargins(10, 9, 10, 6)
        body.setSpacing(7)
        body.addLayout(form)
        body.addSpacing(2)
        body.addWidget(self.views_title)
        body.addLayout(self._views)
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

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # scrolling the panel must not change a choice that happens to lie under the pointer
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QComboBox) and not watched.hasFocus():
            event.ignore()
            return True
        return False

    def show_state(self, state: AppState) -> None:
        project = state.project
        self._dark = state.dark
        rig_names = state.sample.rig.names if state.sample is not None else ()
        if self._changed_views(rig_names):
            self._rebuild_views(rig_names)
        if not self._changed(project, state.centres, state.prepared, state.prepare_problem, state.sample, state.dark):
            return
        usable = project is not None and state.sample is not None
        for widget in (self.mode, self.centre, self.checkpoint, self.device):
            widget.setEnabled(usable)
        t = tokens(state.dark)
        if project is None:
            self.truth.show_text("", t.text)
            self.summary.setText("")
            self.centre_note.setText("")
            self.views_title.setText("")
            self._update_run(state)
            return
        mode = project.recipe.mode
        self.mode.setCurrentIndex(self.mode.findData(mode))
        self.truth.show_text(str(mode.truth), truth_colour(mode.truth, t))
        self.summary.setText(mode.summary[0].upper() + mode.summary[1:] + ".")
        self._show_centres(state)
        self._show_checkpoints(project.checkpoint)
        self.device.setCurrentIndex(max(self.device.findData(project.device), 0))
        fed = len(state.fed)
        self.views_title.setText(f"Views fed to the model: {fed} of {len(rig_names)}" if rig_names else "")
        for name, box in self._boxes.items():
            box.setChecked(name not in project.held_out)
        self._update_run(state)

    def _update_run(self, state: AppState) -> None:
        enough = state.sample is not None and state.sample.has_images and len(state.fed) >= 2
        self.all_modes.setEnabled(enough)
        self.run.setEnabled(enough and not state.prepare_problem)
        why = state.prepare_problem if enough else "At least two views with images have to be fed"
        self.run.setToolTip("" if state.sample is None else why)

    def _show_centres(self, state: AppState) -> None:
        assert state.project is not None
        chosen = state.project.recipe.centre
        self.centre.clear()
        best = state.centres[0] if state.centres else None
        trusted = f"Most trusted ({_CENTRE_TITLES[best.source].lower()})" if best else "Most trusted"
        self.centre.addItem(trusted, None)
        for candidate in state.centres:
            away = _distance_text(candidate, best, state)
            self.centre.addItem(f"{_CENTRE_TITLES[candidate.source]}{away}", candidate.source)
            self.centre.setItemData(self.centre.count() - 1, candidate.note, Qt.ItemDataRole.ToolTipRole)
        rows = [row for row in range(self.centre.count()) if self.centre.itemData(row) == chosen]
        self.centre.setCurrentIndex(rows[0] if rows else 0)
        used = state.prepared.centre if state.prepared is not None else None
        if used is None:
            self.centre_note.setText("")
            return
        units = state.sample.rig.units if state.sample is not None else ""
        point = ", ".join(f"{value:.4g}" for value in used.point)
        residual = f", ±{used.residual:.3g}" if used.residual is not None else ""
        self.centre_note.setText(f"({point}{residual}) {units if units != 'unknown' else ''}".strip())
        self.centre_note.setToolTip(used.note)

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

    def _centre_activated(self, row: int) -> None:
        key = self.centre.itemData(row)  # Qt hands an enumeration of texts back as a plain text
        self.centre_chosen.emit(None if key is None else CentreSource(key))

    def _checkpoint_activated(self, row: int) -> None:
        key = str(self.checkpoint.itemData(row))
        if key.startswith("\x00"):
            self.checkpoint.setCurrentIndex(self._chosen_checkpoint)
            self.checkpoint_wanted.emit(key[1:])
        else:
            self.checkpoint_chosen.emit(key)

    def _rebuild_views(self, names: tuple[str, ...]) -> None:
        for box in self._boxes.values():
            self._views.removeWidget(box)
            box.deleteLater()
        self._boxes = {}
        for position, name in enumerate(names):
            box = QCheckBox(name)
            box.setToolTip(f"Feed {name} to the model; unchecked it is held out and only compared with")
            box.clicked.connect(lambda on, name=name: self.fed_changed.emit(name, on))
            self._views.addWidget(box, position // 2, position % 2)
            self._boxes[name] = box

    def view_box(self, name: str) -> QCheckBox:
        return self._boxes[name]

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


def _distance_text(candidate: SubjectCentre, best: SubjectCentre | None, state: AppState) -> str:
    """How far a candidate lies from the most trusted one, in the rig's units."""
    if best is None or candidate is best or state.sample is None:
        return ""
    units = state.sample.rig.units
    away = float(((candidate.point - best.point) ** 2).sum() ** 0.5)
    return f" · {away:.3g}{'' if units == 'unknown' else ' ' + units} away"
