"""The OpenGL surface: draws the visuals of a scene from a viewpoint, to the window or to a picture."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import vispy
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage, QOffscreenSurface, QOpenGLContext
from PySide6.QtOpenGL import QOpenGLFramebufferObject

vispy.use(app="pyside6", gl="gl2")

from vispy import app, gloo  # noqa: E402  (the backend has to be chosen first)

from mouseview.app.scene3d.programs import Frame, Kit  # noqa: E402
from mouseview.app.scene3d.scene import Scene  # noqa: E402
from mouseview.app.scene3d.viewpoint import Viewpoint  # noqa: E402
from mouseview.app.scene3d.visual import Visual  # noqa: E402
from mouseview.app.scene3d.visuals import VISUALS  # noqa: E402

_GL_VERSION = 0x1F02
_NEEDED = (2, 1)


def opengl_problem() -> str | None:
    """Why there can be no 3D here, in a sentence; None where there can."""
    surface = QOffscreenSurface()
    surface.create()
    context = QOpenGLContext()
    if not (surface.isValid() and context.create() and context.makeCurrent(surface)):
        return "No OpenGL context can be created on this display."
    version = str(context.functions().glGetString(_GL_VERSION))
    context.doneCurrent()
    found = context.format().version()
    return None if tuple(found) >= _NEEDED else f"OpenGL 2.1 is needed, this display offers {version}."


class Canvas(app.Canvas):
    """Draws ``scene`` from ``viewpoint()``. A failure is told once to ``on_failure``, and nothing is drawn after it."""

    def __init__(self, viewpoint: Callable[[], Viewpoint], on_failure: Callable[[str], None]) -> None:
        super().__init__(keys=None, size=(900, 600), show=False, config={"depth_size": 24, "samples": 0}, vsync=False)
        self.scene: Scene | None = None
        self._viewpoint = viewpoint
        self._on_failure = on_failure
        self._visuals: dict[str, Visual] = {}
        self._failed = False

    def on_draw(self, event: object) -> None:
        width, height = self.physical_size
        if self.scene is None or self._failed or width < 1 or height < 1:
            return
        ratio = self.native.devicePixelRatioF()
        try:
            self._draw(self.scene, (int(width), int(height)), ratio)
        except Exception as error:  # a driver may refuse a program in any way: the reason is shown instead of the scene
            self._failed = True
            self._on_failure(f"Drawing the scene failed: {error}")

    def picture(self, scale: float) -> QImage:
        """What the widget shows, at ``scale`` times its physical size."""
        native = self.native
        if not native.isValid():
            native.grabFramebuffer()  # a widget that was never shown has no context yet
        ratio = native.devicePixelRatioF() * scale
        size = (max(1, round(native.width() * ratio)), max(1, round(native.height() * ratio)))
        self.set_current()
        self.context.flush()
        target = QOpenGLFramebufferObject(QSize(*size), QOpenGLFramebufferObject.Attachment.CombinedDepthStencil)
        target.bind()
        if self.scene is not None:
            self._draw(self.scene, size, ratio)
        self.context.flush()
        image = target.toImage()
        target.release()
        native.doneCurrent()
        return image

    def _draw(self, scene: Scene, size: tuple[int, int], ratio: float) -> None:
        if not self._visuals:
            kit = Kit()
            self._visuals = {name: kind(kit) for name, kind in VISUALS.items()}
        viewpoint = self._viewpoint()
        width, height = size
        eye = viewpoint.eye
        far = 1.05 * float(np.linalg.norm(scene.far_points() - eye, axis=-1).max(initial=viewpoint.distance))
        frame = Frame(
            matrix=viewpoint.matrix(width / height, far),
            size=size,
            ratio=ratio,
            focal_px=viewpoint.focal * height,
            eye=eye,
            near=viewpoint.near,
        )
        gloo.set_viewport(0, 0, width, height)
        gloo.set_depth_mask(True)
        gloo.clear(color=(0, 0, 0, 1), depth=True)
        for visual in self._visuals.values():
            visual.update(scene)
            visual.draw(frame)
        gloo.set_depth_mask(True)


def as_array(image: QImage) -> npt.NDArray[np.uint8]:
    """(H, W, 4) RGBA with straight alpha."""
    rgba = image.convertToFormat(QImage.Format.Format_RGBA8888)
    rows = np.frombuffer(rgba.constBits(), np.uint8).reshape(rgba.height(), rgba.bytesPerLine())
    return rows[:, : 4 * rgba.width()].reshape(rgba.height(), rgba.width(), 4).copy()
