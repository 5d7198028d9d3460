"""The crop panel beside its desk: which drag, wheel and button leads to what."""

from __future__ import annotations

from PySide6.QtCore import QObject

from mouseview.app.controller import Controller
from mouseview.app.desks.crop import CropDesk
from mouseview.app.panels.crop import CropPanel
from mouseview.app.state import AppState
from mouseview.app.window import MainWindow
from mouseview.model.recipe import Mode


def connect_hand(panel: CropPanel, desk: CropDesk, controller: Controller) -> None:
    """What a hand does on the panel goes to the desk, and what comes of it is shown there."""

    def choose_mode(mode: Mode) -> None:
        desk.flush()
        controller.set_mode(mode)

    canvas = panel.canvas
    desk.photographed.connect(panel.show_photograph)
    desk.shown.connect(panel.show_shown)
    desk.hinted.connect(panel.show_hint)
    desk.failed.connect(panel.show_problem)
    canvas.taken.connect(desk.begin)
    canvas.moved.connect(desk.move)
    canvas.let_go.connect(desk.end)
    canvas.given_up.connect(desk.cancel)
    canvas.wheel_turned.connect(desk.zoom)
    canvas.nudged.connect(desk.nudge)
    canvas.picked.connect(desk.centre_on)
    panel.camera_chosen.connect(controller.choose_camera)
    panel.mode_chosen.connect(choose_mode)
    panel.reset_wanted.connect(desk.reset)
    panel.apply.framing_menu.aboutToShow.connect(desk.flush)


class CropWiring(QObject):
    """Owns the desk. Made before the actions are connected: an undo finds all steps of the wheel in the history."""

    def __init__(self, window: MainWindow, controller: Controller) -> None:
        super().__init__(window)
        self._window, self._controller = window, controller
        self.desk = CropDesk(controller)
        desk = self.desk
        connect_hand(window.crop, desk, controller)
        window.docks["crop"].visibilityChanged.connect(self._see)  # of its tab, too
        for id in ("undo", "redo"):
            window.actions_[id].triggered.connect(lambda _checked=False: desk.flush())
        desk.gathering.connect(self._offer_undo)
        window.actions_.on("crop", self._open)

    def show_state(self, state: AppState) -> None:
        """There is nothing to crop where there are only cameras."""
        # while a sample is being read it stays: another tab would come to the front
        self._window.set_idle("crop", state.sample is not None and not state.sample.has_images)

    def _offer_undo(self, gathered: str) -> None:
        """Steps can be undone while they are still being gathered, even where the history is empty."""
        history, undo = self._controller.history, self._window.actions_["undo"]
        undo.setEnabled(bool(gathered) or history.canUndo())
        undo.setText(f"Undo {gathered or history.undoText()}".strip())

    def _see(self, seen: bool) -> None:
        self.desk.activate(seen)
        self._window.give_room(seen, "crop")

    def _open(self) -> None:
        self._window.raise_panel("crop")
        self._window.crop.canvas.setFocus()
