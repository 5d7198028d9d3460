"""Everything written into the scene: camera names with their distance, axis letters, names of marks."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QFont

from mouseview.app.scene3d import labels
from mouseview.app.scene3d.camera_visuals import camera_colour
from mouseview.app.scene3d.palette import Palette, Rgb
from mouseview.app.scene3d.programs import Billboards, Frame, Kit
from mouseview.app.scene3d.scene import Scene
from mouseview.app.scene3d.stage_visuals import axis_length, shown_points
from mouseview.app.scene3d.visual import Visual
from mouseview.geometry.transforms import Array


class NamesVisual(Visual):
    """Camera names with their distance from the subject, axis letters, names of marks."""

    def __init__(self, kit: Kit) -> None:
        super().__init__(kit)
        self._billboards = Billboards(kit)
        self._texts: tuple[labels.Text, ...] = ()
        self._anchors = np.zeros((0, 3))
        self._painted: tuple[tuple[labels.Text, ...], float] | None = None
        self._atlas = labels.Atlas(np.zeros((1, 1, 4), np.uint8), np.zeros((0, 4, 2)), np.zeros((0, 4, 2)))
        self.font = QFont()

    def sources(self, scene: Scene) -> tuple[object, ...]:
        s = scene.state
        inputs = (scene.cameras, scene.depths, scene.ghosts, s.layers, s.selected, s.held_out, s.theme)
        return (*inputs, s.meeting_point, s.subject_centre, s.model_format, scene.in_model_units, axis_length(scene))

    def build(self, scene: Scene) -> None:
        entries = [*_camera_names(scene), *_axis_letters(scene), *_mark_names(scene)]
        self._texts = tuple(text for text, _ in entries)
        self._anchors = np.array([anchor for _, anchor in entries]).reshape(-1, 3)

    def draw(self, frame: Frame) -> None:
        if not self._texts:
            return
        wanted = (self._texts, frame.ratio)
        if self._painted != wanted:
            self._atlas = labels.paint(self._texts, frame.ratio, self.font)
            self._billboards.set_atlas(self._atlas.image)
            self._painted = wanted
        on_plates = np.array([text.plate is not None for text in self._texts])
        self._billboards.set(self._anchors, self._atlas.corners, self._atlas.uv, on_plates)
        self._billboards.draw(frame)


def _camera_names(scene: Scene) -> list[tuple[labels.Text, Array]]:
    state, palette = scene.state, scene.palette
    if not state.layers.names:
        return []
    known = state.subject_centre is not None or state.meeting_point is not None or scene.in_model_units
    out = []
    for camera, depth in zip(scene.cameras, scene.depths, strict=True):
        if scene.entered is not None and scene.entered[0] == camera.name:
            continue
        distance = scene.length_text(float(np.linalg.norm(camera.centre - scene.pivot))) if known else ""
        detail = "held out" if camera.name in state.held_out else distance
        text = labels.Text(camera.name, detail, camera_colour(scene, camera), palette.faint_text, palette.plate)
        tip = camera.up_mark(depth)[1]
        if np.all(np.isfinite(tip)):
            out.append((text, tip))
    return out


def _plain(text: str, colour: Rgb, palette: Palette, lift: float) -> labels.Text:
    return labels.Text(text, "", colour, palette.faint_text, None, bold=True, lift=lift)


def _axis_letters(scene: Scene) -> list[tuple[labels.Text, Array]]:
    if not scene.state.layers.axes:
        return []
    palette, reach = scene.palette, 1.12 * axis_length(scene)
    return [(_plain("XYZ"[i], palette.axes[i], palette, -9.0), reach * np.eye(3)[i]) for i in range(3)]


def _mark_names(scene: Scene) -> list[tuple[labels.Text, Array]]:
    state, palette = scene.state, scene.palette
    out = []
    if state.layers.optical_axes:
        marks = (("optical axes meet", state.meeting_point, 10.0), ("subject", state.subject_centre, -30.0))
        for title, point, lift in marks:
            text = labels.Text(title, "", palette.mark, palette.faint_text, palette.plate, lift=lift)
            out += [(text, place) for place in shown_points(scene, point)]
    if state.layers.names:
        for ghost in scene.ghosts:
            text = labels.Text(ghost.name, "", palette.ghost, palette.faint_text, None, bold=False, lift=2.0)
            out.append((text, ghost.up_mark(scene.depth)[1]))
    if state.layers.box and state.model_format is not None:
        half = state.model_format.box
        out.append((_plain(f"±{half:g} box", palette.box, palette, -20.0), half * np.array([1.0, -1.0, -1.0])))
    return out
