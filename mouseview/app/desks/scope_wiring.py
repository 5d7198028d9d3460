"""Scope, history and restoring beside their menus: which entry, list and image leads to which step."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPoint

from mouseview.app.controller import Controller
from mouseview.app.desks.history import HistoryDesk
from mouseview.app.desks.restoring import RestoringDesk
from mouseview.app.desks.scope import ScopeDesk
from mouseview.app.panels.apply_menu import ApplyMenu, FramingMenu
from mouseview.app.state import AppState
from mouseview.app.window import MainWindow
from mouseview.model.scope import Reach


class ScopeWiring(QObject):
    """Owns the desks and the menu that a right click on an image shows."""

    def __init__(self, window: MainWindow, controller: Controller) -> None:
        super().__init__(window)
        self._window, self._controller = window, controller
        self.scope, self.restoring, self.history = (
            ScopeDesk(controller),
            RestoringDesk(controller),
            HistoryDesk(controller),
        )
        self.view_menu = FramingMenu(window)
        self._connect_menu(self.view_menu)
        window.views.menu_wanted.connect(self._show_view_menu)
        window.samples.selection_chosen.connect(self.scope.select)
        for button in window.findChildren(ApplyMenu):
            self._connect_menu(button)
            controller.changed.connect(button.show_state)
        on = window.actions_.on
        for reach in Reach:
            on(f"reach-{reach}", lambda reach=reach: self.scope.carry(reach))
        on("lock-view", lambda _locked: self.scope.toggle_lock())
        on("select-samples", window.samples.select_all)
        on("select-one", window.samples.select_in_view)
        on("start-afresh", self.restoring.start_afresh)

    def show_state(self, state: AppState) -> None:
        """What the entries mean now."""
        actions, several = self._window.actions_, len(state.selection) > 1
        for reach in (Reach.VIEW_TO_SELECTION, Reach.SAMPLE_TO_SELECTION, Reach.RESET_SELECTION):
            actions[f"reach-{reach}"].setEnabled(several and state.sample is not None)
        actions["lock-view"].setChecked(state.project is not None and state.camera in state.project.locked)

    def _connect_menu(self, menu: FramingMenu | ApplyMenu) -> None:
        menu.reach_wanted.connect(self.scope.carry)
        menu.lock_wanted.connect(self.scope.lock)

    def _show_view_menu(self, view: str, place: QPoint) -> None:
        self._controller.choose_camera(view)
        self.view_menu.show_state(self._controller.state)
        self.view_menu.popup(place)
