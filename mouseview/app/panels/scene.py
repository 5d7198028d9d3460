"""Scene: the 3D view with its tool bar (before / after, ray field, layers) and the readout of a picked ray."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEasingCurve, Qt, QVariantAnimation, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QMenu,
    QSizePolicy,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from mouseview import resources
from mouseview.app import theme
from mouseview.app.panels.widgets import ElidedLabel, Segments, label, narrow
from mouseview.app.probing.scene import probe_shape
from mouseview.app.scene3d.state import PickedRay, RayColour, RayField, SceneState, Theme
from mouseview.app.scene3d.view import SceneView
from mouseview.app.state import AppState, Changed, SceneChoice
from mouseview.model.finding import Truth
from mouseview.model.prepared import Prepared
from mouseview.model.recipe import CentreSource
from mouseview.model.sample import Sample

_TRANSITION_MS = 550
_ROOMY_PX = 780  # from which all words of the bar fit
_BEYOND = 4 / 3  # times the cameras' distance, that rays are drawn
_LAYERS = (
    ("frusta", "Cameras", "Frusta with the true, off-centre shape"),
    ("textures", "Images", "Each camera's image in its frustum"),
    ("names", "Names", ""),
    ("ghost", "Reference rig", "The cameras that the model was trained with, as a ghost"),
    ("optical_axes", "Optical axes", "And the point where they meet"),
    ("ball", "Subject's ball", "Where the declared cameras are not true: the subject as a ball, and the true frustum"),
    ("box", "Subject box", "The ±1 cube that the subject should fill"),
    ("window", "Depth window", "±1.8 about each ray's nearest point: where Gaussians can lie"),
    ("axes", "World axes", ""),
    ("ground", "Ground", ""),
)


def scene_state(state: AppState) -> SceneState:
    """What the scene shows of the state of the window."""
    sample, prepared, choice = state.sample, state.prepared, state.scene
    shown_theme = Theme.DARK if state.dark else Theme.LIGHT
    if sample is None or not len(sample.rig):
        return SceneState(theme=shown_theme)
    ray_camera = choice.ray_camera or state.camera
    rays = None
    if choice.rays and ray_camera in sample.rig.names:
        rays = RayField(str(ray_camera), length=ray_length(sample, prepared), colour=choice.ray_colour)
    meeting = next((c.point for c in state.centres if c.source is CentreSource.AXES), None)
    reconstruction = state.reconstruction
    similarity = prepared.similarity if prepared is not None else None
    return SceneState(
        before=sample.rig,
        after=prepared.rig if prepared is not None else None,
        similarity=similarity,
        blend=choice.blend if prepared is not None else 0.0,
        textures=tuple(view.texture if view is not None else None for view in state.images),
        textures_after=state.fed_textures,
        model_format=resources.model_format(prepared.model) if prepared is not None else None,
        selected=state.camera,
        held_out=frozenset(state.project.held_out) if state.project is not None else frozenset(),
        meeting_point=meeting,
        subject_centre=prepared.centre.point if prepared is not None else None,
        layers=choice.layers,
        ray_field=rays,
        gaussians=reconstruction.gaussians if reconstruction is not None and choice.gaussians else None,
        probe=probe_shape(state.shown_solution),
        compared=state.difference.second_aligned if state.difference is not None else None,
        true_after=prepared.true_rig if prepared is not None and is_untrue(prepared) else None,
        ball=state.shown_ball.ball if state.shown_ball is not None else None,
        theme=shown_theme,
    )


def ray_length(sample: Sample, prepared: Prepared | None) -> float:
    """From a camera to a little beyond the subject, in the units that the scene is drawn in."""
    if prepared is not None:
        distances = np.linalg.norm(prepared.rig.centres, axis=-1)
    else:
        distances = sample.rig.distances(sample.rig.centres.mean(axis=0))
    length = _BEYOND * float(np.median(distances))
    return length if np.isfinite(length) and length > 0 else RayField.length


def is_untrue(prepared: Prepared) -> bool:
    return prepared.ledger.verdict.truth is not Truth.TRUE


class ScenePanel(QWidget):
    """Intents: ``camera_chosen``, ``scene_changed(SceneChoice)``, ``ray_picked``."""

    camera_chosen = Signal(str)
    scene_changed = Signal(object)
    ray_picked = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumSize(320, 200)
        self._choice = SceneChoice()
        self._state = AppState()
        self._changed, self._changed_names, self._changed_icons = Changed(), Changed(), Changed()
        self.view = SceneView()
        self.view.camera_selected.connect(self.camera_chosen)
        self.view.camera_entered.connect(self.camera_chosen)
        self.view.ray_picked.connect(self.ray_picked)
        self.sides = Segments(("Before", "After"), ("As the files declare it", "As the model is fed"))
        self.sides.chosen.connect(self._go_to_side)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, 1000)
        self.slider.setMinimumWidth(36)
        self.slider.setMaximumWidth(96)
        self.slider.setToolTip("The smooth transition from before to after")
        self.slider.valueChanged.connect(self._slid)
        self._animation = QVariantAnimation(self)
        self._animation.setDuration(_TRANSITION_MS)
        self._animation.setEasingCurve(QEasingCurve.Type.InOutCubic)
        self._animation.valueChanged.connect(lambda value: self.slider.setValue(int(value)))
        self.rays = QToolButton()
        self.rays.setText("Rays")
        self.rays.setCheckable(True)
        self.rays.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.rays.setToolTip("Show the field of rays of one camera  (R)")
        self.rays.toggled.connect(lambda on: self._choose(rays=on))
        self.ray_camera = narrow(QComboBox(), 6)
        self.ray_camera.setToolTip("Whose rays: of the selected camera, or of one that stays")
        self.ray_camera.activated.connect(lambda row: self._choose(ray_camera=self.ray_camera.itemData(row)))
        self.ray_colour = narrow(QComboBox(), 11)
        self.ray_colour.setToolTip("What the colour of a ray means")
        for colour, title in (
            (RayColour.DIRECTION, "Direction d"),
            (RayColour.MOMENT, "Moment o × d"),
            (RayColour.NEAREST, "Nearest point p"),
            (RayColour.ANGULAR_ERROR, "Angular error"),
            (RayColour.UNTRUTH, "Error to truth"),
            (RayColour.BOX, "Way in the box"),
            (RayColour.WINDOW, "Depth window"),
        ):
            self.ray_colour.addItem(title, colour)
        self.ray_colour.activated.connect(lambda row: self._choose(ray_colour=RayColour(self.ray_colour.itemData(row))))
        self.splats = QToolButton()
        self.splats.setCheckable(True)
        self.splats.setChecked(True)
        self.splats.setText("Gaussians")
        self.splats.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.splats.setToolTip("Show the reconstructed Gaussians")
        self.splats.toggled.connect(lambda on: self._choose(gaussians=on))
        self.layers = QToolButton()
        self.layers.setText("Show ▾")
        self.layers.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.layers.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.layers.setToolTip("What the scene shows")
        self.layer_actions: dict[str, QAction] = {}
        menu = QMenu(self.layers)
        for key, title, tip in _LAYERS:
            action = menu.addAction(title)
            action.setCheckable(True)
            action.setChecked(bool(getattr(self._choice.layers, key)))
            action.setToolTip(tip or title)
            action.toggled.connect(lambda on, key=key: self._choose(layers=self._choice.layers.replace(**{key: on})))
            self.layer_actions[key] = action
        menu.setToolTipsVisible(True)
        self.layers.setMenu(menu)
        self.readout = RayReadout()
        self.readout.hide()
        bar = QWidget()
        bar.setObjectName("sceneBar")
        bar.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = QHBoxLayout(bar)
        row.setContentsMargins(8, 5, 8, 5)
        row.setSpacing(8)
        row.addWidget(self.sides)
        row.addWidget(self.slider)
        row.addSpacing(4)
        row.addWidget(self.rays)
        row.addWidget(self.ray_camera)
        row.addWidget(self.ray_colour)
        row.addStretch(1)
        row.addWidget(self.splats)
        row.addWidget(self.layers)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(bar)
        column.addWidget(self.view, 1)
        column.addWidget(self.readout)

    def show_state(self, state: AppState) -> None:
        self._state, self._choice = state, state.scene
        if self._changed_icons(state.dark):
            for button, name in ((self.rays, "rays"), (self.splats, "splats"), (self.layers, "scene")):
                button.setIcon(theme.icon(name, state.dark))
        names = state.sample.rig.names if state.sample is not None else ()
        if self._changed_names(names):
            self.ray_camera.clear()
            self.ray_camera.addItem("selected", None)
            for name in names:
                self.ray_camera.addItem(name, name)
        choice, prepared = state.scene, state.prepared
        for widget in (self.sides, self.slider):
            widget.setEnabled(prepared is not None)
        self.slider.blockSignals(True)
        self.slider.setValue(round(1000 * choice.blend))
        self.slider.blockSignals(False)
        self.sides.choose(int(choice.blend >= 0.5))
        self.rays.setChecked(choice.rays)
        self.ray_camera.setVisible(choice.rays)
        self.ray_colour.setVisible(choice.rays)
        self.ray_colour.setCurrentIndex(self.ray_colour.findData(choice.ray_colour))
        self.splats.setVisible(state.reconstruction is not None)
        self._fit_bar()
        if self._changed(state.sample, prepared, state.images, state.fed_textures, state.camera, state.centres, choice,
                         state.reconstruction, state.dark, state.difference, state.shown_solution, state.shown_ball,
                         state.project.held_out if state.project is not None else ()):  # fmt: skip
            self.view.set_state(scene_state(state))
        self.readout.show_ray(state.picked)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_bar()

    def _fit_bar(self) -> None:
        """Icons alone where the choice of rays leaves no room for their words."""
        tight = self._choice.rays and self.width() < _ROOMY_PX
        style = Qt.ToolButtonStyle.ToolButtonIconOnly if tight else Qt.ToolButtonStyle.ToolButtonTextBesideIcon
        for button in (self.splats, self.layers):
            button.setToolButtonStyle(style)

    def toggle_side(self) -> None:
        self._go_to_side(0 if self.slider.value() >= 500 else 1)

    def _go_to_side(self, side: int) -> None:
        self._animation.stop()
        self._animation.setStartValue(self.slider.value())
        self._animation.setEndValue(1000 * side)
        self._animation.start()

    def _slid(self, value: int) -> None:
        self._choose(blend=value / 1000)

    def _choose(self, **changes: object) -> None:
        wanted = self._choice.replace(**changes)
        if wanted != self._choice:
            self._choice = wanted
            self.scene_changed.emit(wanted)

    def screenshot(self, scale: float) -> npt.NDArray[np.uint8]:
        """(H, W, 4) RGBA of the scene alone."""
        return self.view.screenshot(scale)


def _triple(values: npt.NDArray[np.float64]) -> str:
    return " ".join(f"{value:+.4f}" for value in values)


def fed_groups(picked: PickedRay) -> tuple[tuple[str, npt.NDArray[np.float64]], ...]:
    """What the network is fed, by threes: RGB, then d, o×d or p as the encoding orders them."""
    out = []
    for start in range(0, len(picked.channels), 3):
        names = picked.channels[start : start + 3]
        name = "".join(names) if start == 0 else names[0][:-1]
        out.append(("o×d" if name == "m" else name, picked.values[start : start + 3]))
    return tuple(out)


class RayReadout(QWidget):
    """The nine values that the network is fed for a picked pixel, and the ray's other encodings."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("readout")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.where = ElidedLabel()
        self.where.setProperty("role", "heading")
        self.fed = label()
        self.rest = label("", "muted")
        for line in (self.fed, self.rest):
            line.setFont(theme.mono_font())
            line.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            line.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 6, 12, 7)
        column.setSpacing(2)
        for line in (self.where, self.fed, self.rest):
            column.addWidget(line)

    def show_ray(self, picked: PickedRay | None) -> None:
        self.setVisible(picked is not None)
        if picked is None:
            return
        x, y = picked.pixel
        self.where.setText(f"{picked.camera}, pixel ({x:.1f}, {y:.1f}): what the network is fed ({picked.encoding})")
        groups = fed_groups(picked)
        parts = [f"{name} {_triple(values)}" for name, values in groups]
        lines = (parts,) if len(parts) <= 3 else (parts[:2], parts[2:])
        self.fed.setText("\n".join("  ".join(line) for line in lines))
        told = {name for name, _ in groups}
        others = (("o×d", picked.moment), ("p", picked.nearest_point), ("origin", picked.origin))
        self.rest.setText("  ".join(f"{name} {_triple(values)}" for name, values in others if name not in told))
