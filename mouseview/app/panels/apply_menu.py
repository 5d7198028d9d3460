"""ApplyMenu: the button whose menu carries a framing to more views and samples, takes it back, or locks a view."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QMenu, QToolButton, QWidget, QWidgetAction

from mouseview.app.panels.widgets import label
from mouseview.app.state import AppState, Changed
from mouseview.model.scope import Reach

_ENTRIES: tuple[tuple[str, tuple[tuple[Reach, str, str], ...]], ...] = (
    (
        "This view's framing to",
        (
            (Reach.VIEW_TO_SAMPLE, "All views of this sample", "The other views get the same aim, roll and zoom"),
            (Reach.VIEW_TO_SELECTION, "{selected}", "This view, in every selected sample"),
            (Reach.VIEW_TO_ALL, "All samples", "This view, in every sample; none keeps one of its own for it"),
        ),
    ),
    (
        "Framings of all views to",
        (
            (Reach.SAMPLE_TO_SELECTION, "{selected}", "Every view as it is here, in every selected sample"),
            (Reach.SAMPLE_TO_UNTOUCHED, "Samples without their own", "Samples that were framed by hand keep theirs"),
            (Reach.SAMPLE_TO_ALL, "All samples", "Every view as it is here, in every sample"),
        ),
    ),
    (
        "Reset",
        (
            (Reach.RESET_VIEW, "This view", "Back to the window that the mode chooses"),
            (Reach.RESET_SAMPLE, "All views of this sample", "Back to the windows that the mode chooses"),
            (Reach.RESET_SELECTION, "{selected}", "Every view of every selected sample"),
            (Reach.FOLLOW, "This sample, as all others", "Forget its own framings; it has those of all samples again"),
            (Reach.RESET_ALL, "Everything", "Every view of every sample"),
        ),
    ),
)


class FramingMenu(QMenu):
    """Intents: ``reach_wanted(Reach)`` and ``lock_wanted(view, locked)``. It says what it is about: ``show_state``."""

    reach_wanted = Signal(object)
    lock_wanted = Signal(str, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setToolTipsVisible(True)
        self.entries: dict[Reach, QAction] = {}
        self.titles: list[QLabel] = []
        self._selected: list[QAction] = []
        self._view = ""
        for title, entries in _ENTRIES:
            self._add_title(title)
            for reach, text, tip in entries:
                action = self.addAction(text)
                action.setToolTip(tip)
                action.triggered.connect(lambda _checked=False, reach=reach: self.reach_wanted.emit(reach))
                self.entries[reach] = action
                if text == "{selected}":
                    self._selected.append(action)
        self.addSeparator()
        self.lock = self.addAction("Lock this view")
        self.lock.setCheckable(True)
        self.lock.setToolTip("A locked view is left alone: nothing that is applied, reset or dragged changes it")
        self.lock.triggered.connect(lambda locked: self.lock_wanted.emit(self._view, locked))

    def _add_title(self, title: str) -> None:
        """As a widget: the titles of Qt's own sections vanish under a style sheet."""
        if self.actions():
            self.addSeparator()
        heading = label(title, "section")
        heading.setContentsMargins(10, 4, 10, 2)
        shown = QWidgetAction(self)
        shown.setDefaultWidget(heading)
        self.addAction(shown)
        self.titles.append(heading)

    def show_state(self, state: AppState) -> None:
        locked = state.project.locked if state.project is not None else ()
        self._view = state.camera or ""
        self.titles[0].setText(f"Framing of {self._view} to" if self._view else _ENTRIES[0][0])
        count = len(state.selection)
        for action in self._selected:
            action.setText(f"Selected samples ({count})" if count > 1 else "Selected samples")
            action.setEnabled(count > 1)
        self.lock.setText(f"Lock {self._view}" if self._view else "Lock this view")
        self.lock.setChecked(self._view in locked)
        self.entries[Reach.RESET_VIEW].setEnabled(bool(self._view) and self._view not in locked)
        if state.sample is not None and state.project is not None:
            self.entries[Reach.FOLLOW].setEnabled(bool(state.project.book.change(state.sample.name).framings))


class ApplyMenu(QToolButton):
    """ "Apply to ▾": intents as of ``FramingMenu``; ``show_state(state)`` keeps its words right."""

    reach_wanted = Signal(object)
    lock_wanted = Signal(str, bool)

    def __init__(self) -> None:
        super().__init__()
        self.setText("Apply to ▾")
        self.setToolTip("Carry this framing to more views and samples, or take it back")
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setIconSize(QSize(16, 16))
        self.framing_menu = FramingMenu(self)
        self.framing_menu.reach_wanted.connect(self.reach_wanted)
        self.framing_menu.lock_wanted.connect(self.lock_wanted)
        self.setMenu(self.framing_menu)
        self._changed = Changed()

    def show_state(self, state: AppState) -> None:
        if self._changed(state.sample, state.camera, state.selection, state.project):
            self.setEnabled(state.sample is not None and state.camera is not None)
            self.framing_menu.show_state(state)
