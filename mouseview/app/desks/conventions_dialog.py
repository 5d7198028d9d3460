"""The dialog of conventions and its desk, held together: opened by one action, closed with what it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from mouseview.app.controller import Controller
from mouseview.app.desks.conventions import ConventionsDesk
from mouseview.app.jobs import Failure, JobStatus
from mouseview.app.panels.conventions import ConventionsDialog
from mouseview.app.tokens import tokens

if TYPE_CHECKING:  # the workflow is imported by the work that calls it
    from mouseview.workflow.solve import Solved


class ConventionsWiring(QObject):
    """``dialog`` is None until it is asked for, and after it was closed."""

    def __init__(self, window: QWidget, controller: Controller) -> None:
        super().__init__(window)
        self._window, self._controller = window, controller
        self.desk = ConventionsDesk(controller)
        self.dialog: ConventionsDialog | None = None
        self.desk.solved.connect(self._solved)
        self.desk.failed.connect(self._failed)
        self.desk.worked.connect(self._worked)
        self.desk.gone.connect(self._close)

    def open(self) -> None:
        """Ask about the sample in view."""
        if self.dialog is None:
            self.dialog = ConventionsDialog(self._window)
            self.dialog.reading_wanted.connect(self.desk.use)
            self.dialog.length_given.connect(self.desk.ask_with_length)
            self.dialog.stopped.connect(self._stopped)
        self.dialog.show()
        self.dialog.raise_()
        self.desk.ask()

    def _solved(self, solved: Solved) -> None:
        if self.dialog is not None:
            self.dialog.show_solved(solved, tokens(self._controller.state.dark))

    def _failed(self, failure: Failure) -> None:
        if self.dialog is not None:
            self.dialog.show_failure(failure)

    def _worked(self, status: JobStatus) -> None:
        if self.dialog is not None:
            self.dialog.show_work(status)

    def _stopped(self) -> None:
        self.desk.stop()
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None

    def _close(self) -> None:
        if self.dialog is not None:
            self.dialog.close()
