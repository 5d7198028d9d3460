"""Pictures of the window or of one panel, at a chosen scale."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPoint, QSize
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QWidget

from mouseview.app.panels.messages import MessageStack
from mouseview.app.panels.scene import ScenePanel
from mouseview.app.qimages import to_qimage
from mouseview.model.errors import FileFormatError


def picture(widget: QWidget, scale: float = 1.0) -> QImage:
    """The widget as it is, with text and lines drawn anew at ``scale`` and not enlarged.

    A 3D scene inside is rendered apart: OpenGL does not take part in drawing a widget into an image.
    """
    ratio = widget.devicePixelRatioF() * scale
    image = QImage(QSize(round(widget.width() * ratio), round(widget.height() * ratio)), QImage.Format.Format_ARGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(widget.palette().window().color())
    painter = QPainter(image)
    widget.render(painter, QPoint(), widget.rect())
    scenes = [widget] if isinstance(widget, ScenePanel) else widget.findChildren(ScenePanel)
    for scene in scenes:
        if scene.view.isVisibleTo(widget) or scene is widget:
            corner = scene.view.mapTo(widget, QPoint(0, 0)) if scene.view is not widget else QPoint(0, 0)
            target = scene.view.rect().translated(corner)
            pixels: npt.NDArray[np.uint8] = scene.screenshot(scale)
            painter.drawImage(target, to_qimage(pixels, opaque=True))
            for child in overlapping(widget, scene.view):
                child.render(painter, child.mapTo(widget, QPoint(0, 0)))
    painter.end()
    return image


def overlapping(widget: QWidget, view: QWidget) -> list[QWidget]:
    """Widgets that float above the scene: the message cards."""
    return [stack for stack in widget.findChildren(MessageStack) if stack.isVisibleTo(widget)]


def save_picture(widget: QWidget, path: str, scale: float = 1.0) -> None:
    """Raises ``FileFormatError`` when the file cannot be written."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    if not picture(widget, scale).save(str(target)):
        raise FileFormatError(
            "the picture could not be written",
            place=path,
            remedy="choose a folder that can be written, and .png or .jpg",
        )
