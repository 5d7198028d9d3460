"""The views desk: which views are fed, what that will cost, and whether their order matters."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from mouseview.app.controller import Controller
from mouseview.app.jobs import Ticket
from mouseview.app.panels.view_choice import EVERY, ViewChoice
from mouseview.app.results import RUN_SLOT
from mouseview.app.state import AppState, Changed

if TYPE_CHECKING:  # imported by the work that needs it, after the first frame
    from mouseview.inference.config import GSLRMConfig
    from mouseview.inference.hardware import Processor
    from mouseview.workflow.estimate import Estimate
    from mouseview.workflow.order import OrderCheck

COST_SLOT = "views-cost"


class ViewsDesk(QObject):
    """Serves the views of the Model panel."""

    def __init__(self, controller: Controller, panel: ViewChoice) -> None:
        super().__init__(controller)
        self._controller, self._panel = controller, panel
        self._changed = Changed()
        # asked once: the driver's tool takes its time, and what is in a file stays while it is unchanged
        self._processors: dict[str, Processor] = {}
        self._configs: dict[tuple[str, float], GSLRMConfig] = {}
        self._answer: tuple[tuple[Any, ...], str] | None = None
        panel.fed_changed.connect(controller.set_fed)
        panel.all_wanted.connect(lambda: self._hold_out("feed all views", ()))
        panel.invert_wanted.connect(self.exchange)
        panel.every_wanted.connect(self.hold_out_every)
        panel.order_wanted.connect(self.check_order)
        controller.changed.connect(self._follow)

    # ---- choosing ------------------------------------------------------------------------------------------------

    def exchange(self) -> None:
        """What was fed is held out, and the other way round."""
        self._hold_out("exchange fed and held out", self._controller.state.fed)

    def hold_out_every(self, n: int) -> None:
        """Of the fed views the n-th, the 2n-th, … in the rig's order, beside those that are held out already."""
        state = self._controller.state
        if state.project is not None:
            more = state.fed[n - 1 :: n]
            self._hold_out(f"hold out every {EVERY[n]} fed view", (*state.project.held_out, *more))

    def _hold_out(self, text: str, names: tuple[str, ...]) -> None:
        sample = self._controller.state.sample
        if sample is not None:
            self._controller.edit(text, held_out=tuple(name for name in sample.rig.names if name in names))

    # ---- telling the cost ----------------------------------------------------------------------------------------

    def _follow(self, state: AppState) -> None:
        self._show_answer(state)
        project, fed = state.project, len(state.fed)
        if project is None or not self._changed(project.checkpoint, project.device, fed, state.reconstruction):
            return
        if not fed:
            self._panel.show_estimate(None, "")
            return
        checkpoint, device = project.checkpoint, project.device
        self._controller.jobs.submit(
            COST_SLOT,
            "Estimating the cost",
            lambda ticket: self._estimated(checkpoint, device, fed, ticket),
            lambda found: self._panel.show_estimate(
                found, "" if found else "Cost unknown until these weights are here"
            ),
            lambda failure: self._panel.show_estimate(None, f"Cost unknown: {failure.message}"),
        )

    def _estimated(self, checkpoint: str, device: str, fed: int, ticket: Ticket) -> Estimate | None:
        """Runs in a thread. None for weights of unknown sizes that are still to be downloaded."""
        from mouseview.inference.hardware import processor
        from mouseview.inference.passes import known_passes
        from mouseview.workflow.estimate import estimate

        config = self._config(checkpoint, ticket)
        if config is None:
            return None
        if device not in self._processors:
            self._processors[device] = processor(device)
        return estimate(checkpoint, config, fed, self._processors[device], known_passes())

    def _config(self, checkpoint: str, ticket: Ticket) -> GSLRMConfig | None:
        from mouseview.inference.config import GSLRMConfig
        from mouseview.inference.declared import declared_config

        declared = declared_config(checkpoint)
        path = Path(checkpoint).expanduser()
        if declared is not None or not path.exists():
            return declared
        state = (checkpoint, path.stat().st_mtime)
        if state not in self._configs:
            told = self._controller.engine.describe(checkpoint, ticket)
            self._configs[state] = GSLRMConfig.from_mapping(told["config"])
        return self._configs[state]

    # ---- the order -----------------------------------------------------------------------------------------------

    def check_order(self) -> None:
        """Feed the sample in several orders and say what that changes."""
        state = self._controller.state
        sample, project = state.sample, state.project
        if sample is None or project is None or not sample.has_images or len(state.fed) < 2:
            return
        key = _order_key(state)

        def done(check: OrderCheck) -> None:
            self._answer = (key, check.text)
            self._show_answer(self._controller.state)
            self._controller.told.emit(f"Does the order of the views matter? {check.text}")

        self._controller.jobs.submit(
            RUN_SLOT,
            f"Feeding {sample.name} in other orders",
            lambda ticket: self._controller.engine.check_order(sample, project, ticket),
            done,
            self._controller.failed.emit,
        )

    def _show_answer(self, state: AppState) -> None:
        known = self._answer is not None and self._answer[0] == _order_key(state)
        self._panel.show_answer(self._answer[1] if known and self._answer is not None else "")


def _order_key(state: AppState) -> tuple[Any, ...]:
    """What decides the answer."""
    project, sample = state.project, state.sample
    if project is None or sample is None:
        return ()
    return id(sample), project.recipe_for(sample.name), project.held_out, project.checkpoint, project.device
