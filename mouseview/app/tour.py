"""A walk over the open window, step by step, with a picture of each: for screenshots where nobody watches."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from mouseview.app.controller import Controller
from mouseview.app.screenshots import save_picture
from mouseview.app.wiring import Wiring

_SETTLED_MS = 350  # without work or change: textures are up and nothing moves any more
_STEP_TIMEOUT_MS = 600_000


@dataclass(frozen=True, eq=False)
class Step:
    """act: what a user would do.  picture: where the window is saved after it; None takes none.

    dialog: gives the dialog that is photographed instead of the window.
    """

    act: Callable[[], object]
    picture: Path | None = None
    dialog: Callable[[], QWidget | None] | None = None


class Settled(QObject):
    """Calls back once all work is done and nothing has changed for a while, or when it has taken far too long."""

    def __init__(self, controller: Controller, parent: QObject) -> None:
        super().__init__(parent)
        self._controller = controller
        self._then: Callable[[], object] | None = None
        self._quiet = QTimer(self, singleShot=True, interval=_SETTLED_MS)
        self._late = QTimer(self, singleShot=True, interval=_STEP_TIMEOUT_MS)
        self._quiet.timeout.connect(self._look)
        self._late.timeout.connect(self._go)
        controller.changed.connect(lambda _state: self._wait_on())
        controller.jobs.status_changed.connect(lambda _status: self._wait_on())

    def then(self, call: Callable[[], object]) -> None:
        self._then = call
        self._late.start()
        self._quiet.start()

    def _wait_on(self) -> None:
        if self._then is not None:
            self._quiet.start()

    def _look(self) -> None:
        if self._controller.jobs.busy():
            self._quiet.start()
        else:
            self._go()

    def _go(self) -> None:
        self._quiet.stop()
        self._late.stop()
        call, self._then = self._then, None
        if call is not None:
            call()


class Tour(QObject):
    """Walks the steps, each once the last has settled, and quits; ``failed`` says whether anything went wrong.

    A step that raises ends it: nobody watches, and what a timer calls cannot raise any further.
    """

    def __init__(self, wiring: Wiring, steps: Sequence[Step]) -> None:
        super().__init__(wiring)
        self.failed = False
        self._wiring, self._waiting = wiring, list(steps)
        self._settled = Settled(wiring.controller, self)
        wiring.controller.failed.connect(lambda _failure: self._note_failure())
        self._settled.then(self._next)

    def _note_failure(self) -> None:
        self.failed = True

    def _next(self) -> None:
        if not self._waiting:
            QApplication.exit(1 if self.failed else 0)
            return
        step = self._waiting.pop(0)
        try:
            step.act()
        except Exception:
            self._give_up()
            return
        self._settled.then(lambda: self._shoot(step))

    def _shoot(self, step: Step) -> None:
        self._wiring.window.messages.forget_notices()
        try:
            taken = step.picture is None or self._take(step, str(step.picture))
        except Exception:
            self._give_up()
            return
        if not taken:
            self.failed = True
        self._next()

    def _give_up(self) -> None:
        """The exception being handled goes to stderr, and the window closes."""
        traceback.print_exc()
        self.failed = True
        self._waiting.clear()
        QApplication.exit(1)

    def _take(self, step: Step, path: str) -> bool:
        if step.dialog is None:
            return self._wiring.shoot("window", path, tell=False)
        dialog = step.dialog()
        if dialog is None:
            return False
        save_picture(dialog, path)
        return True


def as_it_is(picture: Path) -> Step:
    """One picture of the window, once everything in it is there."""
    return Step(lambda: None, picture)
