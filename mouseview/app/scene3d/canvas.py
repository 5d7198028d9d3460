"""The OpenGL surface: draws the visuals of a scene from a viewpoint, to the window or to a picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import vispy
from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QImage, QOffscreenSurface, QOpenGLContext
from PySide6.QtOpenGL import QOpenGLFramebufferObject

vispy.use(app="pyside6", gl="gl2")

from vispy import app, gloo  # noqa: E402  (the backend has to be chosen first)

from mouseview.app.scene3d.navigation import Navigator  # noqa: E402
from mouseview.app.scene3d.programs import Frame, Kit  # noqa: E402
from mouseview.app.scene3d.scene import Scene  # noqa: E402
from mouseview.app.scene3d.visual import Visual  # noqa: E402
from mouseview.app.scene3d.visuals import VISUALS  # noqa: E402

_GL_RENDERER, _GL_VERSION = 0x1F01, 0x1F02
_NEEDED = (2, 1)
_SOFTWARE = ("llvmpipe", "softpipe", "swrast", "swr", "gdi generic", "software")


@dataclass(frozen=True)
class OpenGL:
    """problem: why there can be no 3D here, in a sentence, or None.  software: drawn without a graphics card."""

    problem: str | None
    software: bool = False


def probe_opengl() -> OpenGL:
    """What this display offers."""
    surface = QOffscreenSurface()
    surface.create()
    context = QOpenGLContext()
    if not (surface.isValid() and context.create() and context.makeCurrent(surface)):
        return OpenGL("No OpenGL context can be created on this display.")
    version, renderer = (str(context.functions().glGetString(name)) for name in (_GL_VERSION, _GL_RENDERER))
    context.doneCurrent()
    if tuple(context.format().version()) < _NEEDED:
        return OpenGL(f"OpenGL 2.1 is needed, this display offers {version}.")
    return OpenGL(None, any(name in renderer.lower() for name in _SOFTWARE))


class Canvas(app.Canvas):
    """Draws ``scene`` from the navigator's viewpoint.

    on_failure: told once why drawing failed, and nothing is drawn after it.  on_lost: told when Qt made a new OpenGL
    context for the widget (a dock that became a window): everything on the graphics card is gone, and so is this.
    """

    def __init__(
        self, navigator: Navigator, software: bool, on_failure: Callable[[str], None], on_lost: Callable[[], None]
    ) -> None:
        # the widget composes its own framebuffer: there is nothing to swap
        super().__init__(keys=None, size=(900, 600), show=False, config={"depth_size": 24}, autoswap=False)
        self.scene: Scene | None = None
        self.covered: tuple[QRectF, ...] = ()  # in logical px: plates that lie over the scene
        self._navigator = navigator
        self._software = software
        self._on_failure = on_failure
        self._visuals: dict[str, Visual] = {}
        self._failed = False
        self._on_lost = on_lost
        self._begun = False

    def on_initialize(self, event: object) -> None:
        if self._begun and not self._failed:
            self._failed = True
            self._on_lost()
        self._begun = True

    def on_draw(self, event: object) -> None:
        width, height = self.physical_size
        if self.scene is None or self._failed or width < 1 or height < 1:
            return
        ratio = self.native.devicePixelRatioF()
        try:
            self._draw(self.scene, (int(width), int(height)), ratio, self._navigator.moving)
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
            self._draw(self.scene, size, ratio, moving=False)
        self.context.flush()
        image = target.toImage()
        target.release()
        native.doneCurrent()
        return image

    def _draw(self, scene: Scene, size: tuple[int, int], ratio: float, moving: bool) -> None:
        if not self._visuals:
            kit = Kit(self._software)
            self._visuals = {name: kind(kit) for name, kind in VISUALS.items()}
        viewpoint = self._navigator.viewpoint
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
            hurried=moving and self._software,
            moving=moving,
            covered=tuple(_upright(rect, ratio, height) for rect in self.covered),
        )
        gloo.set_viewport(0, 0, width, height)
        gloo.set_depth_mask(True)
        gloo.clear(color=(0, 0, 0, 1), depth=True)
        for visual in self._visuals.values():
            visual.update(scene)
            visual.draw(frame)
        gloo.set_depth_mask(True)


def _upright(rect: QRectF, ratio: float, height: int) -> tuple[float, float, float, float]:
    """Left, bottom, right, top in device px with y up, a little larger than ``rect``."""
    room = rect.adjusted(-3, -3, 3, 3)
    return ratio * room.left(), height - ratio * room.bottom(), ratio * room.right(), height - ratio * room.top()


def as_array(image: QImage) -> npt.NDArray[np.uint8]:
    """(H, W, 4) RGBA with straight alpha."""
    rgba = image.convertToFormat(QImage.Format.Format_RGBA8888)
    rows = np.frombuffer(rgba.constBits(), np.uint8).reshape(rgba.height(), rgba.bytesPerLine())
    return rows[:, : 4 * rgba.width()].reshape(rgba.height(), rgba.width(), 4).copy()
