"""Extracting and normalising from the window: asked, shown, stopped, gone on with, opened. All by clicks and keys."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from mouseview.app.desks.jobs import JobDesk
from mouseview.app.desks.write_dialog import WriteDialog
from mouseview.app.main import Running
from mouseview.app.panels.messages import FailureCard
from mouseview.formats import open_dataset
from mouseview.model.recipe import Framing
from tests.app.conftest import wait_for_sample
from tests.workflow.session_on_disk import write_session

_LONG_MS = 60_000
FRAMES = 40


@pytest.fixture(scope="module")
def session_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("long jobs") / "day1"
    write_session(folder, FRAMES)
    return folder


def desk_of(running: Running) -> JobDesk:
    return running.wiring.desks.long_jobs


def ask(qtbot: QtBot, running: Running, action: str, out: Path) -> WriteDialog:
    """The dialog, once it has looked into the folder that was typed."""
    running.window.actions_[action].trigger()
    dialog = desk_of(running).dialog
    assert dialog is not None
    qtbot.waitExposed(dialog)
    dialog.folder.selectAll()
    with qtbot.waitSignal(dialog.folder_settled):
        qtbot.keyClicks(dialog.folder, str(out))
    qtbot.waitUntil(lambda: not running.controller.jobs.busy("job-state"))
    return dialog


def click(qtbot: QtBot, button: object) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)  # type: ignore[arg-type]


def test_frames_are_extracted_and_opened(qtbot: QtBot, running: Running, session_folder: Path, tmp_path: Path) -> None:
    running.controller.open(str(session_folder))
    wait_for_sample(qtbot, running)
    out = tmp_path / "out"
    dialog = ask(qtbot, running, "extract", out)
    assert not dialog.earlier.isVisible()
    assert dialog.count.text() == f"{FRAMES} samples × 3 views = {3 * FRAMES} images"
    dialog.range.stride.setValue(10)
    click(qtbot, dialog.boxes["cam1"])
    assert dialog.count.text() == "4 samples × 2 views = 8 images"
    strip = desk_of(running).strip
    assert not strip.isVisible()
    click(qtbot, dialog.start_button)
    qtbot.waitUntil(strip.stop.isVisible)
    assert not running.window.work_bar.isVisible()  # one place is enough
    qtbot.waitUntil(strip.open.isVisible, timeout=_LONG_MS)
    assert "Extracted 4 samples" in strip.title.text()
    assert str(out) in strip.title.text()
    assert not strip.failures.isVisible()
    click(qtbot, strip.open)
    wait_for_sample(qtbot, running, "frame_000000")
    qtbot.waitUntil(
        lambda: running.controller.state.dataset is not None and running.controller.state.dataset.path == out
    )
    dataset = open_dataset(out)
    assert dataset.names == tuple(f"frame_{number:06d}" for number in (0, 10, 20, 30))
    assert dataset[0].rig.names == ("cam0", "cam2")


def test_stopped_in_the_middle_it_is_offered_again(
    qtbot: QtBot, running: Running, session_folder: Path, tmp_path: Path
) -> None:
    running.controller.open(str(session_folder))
    wait_for_sample(qtbot, running)
    desk, out = desk_of(running), tmp_path / "out"
    dialog = ask(qtbot, running, "extract", out)
    dialog.range.start.setValue(2)
    click(qtbot, dialog.boxes["cam2"])
    click(qtbot, dialog.start_button)
    qtbot.waitUntil(lambda: "of 38" in desk.strip.note.text() and not desk.strip.note.text().startswith("0 "),
                    timeout=_LONG_MS)  # fmt: skip
    running.window.actions_["extract"].trigger()
    assert desk.dialog is None  # one at a time
    running.window.actions_["cancel"].trigger()
    qtbot.waitUntil(lambda: not desk.busy, timeout=3000)
    assert not running.window.actions_["cancel"].isEnabled()
    assert desk.strip.resume.isVisible()
    assert "stopped" in desk.strip.title.text()
    assert "are done and stay" in desk.strip.note.text()

    dialog = ask(qtbot, running, "extract", out)
    assert dialog.earlier.isVisible()
    assert "of 38 samples of an earlier run" in dialog.earlier_text.text()
    assert (dialog.range.start.value(), dialog.boxes["cam2"].isChecked()) == (2, False)  # as it was asked for
    click(qtbot, dialog.cancel)
    click(qtbot, desk.strip.resume)
    qtbot.waitUntil(desk.strip.open.isVisible, timeout=_LONG_MS)
    assert "Extracted 38 samples" in desk.strip.title.text()
    assert "of them before" in desk.strip.title.text()
    click(qtbot, desk.strip.close_button)
    assert not desk.strip.isVisible()


def test_what_failed_is_named(qtbot: QtBot, running: Running, dataset_folder: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(dataset_folder, tmp_path / "copy"))
    broken = next((open_dataset(copy)[1].folder / "images").iterdir())  # type: ignore[operator]
    running.controller.open(str(copy))
    wait_for_sample(qtbot, running)
    broken.write_bytes(b"broken")
    dialog = ask(qtbot, running, "extract", tmp_path / "out")
    click(qtbot, dialog.start_button)
    strip = desk_of(running).strip
    qtbot.waitUntil(strip.failures.isVisible, timeout=_LONG_MS)
    assert strip.failures.text() == "What failed (1)"
    click(qtbot, strip.failures)
    (card,) = [card for card in running.window.messages.cards if isinstance(card, FailureCard)]
    assert open_dataset(copy).names[1] in card.failure.message
    assert str(broken) in card.failure.report


def test_a_folder_inside_the_source_is_refused_with_a_message(
    qtbot: QtBot, running: Running, dataset_folder: Path
) -> None:
    running.controller.open(str(dataset_folder))
    wait_for_sample(qtbot, running)
    dialog = ask(qtbot, running, "extract", dataset_folder / "out")
    click(qtbot, dialog.start_button)
    qtbot.waitUntil(lambda: bool(running.window.messages.cards), timeout=_LONG_MS)
    card = running.window.messages.cards[-1]
    assert isinstance(card, FailureCard)
    assert "inside the source" in card.failure.message
    assert not desk_of(running).strip.isVisible()
    assert not (dataset_folder / "out").exists()


def test_cameras_without_images_have_nothing_to_extract(
    qtbot: QtBot, running: Running, dataset_folder: Path, tmp_path: Path
) -> None:
    alone = tmp_path / "opencv_cameras.json"
    shutil.copy(open_dataset(dataset_folder)[0].rig.source, alone)  # type: ignore[arg-type]
    running.controller.open(str(alone))
    wait_for_sample(qtbot, running)
    running.window.actions_["extract"].trigger()
    assert desk_of(running).dialog is None
    assert running.window.messages.cards


def test_a_dataset_is_normalised_by_the_mode_of_the_panel(
    qtbot: QtBot, running: Running, dataset_folder: Path, tmp_path: Path
) -> None:
    running.controller.open(str(dataset_folder))
    wait_for_sample(qtbot, running)
    out = tmp_path / "out"
    dialog = ask(qtbot, running, "normalise-all", out)
    assert not dialog.range.isVisible()
    click(qtbot, dialog.start_button)
    strip = desk_of(running).strip
    qtbot.waitUntil(strip.open.isVisible, timeout=_LONG_MS)
    assert "Normalised" in strip.title.text()
    assert all((folder / "ledger.json").is_file() for folder in out.iterdir() if folder.is_dir())
    dialog = ask(qtbot, running, "extract", out)  # written by a normalisation: not mixed
    assert "Another job" in dialog.earlier_text.text()
    assert not dialog.start_button.isEnabled()
    click(qtbot, dialog.cancel)


def test_the_whole_book_is_applied_and_the_selected_samples_can_go_alone(
    qtbot: QtBot, running: Running, dataset_folder: Path, tmp_path: Path
) -> None:
    running.controller.open(str(dataset_folder))
    wait_for_sample(qtbot, running)
    state = running.controller.state
    assert state.dataset is not None
    assert state.sample is not None
    assert state.project is not None
    first, second = state.dataset.names[:2]
    held, view = state.sample.rig.names[:2]
    book = state.project.book.framed(second, {view: Framing(roll_deg=7.0)})
    running.controller.edit("roll", samples=book.samples, held_out=(held,))
    running.controller.set_selection((first, second))
    dialog = ask(qtbot, running, "normalise-all", tmp_path / "out")
    words = " ".join(shown.text() for shown in dialog.findChildren(QLabel))
    assert f"1 sample has changes of its own: {second}" in words
    assert f"neither centre nor scale: {held}" in words
    assert dialog.count.text() == f"{len(state.dataset)} samples"
    click(qtbot, dialog.only)
    assert dialog.count.text() == "2 samples"
    assert dialog.folder.text() == str(tmp_path / "out")  # it was typed
    click(qtbot, dialog.start_button)
    qtbot.waitUntil(desk_of(running).strip.open.isVisible, timeout=_LONG_MS)
    assert open_dataset(tmp_path / "out").names == (first, second)
    used = [json.loads((tmp_path / "out" / name / "recipe.json").read_text("utf-8"))["recipe"]
            for name in (first, second)]  # fmt: skip
    assert [recipe["framings"] for recipe in used] == [{}, {view: {"aim_deg": [0, 0], "roll_deg": 7.0, "zoom": 1.0}}]
    assert all(held not in recipe["views"] and view in recipe["views"] for recipe in used)


def test_the_crop_panel_offers_the_same_action(running: Running) -> None:
    entries = running.window.crop.apply.framing_menu.actions()
    assert running.window.actions_["normalise-all"] in entries


def test_selected_samples_are_offered_a_folder_of_their_own(
    qtbot: QtBot, running: Running, dataset_folder: Path
) -> None:
    running.controller.open(str(dataset_folder))
    wait_for_sample(qtbot, running)
    for names, offered in (((), False), (open_dataset(dataset_folder).names[:2], True)):
        running.controller.set_selection(names)
        running.window.actions_["normalise-all"].trigger()
        dialog = desk_of(running).dialog
        assert dialog is not None
        qtbot.waitExposed(dialog)
        assert dialog.only.isVisible() == offered
    proposed = dialog.folder.text()
    click(qtbot, dialog.only)
    assert dialog.folder.text() == f"{proposed}_selected"
    click(qtbot, dialog.only)
    assert dialog.folder.text() == proposed


def test_nothing_chosen_is_nothing_to_do(qtbot: QtBot, running: Running, session_folder: Path, tmp_path: Path) -> None:
    running.controller.open(str(session_folder))
    wait_for_sample(qtbot, running)
    dialog = ask(qtbot, running, "extract", tmp_path / "out")
    for box in dialog.boxes.values():
        click(qtbot, box)
    assert not dialog.start_button.isEnabled()
    click(qtbot, dialog.boxes["cam0"])
    assert dialog.start_button.isEnabled()
    dialog.range.stop.setValue(0)
    assert not dialog.start_button.isEnabled()
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: desk_of(running).dialog is None)


def test_closing_the_window_ends_the_workers(
    qtbot: QtBot, running: Running, session_folder: Path, tmp_path: Path
) -> None:
    running.controller.open(str(session_folder))
    wait_for_sample(qtbot, running)
    dialog = ask(qtbot, running, "extract", tmp_path / "out")
    click(qtbot, dialog.start_button)
    lock = tmp_path / "out" / "mouseview-job.lock"
    qtbot.waitUntil(lock.exists, timeout=_LONG_MS)
    running.window.close()
    qtbot.waitUntil(lambda: not lock.exists(), timeout=3000)
    QApplication.processEvents()
