"""Messages: failures and notices as cards that can be read, copied and put away, and never stop the work."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from mouseview.app import theme
from mouseview.app.jobs import Failure
from mouseview.app.panels.widgets import label, sentence
from mouseview.app.tokens import Tokens

_MOST_CARDS = 3
_NOTICE_MS = 6000
_OFFER_MS = 20_000  # time to read it and to decide


class FailureCard(QFrame):
    """What happened, where, what to do; details on demand."""

    closed = Signal()

    def __init__(self, failure: Failure, t: Tokens) -> None:
        super().__init__()
        self.failure = failure
        self.setObjectName("message")
        icon = QLabel()
        icon.setPixmap(theme.icon_pixmap("error", t.bad, 18, self.devicePixelRatioF()))
        title = label(failure.title, "heading", wrap=True)
        close = QToolButton()
        close.setIcon(theme.icon("close", t.dark))
        close.setToolTip("Put this message away")
        close.clicked.connect(self.closed)
        self.message = label(sentence(failure.message), wrap=True)
        self.place = label(failure.place, "faint", wrap=True)
        self.remedy = label(f"→ {failure.remedy}", "muted", wrap=True)
        self.copy = QPushButton("Copy")
        self.copy.setToolTip("Copy everything, with the technical details")
        self.copy.clicked.connect(self._copy)
        self.details_button = QPushButton("Details")
        self.details_button.setCheckable(True)
        self.details = QPlainTextEdit(failure.details)
        self.details.setReadOnly(True)
        self.details.setFont(theme.mono_font())
        self.details.setFixedHeight(140)
        self.details.hide()
        self.details_button.toggled.connect(self.details.setVisible)
        head = QHBoxLayout()
        head.addWidget(icon)
        head.addWidget(title, 1)
        head.addWidget(close)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.details_button)
        buttons.addWidget(self.copy)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 8, 8)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(self.message)
        for part, text in ((self.place, failure.place), (self.remedy, failure.remedy)):
            if text:
                column.addWidget(part)
        column.addWidget(self.details)
        column.addLayout(buttons)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.failure.report)
        self.copy.setText("Copied")


class NoticeCard(QFrame):
    """One line that goes away by itself; ``offer``: the words of a button that it may have."""

    closed = Signal()
    taken = Signal()  # the offer

    def __init__(self, text: str, t: Tokens, offer: str = "") -> None:
        super().__init__()
        self.text, self.offer = text, QPushButton(offer)
        self.setObjectName("notice")
        icon = QLabel()
        icon.setPixmap(theme.icon_pixmap("check", t.good, 16, self.devicePixelRatioF()))
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 7, 12, 7)
        row.addWidget(icon)
        row.addWidget(label(text, wrap=True), 1)
        if offer:
            self.offer.clicked.connect(self.taken)
            row.addWidget(self.offer)
        timer = QTimer(self, singleShot=True, interval=_OFFER_MS if offer else _NOTICE_MS)
        timer.timeout.connect(self.closed)
        timer.start()


class MessageStack(QWidget):
    """Floats at the lower right of its parent; newest below; the oldest gives way."""

    _WIDTH_PX = 380

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        self.cards: list[FailureCard | NoticeCard] = []
        self._settle = QTimer(self, singleShot=True, interval=0)  # a card has its new height only after this event
        self._settle.timeout.connect(self.place)
        self.hide()

    def fail(self, failure: Failure, t: Tokens) -> None:
        self._add(FailureCard(failure, t))

    def tell(self, text: str, t: Tokens) -> None:
        self._add(NoticeCard(text, t))

    def offer(self, text: str, offer: str, take: Callable[[], object], t: Tokens) -> None:
        """A notice with a button; it goes when it was taken up."""
        card = NoticeCard(text, t, offer)
        card.taken.connect(card.closed)
        card.taken.connect(lambda: take())
        self._add(card)

    def forget_offers(self) -> None:
        """They speak of what is no longer open."""
        for card in [card for card in self.cards if isinstance(card, NoticeCard) and card.offer.text()]:
            self._remove(card)

    def forget_failures(self) -> None:
        """Of what is no longer shown."""
        self._forget(FailureCard)

    def forget_notices(self) -> None:
        """Before their time, where they would cover what is to be seen."""
        self._forget(NoticeCard)

    def _forget(self, kind: type[FailureCard] | type[NoticeCard]) -> None:
        for card in [card for card in self.cards if isinstance(card, kind)]:
            self._remove(card)

    def _add(self, card: FailureCard | NoticeCard) -> None:
        self.cards.append(card)
        self._column.addWidget(card)
        card.closed.connect(lambda: self._remove(card))
        while len(self.cards) > _MOST_CARDS:
            self._remove(self.cards[0])
        if isinstance(card, FailureCard):
            card.details_button.toggled.connect(lambda _on: self._settle.start())
        self.place()
        self._settle.start()  # its fonts come with the style sheet, when it is first shown

    def _remove(self, card: FailureCard | NoticeCard) -> None:
        if card in self.cards:
            self.cards.remove(card)
            self._column.removeWidget(card)
            card.hide()
            card.deleteLater()
            self.place()

    def place(self) -> None:
        """Take the corner again, after the parent or a card has changed its size."""
        self.setVisible(bool(self.cards))
        parent = self.parentWidget()
        if not self.cards or parent is None:
            return
        width = min(self._WIDTH_PX, parent.width() - 32)
        self.setFixedWidth(width)
        self._column.activate()
        height = self._column.totalHeightForWidth(width)
        self.setGeometry(parent.width() - width - 16, parent.height() - height - 40, width, height)
        self.raise_()
