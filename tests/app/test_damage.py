"""What wrong declarations cost, in the window: asked by a key, a click on a mode uses it, undo leads back."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from mouseview.app.main import Running
from mouseview.app.panels.damage import DamageDialog
from mouseview.app.panels.damage_rows import ROW_ROLE, DamageRow
from mouseview.model.finding import Truth
from mouseview.model.recipe import Mode


def rows(dialog: DamageDialog) -> list[DamageRow]:
    return [dialog.model.item(number).data(ROW_ROLE) for number in range(dialog.model.rowCount())]


def place_of(dialog: DamageDialog, title: str) -> QPoint:
    number = next(number for number, row in enumerate(rows(dialog)) if row.title == title)
    index = dialog.model.index(number, 0)
    dialog.list.scrollTo(index)
    return dialog.list.visualRect(index).center()


def click(qtbot: QtBot, dialog: DamageDialog, title: str) -> None:
    qtbot.mouseClick(dialog.list.viewport(), Qt.MouseButton.LeftButton, pos=place_of(dialog, title))


@pytest.fixture
def dialog(opened: Running, qtbot: QtBot) -> DamageDialog:
    keys = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(opened.window, Qt.Key.Key_K, keys)
    shown = opened.wiring.desks.damage.dialog
    assert shown is not None
    qtbot.waitUntil(lambda: bool(shown.told.text()), timeout=60_000)
    assert shown.model.rowCount() == 14, shown.told.text()
    return shown


def test_modes_are_compared_chosen_and_undone_and_measured_anew(
    dialog: DamageDialog, opened: Running, qtbot: QtBot
) -> None:
    found = {row.title: row for row in rows(dialog)}
    assert found["exact-aimed"].current
    assert found["exact-aimed"].px == "0 px"
    assert found["exact-aimed"].truth is Truth.TRUE
    assert found["two views swapped"].shares is not None
    assert found["two views swapped"].mode is None
    assert "Median of 15 cases" in found["two views swapped"].details
    assert "silhouettes of all 6 views" in dialog.told.text()
    controller = opened.controller
    click(qtbot, dialog, "pixel-based")
    assert controller.state.project.recipe.mode is Mode.PIXEL_BASED
    assert [row.title for row in rows(dialog) if row.current] == ["pixel-based"]
    assert not controller.jobs.busy("damage"), "another mode is only marked, nothing is measured anew"
    click(qtbot, dialog, "two views swapped")
    assert controller.state.project.recipe.mode is Mode.PIXEL_BASED, "no mode"
    controller.history.undo()
    assert [row.title for row in rows(dialog) if row.current] == ["exact-aimed"]
    controller.set_fed(controller.state.sample.rig.names[0], False)
    qtbot.mouseClick(dialog.where.button(1), Qt.MouseButton.LeftButton)  # what was asked before is not waited for
    qtbot.waitUntil(lambda: "5 views" in dialog.told.text() and "working volume" in dialog.told.text(), timeout=60_000)
    controller.close()
    assert opened.wiring.desks.damage.dialog is None
