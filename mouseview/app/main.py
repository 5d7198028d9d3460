"""Start the window: ``run_window`` is what the command line calls."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QSettings
from PySide6.QtWidgets import QApplication

from mouseview.app import startup
from mouseview.app.appearance import Appearance
from mouseview.app.controller import Controller
from mouseview.app.garbage import collect_in_main_thread
from mouseview.app.journey import journey
from mouseview.app.recent import Recent
from mouseview.app.tour import Tour, as_it_is
from mouseview.app.window import MainWindow
from mouseview.app.wiring import Wiring
from mouseview.version import __version__


@dataclass(frozen=True, eq=False)
class Running:
    """The parts of an open window, which have to live as long as it does."""

    window: MainWindow
    controller: Controller
    appearance: Appearance
    wiring: Wiring


def make_window(settings: QSettings, autosaves: Path | None) -> Running:
    """A window that shows nothing yet; needs a ``QApplication``."""
    collect_in_main_thread(application())
    appearance = Appearance(settings, application())
    appearance.apply()  # before there are widgets: dressing them twice would cost a tenth of a second
    window = MainWindow(settings)
    controller = Controller(autosaves, window)
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


def run_window(
    path: str | None = None, screenshot: str | None = None, select: str | None = None, tour: str | None = None
) -> int:
    """Open the window and return the exit code when it is closed.

    path: anything that can be opened; None restores what was open last.  screenshot: a file to write the window to
    once everything in it has settled; the window then closes by itself.  select: name of the sample to show.  tour: a
    folder for pictures of the whole journey; the window then closes by itself too.
    """
    app = application()
    settings = QSettings()
    from mouseview.workflow.autosave import autosave_folder

    unattended = screenshot is not None or tour is not None
    running = make_window(settings, None if unattended else autosave_folder())
    running.window.show()
    if path is not None:
        running.controller.open(path, select)
    elif not unattended:
        running.controller.restore()
    walk = _unattended(running, screenshot, tour)
    if startup.wanted():
        startup.StartupReport(running.window, running.controller)
    code = app.exec()
    running.controller.shutdown()
    nothing = path is not None and running.controller.state.dataset is None
    failed = walk is not None and (nothing or walk.failed)
    return 1 if failed else code


def _unattended(running: Running, screenshot: str | None, tour: str | None) -> Tour | None:
    if tour is not None:
        return Tour(running.wiring, journey(running.wiring, Path(tour).absolute()))
    if screenshot is not None:
        return Tour(running.wiring, (as_it_is(Path(screenshot).absolute()),))
    return None
