"""The strip above the status bar while a long job runs, and until its end was seen: progress, time left, what next."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QToolBar,
    QToolButton,
    QWidget,
)

from mouseview.app import theme
from mouseview.app.panels.widgets import ElidedLabel, label
from mouseview.app.tokens import tokens

_BAR_PX = 220


class JobStrip(QToolBar):
    """Intents: ``stop_wanted``, ``resume_wanted``, ``open_wanted``, ``failures_wanted``. Closing it only hides it."""

    stop_wanted = Signal()
    resume_wanted = Signal()
    open_wanted = Signal()
    failures_wanted = Signal()

    def __init__(self, window: QMainWindow) -> None:
        super().__init__("Long job", window)
        self.setObjectName("job-strip")
        self.setMovable(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.toggleViewAction().setVisible(False)
        self._icon_name, self._dark = "samples", False
        self.icon = QLabel()
        self.title = ElidedLabel(mode=Qt.TextElideMode.ElideMiddle)
        self.title.setProperty("role", "heading")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(_BAR_PX)
        self.note = label("", "muted")
        self.stop, self.resume = QPushButton("Stop"), QPushButton("Go on")
        self.open, self.failures = QPushButton("Open the result"), QPushButton("What failed")
        self.open.setProperty("primary", True)
        self.stop.setToolTip("Stop; what is done stays, and it can go on later")
        self.resume.setToolTip("Do what is missing; what is done stays")
        self.close_button = QToolButton()
        self.close_button.setToolTip("Put this line away")
        for button, intent in (
            (self.stop, self.stop_wanted),
            (self.resume, self.resume_wanted),
            (self.open, self.open_wanted),
            (self.failures, self.failures_wanted),
            (self.close_button, None),
        ):
            button.clicked.connect(self.hide if intent is None else intent)
        inner = QWidget()
        inner.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout(inner)
        row.setContentsMargins(6, 2, 4, 2)
        row.setSpacing(10)
        row.addWidget(self.icon)
        row.addWidget(self.title, 1)
        for widget in (self.note, self.bar, self.failures, self.stop, self.resume, self.open, self.close_button):
            row.addWidget(widget)
        self.addWidget(inner)
        self.hide()

    def dress(self, dark: bool) -> None:
        self._dark = dark
        t = tokens(dark)
        colour = {"error": t.bad, "check": t.good}.get(self._icon_name, t.muted)
        self.icon.setPixmap(theme.icon_pixmap(self._icon_name, colour, 16, self.devicePixelRatioF()))
        self.close_button.setIcon(theme.icon("close", dark))
        self.close_button.setIconSize(QSize(13, 13))

    def show_running(self, title: str, note: str, fraction: float | None, stopping: bool) -> None:
        """fraction: 0..1, None while unknown."""
        self._show("samples", title, note, (self.bar, self.stop))
        self.bar.setRange(0, 0 if fraction is None else 1000)
        self.bar.setValue(0 if fraction is None else round(1000 * fraction))
        self.stop.setEnabled(not stopping)

    def show_done(self, title: str, failed: int, has_result: bool) -> None:
        buttons = (*((self.failures,) if failed else ()), *((self.open,) if has_result else ()), self.close_button)
        self.failures.setText(f"What failed ({failed:,})")
        self._show("error" if failed else "check", title, "", buttons)

    def show_stopped(self, title: str, note: str) -> None:
        self._show("stop", title, note, (self.resume, self.close_button))

    def _show(self, icon: str, title: str, note: str, shown: tuple[QWidget, ...]) -> None:
        self._icon_name = icon
        self.title.setText(title)
        self.note.setText(note)
        self.note.setVisible(bool(note))
        for widget in (self.bar, self.stop, self.resume, self.open, self.failures, self.close_button):
            widget.setVisible(widget in shown)
        self.dress(self._dark)
        self.show()
