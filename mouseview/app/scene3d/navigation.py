"""Where the eye is: the turntable, the camera flown into, and the short flights between them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, QTimer, QVariantAnimation, Signal

from mouseview.app.scene3d.scene import Scene
from mouseview.app.scene3d.viewpoint import Orbit, Viewpoint, between, ease, inside_camera
from mouseview.geometry.transforms import Array

FLIGHT_MS = 550
_REST_MS = 160  # after this long without a movement the picture is drawn in full


class Navigator(QObject):
    """Emits ``moved`` whenever the viewpoint changed. ``scene`` and ``aspect`` are asked for when they are needed."""

    moved = Signal()

    def __init__(self, scene: Callable[[], Scene], aspect: Callable[[], float], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._scene, self._aspect = scene, aspect
        self.orbit = Orbit()
        self.touched = False  # by the user: until then the view fits itself to the widget
        self.inside: str | None = None  # the camera whose view is shown, or flown to
        self._leaving: str | None = None
        self._zoom_inside = 1.0
        self._from: Viewpoint | None = None
        self._flight = QVariantAnimation(self)
        self._flight.setStartValue(0.0)
        self._flight.setEndValue(1.0)
        self._flight.setDuration(FLIGHT_MS)
        self._flight.valueChanged.connect(self._advance)
        self._flight.finished.connect(self._land)
        self._progress = 1.0
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)
        self._rest.timeout.connect(self.moved)

    @property
    def viewpoint(self) -> Viewpoint:
        target = self._target()
        if self._from is None:
            return target
        return between(self._from, target, ease(self._progress), self._scene().pivot)

    @property
    def entered(self) -> tuple[str, float] | None:
        """The camera flown into and how far, 0..1."""
        share = ease(self._progress) if self._from is not None else 1.0
        if self.inside is not None:
            return self.inside, share
        return (self._leaving, 1.0 - share) if self._leaving is not None else None

    @property
    def in_flight(self) -> bool:
        return self._from is not None

    @property
    def moving(self) -> bool:
        return self.in_flight or self._rest.isActive()

    def _target(self) -> Viewpoint:
        scene = self._scene()
        shown = scene.camera(self.inside)
        if shown is None:
            return self.orbit.viewpoint
        distance = max(float(np.linalg.norm(shown.centre - scene.pivot)), 1e-6)
        return inside_camera(shown, self._aspect(), distance, self._zoom_inside)

    def _start(self) -> None:
        self._from = self.viewpoint
        self._progress = 0.0
        self._flight.stop()
        self._flight.start()

    def _advance(self, value: float) -> None:
        self._progress = float(value)
        self.moved.emit()

    def _land(self) -> None:
        self._from = None
        self._leaving = None
        self._progress = 1.0
        self.moved.emit()

    def enter(self, name: str) -> None:
        if name == self.inside or self._scene().camera(name) is None:
            return
        self._start()
        self.touched = True
        self.inside, self._leaving, self._zoom_inside = name, None, 1.0

    def leave(self) -> None:
        if self.inside is None:
            return
        self._start()
        self.inside, self._leaving = None, self.inside

    def forget_missing(self) -> None:
        """A camera that is gone cannot be looked through."""
        if self.inside is not None and self._scene().camera(self.inside) is None:
            self.inside, self._from = None, None
            self._flight.stop()

    def home(self, animate: bool = True) -> None:
        """Everything, from the home direction."""
        self.touched = False
        scene = self._scene()
        self._go(Orbit().about(scene.pivot).fitted(scene.points(), self._aspect()), animate)

    def show(self, points: Array, animate: bool = True) -> None:
        """These points (N, 3), from the present direction."""
        self.touched = True
        middle = 0.5 * (points.min(axis=0) + points.max(axis=0))
        self._go(self.orbit.about(middle).fitted(points, self._aspect(), margin=0.6), animate)

    def pivot_at(self, point: npt.ArrayLike) -> None:
        self._go(self.orbit.about(point), animate=True)

    def _go(self, orbit: Orbit, animate: bool) -> None:
        if animate:
            self._start()
            self._leaving = self.inside
        self.orbit, self.inside = orbit, None
        if not animate:
            self._flight.stop()
            self._land()

    def turn(self, dx: float, dy: float) -> None:
        """By a drag in logical px. Inside a camera it leaves first: a camera stands where it stands."""
        if self.inside is not None:
            self.leave()
            return
        self._settle()
        self.orbit = self.orbit.turned(-0.4 * dx, 0.35 * dy)
        self._moved_by_hand()

    def pan(self, dx: float, dy: float, height: float) -> None:
        if self.inside is None:
            self._settle()
            self.orbit = self.orbit.panned(dx, dy, height)
            self._moved_by_hand()

    def zoom(self, notches: float) -> None:
        """Wheel notches, positive = nearer."""
        if self.inside is None:
            self._settle()
            self.orbit = self.orbit.zoomed(0.88**notches)
        else:
            self._zoom_inside = float(np.clip(self._zoom_inside * 1.12**notches, 0.3, 20.0))
        self._moved_by_hand()

    def _moved_by_hand(self) -> None:
        self._rest.start()
        self.moved.emit()

    def _settle(self) -> None:
        """A hand on the mouse ends a flight where it was going."""
        self.touched = True
        if self._from is not None:
            self._flight.stop()
            self._land()
