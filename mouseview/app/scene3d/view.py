"""The widget: a scene state in, camera and ray picks out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from mouseview.app.scene3d.state import SceneState


class SceneView(QWidget):
    """Shows a ``SceneState``.

    camera_selected(name): a click on a frustum.  camera_entered(name): a double-click; Esc or Home leaves.
    ray_picked(PickedRay): a click on a ray of the field, or on the image of the camera that is already selected.
    """

    camera_selected = Signal(str)
    camera_entered = Signal(str)
    ray_picked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = SceneState()
        self.setLayout(QVBoxLayout(self))

    @property
    def state(self) -> SceneState:
        return self._state

    def set_state(self, state: SceneState) -> None:
        self._state = state

    def frame_selection(self) -> None:
        """Move the view so that the selected camera (or the subject) fills it."""

    def reset_view(self) -> None:
        """Show everything from the home direction."""

    def screenshot(self, scale: float = 1.0) -> npt.NDArray[np.uint8]:
        """(H, W, 4) RGBA of the scene with its overlays, ``scale`` times the widget's physical size."""
        return np.zeros((round(self.height() * scale), round(self.width() * scale), 4), np.uint8)
