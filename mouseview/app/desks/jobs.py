"""The job desk: asks for long jobs, runs one at a time through the job engine, shows it in the strip, opens its result.

The engine's workers are processes, so a stop is heeded within a second and the window stays free.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QMainWindow

from mouseview.app.controller import Controller
from mouseview.app.desks.write_dialog import WriteChoice, WriteDialog
from mouseview.app.jobs import Failure, JobStatus, Ticket
from mouseview.app.panels.job_strip import JobStrip
from mouseview.app.panels.model import seconds_text
from mouseview.model.errors import MouseViewError

if TYPE_CHECKING:  # imported by the work that needs it, after the first frame
    from mouseview.jobs import JobProgress, JobState
    from mouseview.workflow.project import Project

SLOT = "job"
STATE_SLOT = "job-state"
_MOST_LISTED = 200
_MOST_NAMED = 4


@dataclass(frozen=True)
class LongJob:
    """doing, done: as in "Extracting …" and "Extracted …".  run(ticket's watch, cancelled, resume) → document."""

    doing: str
    done: str
    out: Path
    run: Callable[[Callable[[JobProgress], None], Callable[[], bool], bool], dict[str, Any]]


class JobDesk(QObject):
    """Owns the strip; there is one job at a time."""

    def __init__(self, window: QMainWindow, controller: Controller) -> None:
        super().__init__(window)
        self._window, self._controller = window, controller
        self.strip = JobStrip(window)
        window.addToolBar(Qt.ToolBarArea.BottomToolBarArea, self.strip)
        self.strip.hide()
        self.dialog: WriteDialog | None = None
        self._job: LongJob | None = None
        self._document: dict[str, Any] | None = None
        self._last: JobProgress | None = None
        self._ended = True
        self.strip.stop_wanted.connect(self.stop)
        self.strip.resume_wanted.connect(self.resume)
        self.strip.open_wanted.connect(self._open_result)
        self.strip.failures_wanted.connect(self._tell_failures)
        controller.jobs.status_changed.connect(self._show)
        controller.changed.connect(lambda state: self.strip.dress(state.dark))

    @property
    def busy(self) -> bool:
        return self._controller.jobs.busy(SLOT)

    def stop(self) -> None:
        self._controller.jobs.cancel(SLOT)

    def resume(self) -> None:
        if self._job is not None and not self.busy:
            self._start(self._job, True)

    # ---- asking --------------------------------------------------------------------------------------------------

    def ask_extract(self) -> None:
        state = self._controller.state
        if state.dataset is None or state.sample is None or self._refuse_second():
            return
        sample, session = state.sample, state.dataset.session
        if not sample.has_images:
            self._controller.told.emit("There are no images to extract here, only cameras.")
            return
        has_masks = any(source is not None and source.has_mask for source in sample.sources)
        self._ask(
            "extract",
            "Extract samples",
            "Frames become folders of lossless images with their cameras, in FaceLift's layout. Pixels and cameras "
            "stay as they are.",
            "Extract",
            sample.rig.names,
            has_masks or (session is not None and any(view.masks is not None for view in session.views)),
            self._extract,
        )

    def ask_normalise(self) -> None:
        state = self._controller.state
        if state.project is None or state.dataset is None or state.sample is None or self._refuse_second():
            return
        self._ask(
            "normalise",
            "Normalise the dataset",
            _what_is_applied(state.project, state.dataset.names, state.sample.rig.names),
            "Normalise",
            (),
            False,
            self._normalise,
            len(state.selection),
        )

    def _refuse_second(self) -> bool:
        if self.busy:
            self._controller.told.emit("Another long job is running: stop it first, or wait for its end.")
        return self.busy

    def _ask(
        self,
        kind: str,
        title: str,
        explanation: str,
        verb: str,
        views: tuple[str, ...],
        has_masks: bool,
        start: Callable[[WriteChoice], None],
        selected: int = 0,
    ) -> None:
        dataset = self._controller.state.dataset
        assert dataset is not None
        home = dataset.path if dataset.path.is_dir() else dataset.path.with_suffix("")
        out = home.absolute().with_name(f"{home.absolute().name}_{'samples' if kind == 'extract' else 'normalised'}")
        from mouseview.jobs.processes import cores

        workers = max(1, cores() - 1)  # the window wants one
        dialog = WriteDialog(
            self._window, kind, title, explanation, verb, dataset, views, has_masks, out, workers, cores(), selected
        )
        dialog.folder_settled.connect(self._look_into)
        dialog.chosen.connect(start)
        dialog.finished.connect(lambda _result: setattr(self, "dialog", None))
        self.dialog = dialog
        dialog.open()

    def _look_into(self, folder: str) -> None:
        """What an earlier job has left in the folder that was typed; a long journal takes a moment to read."""

        def found(state: JobState | None) -> None:
            if self.dialog is not None and self.dialog.folder.text().strip() == folder:
                self.dialog.show_state(state, "")

        def failed(failure: Failure) -> None:
            if self.dialog is not None and self.dialog.folder.text().strip() == folder:
                self.dialog.show_state(None, f"{failure.place}: {failure.message}. {failure.remedy}")

        if folder:
            look = Path(folder).expanduser()
            self._controller.jobs.submit(
                STATE_SLOT, "Looking into the folder", lambda _t: _state_of(look), found, failed
            )

    # ---- running -------------------------------------------------------------------------------------------------

    def _extract(self, choice: WriteChoice) -> None:
        dataset = self._controller.state.dataset
        assert dataset is not None
        session = dataset.session

        def run(watch: Callable[[JobProgress], None], cancelled: Callable[[], bool], resume: bool) -> dict[str, Any]:
            from mouseview.jobs import Processes
            from mouseview.workflow.extract import Extraction, extract_dataset

            extraction = Extraction(
                choice.stride,
                choice.start,
                choice.stop,
                views=choice.views,
                masks=choice.masks,
                session=None if session is None else session.settings,
            )
            backend = Processes(choice.workers)
            return extract_dataset(dataset.path, choice.out, extraction, backend, resume, watch, cancelled)

        self._start(LongJob("Extracting", "Extracted", choice.out, run), choice.resume)

    def _normalise(self, choice: WriteChoice) -> None:
        state = self._controller.state
        dataset, project = state.dataset, state.project
        assert dataset is not None
        assert project is not None
        only = state.selection if choice.selected else ()

        def run(watch: Callable[[JobProgress], None], cancelled: Callable[[], bool], resume: bool) -> dict[str, Any]:
            from mouseview.inference.declared import declared_format
            from mouseview.jobs import Processes
            from mouseview.workflow.normalise import normalise_dataset

            recipe = project.recipe.replace(views=(), model=declared_format(project.checkpoint))
            return normalise_dataset(
                dataset.path,
                choice.out,
                project.book.replace(recipe=recipe),
                resume=resume,
                watch=watch,
                cancelled=cancelled,
                backend=Processes(choice.workers),
                held_out=project.held_out,
                only=only,
            )

        self._start(LongJob("Normalising", "Normalised", choice.out, run), choice.resume)

    def _start(self, job: LongJob, resume: bool) -> None:
        self._job, self._document, self._last, self._ended = job, None, None, False

        def work(ticket: Ticket) -> dict[str, Any]:
            def watch(progress: JobProgress) -> None:
                self._last = progress
                ticket.progress(progress.fraction, _note(progress), progress.remaining_s)

            return job.run(watch, ticket.cancelled, resume)

        title = f"{job.doing} into {job.out}"
        self._controller.jobs.submit(SLOT, title, work, self._done, self._failed)

    def _done(self, document: dict[str, Any]) -> None:
        assert self._job is not None
        self._document, self._ended = document, True
        count, kept = len(document["samples"]), sum(bool(sample.get("skipped")) for sample in document["samples"])
        there = f", {kept:,} of them before" if kept else ""
        title = f"{self._job.done} {count:,} samples into {self._job.out}{there}"
        self.strip.show_done(title, len(document["failed"]), count > 0)

    def _failed(self, failure: Failure) -> None:
        self._ended = True
        if self._last is None:  # it has not begun
            self.strip.hide()
        else:
            self.strip.show_stopped(f"{failure.title}: stopped", self._how_far())
        self._controller.failed.emit(failure)

    def _show(self, status: JobStatus) -> None:
        if status.slot != SLOT or self._ended:
            return
        if status.running:
            left = f" · about {seconds_text(status.remaining_s)} left" if status.remaining_s else ""
            self.strip.show_running(status.title, f"{status.note}{left}", status.fraction, status.cancelling)
        elif self._job is not None:  # it was stopped, unless a result or an error follows at once
            self.strip.show_stopped(f"{self._job.doing} into {self._job.out}: stopped", self._how_far())

    def _how_far(self) -> str:
        last = self._last
        return "" if last is None else f"{last.done + last.skipped:,} of {last.total:,} are done and stay"

    # ---- afterwards ----------------------------------------------------------------------------------------------

    def _open_result(self) -> None:
        if self._job is not None:
            self.strip.hide()
            self._controller.open(str(self._job.out))

    def _tell_failures(self) -> None:
        if self._document is None or self._job is None:
            return
        failed = self._document["failed"]
        lines = []
        for entry in failed[:_MOST_LISTED]:
            error = entry["error"]
            lines += [f"{entry['name']}: {error['message']}", f"  {error['place']}", f"  → {error['remedy']}"]
            lines += [error["details"]] if error.get("details") else []
        lines += [f"… and {len(failed) - _MOST_LISTED:,} more"] if len(failed) > _MOST_LISTED else []
        first = failed[0]["error"]
        error = MouseViewError(f"{failed[0]['name']}: {first['message']}", place=first["place"], remedy=first["remedy"])
        told = Failure.of(f"{len(failed):,} samples failed; the first of them:", error)
        self._controller.failed.emit(dataclasses.replace(told, details="\n".join(lines)))


def _what_is_applied(project: Project, samples: Sequence[str], cameras: Sequence[str]) -> str:
    """In a few sentences: what every sample gets, and which ones differ."""
    recipe = project.recipe
    sentences = [
        f"Every sample is brought into the model's format as the project says: {recipe.mode}, with its ledger beside "
        "it. A manifest names every file read and written by its hash."
    ]
    framed = [name for name, _ in recipe.framings if name in cameras]
    if framed:
        sentences.append(f"Framed by hand in all samples: {_listed(framed)}.")
    own = [name for name in project.book.changes if name in set(samples)]
    if own:
        verb = "sample has" if len(own) == 1 else "samples have"
        sentences.append(f"{len(own):,} {verb} changes of {'its' if len(own) == 1 else 'their'} own: {_listed(own)}.")
    held_out = [name for name in project.held_out if name in cameras]
    if held_out:
        sentences.append(f"Held out, deciding neither centre nor scale: {_listed(held_out)}.")
    return "\n".join(sentences)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:_MOST_NAMED]) + (" …" if len(names) > _MOST_NAMED else "")


def _state_of(folder: Path) -> JobState | None:
    from mouseview.jobs import read_state

    return read_state(folder)


def _note(progress: JobProgress) -> str:
    failed = f", {progress.failed:,} failed" if progress.failed else ""
    return f"{progress.finished:,} of {progress.total:,}{failed}"
