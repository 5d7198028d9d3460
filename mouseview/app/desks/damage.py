"""The damage desk: measures what wrong declarations cost on the sample in view, while its dialog is open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from mouseview.app.controller import Controller
from mouseview.app.jobs import Failure, JobStatus, Ticket
from mouseview.app.panels.damage import DamageDialog
from mouseview.app.state import AppState
from mouseview.model.recipe import Mode

if TYPE_CHECKING:
    from mouseview.model.recipe import Recipe
    from mouseview.workflow.damage import DamageReport

SLOT = "damage"


class DamageDesk(QObject):
    """Intents in, the dialog shows what was measured. ``dialog`` is None until it is asked for, and after it closed."""

    def __init__(self, window: QWidget, controller: Controller) -> None:
        super().__init__(window)
        self._window, self._controller = window, controller
        self.dialog: DamageDialog | None = None
        self._everywhere = False
        self._asked: tuple[Any, ...] | None = None
        controller.changed.connect(self._follow)
        controller.jobs.status_changed.connect(self._show_work)

    def open(self) -> None:
        """Measure the sample in view."""
        if self.dialog is None:
            self.dialog = DamageDialog(self._window)
            self.dialog.where.choose(1 if self._everywhere else 0)
            self.dialog.mode_chosen.connect(self._controller.set_mode)
            self.dialog.volume_wanted.connect(self._set_everywhere)
            self.dialog.stopped.connect(self._stopped)
            self._asked = None
        self.dialog.show()
        self.dialog.raise_()
        self._follow(self._controller.state)

    def _set_everywhere(self, everywhere: bool) -> None:
        self._everywhere = everywhere
        self._follow(self._controller.state)

    @staticmethod
    def _recipe(state: AppState) -> Recipe | None:
        """What is measured does not depend on mode and framings."""
        if state.project is None or state.sample is None:
            return None
        return state.project.recipe_for(state.sample.name).replace(framings=(), mode=Mode.EXACT_AIMED)

    def _follow(self, state: AppState) -> None:
        """Measure anew what has changed; another mode is only marked."""
        if self.dialog is None:
            return
        recipe = self._recipe(state)
        if state.sample is None or state.project is None or recipe is None:
            if state.dataset is None:
                self.dialog.close()
            return
        wanted = (state.sample, recipe, state.project.held_out, state.project.checkpoint, self._everywhere)
        if self._asked is None or not _same(self._asked, wanted):
            self._asked = wanted
            self._measure(*wanted)
        self.dialog.show_mode(state.project.recipe_for(state.sample.name).mode)

    def _measure(self, sample: Any, recipe: Recipe, held_out: tuple[str, ...], checkpoint: str, every: bool) -> None:
        def work(ticket: Ticket) -> DamageReport:
            from mouseview.inference.declared import declared_format
            from mouseview.workflow.damage import PlacesKind, measure_damage

            model = recipe.replace(model=declared_format(checkpoint))
            kind = PlacesKind.VOLUME if every else None
            return measure_damage(sample, kind, held_out, model, ticket.progress, ticket.cancelled)

        title = f"What wrong declarations cost in {sample.name}"
        self._controller.jobs.submit(SLOT, title, work, self._show, self._failed)

    def _show(self, report: DamageReport) -> None:
        state = self._controller.state
        if self.dialog is not None and state.project is not None and state.sample is not None:
            self.dialog.show_report(report, state.project.recipe_for(state.sample.name).mode)

    def _failed(self, failure: Failure) -> None:
        if self.dialog is not None:
            self.dialog.show_failure(failure)

    def _show_work(self, status: JobStatus) -> None:
        if status.slot == SLOT and self.dialog is not None:
            self.dialog.show_work(status)

    def _stopped(self) -> None:
        self._controller.jobs.cancel(SLOT)
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None


def _same(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    """The very sample object, and equal decisions."""
    return one[0] is other[0] and one[1:] == other[1:]
