"""How long a start takes: ``python -m mouseview.app.startup PATH`` opens PATH and prints when its first frame stood."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from PySide6.QtCore import QSettings, QTimer
from PySide6.QtWidgets import QApplication

from mouseview.app.main import application, make_window


def first_frame(path: str) -> dict[str, float]:
    """Unix times: ``shown``, the first frame with a sample in it; ``complete``, all its work done and painted."""
    app = application()
    times: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        running = make_window(QSettings(str(Path(folder) / "settings.ini"), QSettings.Format.IniFormat), None)
        controller, window = running.controller, running.window

        def look() -> None:
            if controller.state.sample is not None and "shown" not in times:
                window.scene.view.repaint()
                app.processEvents()  # what was clicked or moved until now has been answered
                times["shown"] = time.time()
            if "shown" in times and not controller.jobs.busy():
                window.repaint()
                times["complete"] = time.time()
                QApplication.exit(0)

        timer = QTimer(interval=5)
        timer.timeout.connect(look)
        window.show()
        controller.open(path)
        timer.start()
        app.exec()
        controller.shutdown()
    return times


if __name__ == "__main__":
    print(json.dumps(first_frame(sys.argv[1])))
