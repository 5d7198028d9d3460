"""Qt labels over the scene: what is shown, what the colours of rays mean, how to leave a camera, why there is no 3D."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from mouseview.app.scene3d.palette import PALETTES
from mouseview.app.scene3d.ray_fields import lifted, sequential
from mouseview.app.scene3d.scene import Scene
from mouseview.app.scene3d.state import RayColour, Theme


def _css(rgb: tuple[float, float, float], opacity: float = 1.0) -> str:
    return QColor.fromRgbF(*rgb, opacity).name(QColor.NameFormat.HexArgb)


def plate_style(theme: Theme) -> str:
    palette = PALETTES[theme]
    return (
        f"QLabel {{ background: {_css(palette.plate, 0.86)}; color: {_css(palette.text)};"
        f" border: 1px solid {_css(palette.grid, 0.35)}; border-radius: 6px; padding: 4px 8px; }}"
    )


def status_text(scene: Scene, inside: str | None) -> str:
    """Rich text: which rig, in which units, how far apart the grid lines are."""
    state, faint = scene.state, _css(scene.palette.faint_text)
    if not scene.cameras:
        return ""
    if state.before is not None and state.after is not None:
        title = {0.0: "Before", 1.0: "After"}.get(state.blend, f"Before → after {100 * state.blend:.0f} %")
    else:
        title = "Before" if state.before is not None else "After"
    if inside is not None:
        title = f"What {inside} sees · {title.lower()}"
    scaled = state.similarity is not None and not scene.in_model_units
    step = scene.length_text(scene.ground.step)
    if scaled:
        step = f"{scene.ground.step:g} model units = {step}"
    elif scene.in_model_units:
        step = f"{scene.ground.step:g} model units"
    grid = f" · grid {step}" if state.layers.ground else ""
    count = len(scene.cameras)
    cameras = f"{count} camera" + ("s" if count != 1 else "")
    return f"<b>{title}</b> <span style='color:{faint}'>&nbsp;{cameras}{grid}</span>"


class Plate(QLabel):
    """A small rounded label that lets the mouse through to the scene."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setTextFormat(Qt.TextFormat.RichText)
        self.hide()

    def show_text(self, text: str) -> None:
        self.setVisible(bool(text))
        if text != self.text():
            self.setText(text)
            self.adjustSize()


class RayLegend(QLabel):
    """What a ray's colour means: three axis ramps, or one scale in degrees."""

    _WIDTH, _ROW, _BAR = 248, 17, 112

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._rows: list[tuple[str, np.ndarray, str, str]] = []
        self._title = ""
        self._theme = Theme.LIGHT
        self.hide()

    def show_scene(self, scene: Scene) -> None:
        wanted = scene.state.ray_field
        self.setVisible(scene.field is not None and wanted is not None)
        if scene.field is None or wanted is None:
            return
        self._theme = scene.state.theme
        scale, ramp = scene.field.full_scale, np.linspace(0, 1, 48)
        if wanted.colour is RayColour.ANGULAR_ERROR:
            name = scene.state.model_format.name if scene.state.model_format else "no format"
            self._title = f"Rays of {wanted.camera}: angle to the format ({name})"
            self._rows = [("", sequential(ramp), "0°", f"{scale:.2f}°")]
        elif wanted.colour is RayColour.UNTRUTH:
            what = "declared against true" if scene.in_model_units else "as the file has them; see After"
            self._title = f"Rays of {wanted.camera}: {what}"
            self._rows = [("", sequential(ramp), "0°", f"{scale:.2f}°")]
        elif wanted.colour is RayColour.BOX:
            half = scene.state.model_format.box if scene.state.model_format else 0.0
            self._title = f"Rays of {wanted.camera}: way inside the ±{half:g} box (grey: misses it)"
            self._rows = [("", sequential(ramp), "0", f"{scale:.2f}")]
        elif wanted.colour is RayColour.WINDOW:
            reach = scene.state.model_format.depth_window if scene.state.model_format else 0.0
            self._title = f"Rays of {wanted.camera}: subject within ±{reach:g} of p (grey: misses it)"
            self._rows = [("", sequential(ramp), "0 %", "100 %")]
        else:
            symbol = {RayColour.DIRECTION: "d", RayColour.MOMENT: "o × d", RayColour.NEAREST: "p"}[wanted.colour]
            what = {RayColour.NEAREST: "point nearest the origin"}.get(wanted.colour, str(wanted.colour))
            self._title = f"Rays of {wanted.camera}: {what} {symbol}"
            self._rows = []
            for axis in range(3):
                colours = np.full((len(ramp), 3), 0.5)
                colours[:, axis] = ramp
                self._rows.append(("xyz"[axis], colours, f"−{scale:.3g}", f"+{scale:.3g}"))
        self.setFixedSize(self.sizeHint())
        self.update()

    def sizeHint(self) -> QSize:
        width = max(self._WIDTH, self.fontMetrics().horizontalAdvance(self._title) + 22)
        return QSize(width, 30 + self._ROW * len(self._rows))

    def paintEvent(self, event: QPaintEvent) -> None:
        palette = PALETTES[self._theme]
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor.fromRgbF(*palette.grid, 0.35))
        painter.setBrush(QColor.fromRgbF(*palette.plate, 0.86))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.setPen(QColor.fromRgbF(*palette.text))
        painter.drawText(QRectF(10, 5, self.width() - 20, 18), Qt.AlignmentFlag.AlignVCenter, self._title)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for index, (name, colours, low, high) in enumerate(self._rows):
            top = 25 + index * self._ROW
            bar = np.ascontiguousarray(np.round(255 * lifted(colours, self._theme)[None]).astype(np.uint8))
            image = QImage(bar.data, bar.shape[1], 1, 3 * bar.shape[1], QImage.Format.Format_RGB888)
            painter.setPen(QColor.fromRgbF(*palette.faint_text))
            painter.drawText(QRectF(10, top, 12, 13), Qt.AlignmentFlag.AlignVCenter, name)
            painter.drawText(QRectF(20, top, 46, 13), right, low)
            painter.drawImage(QRectF(72, top + 2, self._BAR, 9), image)
            painter.drawText(QRectF(78 + self._BAR, top, 54, 13), Qt.AlignmentFlag.AlignVCenter, high)
        painter.end()


class NoScene(QWidget):
    """In place of the scene where OpenGL does not work: what happened and what to do."""

    def __init__(self, reason: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        text = QLabel(
            f"<h3>The 3D scene cannot be shown</h3><p>{reason}</p>"
            "<p>Everything else works. To get the scene back, update the graphics driver, or start MouseView with "
            "software rendering: set <code>LIBGL_ALWAYS_SOFTWARE=1</code> (Linux) or "
            "<code>QT_OPENGL=software</code> (Windows).</p>",
            self,
        )
        text.setObjectName("no-scene-reason")
        text.setWordWrap(True)
        text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(40, 40, 40, 40)
        layout.addWidget(text)
