"""The crop panel in the open window, by real events of mouse and keys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from mouseview.app.controller import Controller
from mouseview.app.crop.draft import DraftPlan
from mouseview.app.crop.shown import Shown
from mouseview.app.desks.crop import BURST_MS, READY_SLOT, CropDesk
from mouseview.app.desks.crop_wiring import connect_hand
from mouseview.app.main import Running
from mouseview.app.panels.crop import CropPanel
from mouseview.app.state import AppState
from mouseview.model.camera import Camera
from mouseview.model.recipe import Framing, Mode, Recipe
from mouseview.model.sample import Dataset
from mouseview.normalise.ledger import RAY_MAX
from mouseview.workflow.open import open_path
from mouseview.workflow.project import Project
from tests.app.conftest import SAMPLES

LEFT, RIGHT, NO_BUTTON = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.MouseButton.NoButton
PLAIN, SHIFT, CONTROL, ALT = (
    Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
)  # fmt: skip
STEPS = 6


class Hand:
    """What a user does on the canvas, and what comes of it."""

    def __init__(self, panel: CropPanel, desk: CropDesk, controller: Controller, qtbot: QtBot) -> None:
        self.panel, self.desk, self.controller, self.qtbot = panel, desk, controller, qtbot
        self.canvas = panel.canvas
        self.shown: list[Shown | None] = []
        self.planned: list[DraftPlan | None] = []
        desk.shown.connect(self.shown.append)
        desk.planned.connect(self.planned.append)

    @property
    def camera(self) -> Camera:
        state = self.controller.state
        return state.sample.rig[state.camera_index]

    @property
    def framing(self) -> Framing:
        """The project's, of the view in hand."""
        state = self.controller.state
        return state.project.recipe_for(state.sample.name).framing(state.camera)

    @property
    def steps(self) -> list[str]:
        history = self.controller.history
        return [history.text(index) for index in range(history.count())]

    def ready(self) -> None:
        """Until the view can be edited."""
        self.qtbot.waitUntil(lambda: self.desk.editable, timeout=30_000)

    def at(self, pixel: np.ndarray) -> QPointF:
        return self.canvas.plane.to_widget(QPointF(*pixel))

    def send(self, kind: QEvent.Type, at: QPointF, button: Qt.MouseButton = LEFT,
             modifiers: Qt.KeyboardModifier = PLAIN) -> None:  # fmt: skip
        held = NO_BUTTON if kind == QEvent.Type.MouseButtonRelease else button
        pressed = NO_BUTTON if kind == QEvent.Type.MouseMove else button
        there = QPointF(self.canvas.mapToGlobal(at))
        QApplication.sendEvent(self.canvas, QMouseEvent(kind, at, there, pressed, held, modifiers))

    def drag(self, start: QPointF, end: QPointF, button: Qt.MouseButton = LEFT, modifiers: Qt.KeyboardModifier = ALT,
             let_go: bool = True) -> None:  # fmt: skip
        """Without snapping, unless ``modifiers`` say so."""
        self.send(QEvent.Type.MouseButtonPress, start, button, modifiers)
        for step in range(1, STEPS + 1):
            self.send(QEvent.Type.MouseMove, start + (end - start) * step / STEPS, button, modifiers)
            QApplication.processEvents()
        if let_go:
            self.send(QEvent.Type.MouseButtonRelease, end, button, modifiers)

    def wheel(self, notches: int, modifiers: Qt.KeyboardModifier = PLAIN) -> None:
        at = self.at(np.array(self.camera.size) / 2)
        for _ in range(abs(notches)):
            turn = QPoint(0, 120 if notches > 0 else -120)
            there = QPointF(self.canvas.mapToGlobal(at))
            phase = Qt.ScrollPhase.NoScrollPhase
            event = QWheelEvent(at, there, QPoint(), turn, NO_BUTTON, modifiers, phase, False)
            QApplication.sendEvent(self.canvas, event)

    def settle(self) -> None:
        """Until the steps of wheel and arrows have become an edit."""
        self.qtbot.waitUntil(lambda: not self.desk.in_hand, timeout=10 * BURST_MS)

    def middle(self) -> np.ndarray:
        """Of the window, on the photograph."""
        return self.shown[-1].border.middle


@pytest.fixture(scope="module")
def dataset(dataset_folder: Path) -> Dataset:
    return open_path(dataset_folder)


