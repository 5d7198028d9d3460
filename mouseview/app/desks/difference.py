"""The difference desk: which other calibration the open one is compared with, kept up with the sample in view."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from mouseview.app.controller import Controller
from mouseview.app.jobs import Failure
from mouseview.app.state import AppState
from mouseview.model.sample import Sample

if TYPE_CHECKING:
    from mouseview.model.camera import Rig
    from mouseview.multiview.rig_difference import RigDifference

SLOT = "difference"


class DifferenceDesk(QObject):
    """Intents in; the controller shows what was measured. The other calibration is read once.

    ``compared`` when a calibration that was asked for has been measured.
    """

    compared = Signal()

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._controller = controller
        self._measured: Sample | None = None
        self._other: Rig | None = None
        controller.changed.connect(self._follow)

    def compare(self, path: str) -> None:
        """Measure the open rig against the calibration at ``path``."""
        sample = self._controller.state.sample
        if sample is None:
            return

        def work(_ticket: object) -> tuple[Rig, RigDifference]:
            from mouseview.workflow.diff import difference_of
            from mouseview.workflow.open import open_path, sample_named

            other = sample_named(open_path(path), None).rig
            return other, difference_of(sample.rig, other)

        def done(got: tuple[Rig, RigDifference]) -> None:
            self._other, self._measured = got[0], sample
            self._controller.set_difference(got[1], path)
            self.compared.emit()

        self._controller.jobs.submit(
            SLOT, f"Comparing with {Path(path).name}", work, done, self._controller.failed.emit
        )

    def stop(self) -> None:
        self._controller.jobs.cancel(SLOT)
        self._other = self._measured = None
        self._controller.set_difference(None, "")

    def _follow(self, state: AppState) -> None:
        """Another sample may have another rig; another dataset is compared with nothing."""
        if not state.compared_with or state.sample is None or state.sample is self._measured:
            return
        sample, other, path = state.sample, self._other, state.compared_with
        self._measured = sample
        if other is None:
            return

        def work(_ticket: object) -> RigDifference:
            from mouseview.workflow.diff import difference_of

            return difference_of(sample.rig, other)

        def failed(failure: Failure) -> None:
            self._controller.set_difference(None, "")
            self._controller.failed.emit(failure)

        self._controller.jobs.submit(
            SLOT, "Comparing calibrations", work, lambda found: self._controller.set_difference(found, path), failed
        )
