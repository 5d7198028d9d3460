"""The docks below: room while one aims or reads maps, and the layout as it was afterwards and next time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import QSettings
from PySide6.QtGui import QColor, QImage, QPainter
from pytestqt.qtbot import QtBot

from mouseview.app.main import Running, make_window
from mouseview.app.qimages import to_qimage
from tests.app.conftest import wait_for_sample


def wait_for_height(qtbot: QtBot, running: Running, panel: str, least: int, most: int) -> None:
    """Of a panel that comes into sight, once the tabs have their places."""
    running.window.raise_panel(panel)
    qtbot.waitUntil(lambda: least <= running.window.docks[panel].height() <= most, timeout=3000)


def own_height(qtbot: QtBot, running: Running) -> int:
    qtbot.wait(200)
    return running.window.docks["views"].height()


def test_room_is_lent_to_tabs_and_taken_back(qtbot: QtBot, opened: Running) -> None:
    own = own_height(qtbot, opened)
    wait_for_height(qtbot, opened, "crop", own + 50, 800)
    wait_for_height(qtbot, opened, "understanding", own + 50, 800)
    wait_for_height(qtbot, opened, "views", own, own)


def test_lent_room_is_no_part_of_the_layout_that_is_kept(
    qtbot: QtBot, opened: Running, settings: QSettings, tmp_path: Path, dataset_folder: Path
) -> None:
    own = own_height(qtbot, opened)
    wait_for_height(qtbot, opened, "crop", own + 50, 800)
    opened.window.close()
    again = make_window(settings, tmp_path / "autosaves")
    qtbot.addWidget(again.window)
    with qtbot.waitExposed(again.window):
        again.window.show()
    again.controller.open(str(dataset_folder))
    wait_for_sample(qtbot, again)
    wait_for_height(qtbot, again, "views", own - 2, own + 2)
    again.controller.shutdown()


def test_an_opaque_image_covers_what_lies_beneath_whatever_its_alpha() -> None:
    image = to_qimage(np.full((4, 4, 4), [200, 100, 50, 0], np.uint8), opaque=True)
    target = QImage(4, 4, QImage.Format.Format_ARGB32)
    target.fill(QColor("lime"))
    painter = QPainter(target)
    painter.drawImage(0, 0, image)
    painter.end()
    assert target.pixelColor(1, 1).getRgb() == (200, 100, 50, 255)
