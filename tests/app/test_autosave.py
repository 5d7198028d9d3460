"""Nothing chosen is lost: over other datasets, restarts and kills, and always with a way back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt
from pytestqt.qtbot import QtBot

from mouseview.app.autosaver import Autosaver
from mouseview.app.jobs import Failure
from mouseview.app.main import Running, make_window
from mouseview.app.panels.messages import FailureCard, NoticeCard
from mouseview.model.recipe import Framing, Mode
from mouseview.workflow.autosave import POINTER, autosave_path
from mouseview.workflow.project import Project, load_project, save_project
from tests.app.conftest import SAMPLES

WRITTEN_BY_S = 1.0  # after an edit
_EDITS = """
import sys
from PySide6.QtCore import QTimer, Qt
from PySide6.QtTest import QTest
from mouseview.app import main

def edit(running):
    if running.controller.state.sample is None:
        QTimer.singleShot(20, lambda: edit(running))
        return
    combo = running.window.model.mode
    combo.setFocus()
    QTest.keyClick(combo, Qt.Key.Key_End)
    print("edited", running.controller.state.project.recipe.mode, flush=True)

made = main.make_window
def make_window(settings, autosaves):
    running = made(settings, autosaves)
    QTimer.singleShot(0, lambda: edit(running))
    return running

main.make_window = make_window
main.run_window(sys.argv[1])
"""
_SHOWS = """
import json
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from mouseview.app import main

def show(running):
    state = running.controller.state
    if state.sample is None:
        QTimer.singleShot(20, lambda: show(running))
        return
    cards = [card.text for card in running.window.messages.cards]
    print(json.dumps([str(state.dataset.path), state.project.recipe.mode, cards]), flush=True)
    running.window.close()

made = main.make_window
def make_window(settings, autosaves):
    running = made(settings, autosaves)
    QTimer.singleShot(0, lambda: show(running))
    return running

