"""A session of videos in the window: assignment, shifts and range, saved beside the videos, and undone."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QComboBox, QSpinBox
from pytestqt.qtbot import QtBot

from mouseview.app.main import Running
from mouseview.formats.registry import write_rig
from mouseview.formats.sessions.settings import read_settings
from mouseview.model.session import SessionSettings
from mouseview.phantom.session import SessionFaults, session_rig, write_session
from tests.app.conftest import SIDE_PX, small_rig, wait_for_sample

FRAMES = 12
SHADE = 40  # of the first camera's video; each next one is that much lighter


def _write_video(path: Path, shade: int) -> None:
    """Frame i is ``shade`` with a bright column at 4 i."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25.0, (SIDE_PX, SIDE_PX))
    for index in range(FRAMES):
        frame = np.full((SIDE_PX, SIDE_PX, 3), shade, np.uint8)
        frame[:, 4 * index : 4 * index + 4] = 255
        writer.write(frame)
    writer.release()


@pytest.fixture
def session_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "session"
    folder.mkdir()
    rig = small_rig().subset(small_rig().names[:3])
    write_rig(rig, folder / "calibration.toml", "anipose")
    for index, camera in enumerate(rig):
        _write_video(folder / f"{camera.name}.avi", SHADE * (index + 1))
    return folder


@pytest.fixture
def with_session(qtbot: QtBot, running: Running, session_folder: Path) -> Running:
    running.controller.open(str(session_folder))
    wait_for_sample(qtbot, running, "frame_000000")
    running.window.raise_panel("session")
    return running


def shade(running: Running, view: int) -> float:
    """Of a view's image as it is read now, away from the bright column."""
    sample = running.controller.state.sample
    assert sample is not None
    return float(np.median(sample.image(view)[..., :3]))


def column(running: Running, view: int) -> int:
    """Which frame of its video a view shows."""
    sample = running.controller.state.sample
    assert sample is not None
    return int(np.argmax(sample.image(view)[..., 0].astype(int).sum(axis=0))) // 4


def pick_next(qtbot: QtBot, combo: QComboBox) -> None:
    """The entry below the chosen one, with the keyboard."""
    combo.setFocus()
    qtbot.keyClick(combo, Qt.Key.Key_Down)


def enter(qtbot: QtBot, box: QSpinBox, value: int) -> None:
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, str(value))
    qtbot.keyClick(box, Qt.Key.Key_Return)


def wait_read_again(qtbot: QtBot, running: Running, settings: SessionSettings) -> None:
    def there() -> bool:
        dataset = running.controller.state.dataset
        read = dataset is not None and dataset.session is not None and dataset.session.settings == settings
        return read and running.controller.state.sample is not None and not running.controller.jobs.busy("sample")

    qtbot.waitUntil(there, timeout=20_000)


def test_the_panel_is_there_for_sessions_alone(with_session: Running, dataset_folder: Path, qtbot: QtBot) -> None:
    window = with_session.window
    assert not window.docks["session"].isHidden()
    assert window.session.row(small_rig().names[0]).video.currentText() == f"{small_rig().names[0]}.avi"
    with_session.controller.open(str(dataset_folder))
    qtbot.waitUntil(lambda: window.docks["session"].isHidden(), timeout=20_000)


