"""How fast the probe follows the pointer over 12 views, computed and painted. Prints one JSON list; own process."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from mouseview.app import theme
from mouseview.app.bench_stage import SIZE, paint_without_display, ring
from mouseview.app.controller import Controller
from mouseview.app.desks.probe import ProbeDesk
from mouseview.app.panels.views import ViewsPanel
from mouseview.app.qimages import GRID_SIDE_PX
from mouseview.app.state import AppState, ViewImage
from mouseview.geometry.transforms import Array
from mouseview.model.camera import Rig
from mouseview.model.sample import Sample
from mouseview.multiview.epipolar import EpipolarCurve, EpipolarViews

_VIEWS = 12
_PANEL_PX = (876, 400)  # what the views have in a window of 1280×800 while one probes
_MOVES, _ROUNDS = 60, 5
_WANTED_PER_S = 30


def _pointer() -> Array:
    """(60, 2) px: a path across the middle of an image."""
    turn = np.linspace(0, 2 * np.pi, _MOVES, endpoint=False)
    return np.stack([576 + 260 * np.cos(turn), 512 + 210 * np.sin(2 * turn)], axis=-1)


def _seconds(act: Callable[[Array], object], moves: Array) -> float:
    """Median over rounds of the mean time of one move."""
    rounds = []
    for _ in range(_ROUNDS + 1):
        began = time.perf_counter()
        for pixel in moves:
            act(pixel)
        rounds.append((time.perf_counter() - began) / len(moves))
    return statistics.median(rounds[1:])


def _compute_row(rig: Rig, moves: Array) -> dict[str, Any]:
    views = EpipolarViews(rig)
    origin, directions = rig[0].rays(moves)
    points = [_points_of(views.curves(0, pixel), origin, way) for pixel, way in zip(moves, directions, strict=True)]
    order = {pixel.tobytes(): along for pixel, along in zip(moves, points, strict=True)}

    def project(pixel: Array) -> None:
        for camera, along in zip(rig, order[pixel.tobytes()], strict=True):
            camera.project(along)

    seconds, floor = _seconds(lambda pixel: views.curves(0, pixel), moves), _seconds(project, moves)
    return {
        "name": "probe-curves",
        "what": f"curves of one pixel in {_VIEWS - 1} other views with lenses: {1 / seconds:.0f} a second",
        "seconds": seconds,
        "floor": "projecting the same number of points into the same views, once",
        "floor_seconds": floor,
        "ratio": seconds / floor,
    }


def _points_of(curves: tuple[EpipolarCurve, ...], origin: Array, direction: Array) -> list[Array]:
    """For every view as many points of the ray (N, 3) as its curve has."""
    counts = [sum(len(piece) for piece in curve.pieces) for curve in curves]
    return [origin + np.linspace(200, 450, count)[:, None] * direction for count in counts]


def _window_row(rig: Rig, moves: Array, bare_seconds: float) -> dict[str, Any]:
    """bare_seconds: of projecting as many points as the curves have."""
    panel, controller = ViewsPanel(), Controller()
    desk = ProbeDesk(controller)
    desk.curves_changed.connect(panel.show_curves)
    rng = np.random.default_rng(0)
    images = []
    for camera in rig:
        shape = (round(SIZE[1] * GRID_SIDE_PX / SIZE[0]), GRID_SIDE_PX, 4)
        pixels = rng.integers(0, 255, shape, np.uint8)
        image = QImage(pixels.data, shape[1], shape[0], QImage.Format.Format_RGBX8888).copy()
        images.append(ViewImage(camera.name, image, image))
    controller.changed.connect(panel.show_state)
    controller.state = AppState(sample=Sample("bench", rig), images=tuple(images), probing=True)
    panel.resize(*_PANEL_PX)
    panel.show()
    controller.changed.emit(controller.state)
    QApplication.processEvents()
    tiles = panel.grid.tiles

    def paint() -> None:
        for tile in tiles:
            tile.update()
        QApplication.processEvents()

    def move(pixel: Array) -> None:
        desk.hover(rig[0].name, float(pixel[0]), float(pixel[1]))
        paint()

    floor = bare_seconds + _seconds(lambda _pixel: paint(), moves)
    seconds = _seconds(move, moves)
    controller.shutdown()
    panel.close()
    return {
        "name": "probe-follow",
        "what": f"pointer moved: curves computed, {_VIEWS} views painted: {1 / seconds:.0f} a second "
        f"({_WANTED_PER_S} wanted)",
        "seconds": seconds,
        "floor": "projecting as many points, and painting the same 12 views without curves",
        "floor_seconds": floor,
        "ratio": seconds / floor,
    }


def main() -> None:
    paint_without_display()
    application = QApplication.instance() or QApplication([])
    assert isinstance(application, QApplication)
    theme.apply(application, dark=False)
    rig, moves = ring(_VIEWS), _pointer()
    computed = _compute_row(rig, moves)
    print(json.dumps([computed, _window_row(rig, moves, computed["floor_seconds"])]))


if __name__ == "__main__":
    main()
