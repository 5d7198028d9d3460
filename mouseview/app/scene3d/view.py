"""The widget: a scene state in, camera and ray picks out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from mouseview.app.scene3d import scene as scenes
from mouseview.app.scene3d.geometry import box_corners, subject_radius
from mouseview.app.scene3d.navigation import Navigator
from mouseview.app.scene3d.overlays import NoScene, Plate, RayLegend, plate_style, status_text
from mouseview.app.scene3d.picking import CameraHit, pick_camera, pick_ray
from mouseview.app.scene3d.ray_fields import picked_ray
from mouseview.app.scene3d.state import PickedRay, SceneState, Texture
from mouseview.geometry.transforms import Array

if TYPE_CHECKING:
    from mouseview.app.scene3d.canvas import Canvas

_CLICK_PX = 4.0  # a press that moves less is a click
_EDGE = 10  # px between overlays and the widget's border


class SceneView(QWidget):
    """Shows a ``SceneState``.

    camera_selected(name): a click on a frustum.  camera_entered(name): a double-click; Esc or Home leaves.
    ray_picked(PickedRay): a click on a ray of the field, or on the image of the camera that is already selected.
    Left drag turns, right or middle drag moves, the wheel zooms, a double-click elsewhere sets the pivot.
    """

    camera_selected = Signal(str)
    camera_entered = Signal(str)
    ray_picked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(240, 180)
        self._state = SceneState()
        self._scene = scenes.build(self._state)
        self._navigator = Navigator(lambda: self._scene, self._aspect, self)
        self._navigator.moved.connect(self._refresh)
        self._framed: object = None  # the rigs that the view was last fitted to
        self._pressed: QPointF | None = None
        self._dragged: QPointF | None = None
        self._message: NoScene | None = None
        self._canvas: Canvas | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._open_canvas()
        self._status, self._hint, self._legend = Plate(self), Plate(self), RayLegend(self)
        self._overlays = (self._status, self._hint, self._legend)
        self._restyle()

    def _open_canvas(self) -> None:
        from mouseview.app.scene3d import canvas  # vispy is imported when a scene is shown, not before

        opengl = canvas.probe_opengl()
        if opengl.problem is not None:
            self._show_message(opengl.problem)
            return
        self._canvas = canvas.Canvas(self._navigator, opengl.software, self._fail, self._lose_context)
        native = self._canvas.native
        native.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        native.setMouseTracking(True)
        native.installEventFilter(self)
        self._column.addWidget(native)

    def _show_message(self, reason: str) -> None:
        if self._message is None:
            self._message = NoScene(reason, self)
            self._column.addWidget(self._message)

    def _lose_context(self) -> None:
        # not from within the event that tells so
        QTimer.singleShot(0, self._reopen_canvas)

    def _reopen_canvas(self) -> None:
        old = self.surface
        if old is None:
            return
        self._column.removeWidget(old)
        old.removeEventFilter(self)
        old.hide()
        old.deleteLater()
        self._canvas = None
        self._open_canvas()
        self._refresh()

    def _fail(self, reason: str) -> None:
        # not from within the paint event that failed
        QTimer.singleShot(0, lambda: self._close_canvas(reason))

    def _close_canvas(self, reason: str) -> None:
        if self._canvas is not None:
            self._canvas.native.hide()
            self._canvas = None
        for overlay in self._overlays:
            overlay.hide()
        self._show_message(reason)

    @property
    def has_opengl(self) -> bool:
        return self._canvas is not None

    @property
    def surface(self) -> QWidget | None:
        """The widget that is drawn on and takes the mouse."""
        return None if self._canvas is None else self._canvas.native

    @property
    def state(self) -> SceneState:
        return self._state

    @property
    def navigator(self) -> Navigator:
        return self._navigator

    @property
    def scene(self) -> scenes.Scene:
        return self._scene

    def set_state(self, state: SceneState) -> None:
        """Show this. What is the same object as before is not sent to the graphics card again."""
        restyle = state.theme is not self._state.theme
        self._state = state
        self._scene = scenes.build(state, self._scene, self._navigator.entered)
        self._navigator.forget_missing()
        if restyle:
            self._restyle()
        if self._fits_other_rigs(state):
            self._navigator.home(animate=False)
        self._refresh()

    def _fits_other_rigs(self, state: SceneState) -> bool:
        """Whether the view has to be fitted anew: other cameras at another size, not merely another sample."""
        if not self._scene.cameras:
            return False
        names = frozenset(camera.name for camera in self._scene.cameras)
        size = float(np.median(np.linalg.norm([c.centre - self._scene.pivot for c in self._scene.cameras], axis=-1)))
        pivot = self._scene.pivot
        last, self._framed = self._framed, (names, size, pivot)
        if not isinstance(last, tuple):
            return True
        last_names, last_size, last_pivot = last
        if not 0.5 < size / max(last_size, 1e-12) < 2.0 or not names & last_names:
            return True
        # a scene that was turned by hand is only fitted anew when the subject has left it
        share = 1.0 if self._navigator.touched else 0.02
        return bool(np.linalg.norm(pivot - last_pivot) > share * size)

    def frame_selection(self) -> None:
        """Move the view so that the selected camera (or the subject) fills it."""
        shown = self._scene.camera(self._state.selected)
        if shown is None:
            self._navigator.show(self._scene.pivot + box_corners(subject_radius(self._state)))
            return
        points = np.vstack([shown.centre, shown.corners(self._scene.depth)])
        self._navigator.show(points[np.all(np.isfinite(points), axis=-1)])

    def reset_view(self) -> None:
        """Show everything from the home direction; leaves a camera that was entered."""
        self._navigator.home()

    def enter_camera(self, name: str) -> None:
        """Fly into a camera and see what it sees."""
        self._navigator.enter(name)

    def leave_camera(self) -> None:
        self._navigator.leave()

    def screenshot(self, scale: float = 1.0) -> npt.NDArray[np.uint8]:
        """(H, W, 4) RGBA of the scene with its overlays, ``scale`` times the widget's physical size."""
        from mouseview.app.scene3d import canvas

        if self._canvas is None:
            return canvas.as_array(self.grab().toImage())
        image = self._canvas.picture(scale).convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ratio = self.devicePixelRatioF() * scale
        painter.scale(ratio, ratio)
        for overlay in self._overlays:
            if not overlay.isHidden():
                overlay.render(painter, overlay.pos(), renderFlags=QWidget.RenderFlag.DrawChildren)
        painter.end()
        return canvas.as_array(image)

    def _aspect(self) -> float:
        return max(self.width(), 1) / max(self.height(), 1)

    def _size(self) -> tuple[float, float]:
        return float(max(self.width(), 1)), float(max(self.height(), 1))

    def _restyle(self) -> None:
        style = plate_style(self._state.theme)
        for plate in (self._status, self._hint):
            plate.setStyleSheet(style)
            plate.adjustSize()

    def _refresh(self) -> None:
        entered = self._navigator.entered
        if entered != self._scene.entered:
            self._scene = scenes.build(self._state, self._scene, entered)
        if self._canvas is None:
            return
        inside = self._navigator.inside
        self._status.show_text(status_text(self._scene, inside))
        self._hint.show_text("Esc leaves the camera · click a pixel for its ray" if inside else "")
        self._legend.show_scene(self._scene)
        self._place_overlays()
        self._canvas.scene = self._scene
        self._canvas.update()

    def _place_overlays(self) -> None:
        bottom = self.height() - _EDGE
        self._status.move(_EDGE, _EDGE)
        self._hint.move((self.width() - self._hint.width()) // 2, bottom - self._hint.height())
        self._legend.move(_EDGE, bottom - self._legend.height())
        for overlay in self._overlays:
            overlay.raise_()
        if self._canvas is not None:
            self._canvas.covered = tuple(QRectF(o.geometry()) for o in self._overlays if not o.isHidden())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if not self._navigator.touched:
            self._navigator.home(animate=False)
        self._place_overlays()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Home:
                self.reset_view()
            case Qt.Key.Key_F:
                self.frame_selection()
            case Qt.Key.Key_Escape if self._navigator.inside is not None:
                self.leave_camera()
            case _:
                super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        match event:
            case QMouseEvent() if event.type() == QEvent.Type.MouseButtonPress:
                self.setFocus(Qt.FocusReason.MouseFocusReason)
                self._pressed = self._dragged = event.position()
            case QMouseEvent() if event.type() == QEvent.Type.MouseMove:
                self._drag(event)
            case QMouseEvent() if event.type() == QEvent.Type.MouseButtonRelease:
                if self._pressed is not None and event.button() == Qt.MouseButton.LeftButton:
                    self._click(event.position())
                self._pressed = self._dragged = None
            case QMouseEvent() if event.type() == QEvent.Type.MouseButtonDblClick:
                if event.button() == Qt.MouseButton.LeftButton:
                    self._double_click(event.position())
            case QWheelEvent():
                self._navigator.zoom(event.angleDelta().y() / 120.0)
            case _:
                return super().eventFilter(watched, event)
        return True

    def _drag(self, event: QMouseEvent) -> None:
        if self._dragged is None:
            return
        if self._pressed is not None and _distance(event.position(), self._pressed) >= _CLICK_PX:
            self._pressed = None
        if self._pressed is not None:
            return
        step = event.position() - self._dragged
        self._dragged = event.position()
        buttons = event.buttons()
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if buttons & (Qt.MouseButton.RightButton | Qt.MouseButton.MiddleButton):
            self._navigator.pan(step.x(), step.y(), self._size()[1])
        elif buttons & Qt.MouseButton.LeftButton:
            if shift:
                self._navigator.pan(step.x(), step.y(), self._size()[1])
            else:
                self._navigator.turn(step.x(), step.y())

    def _camera_at(self, position: QPointF) -> CameraHit | None:
        scene, place = self._scene, (position.x(), position.y())
        if not (self._state.layers.frusta or self._state.layers.textures):
            return None
        return pick_camera(place, self._navigator.viewpoint, self._size(), scene.cameras, scene.depths)

    def _click(self, position: QPointF) -> None:
        hit = self._camera_at(position)
        if hit is not None and hit.pixel is not None and hit.name == (self._navigator.inside or self._state.selected):
            self._pick(hit.name, np.array(hit.pixel))
            return
        scene, wanted = self._scene, self._state.ray_field
        if scene.field is not None and wanted is not None and (hit is None or hit.pixel is None):
            starts = np.broadcast_to(scene.field.origin, scene.field.directions.shape)
            ends = starts + wanted.length * scene.field.directions
            ray = pick_ray((position.x(), position.y()), self._navigator.viewpoint, self._size(), starts, ends)
            if ray is not None:
                self._pick(wanted.camera, scene.field.pixels[ray])
                return
        if hit is not None:
            self.camera_selected.emit(hit.name)

    def _pick(self, name: str, pixel: Array) -> None:
        shown = self._scene.camera(name)
        if shown is None:
            return
        texture = self._shown_texture(shown.index_before, shown.index_after)
        ray: PickedRay = picked_ray(shown.camera, pixel, self._scene.encoding, texture)
        if np.all(np.isfinite(ray.direction)):
            self.ray_picked.emit(ray)

    def _shown_texture(self, before: int | None, after: int | None) -> Texture | None:
        sides = [(self._state.textures, before), (self._state.textures_after, after)]
        textures, index = sides[1] if self._scene.in_model_units and after is not None else sides[0]
        return textures[index] if index is not None and index < len(textures) else None

    def _double_click(self, position: QPointF) -> None:
        hit = self._camera_at(position)
        if hit is not None and self._navigator.inside is None:
            self.enter_camera(hit.name)
            self.camera_entered.emit(hit.name)
            return
        if hit is None and self._navigator.inside is None:
            self._navigator.pivot_at(self._point_at(position))

    def _point_at(self, position: QPointF) -> Array:
        """A double-click beside cameras means the nearest Gaussian under it, else a point at the subject's depth."""
        place, size = (position.x(), position.y()), self._size()
        viewpoint = self._navigator.viewpoint
        gaussians = self._state.gaussians
        if gaussians is not None and len(gaussians):
            screen = viewpoint.project(gaussians.xyz, size)
            near = np.hypot(screen[:, 0] - place[0], screen[:, 1] - place[1]) < 6.0
            if near.any():
                index = np.flatnonzero(near)
                return gaussians.xyz[index[np.argmin(screen[index, 2])]].astype(np.float64)
        origin, direction = viewpoint.ray(place, size)
        return origin + direction * float((self._scene.pivot - origin) @ direction)


def _distance(a: QPointF, b: QPointF) -> float:
    return float(np.hypot(a.x() - b.x(), a.y() - b.y()))