def test_choosing_a_video_exchanges_it_saves_and_can_be_undone(
    with_session: Running, session_folder: Path, qtbot: QtBot
) -> None:
    first, second = small_rig().names[:2]
    assert shade(with_session, 0) == pytest.approx(SHADE, abs=6)
    pick_next(qtbot, with_session.window.session.row(first).video)
    exchanged = SessionSettings(videos={first: f"{second}.avi", second: f"{first}.avi"})
    wait_read_again(qtbot, with_session, exchanged)
    assert shade(with_session, 0) == pytest.approx(2 * SHADE, abs=6)
    assert shade(with_session, 1) == pytest.approx(SHADE, abs=6)
    assert read_settings(session_folder) == exchanged
    assert with_session.window.session.row(second).video.currentText() == f"{first}.avi"
    qtbot.keyClick(with_session.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    wait_read_again(qtbot, with_session, SessionSettings())
    assert shade(with_session, 0) == pytest.approx(SHADE, abs=6)
    assert read_settings(session_folder) is None, "what was never decided is not saved"


def test_a_shift_keeps_the_place_and_shortens_the_session(
    with_session: Running, session_folder: Path, qtbot: QtBot
) -> None:
    controller, panel = with_session.controller, with_session.window.session
    controller.choose_sample(5)
    wait_for_sample(qtbot, with_session, "frame_000005")
    enter(qtbot, panel.row(small_rig().names[1]).shift, 3)
    wait_read_again(qtbot, with_session, SessionSettings(offsets={small_rig().names[1]: 3}))
    assert controller.state.sample.name == "frame_000005"
    assert [column(with_session, view) for view in range(3)] == [5, 8, 5]
    assert len(controller.state.dataset) == FRAMES - 3
    assert panel.stop.value() == FRAMES - 3


@pytest.fixture(scope="module")
def filmed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two videos exchanged and one that runs two frames late."""
    names = session_rig().names
    faults = SessionFaults(order=(0, 2, 1, 3, 4, 5), offsets={names[4]: 2})
    folder = tmp_path_factory.mktemp("filmed") / "phantom"
    return write_session(folder, 3, 36, faults=faults, size=(288, 256), keypoint_noise_px=None).folder


@pytest.fixture
def phantom_folder(filmed: Path, tmp_path: Path) -> Path:
    return shutil.copytree(filmed, tmp_path / "phantom")


def test_the_evidence_finds_what_is_wrong_and_is_used_as_one_step(
    running: Running, phantom_folder: Path, qtbot: QtBot
) -> None:
    controller, panel = running.controller, running.window.session
    names = session_rig().names
    controller.open(str(phantom_folder))
    wait_for_sample(qtbot, running, "frame_000000")
    running.window.raise_panel("session")
    qtbot.mouseClick(panel.weigh, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(panel.use.isVisible, timeout=120_000)
    assert panel.row(names[0]).verdict.text() == "fits"
    assert panel.row(names[1]).verdict.text() == f"← {names[2]}"
    assert panel.row(names[4]).verdict.text() == "shift +2"
    assert len(panel.row(names[4]).curve.points) > 10
    qtbot.mouseClick(panel.use, Qt.MouseButton.LeftButton)

    def used() -> bool:
        session = controller.state.dataset.session if controller.state.dataset is not None else None
        return session is not None and session.view(names[4]).offset_frames == 2

    qtbot.waitUntil(used, timeout=20_000)
    session = controller.state.dataset.session
    assert session.view(names[1]).video.stem == names[2]
    assert session.view(names[1]).masks.stem == names[2], "masks go with their video"
    assert not panel.use.isVisible(), "the old verdict is over"
    controller.history.undo()
    qtbot.waitUntil(lambda: not used(), timeout=20_000)
    assert controller.state.dataset.session.view(names[1]).video.stem == names[1]


def test_asking_the_evidence_can_be_stopped(running: Running, phantom_folder: Path, qtbot: QtBot) -> None:
    running.controller.open(str(phantom_folder))
    wait_for_sample(qtbot, running, "frame_000000")
    running.window.raise_panel("session")
    qtbot.mouseClick(running.window.session.weigh, Qt.MouseButton.LeftButton)
    assert not running.window.session.weigh.isEnabled()
    running.window.actions_["cancel"].trigger()
    qtbot.waitUntil(running.window.session.weigh.isEnabled, timeout=30_000)
    assert not running.window.session.use.isVisible()


def test_range_and_stride_choose_the_samples(with_session: Running, qtbot: QtBot) -> None:
    panel = with_session.window.session
    enter(qtbot, panel.start, 2)
    wait_read_again(qtbot, with_session, SessionSettings(start=2))
    enter(qtbot, panel.stride, 4)
    wait_read_again(qtbot, with_session, SessionSettings(start=2, stride=4))
    assert with_session.controller.state.dataset.names == ("frame_000002", "frame_000006", "frame_000010")


def test_saying_that_videos_are_undistorted_is_kept_for_the_next_opening(
    with_session: Running, session_folder: Path, qtbot: QtBot
) -> None:
    qtbot.mouseClick(with_session.window.session.lens.button(2), Qt.MouseButton.LeftButton)
    wait_read_again(qtbot, with_session, SessionSettings(undistorted=True))
    with_session.controller.open(str(session_folder))
    wait_read_again(qtbot, with_session, SessionSettings(undistorted=True))
    assert with_session.window.session.lens.index == 2


def test_the_wheel_over_a_row_changes_nothing(with_session: Running, qtbot: QtBot) -> None:
    shift = with_session.window.session.row(small_rig().names[0]).shift
    with_session.window.scene.view.setFocus()
    before = shift.value()
    middle = QPointF(shift.rect().center())
    event = QWheelEvent(middle, shift.mapToGlobal(middle), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
                        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False)  # fmt: skip
    QApplication.sendEvent(shift, event)
    assert shift.value() == before


def test_space_plays_to_the_end_and_again_stops(with_session: Running, qtbot: QtBot) -> None:
    window, controller = with_session.window, with_session.controller
    window.scene.view.setFocus()
    qtbot.keyClick(window, Qt.Key.Key_Space)
    assert window.actions_["play"].isChecked()
    qtbot.waitUntil(lambda: controller.state.sample_index >= 3, timeout=20_000)
    qtbot.keyClick(window, Qt.Key.Key_Space)
    stopped = controller.state.sample_index
    assert not window.actions_["play"].isChecked()
    qtbot.wait(150)
    assert controller.state.sample_index == stopped
    qtbot.keyClick(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: controller.state.sample_index == FRAMES - 1, timeout=20_000)
    qtbot.waitUntil(lambda: not window.actions_["play"].isChecked(), timeout=5_000)
