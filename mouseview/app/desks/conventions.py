"""The conventions desk: asks how the open calibration has to be read, and reads it so from then on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from mouseview.app.controller import Controller
from mouseview.app.edits import Replace
from mouseview.app.jobs import Failure, JobStatus, Ticket
from mouseview.app.state import AppState

if TYPE_CHECKING:
    from mouseview.model.correction import Correction
    from mouseview.model.sample import Dataset
    from mouseview.solve.conventions.length import KnownLength
    from mouseview.workflow.solve import Solved

SLOT = "conventions"
SAVE_SLOT = "reading"


class ConventionsDesk(QObject):
    """Intents in, values out: ``solved(Solved)``; ``failed(Failure)``; ``worked(JobStatus)`` while it is asked.

    ``gone`` when another dataset is open, so that what was found is about nothing any more. Reading the calibration
    otherwise is one undoable step; the sidecar is written at once.
    """

    solved = Signal(object)
    failed = Signal(object)
    worked = Signal(object)
    gone = Signal()

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._controller = controller
        self._path = ""
        self._known: KnownLength | None = None
        self._again = False  # the question is asked anew once the sample has been read under the answer
        controller.changed.connect(self._follow)
        controller.jobs.status_changed.connect(self._show_work)

    def ask_with_length(self, first: str, second: str, length_mm: float) -> None:
        """The same with a length that is known between two keypoints."""
        from mouseview.solve.conventions.length import KnownLength

        self.ask(KnownLength(first, second, length_mm))

    def ask(self, known: KnownLength | None = None) -> None:
        """Rank the readings of the sample in view."""
        state = self._controller.state
        if state.dataset is None or state.sample is None:
            return
        self._path, self._known = str(state.dataset.path), known
        path, name = self._path, state.sample.name

        def work(ticket: Ticket) -> Solved:
            from mouseview.workflow.solve import solve_path

            return solve_path(path, None, name, known, ticket.progress, ticket.cancelled)

        self._controller.jobs.submit(SLOT, "Comparing readings", work, self.solved.emit, self._failed)

    def stop(self) -> None:
        self._controller.jobs.cancel(SLOT)

    def use(self, correction: Correction | None, in_use: Correction) -> None:
        """Read the open calibration under ``correction`` from now on (None: as its file says); undoing leads back."""
        correction = correction if correction is not None else in_use.plain()
        if correction != in_use:
            what = ", ".join(correction.words) or "the file's own"
            self._controller.history.push(Replace(f"reading: {what}", in_use, correction, self._read))

    def _read(self, correction: Correction) -> None:
        path = self._path

        def work(ticket: Ticket) -> Dataset:
            from mouseview.workflow.solve import read_under

            return read_under(path, correction, ticket.progress)

        self._controller.jobs.submit(SAVE_SLOT, "Reading the calibration anew", work, self._show, self._failed)

    def _show(self, dataset: Dataset) -> None:
        self._controller.show_dataset(dataset)
        self._again = True

    def _failed(self, failure: Failure) -> None:
        self.failed.emit(failure)
        self._controller.failed.emit(failure)

    def _follow(self, state: AppState) -> None:
        if self._path and (state.dataset is None or str(state.dataset.path) != self._path):
            self.stop()
            self._path = ""
            self.gone.emit()
        elif self._again and state.sample is not None and state.sample_index >= 0:
            self._again = False
            self.ask(self._known)

    def _show_work(self, status: JobStatus) -> None:
        if status.slot == SLOT:
            self.worked.emit(status)
