"""Start the window: ``run_window`` is what the command line calls."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QSettings, QTimer
from PySide6.QtWidgets import QApplication

from mouseview.app import startup
from mouseview.app.appearance import Appearance
from mouseview.app.controller import Controller
from mouseview.app.recent import Recent
from mouseview.app.window import MainWindow
from mouseview.app.wiring import Wiring
from mouseview.version import __version__

_SETTLED_MS = 350  # without work or change: textures are up and nothing moves any more
_SCREENSHOT_TIMEOUT_S = 120.0


@dataclass(frozen=True, eq=False)
class Running:
    """The parts of an open window, which have to live as long as it does."""

    window: MainWindow
    controller: Controller
    appearance: Appearance
    wiring: Wiring


def make_window(settings: QSettings, autosave: Path | None) -> Running:
    """A window that shows nothing yet; needs a ``QApplication``."""
    appearance = Appearance(settings, application())
    appearance.apply()  # before there are widgets: dressing them twice would cost a tenth of a second
    window = MainWindow(settings)
    controller = Controller(autosave, window)
    wiring = Wiring(window, controller, appearance, Recent(settings, window))
    return Running(window, controller, appearance, wiring)


def application() -> QApplication:
    """The one application, made when there is none."""
    running = QApplication.instance()
    if isinstance(running, QApplication):
        return running
    QCoreApplication.setOrganizationName("MouseView")
    QCoreApplication.setApplicationName("MouseView")
    QCoreApplication.setApplicationVersion(__version__)
    return QApplication(sys.argv[:1])


class Photographer:
    """Waits until all work is done and nothing has changed for a while, saves a picture of the window and quits."""

    def __init__(self, running: Running, path: str) -> None:
        self._running, self._path = running, path
        self._began = time.monotonic()
        self.saved = False
        self._timer = QTimer(running.window, singleShot=True, interval=_SETTLED_MS)
        self._timer.timeout.connect(self._look)
        running.controller.changed.connect(lambda _state: self._timer.start())
        running.controller.jobs.status_changed.connect(lambda _status: self._timer.start())
        self._timer.start()

    def _look(self) -> None:
        late = time.monotonic() - self._began > _SCREENSHOT_TIMEOUT_S
        if self._running.controller.jobs.busy() and not late:
            self._timer.start()
            return
        self.saved = self._running.wiring.shoot("window", self._path)
        QApplication.exit(0 if self.saved else 1)


def run_window(path: str | None = None, screenshot: str | None = None, select: str | None = None) -> int:
    """Open the window and return the exit code when it is closed.

    path: anything that can be opened; None restores what was open last.  screenshot: a file to write the window to
    once everything in it has settled; the window then closes by itself.  select: name of the sample to show.
    """
    app = application()
    settings = QSettings()
    from mouseview.workflow.project import autosave_path

    running = make_window(settings, None if screenshot else autosave_path())
    photographer = Photographer(running, str(Path(screenshot).absolute())) if screenshot else None
    running.window.show()
    if path is not None:
        running.controller.open(path, select)
    elif screenshot is None:
        running.controller.restore()
    if startup.wanted():
        startup.StartupReport(running.window, running.controller)
    code = app.exec()
    running.controller.shutdown()
    nothing = path is not None and running.controller.state.dataset is None
    failed = photographer is not None and (nothing or not photographer.saved)
    return 1 if failed else code