@pytest.fixture
def hand(qtbot: QtBot, dataset: Dataset) -> Iterator[Hand]:
    """The panel and its desk alone: a whole window takes seconds to build."""
    panel, controller = CropPanel(), Controller()
    desk = CropDesk(controller)
    connect_hand(panel, desk, controller)
    controller.changed.connect(panel.show_state)
    qtbot.addWidget(panel)
    panel.resize(900, 420)
    panel.show()
    made = Hand(panel, desk, controller, qtbot)
    project = Project(dataset_path=str(dataset.path), recipe=Recipe(mode=Mode.EXACT_CENTRED))  # subject off the middle
    sample = dataset[0]
    controller.state = AppState(project=project, dataset=dataset, sample=sample, sample_index=0,
                                camera=sample.rig.names[1])  # fmt: skip
    controller.changed.emit(controller.state)
    desk.activate(True)
    made.ready()
    QApplication.processEvents()
    yield made
    controller.shutdown()


def test_a_drag_aims_so_that_the_grabbed_point_stays_under_the_pointer(hand: Hand) -> None:
    camera, project = hand.camera, hand.controller.state.project
    start, end = np.array([40.0, 44.0]), np.array([52.0, 39.0])
    before = hand.middle()
    hand.drag(hand.at(start), hand.at(end), let_go=False)
    assert hand.controller.state.project is project, "nothing is an edit before it is let go"
    draft = hand.planned[-1]
    assert draft is not None
    assert draft.plan.views[1].tilt_deg > 0.5
    assert hand.shown[-1].in_hand
    hand.send(QEvent.Type.MouseButtonRelease, hand.at(end), LEFT, ALT)
    assert hand.steps == [f"aim {camera.name}"], "one drag, one step"
    # of a pinhole the window's middle moves as far as the pointer, but for the tilt
    np.testing.assert_allclose(hand.middle() - before, end - start, atol=0.6)
    moved = (hand.middle() - before) / np.array([camera.fx, camera.fy])
    np.testing.assert_allclose(hand.framing.aim_deg, np.degrees(np.arctan(moved)), atol=1e-3)
    assert hand.planned[-1] is None, "the project is shown again"
    view = draft.plan.views[1]
    q = hand.shown[0].size / 2 + (start - before) * view.true.fx / camera.fx
    np.testing.assert_allclose(view.pixel_map.to_source(q), end, atol=0.6)


def test_an_undo_takes_the_whole_drag_back_and_a_redo_gives_it_back(hand: Hand) -> None:
    before = hand.middle()
    hand.drag(hand.at(np.array([40.0, 44.0])), hand.at(np.array([60.0, 50.0])))
    aimed, there = hand.framing, hand.middle()
    hand.controller.history.undo()
    assert hand.framing == Framing()
    hand.qtbot.waitUntil(lambda: np.allclose(hand.middle(), before), timeout=10_000)
    hand.ready()
    hand.controller.history.redo()
    assert hand.framing == aimed
    hand.qtbot.waitUntil(lambda: np.allclose(hand.middle(), there), timeout=10_000)
    state = hand.controller.state
    assert [name for name, _ in state.project.samples] == [state.sample.name], "of this sample alone"


def test_escape_gives_a_drag_up_and_a_click_is_none(hand: Hand) -> None:
    before = hand.middle()
    start, end = hand.at(np.array([40.0, 44.0])), hand.at(np.array([60.0, 50.0]))
    hand.drag(start, end, let_go=False)
    assert not np.allclose(hand.middle(), before)
    hand.qtbot.keyClick(hand.canvas, Qt.Key.Key_Escape)
    assert np.allclose(hand.middle(), before)
    hand.send(QEvent.Type.MouseMove, start)
    hand.send(QEvent.Type.MouseButtonRelease, start)
    hand.send(QEvent.Type.MouseButtonPress, start)
    hand.send(QEvent.Type.MouseMove, start + QPointF(1, 0))
    hand.send(QEvent.Type.MouseButtonRelease, start + QPointF(1, 0))
    assert hand.steps == []
    assert hand.planned[-1] is None


