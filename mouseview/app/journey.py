"""The journey from a raw rig to an exact dataset and a judged result: what a newcomer would do, one step a picture."""

from __future__ import annotations

from pathlib import Path

from mouseview.app.scene3d.state import RayColour
from mouseview.app.tour import Step
from mouseview.app.understanding.values import Page, Wish
from mouseview.app.wiring import Wiring
from mouseview.model.recipe import Mode

_AIM_SHARE = (0.05, -0.03)  # of the photograph's size, that the hand drags the window
_ROLL_SHARE = 0.06
DATASET = "exact_dataset"


class _Walk:
    """The steps themselves, through the intents that panels emit."""

    def __init__(self, wiring: Wiring, folder: Path) -> None:
        self._wiring, self._folder = wiring, folder
        self._window, self._controller, self._desks = wiring.window, wiring.controller, wiring.desks

    def look(self, panel: str, **changes: object) -> None:
        self._window.raise_panel(panel)
        self._controller.set_scene(self._controller.state.scene.replace(**changes))

    def look_as_if(self, page: Page, mode: Mode | None) -> None:
        self._window.raise_panel("understanding")
        self._window.understanding.wished.emit(Wish(page, mode))

    def close_damage(self) -> None:
        if self._desks.damage.dialog is not None:
            self._desks.damage.dialog.close()

    def crop(self) -> None:
        self._window.actions_["crop"].trigger()
        self._window.crop.grid.setChecked(True)

    def frame_by_hand(self) -> None:
        """Drag the window, then its handle."""
        desk, state = self._desks.crop.desk, self._controller.state
        assert state.sample is not None
        width, height = state.sample.rig[state.camera_index].size
        for part, right, down in (("window", *_AIM_SHARE), ("handle", _ROLL_SHARE, 0.0)):
            x, y = width / 2, height / 2 if part == "window" else 0.0
            desk.begin(part, x, y)
            desk.move(x + right * width, y + down * height, 0.0)
            desk.end()

    def measure(self) -> None:
        self._window.raise_panel("subject")
        self._desks.subject.choose_session_scale(True)

    def ask_normalise(self) -> None:
        self._window.actions_["normalise-all"].trigger()
        if (dialog := self._desks.long_jobs.dialog) is not None:
            dialog.folder.setText(str(self._folder / DATASET))

    def normalise(self) -> None:
        if (dialog := self._desks.long_jobs.dialog) is not None:
            dialog.start_button.click()

    def open_result(self) -> None:
        self._desks.long_jobs.strip.open_wanted.emit()


def journey(wiring: Wiring, folder: Path) -> tuple[Step, ...]:
    """Look at a rig, see what false declarations cost, frame it, normalise everything, reconstruct and compare.

    Pictures and the normalised dataset go into ``folder``.
    """
    walk, window, controller = _Walk(wiring, folder), wiring.window, wiring.controller

    def picture(name: str) -> Path:
        return folder / f"{name}.png"

    return (
        Step(lambda: walk.look("findings"), picture("01_the_rig_as_it_is")),
        Step(
            window.actions_["damage"].trigger,
            picture("02_what_false_declarations_cost"),
            lambda: wiring.desks.damage.dialog,
        ),
        Step(walk.close_damage),
        Step(lambda: walk.look_as_if(Page.BALL, Mode.FORCED_K), picture("03_why_forced_k_is_false")),
        Step(lambda: walk.look_as_if(Page.BALL, None)),
        Step(walk.crop, picture("04_the_window_of_one_view")),
        Step(walk.frame_by_hand, picture("05_framed_by_hand")),
        Step(controller.history.undo),
        Step(controller.history.undo),
        Step(walk.measure, picture("06_one_scale_for_the_session")),
        Step(lambda: walk.look("views")),
        Step(lambda: walk.look("ledger", blend=1.0), picture("07_after_exact_normalisation")),
        Step(lambda: walk.look("views", rays=True, ray_colour=RayColour.NEAREST), picture("08_what_the_model_is_told")),
        Step(lambda: walk.look("views", rays=False)),
        Step(walk.ask_normalise, picture("09_the_whole_dataset"), lambda: wiring.desks.long_jobs.dialog),
        Step(walk.normalise, picture("10_written")),
        Step(window.actions_["run"].trigger, picture("11_reconstructed_and_compared")),
        Step(walk.open_result),
        Step(lambda: walk.look("views")),
        Step(lambda: walk.look("findings"), picture("12_the_exact_dataset")),
    )
