"""Which intent and which action leads to what: the only place that knows window and controller both."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog, QInputDialog, QMessageBox

from mouseview.app.appearance import CHOICES, Appearance
from mouseview.app.arrow_keeper import ArrowKeeper
from mouseview.app.consent import Question
from mouseview.app.controller import Controller
from mouseview.app.desks.all_desks import Desks
from mouseview.app.desks.crop import FULL_SLOT, READY_SLOT
from mouseview.app.desks.jobs import SLOT as JOB_SLOT
from mouseview.app.desks.jobs import STATE_SLOT
from mouseview.app.desks.masks import KEEP_SLOT, LOAD_SLOT
from mouseview.app.desks.probe import DETAIL_SLOT, KEYPOINTS_SLOT
from mouseview.app.desks.recipes import SUFFIX
from mouseview.app.desks.session import EVIDENCE_SLOT
from mouseview.app.desks.subject import FACTS_SLOT, SURVEY_SLOT
from mouseview.app.desks.understanding import SLOT as UNDERSTANDING_SLOT
from mouseview.app.desks.views import COST_SLOT
from mouseview.app.jobs import Failure, JobStatus
from mouseview.app.palette import CheatSheet, CommandPalette
from mouseview.app.panels import findings as findings_panel
from mouseview.app.panels import ledger as ledger_panel
from mouseview.app.panels.model import seconds_text
from mouseview.app.recent import Recent
from mouseview.app.results import RUN_SLOT
from mouseview.app.screenshots import save_picture
from mouseview.app.state import AppState
from mouseview.app.tokens import tokens
from mouseview.app.window import MainWindow
from mouseview.model.errors import MouseViewError
from mouseview.version import __version__

_QUIET_SLOTS = (
    LOAD_SLOT,
    STATE_SLOT,
    KEYPOINTS_SLOT,
    DETAIL_SLOT,
    UNDERSTANDING_SLOT,
    FACTS_SLOT,
    READY_SLOT,
    FULL_SLOT,
    COST_SLOT,
    "summaries",
    "images",
    "check",
    "centres",
    "sample",
    "prepare",
)
_PROJECT_FILTER = "MouseView projects (*.mouseview)"


class Wiring(QObject):
    """Holds the connections together; owns nothing that it connects."""

    def __init__(self, window: MainWindow, controller: Controller, appearance: Appearance, recent: Recent) -> None:
        super().__init__(window)
        self.window, self.controller, self.appearance, self.recent = window, controller, appearance, recent
        self._keeper = ArrowKeeper(self)
        self._shown_work: set[str] = set()  # slots of the running work that the status bar tells of
        self.desks = Desks(window, controller, self._near)
        application = QApplication.instance()
        assert application is not None
        application.installEventFilter(self._keeper)
        self._panels()
        self._actions()
        controller.changed.connect(self._show)
        controller.failed.connect(self._fail)
        controller.told.connect(lambda text: window.messages.tell(text, tokens(controller.state.dark)))
        controller.offered.connect(
            lambda text, offer, take: window.messages.offer(text, offer, take, tokens(controller.state.dark))
        )
        controller.consent.asked.connect(self._ask_consent)
        controller.jobs.status_changed.connect(self._show_work)
        controller.summary_arrived.connect(window.samples.model.set_summary)
        controller.replaced.connect(window.messages.forget_failures)
        controller.replaced.connect(window.messages.forget_offers)
        controller.opened.connect(recent.add)
        recent.changed.connect(lambda paths: window.fill_recent(paths, recent.chosen.emit))
        recent.chosen.connect(controller.open)
        appearance.changed.connect(self._dress)
        window.fill_recent(recent.paths(), recent.chosen.emit)
        window.dropped.connect(self._drop)
        window.closing.connect(controller.shutdown)
        self._dress(appearance.dark)
        self._show(controller.state)

    # ---- connections ---------------------------------------------------------------------------------------------

    def _panels(self) -> None:
        window, controller = self.window, self.controller
        window.samples.sample_chosen.connect(controller.choose_sample)
        window.samples.rows_needed.connect(lambda rows: controller.summarise(tuple(rows)))
        for panel in (window.scene, window.views, window.ledger, window.findings, window.compare, window.difference):
            panel.camera_chosen.connect(controller.choose_camera)
        window.views.camera_entered.connect(controller.choose_camera)
        window.views.camera_entered.connect(window.scene.view.enter_camera)
        window.scene.scene_changed.connect(controller.set_scene)
        window.scene.ray_picked.connect(controller.set_picked)
        model = window.model
        model.mode_chosen.connect(controller.set_mode)
        model.checkpoint_chosen.connect(controller.set_checkpoint)
        model.checkpoint_wanted.connect(self._ask_checkpoint)
        model.device_chosen.connect(controller.set_device)
        model.cancel_wanted.connect(controller.cancel)
        window.modes.mode_chosen.connect(controller.set_mode)
        for run in (model.run_wanted, window.compare.run_wanted):
            run.connect(self._run)
        for run in (model.modes_wanted, window.modes.run_wanted):
            run.connect(self._run_modes)
        window.welcome.folder_wanted.connect(self._ask_folder)
        window.welcome.file_wanted.connect(self._ask_file)
        window.welcome.demo_wanted.connect(lambda: controller.open_demo())
        window.welcome.recent_chosen.connect(controller.open)
        for dock in window.docks.values():
            dock.screenshot_wanted.connect(self._shoot)

    def _actions(self) -> None:
        window, controller, on = self.window, self.controller, self.window.actions_.on
        on("open-folder", self._ask_folder)
        on("open-file", self._ask_file)
        on("open-demo", lambda: controller.open_demo())
        on("save-project", self._save)
        on("save-project-as", self._save_as)
        on("close-dataset", controller.close)
        on("quit", window.close)
        on("undo", self.desks.scope.history.undo)
        on("redo", self.desks.scope.history.redo)
        on("copy-finding", self._copy_findings)
        on("copy-ledger", self._copy_ledger)
        on("sample-next", lambda: controller.step_sample(1))
        on("sample-previous", lambda: controller.step_sample(-1))
        on("view-next", lambda: controller.step_camera(1))
        on("view-previous", lambda: controller.step_camera(-1))
        on("filter-samples", self._find_sample)
        on("frame", window.scene.view.frame_selection)
        on("reset-scene", window.scene.view.reset_view)
        on("toggle-after", window.scene.toggle_side)
        on("toggle-rays", lambda checked: controller.set_scene(controller.state.scene.replace(rays=checked)))
        on("run", self._run)
        on("run-modes", self._run_modes)
        on("cancel", self._stop)
        for choice in CHOICES:
            on(f"theme-{choice}", lambda _checked, choice=choice: self._choose_theme(choice))
        on("reset-layout", window.reset_layout)
        for name in ("window", "scene", *window.docks):
            on(f"shot-{name}", lambda name=name: self._shoot(name))
        on("palette", lambda: CommandPalette(window, window.actions_, controller.state.dark).show())
        on("cheat-sheet", lambda: CheatSheet(window).show())
        on("about", self._about)
        history = controller.history
        history.canUndoChanged.connect(lambda _can: self._show_history())
        history.canRedoChanged.connect(lambda _can: self._show_history())
        history.indexChanged.connect(lambda _index: self._show_history())
        self._show_history()
        window.actions_["cancel"].setEnabled(False)

    # ---- showing -------------------------------------------------------------------------------------------------

    def _show(self, state: AppState) -> None:
        window = self.window
        window.show_docks(state.dataset is not None)
        for panel in window.panels:
            panel.show_state(state)
        window.actions_.enable(dataset=state.dataset is not None, sample=state.sample is not None)
        self.desks.show_state(state)
        window.actions_["toggle-rays"].setChecked(state.scene.rays)
        name = state.dataset.name if state.dataset is not None else ""
        window.setWindowTitle(f"{name} – MouseView" if name else "MouseView")
        window.status_text.setText(_status(state))

    def _show_history(self) -> None:
        history, actions = self.controller.history, self.window.actions_
        for id, can, text, word in (
            ("undo", history.canUndo(), history.undoText(), "Undo"),
            ("redo", history.canRedo(), history.redoText(), "Redo"),
        ):
            actions[id].setEnabled(can)
            actions[id].setText(f"{word} {text}".strip())

    def _show_work(self, status: JobStatus) -> None:
        window, running = self.window, status.running
        if status.slot == RUN_SLOT:
            for panel in (window.model, window.compare, window.modes):
                panel.show_progress(status)
        if status.slot == EVIDENCE_SLOT:
            window.session.show_progress(status)
        if status.slot == SURVEY_SLOT:
            window.subject.show_progress(status)
        if status.slot in ("open", "demo"):
            window.welcome.show_busy(f"{status.note or status.title} …" if running else "")
        if status.slot in _QUIET_SLOTS or status.slot.startswith(KEEP_SLOT):
            return
        (self._shown_work.add if running else self._shown_work.discard)(status.slot)
        window.actions_["cancel"].setEnabled(bool(self._shown_work))
        if status.slot == JOB_SLOT:
            return  # it has a strip of its own
        window.work_bar.setVisible(running)
        window.work_bar.setRange(0, 0 if status.fraction is None else 1000)
        window.work_bar.setValue(0 if status.fraction is None else round(1000 * status.fraction))
        left = f" · about {seconds_text(status.remaining_s)} left" if status.remaining_s is not None else ""
        window.work_text.setText(f"{status.title}{left}" if running else "")

    def _fail(self, failure: Failure) -> None:
        self.window.messages.fail(failure, tokens(self.controller.state.dark))

    def _dress(self, dark: bool) -> None:
        self.window.dress(dark)
        self.controller.set_dark(dark)
        for choice in CHOICES:
            self.window.actions_[f"theme-{choice}"].setChecked(choice == self.appearance.choice)

    def _choose_theme(self, choice: str) -> None:
        self.appearance.choose(choice)
        for other in CHOICES:
            self.window.actions_[f"theme-{other}"].setChecked(other == choice)

    # ---- asking --------------------------------------------------------------------------------------------------

    def _ask_folder(self) -> None:
        path = QFileDialog.getExistingDirectory(
            self.window, "Open a sample folder or a folder of samples", self._near()
        )
        if path:
            self.controller.open(path)

    def _ask_file(self) -> None:
        kinds = f"All that can be opened (*.json *.mat *.pkl *.txt *.mouseview);;{_PROJECT_FILTER};;All files (*)"
        path, _ = QFileDialog.getOpenFileName(
            self.window, "Open a calibration, a list or a project", self._near(), kinds
        )
        if path:
            self._open(path)

    def _open(self, path: str) -> None:
        """A recipe is for what is open; everything else is opened."""
        if path.endswith(SUFFIX):
            self.desks.scope.recipes.propose(path)
        else:
            self.controller.open(path)

    def _near(self) -> str:
        recent = self.recent.paths()
        return str(Path(recent[0]).parent) if recent else str(Path.home())

    def _ask_checkpoint(self, kind: str) -> None:
        if kind == "folder":
            path = QFileDialog.getExistingDirectory(self.window, "A run folder or a folder with weights", self._near())
        elif kind == "file":
            weights = "Weights (*.safetensors *.pt *.pth *.ckpt);;All files (*)"
            path, _ = QFileDialog.getOpenFileName(self.window, "Weights of a GS-LRM", self._near(), weights)
        else:
            from mouseview.inference.catalog import entries  # torch-free, but not needed for a first frame

            names = [entry.name for entry in entries()]
            path, sure = QInputDialog.getItem(
                self.window,
                "Weights by name",
                "A name, or hf:owner/repository/path.\nSize and licence are shown before anything is downloaded.",
                names,
                len(names) - 1,
                editable=True,
            )
            path = path if sure else ""
        if path.strip():
            self.controller.set_checkpoint(path.strip())

    def _ask_consent(self, question: Question) -> None:
        box = QMessageBox(QMessageBox.Icon.Question, "Download these weights?", question.text, parent=self.window)
        agree = box.addButton("Download", QMessageBox.ButtonRole.AcceptRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.finished.connect(lambda _result: question.answer(box.clickedButton() is agree))
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()

    def _drop(self, paths: list[str]) -> None:
        self._open(paths[0])
        if len(paths) > 1:
            self.controller.told.emit(f"{len(paths)} things were dropped; the first one is opened.")

    def _save(self) -> None:
        if self.controller.state.project_file:
            self.controller.save(self.controller.state.project_file)
        else:
            self._save_as()

    def _save_as(self) -> None:
        state = self.controller.state
        assert state.dataset is not None
        start = state.project_file or str(Path.home() / f"{state.dataset.name}.mouseview")
        path, _ = QFileDialog.getSaveFileName(self.window, "Save the project", start, _PROJECT_FILTER)
        if path:
            self.controller.save(path if path.endswith(".mouseview") else f"{path}.mouseview")

    def _shoot(self, name: str) -> None:
        scale, chosen = QInputDialog.getItem(
            self.window, "Screenshot", "Scale", ["1×", "2×", "3×", "4×"], 1, editable=False
        )
        if not chosen:
            return
        start = str(Path.home() / f"mouseview-{name}.png")
        path, _ = QFileDialog.getSaveFileName(self.window, "Save the picture", start, "PNG (*.png)")
        if path:
            self.shoot(name, path, float(scale.rstrip("×")))

    def shoot(self, name: str, path: str, scale: float = 1.0, tell: bool = True) -> bool:
        """Save a picture of ``window``, ``scene`` or a dock; a failure becomes a message, success a notice."""
        window = self.window
        widget = window if name == "window" else window.scene if name == "scene" else window.docks[name].panel
        try:
            save_picture(widget, path, scale)
        except (OSError, MouseViewError) as error:
            self._fail(Failure.of("The screenshot was not saved", error))
            return False
        if tell:  # a tour's next picture would show the notice
            self.controller.told.emit(f"Saved {Path(path).name}")
        return True

    # ---- small things --------------------------------------------------------------------------------------------

    def _stop(self) -> None:
        for slot in tuple(self._shown_work):
            self.controller.jobs.cancel(slot)

    def _run(self) -> None:
        if self.window.model.run.isEnabled() and not self.controller.jobs.busy(RUN_SLOT):
            self.window.raise_panel("compare")
            self.controller.run()

    def _run_modes(self) -> None:
        if self.window.model.all_modes.isEnabled() and not self.controller.jobs.busy(RUN_SLOT):
            self.window.raise_panel("modes")
            self.controller.run_modes()

    def _find_sample(self) -> None:
        self.window.raise_panel("samples")
        self.window.samples.search.setFocus()
        self.window.samples.search.selectAll()

    def _copy_findings(self) -> None:
        QGuiApplication.clipboard().setText(findings_panel.as_text(self.controller.state.findings or ()))

    def _copy_ledger(self) -> None:
        prepared = self.controller.state.prepared
        if prepared is not None:
            QGuiApplication.clipboard().setText(ledger_panel.as_table(prepared.ledger))

    def _about(self) -> None:
        QMessageBox.about(
            self.window,
            "About MouseView",
            f"<b>MouseView {__version__}</b><br>See what is wrong with a multi-camera rig, normalise it exactly, "
            "run GS-LRM and judge the result.<br><br>Apache-2.0",
        )


def _status(state: AppState) -> str:
    sample = state.sample
    if sample is None:
        return ""
    rig = sample.rig
    parts = [sample.name, f"{len(rig)} cameras", rig.format]
    parts.append("units unknown" if rig.units == "unknown" else rig.units)
    if state.camera is not None and state.camera_index >= 0:
        camera = rig[state.camera_index]
        parts.append(f"{camera.name}  {camera.width}×{camera.height}  f {camera.fx:.1f} / {camera.fy:.1f} px")
    return "    ".join(part for part in parts if part)