def test_shift_is_fine_and_the_middle_snaps_unless_it_is_told_not_to(hand: Hand) -> None:
    target = next(target for target in hand.shown[-1].targets if target.name == "mask's centroid").pixel
    before = hand.middle()
    near = before + (target - before) * 0.9  # some px of the screen short of it
    hand.drag(hand.at(before), hand.at(near), modifiers=PLAIN, let_go=False)
    assert hand.shown[-1].snapped == "mask's centroid"
    np.testing.assert_allclose(hand.middle(), target, atol=1e-4)
    hand.qtbot.keyClick(hand.canvas, Qt.Key.Key_Escape)
    hand.send(QEvent.Type.MouseButtonRelease, hand.at(near))
    hand.panel.snap.click()
    hand.drag(hand.at(before), hand.at(near), modifiers=PLAIN)
    assert hand.shown[-1].snapped == ""
    np.testing.assert_allclose(hand.middle(), near, atol=0.3)
    there = hand.middle()
    hand.drag(hand.at(before), hand.at(before + 20.0), modifiers=SHIFT)
    np.testing.assert_allclose(hand.middle() - there, 2.0, atol=0.1)


def test_the_handle_rolls(hand: Hand) -> None:
    hand.panel.snap.click()
    middle, handle = hand.at(hand.middle()), hand.canvas.handle
    assert handle is not None
    arm = handle - middle
    turned = QPointF(arm.x() * np.cos(0.5) - arm.y() * np.sin(0.5), arm.x() * np.sin(0.5) + arm.y() * np.cos(0.5))
    hand.drag(handle, middle + turned)
    assert hand.framing.roll_deg == pytest.approx(np.degrees(0.5), abs=0.3)
    assert hand.framing.aim_deg == (0.0, 0.0)
    assert hand.steps == [f"roll {hand.camera.name}"]
    there = hand.canvas.handle - middle
    assert np.degrees(np.arctan2(there.x(), -there.y())) == pytest.approx(np.degrees(0.5), abs=1.0)


def test_the_wheel_zooms_where_the_focal_length_is_declared(hand: Hand) -> None:
    hand.wheel(3)
    assert hand.steps == []
    assert not hand.desk.in_hand
    assert hand.panel.hint_card.isVisible()
    assert "keeps the format's focal length" in hand.panel.hint_text.text()
    hand.panel.switch.click()
    assert hand.controller.state.project.recipe.mode is Mode.EXACT_ZOOM
    assert not hand.panel.hint_card.isVisible()
    hand.ready()
    fx = hand.shown[-1].declared.fx
    hand.wheel(3)
    hand.wheel(1, SHIFT)
    assert hand.desk.in_hand, "steps are gathered"
    hand.settle()
    assert hand.framing.zoom == pytest.approx(1.05**3 * 1.01)
    assert hand.shown[-1].declared.fx == pytest.approx(fx * hand.framing.zoom, rel=1e-6)
    assert "Zoom, ×" in hand.panel.numbers.text
    assert hand.steps == ["mode exact-zoom", f"zoom {hand.camera.name}"]


def test_arrows_nudge(hand: Hand) -> None:
    before = hand.shown[-1]
    hand.qtbot.keyClick(hand.canvas, Qt.Key.Key_Right)
    hand.qtbot.keyClick(hand.canvas, Qt.Key.Key_Down, SHIFT)
    hand.settle()
    px = before.source.fx / before.declared.fx  # of the photograph, per canonical one
    np.testing.assert_allclose(hand.middle() - before.border.middle, [px, 10 * px], atol=0.1)
    assert hand.steps == [f"nudge {hand.camera.name}"], "a burst is one step"


def test_steps_are_not_lost_when_the_eye_moves_on(hand: Hand) -> None:
    first, names = hand.camera.name, hand.controller.state.sample.rig.names
    hand.qtbot.keyClick(hand.canvas, Qt.Key.Key_Right)
    hand.controller.choose_camera(names[2])
    hand.ready()
    assert hand.steps == [f"nudge {first}"]
    assert hand.shown[-1].source.name == names[2]
    assert hand.framing == Framing()
    hand.controller.choose_camera(first)
    hand.ready()
    assert hand.framing != Framing()
    assert hand.shown[-1].framing == hand.framing


def test_a_double_click_centres_on_the_mask_or_on_the_point(hand: Hand) -> None:
    masks = next(target for target in hand.shown[-1].targets if target.name == "mask's centroid").pixel
    hand.send(QEvent.Type.MouseButtonDblClick, hand.at(masks + 5.0))
    np.testing.assert_allclose(hand.middle(), masks, atol=1e-4)
    assert "mask's centroid" in hand.panel.hint_text.text()
    hand.ready()
    hand.send(QEvent.Type.MouseButtonDblClick, hand.at(np.array([8.0, 9.0])))
    np.testing.assert_allclose(hand.middle(), [8.0, 9.0], atol=1e-4)
    assert hand.steps == [f"centre {hand.camera.name}"] * 2
    hand.panel.reset.click()
    assert hand.framing == Framing()


