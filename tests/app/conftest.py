"""A window over a small real dataset on disk, with settings and autosave of its own."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

if displays := os.environ.get("MOUSEVIEW_TEST_DISPLAYS", "").split():  # one for each worker
    os.environ["DISPLAY"] = displays[int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % len(displays)]
if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QRectF, QSettings
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from mouseview import resources
from mouseview.app import tasks
from mouseview.app.main import Running, make_window
from mouseview.app.state import ComparedView, DifferenceImage
from mouseview.formats.facelift import FILE_NAME, write_views
from mouseview.formats.images import write_png
from mouseview.metrics.scores import compare
from mouseview.model.camera import Rig
from mouseview.model.errors import MouseViewError

SIDE_PX = 96
SAMPLES = ("mouse_a", "mouse_b", "mouse_c")


def small_rig() -> Rig:
    """The format's own inference rig at 96 px: six cameras about the origin."""
    rig = resources.model_format("mouse-256").reference()
    return rig.replace(cameras=tuple(camera.resized(SIDE_PX, SIDE_PX) for camera in rig))


def disc(shift_px: int) -> np.ndarray:
    """(96, 96, 4) uint8: a lit disc near the middle, transparent around it."""
    y, x = np.mgrid[:SIDE_PX, :SIDE_PX]
    inside = (x - SIDE_PX / 2 - shift_px) ** 2 + (y - SIDE_PX / 2) ** 2 < (SIDE_PX / 4) ** 2
    image = np.zeros((SIDE_PX, SIDE_PX, 4), np.uint8)
    image[..., 0], image[..., 1], image[..., 2] = 90 + x, 140, 200 - y
    image[..., 3] = 255 * inside
    return image


@pytest.fixture(scope="session")
def dataset_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dataset")
    rig = small_rig()
    for number, name in enumerate(SAMPLES):
        (folder / name / "images").mkdir(parents=True)
        paths = [f"images/{camera.name}.png" for camera in rig]
        for path in paths:
            write_png(folder / name / path, disc(number))
        write_views(rig, folder / name / FILE_NAME, paths, name)
    return folder


@pytest.fixture
def settings(tmp_path: Path) -> QSettings:
    kept = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    kept.setValue("window/appearance", "light")
    return kept


@pytest.fixture
def running(qtbot: QtBot, settings: QSettings, tmp_path: Path) -> Iterator[Running]:
    made = make_window(settings, tmp_path / "autosaves")
    qtbot.addWidget(made.window)
    made.window.resize(1280, 800)
    with qtbot.waitExposed(made.window):
        made.window.show()
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        QApplication.setActiveWindow(made.window)  # a bare X server has no window manager to give it the keys
    yield made
    made.controller.shutdown()


def wait_for_sample(qtbot: QtBot, running: Running, name: str | None = None) -> None:
    """Until the sample is read; its checks and preparation may still be at work."""

    def there() -> bool:
        sample = running.controller.state.sample
        return sample is not None and (name is None or sample.name == name)

    qtbot.waitUntil(there, timeout=20_000)


@pytest.fixture
def opened(qtbot: QtBot, running: Running, dataset_folder: Path) -> Running:
    running.controller.open(str(dataset_folder))
    wait_for_sample(qtbot, running)
    return running


@pytest.fixture
def unexamined(monkeypatch: pytest.MonkeyPatch) -> None:
    """Samples are opened and shown, and neither checked nor normalised: for tests of what a person chooses."""

    def problem(*_: object) -> None:
        raise MouseViewError("not looked at in this test")

    monkeypatch.setattr(tasks, "prepare", problem)
    for name in ("check", "find_centres", "summarise"):
        monkeypatch.setattr(tasks, name, lambda *_: ())


def compared_view(role: str, name: str, truth: np.ndarray, prediction: np.ndarray) -> ComparedView:
    """One view of a comparison with real scores and blank pictures."""
    plain = QImage(8, 8, QImage.Format.Format_RGB32)
    kinds = {kind: DifferenceImage(plain, plain, 0.0, 0.25, kind) for kind in ("absolute", "signed", "ssim")}
    return ComparedView(name, role, plain, plain, kinds, compare(prediction, truth), QRectF(plain.rect()))
