"""A bare PySide6 window with a vispy canvas, saved as a picture after its first frame.

The peer that ``mouseview bench window`` measures our own window against: the same libraries, nothing of ours.
"""

from __future__ import annotations

import sys

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow
from vispy import scene


def main(target: str) -> int:
    application = QApplication(sys.argv[:1])
    window = QMainWindow()
    canvas = scene.SceneCanvas(keys=None)
    view = canvas.central_widget.add_view()
    view.camera = "turntable"
    scene.visuals.XYZAxis(parent=view.scene)
    window.setCentralWidget(canvas.native)
    window.resize(1280, 800)
    window.show()
    saved = []

    def finish() -> None:
        saved.append(window.grab().save(target))
        application.quit()

    canvas.events.draw.connect(lambda _event: QTimer.singleShot(0, finish))
    application.exec()
    return 0 if any(saved) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