def test_a_locked_view_is_left_alone_and_says_so(hand: Hand) -> None:
    wanted: list[tuple[str, bool]] = []
    hand.panel.lock_wanted.connect(lambda view, locked: wanted.append((view, locked)))
    hand.panel.lock.click()
    assert wanted == [(hand.camera.name, True)]
    hand.controller.edit("lock", locked=(hand.camera.name,))
    hand.drag(hand.at(np.array([40.0, 44.0])), hand.at(np.array([60.0, 50.0])))
    assert "is locked" in hand.panel.hint_text.text()
    hand.wheel(1)
    hand.qtbot.keyClick(hand.canvas, Qt.Key.Key_Right)
    hand.send(QEvent.Type.MouseButtonDblClick, hand.at(np.array([8.0, 9.0])))
    assert hand.framing == Framing()
    assert hand.steps == ["lock"]
    assert not hand.panel.reset.isEnabled()
    hand.controller.edit("unlock", locked=())
    hand.drag(hand.at(np.array([40.0, 44.0])), hand.at(np.array([60.0, 50.0])))
    assert hand.framing != Framing()


def test_the_canvas_is_magnified_and_moved_without_an_edit(hand: Hand) -> None:
    place = hand.at(np.array(hand.camera.size) / 2)
    pixel = hand.canvas.plane.to_image(place)
    hand.wheel(2, CONTROL)
    assert hand.canvas.plane.zoom == pytest.approx(2.0)
    kept = hand.canvas.plane.to_image(place)
    assert (kept - pixel).manhattanLength() < 1e-6
    hand.drag(place, place + QPointF(30, 0), RIGHT, PLAIN)
    assert hand.at(np.array(hand.camera.size) / 2).x() == pytest.approx(place.x() + 30, abs=0.01)
    assert hand.steps == []


def test_a_crop_that_is_false_says_how_false_and_cannot_roll(hand: Hand) -> None:
    hand.controller.set_mode(Mode.FORCED_K)
    hand.ready()
    assert hand.canvas.handle is None
    assert hand.panel.truth.text == "true", "this rig has the format's K: a crop of all of it does no harm"
    hand.wheel(4)
    assert hand.panel.truth.text == "false", "while the hand is still at it"
    hand.settle()
    assert hand.framing.zoom > 1
    assert hand.panel.truth.text == "false"
    worst = next(row.after for row in hand.shown[-1].rows if row.quantity == RAY_MAX)
    assert f"Ray error, max °\t0.000\t{worst:.3f}" in hand.panel.numbers.text
    assert worst > 1


def test_full_quality_follows_and_is_what_the_model_is_fed(hand: Hand) -> None:
    hand.drag(hand.at(np.array([40.0, 44.0])), hand.at(np.array([46.0, 50.0])))
    assert not hand.shown[-1].result.full, "a preview at once"
    hand.qtbot.waitUntil(lambda: hand.shown[-1].result.full, timeout=20_000)
    assert "full quality" in hand.panel.caption.text()
    state = hand.controller.state
    hand.qtbot.waitUntil(lambda: not hand.controller.jobs.busy(), timeout=30_000)
    state = hand.controller.state
    fed = state.prepared.images[state.camera_index]
    np.testing.assert_allclose(hand.shown[-1].result.image / 255, fed, atol=1 / 255)
    np.testing.assert_allclose(state.prepared.rig[1].K, hand.shown[-1].declared.K)


def test_nothing_is_made_ready_while_samples_fly_past(hand: Hand) -> None:
    names = hand.controller.state.sample.rig.names
    hand.controller.set_hurried(True)
    hand.controller.choose_camera(names[2])
    assert not hand.desk.editable
    assert not hand.controller.jobs.busy(READY_SLOT)
    assert hand.shown[-1] is None
    hand.controller.set_hurried(False)
    hand.ready()
    assert hand.shown[-1].source.name == names[2]


