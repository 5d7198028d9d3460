"""A bare PySide6 window with a vispy canvas, which says when its first frame was drawn and ends.

The peer that ``mouseview bench window`` measures our own window against: the same libraries, nothing of ours.
"""

from __future__ import annotations

import sys
import time

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow
from vispy import scene


def main() -> int:
    application = QApplication(sys.argv[:1])
    window = QMainWindow()
    canvas = scene.SceneCanvas(keys=None)
    view = canvas.central_widget.add_view()
    view.camera = "turntable"
    scene.visuals.XYZAxis(parent=view.scene)
    window.setCentralWidget(canvas.native)
    window.resize(1280, 800)
    window.show()

    def finish() -> None:
        print(f"first frame: {time.time():.3f}", flush=True)
        application.quit()

    canvas.events.draw.connect(lambda _event: QTimer.singleShot(0, finish))
    return application.exec()


if __name__ == "__main__":
    sys.exit(main())
