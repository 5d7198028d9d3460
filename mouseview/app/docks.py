"""Docks with a slim title of our own, which gives way where the tab already says the name."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QLabel, QMainWindow, QToolButton, QVBoxLayout, QWidget

from mouseview.app import theme
from mouseview.app.panels.widgets import label


class _Title(QWidget):
    def __init__(self, dock: Dock, title: str) -> None:
        super().__init__()
        self.setObjectName("dockTitle")
        self.setAutoFillBackground(True)
        self.icon = QLabel()
        self.text = label(title)
        self.text.setObjectName("dockTitleText")
        self.shot, self.float, self.close_button = QToolButton(), QToolButton(), QToolButton()
        self.shot.setToolTip(f"Save a picture of {title}")
        self.float.setToolTip("Take this panel out of the window, or put it back")
        self.close_button.setToolTip("Hide this panel; View ▸ Panels brings it back")
        self.shot.clicked.connect(lambda: dock.screenshot_wanted.emit(dock.objectName()))
        self.float.clicked.connect(lambda: dock.setFloating(not dock.isFloating()))
        self.close_button.clicked.connect(dock.close)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 3, 5, 3)
        row.setSpacing(6)
        row.addWidget(self.icon)
        row.addWidget(self.text, 1)
        for button in (self.shot, self.float, self.close_button):
            button.setIconSize(QSize(13, 13))
            button.setFixedSize(20, 20)
            button.setStyleSheet("padding: 2px;")
            row.addWidget(button)


class Dock(QDockWidget):
    """``screenshot_wanted(name)`` from its title."""

    screenshot_wanted = Signal(str)

    def __init__(self, name: str, title: str, icon: str, panel: QWidget, window: QMainWindow) -> None:
        super().__init__(title, window)
        self.setObjectName(name)
        self.panel = panel
        self._icon_name = icon
        self._title = _Title(self, title)
        self._no_title = QWidget()
        body = QWidget()
        body.setObjectName("dockBody")
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(panel)
        self.setWidget(body)
        self.setTitleBarWidget(self._title)

    def dress(self, dark: bool) -> None:
        self._title.icon.setPixmap(theme.icon(self._icon_name, dark).pixmap(QSize(15, 15)))
        for button, name in (
            (self._title.shot, "camera"),
            (self._title.float, "float"),
            (self._title.close_button, "close"),
        ):
            button.setIcon(theme.icon(name, dark))

    def fit_title(self) -> None:
        """Where docks share a place the tab bar names them: a title below it would say everything twice."""
        window = self.parent()
        tabbed = isinstance(window, QMainWindow) and not self.isFloating() and bool(window.tabifiedDockWidgets(self))
        wanted = self._no_title if tabbed else self._title
        if self.titleBarWidget() is not wanted:
            self.setTitleBarWidget(wanted)
            wanted.show()
