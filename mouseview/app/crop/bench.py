"""How fast the crop panel follows the pointer, in a whole window over a dataset. Prints one JSON list; own process."""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSettings, Qt
from PySide6.QtGui import QImage, QMouseEvent, QPainter
from PySide6.QtWidgets import QApplication

from mouseview.app.bench_stage import SIZE, SUBJECT_MM, paint_without_display, ring
from mouseview.app.main import Running, application, make_window
from mouseview.formats.facelift import FILE_NAME, write_views
from mouseview.formats.images import write_png
from mouseview.model.camera import Rig
from mouseview.normalise.pixel_grid import pixel_grid

_VIEWS = 8
_WINDOW_PX = (1280, 800)
_MOVES, _WARM, _ROUNDS = 60, 10, 3
_BUDGET_S = 0.033
_PATIENCE_S = 120.0
_WEIGHTS = "none"  # no such weights: the format is FaceLift's, 512 px


def _write(folder: Path, rig: Rig) -> None:
    """One sample: noise under a disc as its mask."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[: SIZE[1], : SIZE[0]]
    (folder / "images").mkdir(parents=True)
    paths = [f"images/{camera.name}.png" for camera in rig]
    for camera, path in zip(rig, paths, strict=True):
        coarse = rng.integers(0, 255, (SIZE[1] // 8, SIZE[0] // 8, 3), np.uint8)
        image = np.dstack([cv2.resize(coarse, SIZE), np.zeros(SIZE[::-1], np.uint8)])
        at = camera.project(np.array(SUBJECT_MM))[0]
        image[..., 3] = 255 * (np.hypot(x - at[0], y - at[1]) < 160)
        write_png(folder / path, image)
    write_views(rig, folder / FILE_NAME, paths, "bench")


def _wait(running: Running, ready: Callable[[], bool]) -> None:
    began = time.monotonic()
    while not ready():
        QApplication.processEvents()
        time.sleep(0.002)
        if time.monotonic() - began > _PATIENCE_S:
            raise RuntimeError(f"nothing came of it in {_PATIENCE_S:.0f} s: {running.controller.state.prepare_problem}")


class _Painted:
    """When a widget was last painted to the end: an event filter that lets the paint event through."""

    def __init__(self, running: Running) -> None:
        self.at = 0.0
        result = running.window.crop.result
        paint = result.paintEvent

        def painted(event: Any) -> None:
            paint(event)
            self.at = time.perf_counter()

        result.paintEvent = painted  # type: ignore[method-assign]  # this one widget's, for the measurement


def _follow_row(running: Running) -> tuple[dict[str, Any], float]:
    """From the dispatch of a mouse event to the end of the result's repaint."""
    canvas, painted = running.window.crop.canvas, _Painted(running)
    middle = canvas.plane.to_widget(QPointF(*running.controller.state.sample.rig[0].K[:2, 2]))  # type: ignore[union-attr]

    def send(kind: QEvent.Type, at: QPointF) -> None:
        held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else Qt.MouseButton.LeftButton
        button = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseMove else Qt.MouseButton.LeftButton
        there = QPointF(canvas.mapToGlobal(at))
        event = QMouseEvent(kind, at, there, button, held, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(canvas, event)

    times, busy = [], []
    send(QEvent.Type.MouseButtonPress, middle)
    for step in range(_MOVES * _ROUNDS + _WARM):
        turn = 2 * np.pi * step / _MOVES
        at = middle + QPointF(70 * np.cos(turn), 45 * np.sin(2 * turn))
        began, worked = time.perf_counter(), time.thread_time()
        send(QEvent.Type.MouseMove, at)
        while painted.at < began:
            QApplication.processEvents()
        if step >= _WARM:
            times.append(painted.at - began)
            busy.append(time.thread_time() - worked)
    send(QEvent.Type.MouseButtonRelease, middle)
    floor = _floor(running)
    median, slow = statistics.median(times), sorted(times)[int(0.95 * len(times))]
    row = {
        "name": "crop-follow",
        "what": f"mouse move to repainted result, {SIZE[0]}×{SIZE[1]} with a lens to 512², ledger rows live: "
        f"95 % within {slow * 1e3:.1f} ms; {median / _BUDGET_S:.0%} of {_BUDGET_S * 1e3:.0f} ms used; the window's "
        f"thread computes {statistics.median(busy) * 1e3:.1f} ms of it",
        "seconds": median,
        "slow_seconds": slow,
        "busy_seconds": statistics.median(busy),
        "floor": "one bilinear cv2.remap with its map at hand, painted at the same size",
        "floor_seconds": floor,
        "ratio": median / floor,
    }
    return row, floor


def _floor(running: Running) -> float:
    """The least that a result costs: the remap alone, and the same image painted."""
    state = running.controller.state
    assert state.sample is not None
    assert state.prepared is not None
    desk, result = running.wiring.desks.crop.desk, running.window.crop.result
    view = desk.view
    at = pixel_grid(view.pixel_map.to_source, 512, 512, 8).astype(np.float32)
    places = np.nan_to_num(at, nan=-1e4)
    source = np.ascontiguousarray(state.sample.image(state.camera_index))
    canvas = QImage(result.size(), QImage.Format.Format_RGB32)
    side = float(min(result.width(), result.height()))
    times = []
    for _ in range(40):
        began = time.perf_counter()
        image = cv2.remap(source, places, None, cv2.INTER_LINEAR)
        painter = QPainter(canvas)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        shown = QImage(image.data, 512, 512, 2048, QImage.Format.Format_RGBX8888)
        painter.drawImage(QRectF(0, 0, side, side), shown)
        painter.end()
        times.append(time.perf_counter() - began)
    return statistics.median(times[5:])


def _full_row(running: Running, floor: float) -> dict[str, Any]:
    """From letting go to the result in full quality."""
    canvas, panel = running.window.crop.canvas, running.window.crop
    times = []
    for step in range(6):
        _wait(running, lambda: running.wiring.desks.crop.desk.editable and not running.controller.jobs.busy())
        began = time.perf_counter()
        canvas.nudged.emit(1.0 if step % 2 else -1.0, 0.0)
        running.wiring.desks.crop.desk.flush()
        _wait(running, lambda: panel.result.result is not None and panel.result.result.full)
        times.append(time.perf_counter() - began)
    seconds = statistics.median(times[1:])
    return {
        "name": "crop-release",
        "what": "from letting go to the full quality in the panel, while the whole sample is normalised beside it",
        "seconds": seconds,
        "floor": "one bilinear cv2.remap with its map at hand, painted at the same size",
        "floor_seconds": floor,
        "ratio": seconds / floor,
    }


def measure(folder: Path) -> list[dict[str, Any]]:
    application()
    rig = ring(_VIEWS)
    _write(folder / "data", rig)
    settings = QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat)
    running = make_window(settings, None)
    running.window.resize(*_WINDOW_PX)
    running.window.show()
    running.controller.open(str(folder / "data"))
    _wait(running, lambda: running.controller.state.sample is not None)
    running.controller.set_checkpoint(_WEIGHTS)
    running.window.actions_["crop"].trigger()
    _wait(running, lambda: running.wiring.desks.crop.desk.editable)
    _wait(running, lambda: not running.controller.jobs.busy())
    follow, floor = _follow_row(running)
    rows = [follow, _full_row(running, floor)]
    running.controller.shutdown()
    running.window.close()
    return rows


def main() -> None:
    paint_without_display()
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measure(Path(folder))))


if __name__ == "__main__":
    main()
