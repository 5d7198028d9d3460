"""Asks the user before weights are downloaded: the worker's thread waits, the window shows size, licence and place."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QApplication, QMessageBox

if TYPE_CHECKING:
    from mouseview.inference.hub import DownloadOffer


class _Question:
    def __init__(self, offer: DownloadOffer) -> None:
        self.offer = offer
        self.agreed = False
        self.answered = threading.Event()


class ConsentDesk(QObject):
    """Lives in the window's thread; ``ask`` is called from any other and returns the user's answer."""

    _asked = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._asked.connect(self._show, Qt.ConnectionType.QueuedConnection)
        self._open: set[_Question] = set()

    def ask(self, offer: DownloadOffer) -> bool:
        """Blocks until the user has answered; closing the window means no."""
        question = _Question(offer)
        self._open.add(question)
        self._asked.emit(question)
        question.answered.wait()
        self._open.discard(question)
        return question.agreed

    def close(self) -> None:
        """Nobody is left to ask: every open question is answered with no."""
        for question in tuple(self._open):
            question.answered.set()

    def _show(self, question: _Question) -> None:
        if question.answered.is_set():
            return
        box = QMessageBox(
            QMessageBox.Icon.Question,
            "Download weights?",
            f"<b>{question.offer.file.repo}</b> has to be downloaded once.",
            QMessageBox.StandardButton.Cancel,
            QApplication.activeWindow(),
        )
        box.setInformativeText("\n\n".join(question.offer.terms))
        agree = box.addButton("Download under this licence", QMessageBox.ButtonRole.AcceptRole)
        box.setDefaultButton(QMessageBox.StandardButton.Cancel)
        box.finished.connect(lambda _code: self._answer(question, box.clickedButton() is agree))
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()

    def _answer(self, question: _Question, agreed: bool) -> None:
        question.agreed = agreed
        question.answered.set()
