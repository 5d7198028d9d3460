"""The controller: intents in, a new state out. It owns the project, its history, and the work that derives the rest."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QUndoStack

from mouseview.app import tasks
from mouseview.app.autosaver import Autosaver
from mouseview.app.consent import ConsentDesk
from mouseview.app.edits import Replace
from mouseview.app.jobs import Failure, Jobs, Ticket
from mouseview.app.probing.probe import Probe
from mouseview.app.results import RUN_SLOT, SAMPLE_SLOTS, Results
from mouseview.app.state import AppState, SceneChoice, ViewImage
from mouseview.model.errors import MouseViewError
from mouseview.model.recipe import Mode

if TYPE_CHECKING:
    from mouseview.app.desks.masks import MaskView
    from mouseview.app.probing.keypoints import KeypointJudgement
    from mouseview.app.probing.solution import ProbeSolution
    from mouseview.app.tasks import Opened
    from mouseview.app.understanding.values import SubjectBall
    from mouseview.model.sample import Dataset, Sample
    from mouseview.multiview.rig_difference import RigDifference
    from mouseview.workflow.project import Project

_AFTER_PAINT_MS = 120
_DERIVING = ("sample", "images", *SAMPLE_SLOTS, "summaries", RUN_SLOT)


class Controller(QObject):
    """``changed(state)`` after every replacement; ``failed(Failure)``; ``told(text)`` for notices."""

    changed = Signal(object)
    failed = Signal(object)
    told = Signal(str)
    offered = Signal(str, str, object)  # a notice, the words of its button, and what the button calls
    summary_arrived = Signal(int, object)
    replaced = Signal()  # something else is open now: what was said about the last attempt is over
    opened = Signal(str)  # a path, for the recent list
    brought_back = Signal(object)  # BroughtBack: what became of the autosave of what is open now

    def __init__(self, autosaves: Path | None = None, parent: QObject | None = None) -> None:
        """autosaves: folder where unsaved choices are kept; None keeps them nowhere."""
        super().__init__(parent)
        self.state = AppState()
        self.jobs = Jobs(self)
        self.history = QUndoStack(self)
        self.consent = ConsentDesk(self)
        self._engine = tasks.EngineRoom(self.consent.ask)
        self.autosaver = Autosaver(autosaves, self)
        self.autosaver.failed.connect(self.failed)
        self._closed = False
        self._hurried = False
        self._results = Results(self.jobs, self._engine, lambda: self.state, self._put, self)
        self._results.failed.connect(self.failed)
        self._results.told.connect(self.told)

    @property
    def engine(self) -> tasks.EngineRoom:
        """Where networks run; one run at a time."""
        return self._engine

    def shutdown(self) -> None:
        if self._closed:
            return
        self._closed = True
        self.autosaver.close()
        self.history.blockSignals(True)  # it clears itself when it goes, and nobody is left to hear of it
        self.consent.close()
        self.jobs.shutdown()
        self._engine.close()

    def _put(self, **changes: Any) -> None:
        self.state = self.state.replace(**changes)
        self.changed.emit(self.state)

    # ---- opening -------------------------------------------------------------------------------------------------

    def open(self, path: str, select: str | None = None) -> None:
        """Open anything; what was chosen for it last time, and not saved, is there again."""
        autosaver, title = self.autosaver, f"Opening {Path(path).name or path}"
        autosaver.flush()

        def work(_ticket: Ticket) -> Opened:
            autosaver.settle()
            return tasks.open_anything(path, autosaver.folder)

        self.jobs.submit("open", title, work, lambda got: self._opened(got, select), self.failed.emit)

    def restore(self) -> bool:
        """Open what was open last time; False where there is nothing to restore."""
        from mouseview.workflow.autosave import POINTER

        folder = self.autosaver.folder
        if folder is None or not (folder / POINTER).is_file():
            return False
        self.jobs.submit("open", "Restoring the last project", lambda _t: tasks.reopen(folder), self._opened,
                         self.failed.emit)  # fmt: skip
        return True

    def open_demo(self, out: Path | None = None) -> None:
        folder = out or Path(platformdirs.user_data_dir("mouseview", appauthor=False)) / "demo"
        self.jobs.submit("demo", "Writing the demo", lambda ticket: tasks.write_demo(folder, ticket),
                         lambda path: self.open(str(path)), self.failed.emit)  # fmt: skip

    def _opened(self, got: Opened, select: str | None = None) -> None:
        for slot in _DERIVING:
            self.jobs.cancel(slot)
        self.history.clear()
        self.replaced.emit()
        self.state = AppState(
            project=got.project, project_file=got.project_file, dataset=got.dataset, dark=self.state.dark
        )
        self.changed.emit(self.state)
        self.opened.emit(got.project_file or str(got.dataset.path))
        self.brought_back.emit(got.brought_back)
        wanted = select or got.project.sample
        names = got.dataset.names
        if wanted and wanted not in names:
            self.failed.emit(Failure("That sample is not here", f"no sample {wanted!r}", str(got.dataset.path),
                                     "the first one is shown instead"))  # fmt: skip
        self.choose_sample(names.index(wanted) if wanted in names else 0)

    def show_dataset(self, dataset: Dataset) -> None:
        """The same data, read anew under other decisions: project, history and the place in the list stay."""
        current = self.state.sample_index
        name = self.state.dataset.names[current] if self.state.dataset is not None and current >= 0 else ""
        for slot in _DERIVING:
            self.jobs.cancel(slot)
        self._results.forget()
        here = set(dataset.names)
        selection = tuple(name for name in self.state.selection if name in here)
        self._put(dataset=dataset, sample_index=-1, selection=selection)
        if not len(dataset):
            self._show_no_sample()
            return
        index = dataset.names.index(name) if name in dataset.names else min(max(current, 0), len(dataset) - 1)
        self.choose_sample(index)

    def close(self) -> None:
        for slot in ("open", *_DERIVING):
            self.jobs.cancel(slot)
        self.history.clear()
        self.state = AppState(dark=self.state.dark)
        self.changed.emit(self.state)

    # ---- choosing ------------------------------------------------------------------------------------------------

    def choose_sample(self, index: int) -> None:
        dataset = self.state.dataset
        if dataset is None or not 0 <= index < len(dataset) or index == self.state.sample_index:
            return
        for slot in ("images", *SAMPLE_SLOTS):
            self.jobs.cancel(slot)
        self._put(sample_index=index)
        self.jobs.submit(
            "sample",
            f"Reading {dataset.names[index]}",
            lambda _t: tasks.read_sample(dataset, index),
            lambda got: self._sample_read(*got),
            self._sample_failed,
        )

    def step_sample(self, by: int) -> None:
        if self.state.dataset is not None:
            self.choose_sample(min(max(self.state.sample_index + by, 0), len(self.state.dataset) - 1))

    @property
    def images_complete(self) -> bool:
        """Are all images of the chosen sample in view?"""
        state = self.state
        read = state.sample is not None and state.dataset is not None and not self.jobs.busy("sample")
        return read and not self.jobs.busy("images")

    @property
    def hurried(self) -> bool:
        """Samples fly past: only their images are worth reading."""
        return self._hurried

    def set_hurried(self, hurried: bool) -> None:
        """While samples fly past only their images are shown; nothing is checked or normalised."""
        self._hurried = hurried
        if not hurried and self.state.sample is not None:
            self._examine(self.state.sample)

    def choose_camera(self, name: str) -> None:
        if self.state.sample is not None and name in self.state.sample.rig.names and name != self.state.camera:
            self._put(camera=name, picked=None)

    def step_camera(self, by: int) -> None:
        if self.state.sample is not None and len(self.state.sample.rig):
            count = len(self.state.sample.rig)
            start = self.state.camera_index
            self.choose_camera(self.state.sample.rig.names[(start + by) % count if start >= 0 else 0])

    def set_scene(self, scene: SceneChoice) -> None:
        self._put(scene=scene)

    def set_picked(self, picked: Any) -> None:
        self._put(picked=picked)

    def set_difference(self, difference: RigDifference | None, path: str) -> None:
        self._put(difference=difference, compared_with=path)

    def set_ball(self, ball: SubjectBall) -> None:
        """The same ball again changes nothing."""
        known = self.state.shown_ball
        if known is None or known.sample is not ball.sample or not known.is_at(ball):
            self._put(ball=ball)

    def set_probing(self, probing: bool) -> None:
        self._put(probing=probing)

    def set_probe(self, probe: Probe) -> None:
        self._put(probe=probe)

    def set_solution(self, solution: ProbeSolution | None) -> None:
        self._put(solution=solution)

    def set_keypoints(self, keypoints: KeypointJudgement | None) -> None:
        self._put(keypoints=keypoints)

    def set_mask_view(self, view: MaskView | None, problem: str = "") -> None:
        self._put(mask_view=view, mask_problem=problem)

    def set_selection(self, names: tuple[str, ...]) -> None:
        self._put(selection=names)

    def set_dark(self, dark: bool) -> None:
        if dark != self.state.dark:
            self._put(dark=dark)

    # ---- editing the project -------------------------------------------------------------------------------------

    def edit(self, text: str, **changes: Any) -> None:
        """One undoable step."""
        before = self.state.project
        if before is not None and (after := before.replace(**changes)) != before:
            self.history.push(Replace(text, before, after, self._show_project))

    def set_mode(self, mode: Mode) -> None:
        self._edit_recipe(f"mode {mode}", mode=mode)

    def _edit_recipe(self, text: str, **changes: Any) -> None:
        if self.state.project is not None:
            self.edit(text, recipe=dataclasses.replace(self.state.project.recipe, **changes))

    def set_checkpoint(self, checkpoint: str) -> None:
        self.edit("weights", checkpoint=checkpoint)

    def set_device(self, device: str) -> None:
        self.edit(f"device {device}", device=device)

    def set_fed(self, name: str, fed: bool) -> None:
        """Feed a view to the model, or hold it out."""
        if self.state.project is None or self.state.sample is None:
            return
        held_out = set(self.state.project.held_out) - {name} if fed else {*self.state.project.held_out, name}
        ordered = tuple(other for other in self.state.sample.rig.names if other in held_out)
        self.edit(f"{'feed' if fed else 'hold out'} {name}", held_out=ordered)

    def _show_project(self, project: Project) -> None:
        # the sample in view is no edit: undoing a crop must not jump to another sample
        current = self.state.project
        if current is not None:
            project = project.replace(sample=current.sample)
        self._put(project=project)
        self._keep()
        self._results.derive()

    def save(self, path: str) -> None:
        from mouseview.workflow.project import save_project

        if self.state.project is None:
            return
        try:
            save_project(self.state.project, path)
        except (OSError, MouseViewError) as error:
            self.failed.emit(Failure.of("The project was not saved", error))
            return
        self.history.setClean()
        self._put(project_file=path)
        self._keep()
        self.opened.emit(path)
        self.told.emit(f"Saved {Path(path).name}")

    def _keep(self) -> None:
        project = self.state.project
        if project is not None:
            self.autosaver.note(project, self.state.project_file or project.dataset_path)

    # ---- reading -------------------------------------------------------------------------------------------------

    def _sample_failed(self, failure: Failure) -> None:
        self._show_no_sample()
        self.failed.emit(failure)

    def _show_no_sample(self) -> None:
        self._put(sample=None, camera=None, images=(), centres=(), findings=None, prepared=None, reconstruction=None,
                  compared=(), modes=(), fed_textures=())  # fmt: skip

    def _sample_read(self, sample: Sample, marked_held_out: tuple[str, ...]) -> None:
        project = self.state.project
        assert project is not None
        known = tuple(name for name in project.held_out if name in sample.rig.names)
        first_look = not project.sample
        project = project.replace(sample=sample.name, held_out=marked_held_out if first_look else known)
        names = sample.rig.names
        self._results.check_again()
        self._put(
            project=project,
            sample=sample,
            camera=self.state.camera if self.state.camera in names else (names[0] if names else None),
            images=(None,) * len(names),
            centres=(),
            findings=None,
            prepared=None,
            fed_textures=(),
            prepare_problem="",
            picked=None,
        )
        self._keep()
        self.jobs.submit("images", "Reading the images", lambda ticket: tasks.read_images(sample, ticket), _ignore,
                         self.failed.emit, part=lambda got: self._image_arrived(*got))  # fmt: skip
        QTimer.singleShot(_AFTER_PAINT_MS, lambda: self._examine(sample))

    def _examine(self, sample: Sample) -> None:
        """Everything that needs numba, which would else hold up the first frame."""
        if self._closed or self._hurried or self.state.sample is not sample:
            return
        self._results.examine(sample)

    def _image_arrived(self, index: int, view: ViewImage) -> None:
        images = list(self.state.images)
        images[index] = view
        self._put(images=tuple(images))

    def summarise(self, rows: tuple[int, ...]) -> None:
        dataset = self.state.dataset
        if dataset is not None:
            self.jobs.submit("summaries", "Reading samples", lambda ticket: tasks.summarise(dataset, rows, ticket),
                             _ignore, self.failed.emit, part=lambda got: self.summary_arrived.emit(*got))  # fmt: skip

    # ---- running -------------------------------------------------------------------------------------------------

    def run(self) -> None:
        self._results.run()

    def run_modes(self) -> None:
        self._results.run_modes()

    def cancel(self) -> None:
        for slot in (RUN_SLOT, "demo", "open"):
            self.jobs.cancel(slot)


def _ignore(_result: Any) -> None:
    """For work that publishes its parts."""
