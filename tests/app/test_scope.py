"""Scope in the window, with real keys and clicks: selection, apply, lock, reset, recipes, and one history for all."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QContextMenuEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QToolButton
from pytestqt.qtbot import QtBot

from mouseview.app.edits import Replace
from mouseview.app.main import Running
from mouseview.app.panels.messages import FailureCard, NoticeCard
from mouseview.app.panels.recipe_dialog import RecipeDialog
from mouseview.app.panels.samples import OWN_ROLE, SamplesPanel
from mouseview.app.state import AppState
from mouseview.model.recipe import Framing, Mode
from mouseview.model.sample import Dataset
from mouseview.model.scope import Reach
from mouseview.workflow.recipe_file import load_recipe
from tests.app.conftest import SAMPLES, wait_for_sample

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier
AIMED = Framing((4.0, -2.0), 6.0)


def notices(running: Running) -> list[NoticeCard]:
    return [card for card in running.window.messages.cards if isinstance(card, NoticeCard)]


def click_row(qtbot: QtBot, panel: SamplesPanel, row: int, how: Qt.KeyboardModifier | None = None) -> None:
    place = panel.list.visualRect(panel.list.model().index(row, 0)).center()
    modifier = how or Qt.KeyboardModifier.NoModifier
    qtbot.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, modifier, place)


def frame(running: Running, sample: str, view: str, framing: Framing = AIMED) -> None:
    """As a drag in the crop panel ends."""
    project = running.controller.state.project
    running.controller.edit(f"aim {view}", samples=project.book.framed(sample, {view: framing}).samples)


def shown(running: Running, sample: str, view: str) -> Framing:
    return running.controller.state.project.recipe_for(sample).framing(view)


def test_samples_are_selected_together_while_one_stays_in_view(unexamined: None, opened: Running, qtbot: QtBot) -> None:
    panel, controller = opened.window.samples, opened.controller
    click_row(qtbot, panel, 2, CTRL)
    qtbot.waitUntil(lambda: controller.state.selection == (SAMPLES[0], SAMPLES[2]), timeout=2000)
    assert controller.state.sample.name == SAMPLES[0]
    assert panel.footer.text().startswith("2 selected of 3 samples")
    qtbot.keyClick(opened.window, Qt.Key.Key_Right)
    wait_for_sample(qtbot, opened, SAMPLES[1])
    assert controller.state.selection == (SAMPLES[0], SAMPLES[2]), "looking at another one keeps what is selected"
    controller.show_dataset(dataclasses.replace(controller.state.dataset))
    chosen = panel.list.selectionModel()
    qtbot.waitUntil(lambda: {index.row() for index in chosen.selectedIndexes()} == {0, 2}, timeout=2000)
    assert controller.state.selection == (SAMPLES[0], SAMPLES[2]), "and so does reading the data anew"
    click_row(qtbot, panel, 2)
    wait_for_sample(qtbot, opened, SAMPLES[2])
    qtbot.waitUntil(lambda: controller.state.selection == (), timeout=2000)
    click_row(qtbot, panel, 0, SHIFT)
    qtbot.waitUntil(lambda: controller.state.selection == SAMPLES, timeout=2000)
    click_row(qtbot, panel, 0)
    wait_for_sample(qtbot, opened, SAMPLES[0])
    panel.list.setFocus()
    qtbot.keyClick(panel.list, Qt.Key.Key_A, CTRL)
    qtbot.waitUntil(lambda: controller.state.selection == SAMPLES, timeout=2000)
    assert controller.state.sample.name == SAMPLES[0]
    qtbot.mouseClick(panel.select_one, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: controller.state.selection == (), timeout=2000)
    assert panel.select_one.isHidden()
    qtbot.keyClick(panel.list, Qt.Key.Key_Down)
    wait_for_sample(qtbot, opened, SAMPLES[1])
    panel.select_all()
    qtbot.waitUntil(lambda: len(controller.state.selection) == 3, timeout=2000)
    panel.search.setFocus()
    qtbot.keyClicks(panel.search, "mouse_b")
    qtbot.waitUntil(lambda: controller.state.selection == (), timeout=2000)


def test_a_framing_goes_to_selected_samples_in_one_step(unexamined: None, opened: Running, qtbot: QtBot) -> None:
    controller, window = opened.controller, opened.window
    first, second = controller.state.sample.rig.names[:2]
    controller.edit(f"lock {second}", locked=(second,))
    for view in (first, second):
        frame(opened, SAMPLES[0], view)
    click_row(qtbot, window.samples, 2, CTRL)
    qtbot.waitUntil(lambda: len(controller.state.selection) == 2, timeout=2000)
    steps = controller.history.count()
    qtbot.keyClick(window, Qt.Key.Key_S, CTRL | ALT)
    assert controller.history.count() == steps + 1
    assert shown(opened, SAMPLES[2], first) == AIMED
    assert shown(opened, SAMPLES[1], first).is_neutral
    assert shown(opened, SAMPLES[2], second).is_neutral
    said = notices(opened)[-1].text
    assert said == f"{first} is framed as here in 2 samples. {second} is locked and left alone."
    model = window.samples.model
    own = [model.data(model.index(row, 0), OWN_ROLE) for row in range(3)]
    assert own == [f"its own framing of {first}, {second}", "", f"its own framing of {first}"]
    qtbot.keyClick(window, Qt.Key.Key_Z, CTRL)
    assert shown(opened, SAMPLES[2], first).is_neutral
    assert shown(opened, SAMPLES[0], first) == AIMED
    controller.edit(f"unlock {second}", locked=())
    qtbot.keyClick(window, Qt.Key.Key_A, CTRL)
    qtbot.waitUntil(lambda: len(controller.state.selection) == 3, timeout=2000)
    qtbot.keyClick(window, Qt.Key.Key_S, CTRL | ALT)
    assert controller.state.project.recipe.framings == ((first, AIMED), (second, AIMED)), (
        "every sample: the recipe's own"
    )
    assert controller.state.project.samples == ()


def test_the_menu_of_an_image_speaks_of_that_view(unexamined: None, opened: Running, qtbot: QtBot) -> None:
    controller, window = opened.controller, opened.window
    view = controller.state.sample.rig.names[3]
    frame(opened, SAMPLES[0], view)
    tile = next(tile for tile in window.views.grid.tiles if tile.name == view)
    place = QPoint(20, 20)
    QApplication.sendEvent(tile, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, tile.mapToGlobal(place)))
    menu = opened.wiring.desks.scope.view_menu
    assert menu.isVisible()
    assert controller.state.camera == view
    assert menu.titles[0].text() == f"Framing of {view} to"
    assert not menu.entries[Reach.VIEW_TO_SELECTION].isEnabled()
    row = menu.actionGeometry(menu.lock).center()
    qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=row)
    assert controller.state.project.locked == (view,)
    assert window.actions_["lock-view"].isChecked()
    steps = controller.history.count()
    qtbot.keyClick(window, Qt.Key.Key_R, CTRL | ALT)
    assert controller.history.count() == steps, "a locked view is not reset"
    assert shown(opened, SAMPLES[0], view) == AIMED
    qtbot.keyClick(window, Qt.Key.Key_L, CTRL)
    qtbot.keyClick(window, Qt.Key.Key_R, CTRL | ALT)
    assert shown(opened, SAMPLES[0], view).is_neutral
    window.messages.forget_notices()


def test_a_button_that_opens_a_menu_shows_that_it_does(running: Running) -> None:
    buttons = [button for button in running.window.findChildren(QToolButton) if button.menu() is not None]
    ours = [button for button in buttons if button.text()]
    assert running.window.crop.apply in ours
    assert [button.text() for button in ours if not button.text().endswith(" ▾")] == []


def test_undo_walks_back_through_everything_and_tells_when_it_acts_elsewhere(
    unexamined: None, opened: Running, qtbot: QtBot
) -> None:
    controller, window = opened.controller, opened.window
    view = controller.state.sample.rig.names[0]
    frame(opened, SAMPLES[0], view)
    controller.set_mode(Mode.EXACT_ZOOM)
    window.scene.view.setFocus()
    qtbot.keyClick(window, Qt.Key.Key_M)
    desk = opened.wiring.desks.probe
    desk.mark(view, 40.0, 40.0)
    desk.mark_done()
    qtbot.keyClick(window, Qt.Key.Key_V, CTRL | ALT)
    masks: list[str] = []
    controller.history.push(Replace(f"mask of {view}", "before", "after", masks.append, SAMPLES[0]))
    assert [controller.history.text(step) for step in range(4)] == [
        f"aim {view}", "mode exact-zoom", f"mark in {view}", f"{view} to all views",
    ]  # fmt: skip
    controller.choose_sample(1)
    wait_for_sample(qtbot, opened, SAMPLES[1])
    for said, check in (
        (f"Undone in {SAMPLES[0]}, not in the sample in view: mask of {view}.", lambda: masks[-1] == "before"),
        (f"Undone in {SAMPLES[0]}", lambda: shown(opened, SAMPLES[0], controller.state.sample.rig.names[1]).is_neutral),
        (f"Undone in {SAMPLES[0]}", lambda: controller.state.probe.is_empty),
        ("", lambda: controller.state.project.recipe.mode is Mode.EXACT_AIMED),
        (f"Undone in {SAMPLES[0]}", lambda: shown(opened, SAMPLES[0], view).is_neutral),
    ):
        window.messages.forget_notices()
        qtbot.keyClick(window, Qt.Key.Key_Z, CTRL)
        assert check()
        assert controller.state.sample.name == SAMPLES[1], "the view never jumps"
        told = notices(opened)
        assert told[-1].text.startswith(said) if said else not told
    qtbot.mouseClick(notices(opened)[-1].offer, Qt.MouseButton.LeftButton)
    wait_for_sample(qtbot, opened, SAMPLES[0])
    for _ in range(5):
        qtbot.keyClick(window, Qt.Key.Key_Z, CTRL | SHIFT)
    assert all(shown(opened, SAMPLES[0], name) == AIMED for name in controller.state.sample.rig.names)
    assert len(controller.state.probe.marks) == 1
    assert controller.state.project.recipe.mode is Mode.EXACT_ZOOM


def test_what_the_hand_still_gathers_is_carried_too(opened: Running, qtbot: QtBot) -> None:
    controller, window, crop = opened.controller, opened.window, opened.wiring.desks.crop.desk
    qtbot.keyClick(window, Qt.Key.Key_C)
    first, second = controller.state.sample.rig.names[:2]
    qtbot.waitUntil(lambda: crop._editable() is not None, timeout=60_000)
    qtbot.keyClick(window.crop.canvas, Qt.Key.Key_Right)
    qtbot.keyClick(window, Qt.Key.Key_V, CTRL | ALT)
    assert shown(opened, SAMPLES[0], second) == shown(opened, SAMPLES[0], first)
    assert not shown(opened, SAMPLES[0], first).is_neutral
    assert controller.history.count() == 2
    qtbot.mouseClick(window.crop.lock, Qt.MouseButton.LeftButton)
    assert controller.state.project.locked == (first,)
    for _ in range(3):
        qtbot.keyClick(window, Qt.Key.Key_Z, CTRL)
    assert shown(opened, SAMPLES[0], first).is_neutral
    assert controller.state.project.locked == ()


def test_a_recipe_is_saved_dropped_shown_and_applied_as_one_step(
    unexamined: None, running: Running, qtbot: QtBot, tmp_path: Path, dataset_folder: Path
) -> None:
    controller, window, recipes = running.controller, running.window, running.wiring.desks.scope.recipes
    recipes.propose(str(tmp_path / "arena.recipe.json"))
    assert "Open a dataset first" in notices(running)[-1].text
    controller.open(str(dataset_folder))
    wait_for_sample(qtbot, running)
    names = controller.state.sample.rig.names
    controller.set_mode(Mode.EXACT_ZOOM)
    controller.set_fed(names[5], False)
    frame(running, SAMPLES[0], names[0])
    qtbot.keyClick(window, Qt.Key.Key_A, CTRL | ALT)
    assert shown(running, SAMPLES[1], names[0]) == AIMED
    recipes.save("for the arena", str(tmp_path / "arena"))
    file = tmp_path / "arena.recipe.json"
    qtbot.waitUntil(file.exists, timeout=5000)
    assert load_recipe(file).book.recipe.views == names[:5]
    running.wiring.desks.scope.restoring.start_afresh()
    controller.edit("lock", locked=(names[0],))
    assert controller.state.project.recipe.mode is Mode.EXACT_AIMED
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    window.dropEvent(
        QDropEvent(
            QPointF(50, 50), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        )
    )
    qtbot.waitUntil(lambda: window.findChild(RecipeDialog) is not None, timeout=5000)
    dialog = window.findChild(RecipeDialog)
    rows = [dialog.rows.topLevelItem(row) for row in range(dialog.rows.topLevelItemCount())]
    words = [(row.text(0), row.text(1)) for row in rows]
    assert ("all samples", "mode exact-aimed → exact-zoom") in words
    assert not any(names[0] in place for place, _ in words), "its framing is locked"
    assert names[0] in dialog.notes.text()
    steps = controller.history.count()
    qtbot.mouseClick(dialog.apply, Qt.MouseButton.LeftButton)
    project = controller.state.project
    assert controller.history.count() == steps + 1
    assert (project.recipe.mode, project.held_out, project.recipe_name) == (
        Mode.EXACT_ZOOM,
        (names[5],),
        "for the arena",
    )
    assert shown(running, SAMPLES[1], names[0]).is_neutral
    window.actions_["undo"].trigger()
    assert controller.state.project.recipe.mode is Mode.EXACT_AIMED
    assert controller.state.project.held_out == ()
    file.write_text('{"format": "mouseview-recipe", "version": 1, "book": {}}', encoding="utf-8")
    recipes.propose(str(file))
    cards = window.messages.cards
    qtbot.waitUntil(lambda: any(isinstance(card, FailureCard) for card in cards), timeout=5000)
    failure = next(card.failure for card in cards if isinstance(card, FailureCard))
    assert "recipe" in failure.message
    assert str(file) in failure.place


@pytest.fixture
def long_list(qtbot: QtBot) -> tuple[SamplesPanel, AppState]:
    names = tuple(f"frame_{number:06d}" for number in range(20_000))
    panel = SamplesPanel()
    qtbot.addWidget(panel)
    panel.resize(240, 600)
    panel.show()

    def read(_index: int) -> None:
        raise AssertionError("no sample is read for a selection")

    state = AppState(dataset=Dataset("long", Path("long"), "list", names, read), sample_index=7)
    panel.show_state(state)
    return panel, state


def test_many_rows_are_selected_without_reading_one(qtbot: QtBot, long_list: tuple[SamplesPanel, AppState]) -> None:
    panel, state = long_list
    taken: list[tuple[str, ...]] = []
    panel.selection_chosen.connect(taken.append)
    panel.list.setFocus()
    qtbot.keyClick(panel.list, Qt.Key.Key_A, CTRL)
    qtbot.waitUntil(lambda: bool(taken), timeout=5000)
    assert taken == [state.dataset.names]
    panel.show_state(state.replace(selection=taken[0], sample_index=8))
    QApplication.processEvents()
    assert len(taken) == 1, "stepping on keeps it, and is no news"
    assert panel.footer.text().startswith("20,000 selected")
