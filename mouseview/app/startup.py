"""How long a start takes: told by the window itself where ``MOUSEVIEW_STARTUP_REPORT`` is set; it then goes away."""

from __future__ import annotations

import os
import time

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication

from mouseview.app.controller import Controller
from mouseview.app.window import MainWindow

VARIABLE = "MOUSEVIEW_STARTUP_REPORT"


def wanted() -> bool:
    return bool(os.environ.get(VARIABLE))


class StartupReport(QObject):
    """Prints one line, with the Unix time of the first frame that has a sample in it; a child of the window."""

    def __init__(self, window: MainWindow, controller: Controller) -> None:
        super().__init__(window)
        self._window, self._controller = window, controller
        self._timer = QTimer(self, interval=5)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def _look(self) -> None:
        if self._controller.state.sample is None:
            return
        self._timer.stop()
        self._window.scene.view.repaint()
        QApplication.processEvents()  # what was clicked or moved until now has been answered
        print(f"first frame with a sample: {time.time():.3f}", flush=True)
        QApplication.exit(0)
