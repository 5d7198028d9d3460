"""Scope, recipes, history and restoring beside their menus: which entry, list and image leads to which step."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint
from PySide6.QtWidgets import QFileDialog, QInputDialog

from mouseview.app.controller import Controller
from mouseview.app.desks.history import HistoryDesk
from mouseview.app.desks.recipes import SUFFIX, RecipeDesk
from mouseview.app.desks.restoring import RestoringDesk
from mouseview.app.desks.scope import ScopeDesk
from mouseview.app.panels.apply_menu import ApplyMenu, FramingMenu
from mouseview.app.panels.recipe_dialog import RecipeDialog
from mouseview.app.state import AppState
from mouseview.app.window import MainWindow
from mouseview.model.scope import Reach

if TYPE_CHECKING:
    from mouseview.workflow.project_recipe import Proposals

_FILTER = f"MouseView recipes (*{SUFFIX});;All files (*)"


class ScopeWiring(QObject):
    """Owns the desks and the menu that a right click on an image shows; ``near()`` tells where file dialogs begin."""

    def __init__(self, window: MainWindow, controller: Controller, near: Callable[[], str]) -> None:
        super().__init__(window)
        self._window, self._controller, self._near = window, controller, near
        self.recipes = RecipeDesk(controller)
        self.scope, self.restoring, self.history = (
            ScopeDesk(controller),
            RestoringDesk(controller),
            HistoryDesk(controller),
        )
        self.view_menu = FramingMenu(window)
        self._connect_menu(self.view_menu)
        window.views.menu_wanted.connect(self._show_view_menu)
        window.samples.selection_chosen.connect(self.scope.select)
        self._connect_menu(window.crop.apply)
        window.crop.apply.framing_menu.addSeparator()
        window.crop.apply.framing_menu.addAction(window.actions_["normalise-all"])  # where applying ends: in files
        window.crop.lock_wanted.connect(self.scope.lock)
        on = window.actions_.on
        for reach in Reach:
            on(f"reach-{reach}", lambda reach=reach: self.scope.carry(reach))
        on("lock-view", lambda _locked: self.scope.toggle_lock())
        on("select-samples", window.samples.select_all)
        on("select-one", window.samples.select_in_view)
        self.recipes.proposed.connect(self._show_proposals)
        on("save-recipe", self._ask_name)
        for id, title in (("apply-recipe", "Apply a recipe"), ("compare-recipe", "Compare with a recipe")):
            on(id, lambda title=title: self._ask_recipe(title))
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

    def _ask_name(self) -> None:
        state = self._controller.state
        if state.project is None or state.dataset is None:
            return
        name, sure = QInputDialog.getText(
            self._window, "Save the recipe", "Its name", text=state.project.recipe_name or state.dataset.name
        )
        if not sure:
            return
        start = str(Path(self._near()) / f"{name.strip() or 'recipe'}{SUFFIX}".replace("/", "_"))
        path, _ = QFileDialog.getSaveFileName(self._window, "Save the recipe", start, _FILTER)
        if path:
            self.recipes.save(name.strip(), path)

    def _ask_recipe(self, title: str) -> None:
        path, _ = QFileDialog.getOpenFileName(self._window, title, self._near(), _FILTER)
        if path:
            self.recipes.propose(path)

    def _show_proposals(self, proposals: Proposals) -> None:
        dialog = RecipeDialog(self._window, proposals)
        dialog.accepted_proposal.connect(self.recipes.apply)
        dialog.open()