def test_held_out_views_are_edited_too_and_the_panel_follows_the_selection(hand: Hand) -> None:
    names = hand.controller.state.sample.rig.names
    hand.controller.set_fed(names[3], False)
    hand.panel.camera.setCurrentIndex(3)
    hand.panel.camera.activated.emit(3)
    assert hand.controller.state.camera == names[3]
    hand.ready()
    hand.drag(hand.at(np.array([40.0, 44.0])), hand.at(np.array([60.0, 50.0])))
    assert hand.framing != Framing()
    assert hand.panel.camera.currentText() == names[3]


def test_in_the_window_keys_and_tabs_mean_what_they_say(opened: Running, qtbot: QtBot) -> None:
    window, controller = opened.window, opened.controller
    desk, canvas = opened.wiring.desks.crop.desk, window.crop.canvas
    height = window.docks["views"].height()
    qtbot.keyClick(window, Qt.Key.Key_C)
    qtbot.waitUntil(lambda: desk.editable, timeout=30_000)
    QApplication.processEvents()
    assert canvas.hasFocus()
    qtbot.waitUntil(lambda: window.docks["crop"].height() > height, timeout=5_000)
    name = controller.state.camera
    steps = controller.history.count()
    # an arrow moves the window and not the list; what is gathered is there to be undone at once
    qtbot.keyClick(canvas, Qt.Key.Key_Right)
    hand = Hand(window.crop, desk, controller, qtbot)
    hand.settle()
    assert controller.state.sample_index == 0
    nudged = hand.framing
    qtbot.keyClick(canvas, Qt.Key.Key_Down)
    assert desk.in_hand
    qtbot.keyClick(window, Qt.Key.Key_Z, CONTROL)
    assert hand.framing == nudged
    assert [controller.history.text(index) for index in range(steps, controller.history.count())] == [
        f"nudge {name}",
        f"nudge {name}",
    ]
    # another tab takes the room back and loses nothing
    qtbot.waitUntil(lambda: desk.editable, timeout=30_000)
    qtbot.keyClick(canvas, Qt.Key.Key_Left)
    window.raise_panel("views")
    qtbot.waitUntil(lambda: not desk.active, timeout=5_000)
    np.testing.assert_allclose(hand.framing.aim_deg, 0, atol=1e-4)
    window.raise_panel("crop")
    window.crop.lock.click()
    assert controller.state.project.locked == (name,)
    # other data is no place for a hand that still holds this
    window.crop.lock.click()
    qtbot.waitUntil(lambda: desk.editable, timeout=30_000)
    hand.drag(hand.at(np.array([40.0, 44.0])), hand.at(np.array([60.0, 50.0])), let_go=False)
    assert desk.in_hand
    controller.choose_sample(1)
    qtbot.waitUntil(lambda: controller.state.sample.name == SAMPLES[1] and desk.editable, timeout=30_000)
    assert not desk.in_hand
    assert hand.framing == Framing()


def test_steps_that_are_still_gathered_can_be_undone_and_survive_playing(opened: Running, qtbot: QtBot) -> None:
    window, controller = opened.window, opened.controller
    desk, canvas, undo = opened.wiring.desks.crop.desk, window.crop.canvas, window.actions_["undo"]
    qtbot.keyClick(window, Qt.Key.Key_C)
    qtbot.waitUntil(lambda: desk.editable, timeout=30_000)
    QApplication.processEvents()
    hand = Hand(window.crop, desk, controller, qtbot)
    name = controller.state.camera
    assert not undo.isEnabled(), "there is nothing in the history yet"
    qtbot.keyClick(canvas, Qt.Key.Key_Right)
    assert desk.in_hand
    assert undo.isEnabled()
    assert undo.text() == f"Undo nudge {name}"
    qtbot.keyClick(window, Qt.Key.Key_Z, CONTROL)
    assert not desk.in_hand
    assert hand.framing == Framing()
    assert not controller.history.canUndo()
    assert controller.history.canRedo()
    assert not undo.isEnabled()
    # playing begins within the time in which steps are gathered
    sample = controller.state.sample.name
    qtbot.waitUntil(lambda: desk.editable, timeout=30_000)
    qtbot.keyClick(canvas, Qt.Key.Key_Down)
    assert desk.in_hand
    window.actions_["play"].trigger()
    assert not desk.in_hand
    assert hand.steps == [f"nudge {name}"]
    assert controller.history.canUndo()
    qtbot.waitUntil(lambda: controller.state.sample_index == len(SAMPLES) - 1, timeout=30_000)
    assert controller.state.project.recipe_for(sample).framing(name) != Framing()
