"""One registry: what it says is what menus, palette and cheat sheet show, and every action does something."""

from __future__ import annotations

from collections import Counter

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QLabel, QMenu
from pytestqt.qtbot import QtBot

from mouseview.app.actions import SPECS
from mouseview.app.main import Running
from mouseview.app.palette import CheatSheet, CommandPalette, matches


def test_ids_and_shortcuts_are_unique() -> None:
    ids = Counter(spec.id for spec in SPECS)
    keys = Counter(QKeySequence(key).toString() for spec in SPECS for key in spec.keys)
    assert {what: count for what, count in (ids + keys).items() if count > 1} == {}
    assert "" not in keys


def test_every_action_is_in_its_menu_and_leads_somewhere(running: Running) -> None:
    menus = {menu.title(): menu for menu in running.window.menuBar().findChildren(QMenu)}
    for spec in SPECS:
        action = running.window.actions_[spec.id]
        assert action in menus[spec.menu.rpartition("/")[2]].actions(), spec.id
    assert running.window.actions_.handled == {spec.id for spec in SPECS}


def test_the_palette_finds_and_runs_by_keyboard(qtbot: QtBot, running: Running) -> None:
    triggered: list[bool] = []
    running.window.actions_["reset-layout"].triggered.connect(lambda: triggered.append(True))
    qtbot.keyClick(
        running.window, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    )
    palette = running.window.findChild(CommandPalette)
    assert palette is not None
    qtbot.keyClicks(palette.search, "default layout")
    assert palette.list.count() == 1
    qtbot.keyClick(palette.search, Qt.Key.Key_Return)
    assert triggered == [True]


def test_the_palette_does_not_offer_what_cannot_be_done(running: Running) -> None:
    palette = CommandPalette(running.window, running.window.actions_, False)
    disabled = [palette.list.item(row) for row in range(palette.list.count()) if not palette._enabled(row)]
    names = {item.data(Qt.ItemDataRole.AccessibleTextRole) for item in disabled}
    assert "Reconstruct this sample" in names
    assert "Open folder…" not in names


def test_matching_ranks_the_title_first() -> None:
    spec = next(spec for spec in SPECS if spec.id == "run")
    assert matches(spec, "recon") == 0
    assert matches(spec, "model") == 100
    assert matches(spec, "banana") is None


def test_the_cheat_sheet_shows_every_shortcut(qtbot: QtBot, running: Running) -> None:
    qtbot.keyClicks(running.window, "?")
    sheet = running.window.findChild(CheatSheet)
    assert sheet is not None
    texts = " ".join(label.text() for label in sheet.findChildren(QLabel))
    for spec in SPECS:
        for key in spec.keys:
            assert QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) in texts
