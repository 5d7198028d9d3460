"""The autosaver: writes what was chosen in a thread of its own, soon after every change and at the end."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from mouseview.app.jobs import Failure

if TYPE_CHECKING:
    from mouseview.workflow.project import Project

_DELAY_MS = 500  # from the first change that is not yet written: a drag of many steps is written once


class Autosaver(QObject):
    """``failed(Failure)`` for the first of several failures in a row."""

    failed = Signal(object)
    _ended = Signal(object)  # Failure, or None; from the writing thread

    def __init__(self, folder: Path | None, parent: QObject | None = None) -> None:
        """folder: where autosaves lie; None keeps nothing."""
        super().__init__(parent)
        self.folder = folder
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="autosave")
        self._gate = threading.Lock()
        self._waiting: tuple[Project, str] | None = None
        self._written: tuple[Project, str] | None = None
        self._last: Future[None] | None = None
        self._failing = False
        self._closed = False
        self._timer = QTimer(self, singleShot=True, interval=_DELAY_MS)
        self._timer.timeout.connect(self.flush)
        self._ended.connect(self._tell, Qt.ConnectionType.QueuedConnection)

    def note(self, project: Project, opened: str) -> None:
        """What is chosen now for what was opened: the path of a project file or of a dataset."""
        if self.folder is None or self._closed:
            return
        with self._gate:
            if self._waiting is not None and self._waiting[1] != opened:
                self._hand_over()  # what was chosen for the other one must not be lost
            self._waiting = (project, opened)
        if not self._timer.isActive():
            self._timer.start()

    def flush(self) -> None:
        """Write what waits, without waiting for it."""
        self._timer.stop()
        with self._gate:
            self._hand_over()

    def settle(self) -> None:
        """Wait until all that was handed over is written; from any thread."""
        with self._gate:
            last = self._last
        if last is not None:
            last.result()

    def close(self) -> None:
        """Write what waits and wait for it."""
        self._closed = True
        self.flush()
        self._pool.shutdown(wait=True)

    def _hand_over(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            self._last = self._pool.submit(self._write, *waiting)

    def _write(self, project: Project, opened: str) -> None:
        from mouseview.workflow.autosave import keep

        if self.folder is None or self._written == (project, opened):
            return
        try:
            keep(self.folder, project, opened)
        except Exception as error:  # told in the window: an autosave that fails must not end the work
            self._post(Failure.of("The project was not autosaved", error))
        else:
            self._written = (project, opened)
            self._post(None)

    def _post(self, failure: Failure | None) -> None:
        if not self._closed:  # else nobody is left to hear of it
            self._ended.emit(failure)

    def _tell(self, failure: Failure | None) -> None:
        again, self._failing = self._failing, failure is not None
        if failure is not None and not again:
            self.failed.emit(failure)
