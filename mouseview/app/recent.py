"""What was opened lately, newest first."""

from __future__ import annotations

from PySide6.QtCore import QObject, QSettings, Signal

_MOST = 10


class Recent(QObject):
    """``changed(paths)`` after an addition; ``chosen(path)`` from a menu."""

    changed = Signal(object)
    chosen = Signal(str)

    def __init__(self, settings: QSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings

    def paths(self) -> list[str]:
        kept = self._settings.value("recent", [])
        if isinstance(kept, str):  # a list of one comes back as a text
            return [kept] if kept else []
        return [str(path) for path in kept] if isinstance(kept, list) else []

    def add(self, path: str) -> None:
        paths = [path, *(other for other in self.paths() if other != path)][:_MOST]
        self._settings.setValue("recent", paths)
        self.changed.emit(paths)