main.make_window = make_window
main.run_window()
"""


def notices(running: Running) -> list[NoticeCard]:
    return [card for card in running.window.messages.cards if isinstance(card, NoticeCard)]


def other_dataset(dataset_folder: Path) -> str:
    return str(dataset_folder / SAMPLES[2])


def opens(qtbot: QtBot, running: Running, path: str) -> None:
    """Open it and wait until a sample of it is read."""
    before = running.controller.state.sample
    running.controller.open(path)
    qtbot.waitUntil(lambda: running.controller.state.sample not in (None, before), timeout=20_000)


def test_another_dataset_takes_nothing_away_and_there_is_a_way_back(
    unexamined: None, opened: Running, qtbot: QtBot, dataset_folder: Path
) -> None:
    controller = opened.controller
    controller.set_mode(Mode.FORCED_K)
    framed = controller.state.project.book.framed(SAMPLES[1], {controller.state.camera: Framing((2.0, 0.0))})
    controller.edit("aim", samples=framed.samples)
    chosen = controller.state.project
    opens(qtbot, opened, other_dataset(dataset_folder))
    assert controller.state.project.recipe.mode is Mode.EXACT_AIMED
    assert not notices(opened), "nothing was ever chosen here"
    controller.set_mode(Mode.RAW)
    opens(qtbot, opened, str(dataset_folder))
    assert controller.state.project == chosen
    assert not controller.history.canUndo()
    (card,) = notices(opened)
    assert card.text.startswith("What you chose for this dataset at ")
    qtbot.mouseClick(card.offer, Qt.MouseButton.LeftButton)
    fresh = controller.state.project
    assert (fresh.recipe.mode, fresh.samples) == (Mode.EXACT_AIMED, ())
    assert card not in opened.window.messages.cards
    qtbot.keyClick(opened.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert controller.state.project == chosen
    controller.offered.emit("of this dataset", "Start afresh", lambda: None)
    opens(qtbot, opened, other_dataset(dataset_folder))
    assert controller.state.project.recipe.mode is Mode.RAW
    assert not any(card.text == "of this dataset" for card in notices(opened)), "it goes with what it is about"


@pytest.fixture
def project_file(dataset_folder: Path, tmp_path: Path) -> Path:
    file = tmp_path / "mine.mouseview"
    save_project(Project(dataset_path=str(dataset_folder), sample=SAMPLES[1]), file)
    return file


def test_unsaved_changes_of_a_project_file_come_back_unless_the_file_is_newer(
    unexamined: None, opened: Running, qtbot: QtBot, project_file: Path
) -> None:
    controller = opened.controller
    opens(qtbot, opened, str(project_file))
    controller.set_mode(Mode.FORCED_K)
    controller.close()
    opens(qtbot, opened, str(project_file))
    assert controller.state.project.recipe.mode is Mode.FORCED_K
    assert load_project(project_file).recipe.mode is Mode.EXACT_AIMED, "a file changes only when it is saved"
    (card,) = notices(opened)
    assert card.text.startswith("Choices that were left unsaved at ")
    qtbot.mouseClick(card.offer, Qt.MouseButton.LeftButton)
    assert controller.state.project.recipe.mode is Mode.EXACT_AIMED
    qtbot.keyClick(opened.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    controller.save(str(project_file))
    opened.window.messages.forget_notices()
    controller.close()
    opens(qtbot, opened, str(project_file))
    assert controller.state.project.recipe.mode is Mode.FORCED_K
    assert not notices(opened), "all of it is saved"
    controller.set_mode(Mode.RAW)
    controller.autosaver.flush()
    controller.autosaver.settle()
    future_s = time.time() + 60
    save_project(load_project(project_file).replace(device="cpu"), project_file)
    os.utime(project_file, (future_s, future_s))
    opens(qtbot, opened, str(project_file))
    assert (controller.state.project.device, controller.state.project.recipe.mode) == ("cpu", Mode.FORCED_K)
    card = notices(opened)[-1]
    assert "The project file is newer" in card.text
    qtbot.mouseClick(card.offer, Qt.MouseButton.LeftButton)
    assert controller.state.project.recipe.mode is Mode.RAW


def test_an_unreadable_autosave_is_told_and_stops_nothing(
    unexamined: None, running: Running, qtbot: QtBot, dataset_folder: Path, tmp_path: Path
) -> None:
    place = autosave_path(tmp_path / "autosaves", str(dataset_folder))
    place.parent.mkdir()
    place.write_bytes(b'{"format": "mouseview-pro')
    opens(qtbot, running, str(dataset_folder))
    (card,) = [card for card in running.window.messages.cards if isinstance(card, FailureCard)]
    assert card.failure.title == "An autosave was set aside"
    assert Path(card.failure.place).is_file()
    running.controller.set_mode(Mode.RAW)
    qtbot.waitUntil(place.is_file, timeout=5000)


def test_two_windows_on_one_dataset(
    unexamined: None, opened: Running, qtbot: QtBot, settings: QSettings, dataset_folder: Path, tmp_path: Path
) -> None:
    second = make_window(settings, tmp_path / "autosaves")
    qtbot.addWidget(second.window)
    opens(qtbot, second, str(dataset_folder))
    place = autosave_path(tmp_path / "autosaves", str(dataset_folder))
    for mode in (Mode.RAW, Mode.EXACT_ZOOM, Mode.FORCED_K):
        opened.controller.set_mode(mode)
        second.controller.set_mode(Mode.PIXEL_BASED)
        second.controller.set_mode(mode)
        for each in (opened, second):
            each.controller.autosaver.flush()
            each.controller.autosaver.settle()
        assert load_project(place).recipe.mode is mode
    opened.controller.set_mode(Mode.RAW)
    opened.controller.autosaver.flush()
    opened.controller.autosaver.settle()
    second.controller.shutdown()
    assert load_project(place).recipe.mode is Mode.RAW, "the last one that chose wins, not the last that closes"


@pytest.fixture
def autosaver(qtbot: QtBot, tmp_path: Path) -> Iterator[Autosaver]:
    made = Autosaver(tmp_path / "autosaves")
    yield made
    made.close()


def test_a_long_drag_is_written_while_it_lasts(qtbot: QtBot, autosaver: Autosaver, tmp_path: Path) -> None:
    place = autosave_path(tmp_path / "autosaves", "data")
    began = time.monotonic()
    while not place.is_file():
        autosaver.note(Project(dataset_path="data", device=str(time.monotonic())), "data")
        qtbot.wait(20)
        assert time.monotonic() - began < 20, "every further step put it off"


def test_what_waits_is_written_at_the_end_and_for_another_dataset(autosaver: Autosaver, tmp_path: Path) -> None:
    autosaver.note(Project(dataset_path="first"), "first")
    autosaver.note(Project(dataset_path="second"), "second")
    autosaver.close()
    for name in ("first", "second"):
        assert Path(load_project(autosave_path(tmp_path / "autosaves", name)).dataset_path).name == name
    autosaver.note(Project(dataset_path="third"), "third")
    assert not autosave_path(tmp_path / "autosaves", "third").exists()


def test_a_disk_that_takes_nothing_is_told_once(qtbot: QtBot, tmp_path: Path) -> None:
    in_the_way = tmp_path / "autosaves"
    in_the_way.write_bytes(b"a file")
    autosaver = Autosaver(in_the_way)
    failures: list[Failure] = []
    autosaver.failed.connect(failures.append)
    for device in ("cpu", "cuda", "auto"):
        autosaver.note(Project(dataset_path="data", device=device), "data")
        autosaver.flush()
        autosaver.settle()
    qtbot.waitUntil(lambda: bool(failures), timeout=2000)
    qtbot.wait(20)
    autosaver.close()
    assert [failure.title for failure in failures] == ["The project was not autosaved"]


def test_an_edit_survives_a_kill(dataset_folder: Path, tmp_path: Path) -> None:
    own = {"XDG_STATE_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    process = subprocess.Popen(
        [sys.executable, "-c", _EDITS, str(dataset_folder)], env=os.environ | own, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        said = process.stdout.readline()
        assert said == "edited pixel-based\n"
        time.sleep(WRITTEN_BY_S)
    finally:
        process.kill()
        process.communicate()
    assert (tmp_path / "mouseview" / "autosaves" / POINTER).is_file()
    again = subprocess.run(
        [sys.executable, "-c", _SHOWS], env=os.environ | own, capture_output=True, text=True, timeout=60, check=True
    )
    path, mode, told = json.loads(again.stdout.splitlines()[-1])
    assert (path, mode) == (str(dataset_folder), "pixel-based")
    assert len(told) == 1
    assert told[0].startswith("What you chose for this dataset at ")
