"""Widgets that move by arrow keys keep them from the window while they have the focus."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QAbstractSlider, QAbstractSpinBox, QComboBox


class ArrowKeeper(QObject):
    """Lists, sliders and boxes that have the focus keep the arrow keys that would else step through samples."""

    _KEYS = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home)
    _KEEPERS = (QComboBox, QAbstractSpinBox, QAbstractSlider, QAbstractItemView)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() in self._KEYS
            and event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
            and isinstance(watched, self._KEEPERS)
        ):
            event.accept()
            return True
        return False
