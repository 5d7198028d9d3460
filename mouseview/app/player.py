"""Play: steps through the samples as quickly as their images arrive, at most at the videos' own pace."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, QTimer, Signal

from mouseview.app.controller import Controller

_TICK_MS = 15
_FASTEST_PER_S = 25.0


class Player(QObject):
    """``begins`` before anything moves; ``playing_changed(bool)``.

    Plays to the last sample, or until it is stopped or something else is chosen.
    """

    begins = Signal()
    playing_changed = Signal(bool)

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._controller = controller
        self._timer = QTimer(self, interval=_TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._stepped = 0.0
        self._expected = -1
        controller.replaced.connect(self.stop)

    @property
    def playing(self) -> bool:
        return self._timer.isActive()

    def toggle(self) -> None:
        if self.playing:
            self.stop()
        elif self._controller.state.dataset is not None and len(self._controller.state.dataset) > 1:
            self._start(len(self._controller.state.dataset))

    def _start(self, count: int) -> None:
        self.begins.emit()
        if self._controller.state.sample_index >= count - 1:
            self._controller.choose_sample(0)
        self._expected = self._controller.state.sample_index
        self._controller.set_hurried(True)
        self._timer.start()
        self.playing_changed.emit(True)

    def stop(self) -> None:
        if self.playing:
            self._timer.stop()
            self._controller.set_hurried(False)
            self.playing_changed.emit(False)

    def _tick(self) -> None:
        state = self._controller.state
        if state.dataset is None or state.sample_index != self._expected:
            self.stop()  # somebody went elsewhere
        elif self._controller.images_complete and time.monotonic() - self._stepped >= 1.0 / _FASTEST_PER_S:
            if self._expected >= len(state.dataset) - 1:
                self.stop()
                return
            self._stepped = time.monotonic()
            self._expected += 1
            self._controller.choose_sample(self._expected)
