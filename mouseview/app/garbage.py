"""Python's cycles are collected in the window's thread alone: a widget that is freed in another one ends the program.

Python collects in whichever thread happens to allocate, and threads that read and measure allocate all the time.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication

_INTERVAL_MS = 200
_NAME = "collector"


def collect_in_main_thread(application: QApplication) -> None:
    """From now on, once for the whole application."""
    if application.findChild(Collector, _NAME) is None:
        Collector(application)


class Collector(QObject):
    """Collects as often as Python itself would, but from a timer of the thread that it lives in."""

    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        self.setObjectName(_NAME)
        gc.collect()
        gc.freeze()  # what was imported stays: it need not be looked through again
        gc.disable()
        self._timer = QTimer(self, interval=_INTERVAL_MS)
        self._timer.timeout.connect(self._collect)
        self._timer.start()

    def _collect(self) -> None:
        counts, thresholds = gc.get_count(), gc.get_threshold()
        due = [generation for generation in range(3) if counts[generation] > thresholds[generation]]
        if due:
            gc.collect(due[-1])
