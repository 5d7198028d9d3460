"""Check conventions in the window: asked by a key, used by a click, undone by another, over real files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mouseview.app.main import Running
from mouseview.app.panels.conventions import ConventionsDialog
from mouseview.app.panels.conventions_rows import READING_ROLE, ReadingRow
from mouseview.formats import sidecar, write_rig
from mouseview.model.correction import Correction
from tests.app.conftest import wait_for_sample
from tests.rigs import mouse_ring, with_camera
from tests.workflow.misread_set import NOSE_TO_TAIL_MM, WRONG, calibration_folder

SIDECAR = "calibration.mat.correction.mouseview.json"


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sidecar.platformdirs, "user_data_dir", lambda *_args, **_kept: str(tmp_path / "user"))


@pytest.fixture
def misread(tmp_path: Path) -> Path:
    return calibration_folder(tmp_path / "rig")


def asked(running: Running, qtbot: QtBot, path: Path) -> ConventionsDialog:
    """The dialog with its answer."""
    running.controller.open(str(path))
    wait_for_sample(qtbot, running)
    qtbot.keyClick(running.window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    dialog = running.wiring.desks.conventions.dialog
    assert dialog is not None
    qtbot.waitUntil(lambda: dialog.model.rowCount() > 0, timeout=60_000)
    return dialog


def rows(dialog: ConventionsDialog) -> list[ReadingRow]:
    return [dialog.model.index(row, 0).data(READING_ROLE) for row in range(dialog.model.rowCount())]


def test_the_best_reading_is_shown_used_and_undone(running: Running, qtbot: QtBot, misread: Path) -> None:
    dialog = asked(running, qtbot, misread)
    assert dialog.isVisible()
    assert dialog.verdict.text == "another reading fits better"
    assert "R transposed" in dialog.sentence.text()
    best, current = rows(dialog)[0], next(row for row in rows(dialog) if row.current)
    assert best.words == "R transposed"
    assert current.words == "R not transposed"
    assert current.share > best.share
    assert "keypoints: leaves" in current.details
    assert "unit of length" in dialog.unseparated.text()
    assert not dialog.back.isEnabled()
    qtbot.mouseClick(dialog.use, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.verdict.text == "read right", timeout=60_000)
    assert (misread / SIDECAR).is_file()
    controller = running.controller
    assert controller.state.sample.rig.correction == WRONG
    assert rows(dialog)[0].current
    assert not dialog.use.isEnabled(), "it is in use"
    assert "reading: R transposed" in controller.history.undoText()
    qtbot.waitUntil(lambda: controller.state.findings is not None, timeout=60_000)
    assert "reading-corrected" in {finding.code for finding in controller.state.findings}
    controller.history.undo()
    qtbot.waitUntil(lambda: dialog.verdict.text == "another reading fits better", timeout=60_000)
    assert not (misread / SIDECAR).exists()
    assert controller.state.sample.rig.correction is None
    controller.history.redo()
    qtbot.waitUntil(lambda: dialog.verdict.text == "read right", timeout=60_000)
    qtbot.mouseClick(dialog.back, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.verdict.text == "another reading fits better", timeout=60_000)
    assert not (misread / SIDECAR).exists()


def test_another_row_can_be_used_against_the_advice(running: Running, qtbot: QtBot, misread: Path) -> None:
    dialog = asked(running, qtbot, misread)
    index = next(row for row, reading in enumerate(rows(dialog)) if reading.words == "OpenGL axes")
    dialog.list.scrollTo(dialog.model.index(index, 0))
    place = dialog.list.visualRect(dialog.model.index(index, 0)).center()
    qtbot.mouseClick(dialog.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseClick(dialog.use, Qt.MouseButton.LeftButton)
    controller = running.controller
    wanted = WRONG.replace(opengl_axes=True)
    qtbot.waitUntil(lambda: getattr(controller.state.sample, "rig", None) is not None
                    and controller.state.sample.rig.correction == wanted, timeout=60_000)  # fmt: skip


def test_a_known_length_finds_the_unit(running: Running, qtbot: QtBot, tmp_path: Path) -> None:
    dialog = asked(running, qtbot, calibration_folder(tmp_path / "metres", Correction(scale=1000.0)))
    assert not dialog.measure.isEnabled()
    assert (dialog.first.currentText(), dialog.second.currentText()) == ("nose", "tail")
    dialog.length.setFocus()
    dialog.length.selectAll()
    qtbot.keyClicks(dialog.length, str(NOSE_TO_TAIL_MM))
    qtbot.keyClick(dialog.length, Qt.Key.Key_Tab)
    qtbot.mouseClick(dialog.measure, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "unit of length is another" in dialog.sentence.text(), timeout=60_000)
    assert "they are m" in dialog.sentence.text()
    qtbot.mouseClick(dialog.use, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.verdict.text == "read right", timeout=60_000)
    assert running.controller.state.sample.rig.units == "mm"
    assert running.controller.state.sample.rig.correction == Correction(scale=1000.0, units="mm")


def test_it_closes_with_what_it_is_about_and_can_be_opened_again(
    running: Running, qtbot: QtBot, misread: Path, tmp_path: Path
) -> None:
    dialog = asked(running, qtbot, misread)
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert running.wiring.desks.conventions.dialog is None
    asked(running, qtbot, misread)
    other = calibration_folder(tmp_path / "other", Correction())
    running.controller.open(str(other))
    qtbot.waitUntil(lambda: running.wiring.desks.conventions.dialog is None, timeout=20_000)
    dialog = asked(running, qtbot, other)
    assert dialog.verdict.text == "read right"
    assert rows(dialog)[0].words == "as the file says"


def test_impossible_cameras_are_said_in_the_dialog(running: Running, qtbot: QtBot, tmp_path: Path) -> None:
    rig = with_camera(mouse_ring(), 2, T_cam_world=np.diag([1.0, 1.0, -1.0, 1.0]))  # a mirror
    write_rig(rig, tmp_path / "calibration.mat", "dannce")
    running.controller.open(str(tmp_path / "calibration.mat"))
    wait_for_sample(qtbot, running)
    running.window.actions_["check-conventions"].trigger()
    dialog = running.wiring.desks.conventions.dialog
    assert dialog is not None
    qtbot.waitUntil(lambda: "can be none in any reading" in dialog.sentence.text(), timeout=60_000)
    assert not dialog.use.isEnabled()
    assert dialog.progress.isHidden()
