"""Docks with a slim title of our own, which gives way where the tab already says the name."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import (
    QDockWidget,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QTabBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

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
        self._no_title = QWidget(self)
        self._no_title.hide()
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


_TOUCHING_PX = 4


def hide_stray_tab_bars(window: QMainWindow, docks: tuple[Dock, ...]) -> None:
    """Qt forgets tab bars when docks are arranged anew: they stay where they were, over other panels.

    The one that is in use lies on its docks; one that lies elsewhere while its docks have another is hidden.
    """
    tops = {}
    for dock in docks:
        group = frozenset((dock.windowTitle(), *(other.windowTitle() for other in window.tabifiedDockWidgets(dock))))
        if len(group) > 1 and not dock.isHidden() and not dock.isFloating():
            shown = dock.geometry()
            if shown.left() >= 0:  # those behind the chosen tab are parked outside
                tops[group] = shown
    bars = [bar for bar in window.children() if isinstance(bar, QTabBar) and not bar.isHidden()]
    used = []
    for group, shown in tops.items():
        for bar in reversed(bars):  # the last one made
            place, titles = bar.geometry(), {bar.tabText(tab) for tab in range(bar.count())}
            gap = abs(shown.top() - place.bottom() - 1)
            if titles == group and place.left() == shown.left() and gap <= _TOUCHING_PX:
                used.append(bar)
                break
    if len(used) == len(tops):  # else the layout is not settled yet
        for bar in bars:
            if bar not in used:
                bar.hide()


def tab_bar_height(window: QMainWindow, dock: Dock) -> int:
    """Of the tabs over a dock, which ``resizeDocks`` counts to its height; 0 where there are none."""
    bars = [bar for bar in window.children() if isinstance(bar, QTabBar) and not bar.isHidden()]
    over = (bar for bar in bars if abs(dock.geometry().top() - bar.geometry().bottom() - 1) <= _TOUCHING_PX)
    return next((bar.height() for bar in over if bar.geometry().left() == dock.geometry().left()), 0)
