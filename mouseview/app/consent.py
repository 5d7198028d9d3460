"""Asks the user before weights are downloaded: the worker's thread waits until somebody in the window has answered."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from mouseview.inference.hub import DownloadOffer


class Question:
    """text: what the user has to know before agreeing. ``answer`` once; a second answer changes nothing."""

    def __init__(self, offer: DownloadOffer) -> None:
        self.text = "\n\n".join(offer.terms)
        self.agreed = False
        self.answered = threading.Event()

    def answer(self, agreed: bool) -> None:
        if not self.answered.is_set():
            self.agreed = agreed
            self.answered.set()


class ConsentDesk(QObject):
    """``asked(Question)`` reaches the window's thread; ``ask`` waits in the thread of the work."""

    asked = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._open: set[Question] = set()
        self._closed = False

    def ask(self, offer: DownloadOffer) -> bool:
        """Blocks until the user has answered; a closed window means no."""
        question = Question(offer)
        with self._lock:
            if self._closed:
                return False
            self._open.add(question)
        self.asked.emit(question)
        question.answered.wait()
        with self._lock:
            self._open.discard(question)
        return question.agreed

    def close(self) -> None:
        """Nobody is left to ask: every open question, and every later one, is answered with no."""
        with self._lock:
            self._closed = True
            waiting = tuple(self._open)
        for question in waiting:
            question.answer(False)
