"""Comparing with another calibration in the window: the panel, the field, the scene, and the way back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from mouseview.app.main import Running
from mouseview.app.panels.calibration_diff import CAMERA_ROLE, brief
from mouseview.app.panels.displacement_field import DisplacementField, round_below
from mouseview.app.panels.messages import FailureCard
from mouseview.app.panels.scene import scene_state
from mouseview.formats.registry import write_rig
from mouseview.multiview.rig_difference import compare_rigs, magnification
from tests.app.conftest import SAMPLES, small_rig, wait_for_sample


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """The rig with its fourth camera moved by 0.05 to its right and its second one's principal point by 2 px."""
    cameras = list(small_rig().cameras)
    pose, K = np.array(cameras[3].T_cam_world), np.array(cameras[1].K)
    pose[0, 3] -= 0.05
    K[1, 2] += 2.0
    cameras[3], cameras[1] = cameras[3].replace(T_cam_world=pose), cameras[1].replace(K=K)
    path = tmp_path / "june.toml"
    write_rig(small_rig().replace(cameras=tuple(cameras)), path, "anipose")
    return path


@pytest.fixture
def compared(opened: Running, other: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Running:
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_a, **_k: (str(other), ""))
    assert opened.window.docks["difference"].isHidden(), "nothing is compared yet"
    opened.window.actions_["compare-calibration"].trigger()
    qtbot.waitUntil(lambda: opened.controller.state.difference is not None, timeout=20_000)
    return opened


def row_of(running: Running, name: str) -> int:
    model = running.window.difference.model
    return next(row for row in range(model.rowCount()) if model.index(row, 0).data(CAMERA_ROLE).name == name)


def test_the_panel_comes_up_and_names_what_changed(compared: Running, qtbot: QtBot) -> None:
    window, names = compared.window, small_rig().names
    panel = window.difference
    qtbot.waitUntil(panel.isVisible)
    assert panel.model.rowCount() == len(names)
    assert "june.toml" in panel.title.text()
    assert panel.verdict.text.startswith("up to")
    assert f"{names[3]} does not go with the others" in panel.notes.text()
    moved = panel.model.index(row_of(compared, names[3]), 0)
    assert moved.data().startswith("0.05 ")
    assert "right +0.050" in moved.data(Qt.ItemDataRole.ToolTipRole)
    assert "cy +2.000 (2 px)" in panel.model.index(1, 0).data(Qt.ItemDataRole.ToolTipRole)


def test_a_click_on_a_row_chooses_the_camera_and_shows_its_field(compared: Running, qtbot: QtBot) -> None:
    panel, name = compared.window.difference, small_rig().names[3]
    qtbot.waitUntil(panel.isVisible)
    index = panel.model.index(row_of(compared, name), 0)
    panel.list.scrollTo(index)
    qtbot.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=panel.list.visualRect(index).center())
    assert compared.controller.state.camera == name
    assert panel.field.accessibleName() == f"displacement of {name}"
    assert name in panel.details.text()
    assert panel.field.legend.startswith("arrows ×")
    lens = panel.part.button(3)
    qtbot.mouseClick(lens, Qt.MouseButton.LeftButton, pos=QPoint(lens.width() // 2, lens.height() // 2))
    assert panel.field.legend == "no displacement"


def test_the_other_rig_stands_in_the_scene_until_comparing_stops(compared: Running, qtbot: QtBot) -> None:
    shown = scene_state(compared.controller.state).compared
    assert shown is not None
    first = compared.controller.state.sample.rig
    apart = [np.linalg.norm(a.centre - b.centre) for a, b in zip(first, shown, strict=True)]
    assert apart[3] == pytest.approx(0.05, abs=1e-4)
    assert max(apart[:3]) < 1e-4
    qtbot.mouseClick(compared.window.difference.stop, Qt.MouseButton.LeftButton)
    assert compared.controller.state.difference is None
    assert scene_state(compared.controller.state).compared is None
    assert compared.window.docks["difference"].isHidden()


def test_the_next_sample_is_compared_too_and_another_dataset_is_not(compared: Running, qtbot: QtBot) -> None:
    first = compared.controller.state.difference
    compared.controller.choose_sample(1)
    wait_for_sample(qtbot, compared, SAMPLES[1])
    qtbot.waitUntil(lambda: compared.controller.state.difference is not first, timeout=20_000)
    assert compared.controller.state.difference is not None
    compared.controller.close()
    assert compared.controller.state.difference is None


def test_what_is_no_calibration_is_told(opened: Running, qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no cameras here", encoding="utf-8")
    opened.wiring.desks.difference.compare(str(tmp_path / "notes.txt"))
    cards = opened.window.messages.cards
    qtbot.waitUntil(lambda: any(isinstance(card, FailureCard) for card in cards), timeout=20_000)
    assert opened.controller.state.difference is None


def test_arrows_are_painted_where_points_go(qtbot: QtBot) -> None:
    rig = small_rig()
    K = np.array(rig[0].K)
    K[0, 2] += 3.0
    changed = rig.replace(cameras=(rig[0].replace(K=K), *rig.cameras[1:]))
    difference = compare_rigs(rig, changed)
    field = DisplacementField()
    qtbot.addWidget(field)
    field.resize(400, 424)
    red = QColor("#ff0000")

    def ink(part: str) -> np.ndarray:
        field.show_field(difference.cameras[0], None, part, magnification(difference, part), red.name())
        image = field.grab().toImage().convertToFormat(QImage.Format.Format_RGBA8888)
        pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
        return (pixels[..., 0].astype(int) - pixels[..., 1] > 120)[:400]

    total, lens = ink("total"), ink("lens")
    assert total.sum() > 2 * lens.sum() > 0, "without a displacement only the dots are left"
    # all arrows run along x: runs of ink within rows are longer than within columns
    across = np.abs(np.diff(total.astype(int), axis=1)).sum()
    along = np.abs(np.diff(total.astype(int), axis=0)).sum()
    assert along > 1.5 * across


def test_round_numbers_and_rounding() -> None:
    assert [round_below(value) for value in (1, 1.9, 2.1, 7, 0.03, 600)] == [1, 1, 2, 5, 0.02, 500]
    assert brief(1e-9) == "0"
    assert brief(0.25) == "0.25"
