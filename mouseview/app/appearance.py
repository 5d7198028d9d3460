"""Light or dark: what the user asked for, or what the system says, kept for the next start."""

from __future__ import annotations

from PySide6.QtCore import QObject, QSettings, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from mouseview.app import theme

CHOICES = ("system", "light", "dark")


class Appearance(QObject):
    """``changed(dark)`` when the window has to be dressed anew."""

    changed = Signal(bool)

    def __init__(self, settings: QSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._shown: bool | None = None
        QGuiApplication.styleHints().colorSchemeChanged.connect(lambda _scheme: self.apply())

    @property
    def choice(self) -> str:
        kept = str(self._settings.value("window/appearance", "system"))
        return kept if kept in CHOICES else "system"

    def choose(self, choice: str) -> None:
        self._settings.setValue("window/appearance", choice)
        self.apply()

    @property
    def dark(self) -> bool:
        return theme.system_is_dark() if self.choice == "system" else self.choice == "dark"

    def apply(self) -> None:
        if self.dark is not self._shown:
            self._shown = self.dark
            application = QApplication.instance()
            assert isinstance(application, QApplication)
            theme.apply(application, self._shown)
            self.changed.emit(self._shown)
