"""The restoring desk: says what an autosave has brought back, and how to do without it."""

from __future__ import annotations

import dataclasses
import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from mouseview.app.controller import Controller
from mouseview.app.jobs import Failure
from mouseview.app.state import AppState

if TYPE_CHECKING:
    from mouseview.model.camera import Rig
    from mouseview.workflow.autosave import BroughtBack
    from mouseview.workflow.project import Project


class RestoringDesk(QObject):
    """Follows what is opened; every way back is one undoable step."""

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._controller = controller
        self._arrived: BroughtBack | None = None  # until the first sample is read: then it is known what differs
        self._on_screen: Project | None = None  # what was shown last: reading the same anew is nothing to tell
        controller.brought_back.connect(self._take)
        controller.changed.connect(self._follow)

    def start_afresh(self) -> None:
        """Without anything that was chosen for this dataset."""
        state = self._controller.state
        if state.project is None or state.sample is None:
            return
        fresh = _fresh(state.project, state.sample.rig)
        if fresh == state.project:
            self._controller.told.emit("Nothing was chosen here yet.")
            return
        self._use("start afresh", fresh)
        self._controller.told.emit("Everything is as if it were opened for the first time. Undo brings it back.")

    def _take(self, back: BroughtBack) -> None:
        self._arrived = back

    def _follow(self, state: AppState) -> None:
        back = self._arrived
        if state.project is None or state.sample is None:
            return
        if back is None:
            self._on_screen = state.project
            return
        self._arrived, before = None, self._on_screen
        self._on_screen = state.project
        self._tell(back, state.project, _fresh(state.project, state.sample.rig), before)

    def _tell(self, back: BroughtBack, shown: Project, fresh: Project, before: Project | None) -> None:
        from mouseview.workflow.autosave import Fate

        when = _when(back.saved_at)
        if back.problem is not None:
            self._controller.failed.emit(Failure.of("An autosave was set aside", back.problem))
        elif back.fate is Fate.OLDER and back.other is not None:
            other = back.other
            self._controller.offered.emit(
                f"The project file is newer than choices that were left unsaved {when}. The file is shown.",
                "Use those",
                lambda: self._use("unsaved choices", other),
            )
        elif back.fate is Fate.SHOWN and back.other is not None:
            saved = back.other
            self._controller.offered.emit(
                f"Choices that were left unsaved {when} are here again.",
                "Back to the file",
                lambda: self._use("back to the project file", saved),
            )
        elif back.fate is Fate.SHOWN and shown != fresh and not _same(shown, before):
            self._controller.offered.emit(
                f"What you chose for this dataset {when} is here again.", "Start afresh", self.start_afresh
            )

    def _use(self, text: str, project: Project) -> None:
        """All choices of another project, for what is open."""
        choices = {field.name: getattr(project, field.name) for field in dataclasses.fields(project)}
        del choices["dataset_path"], choices["sample"]
        self._controller.edit(text, **choices)


def _fresh(project: Project, rig: Rig) -> Project:
    """The same dataset and sample, with nothing chosen."""
    from mouseview.workflow.open import held_out_by_name
    from mouseview.workflow.project import Project

    return Project(dataset_path=project.dataset_path, sample=project.sample, held_out=held_out_by_name(rig))


def _same(shown: Project, before: Project | None) -> bool:
    return before is not None and shown == before.replace(sample=shown.sample)


def _when(saved_at: float) -> str:
    then = datetime.datetime.fromtimestamp(saved_at).astimezone()
    today = datetime.datetime.now().astimezone().date()
    return f"at {then:%H:%M}" if then.date() == today else f"on {then:%Y-%m-%d}"
