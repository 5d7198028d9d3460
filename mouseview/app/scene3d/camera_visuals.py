"""What belongs to cameras: frusta, images, the ghost rig, optical axes, depth windows and rays."""

from __future__ import annotations

import numpy as np

from mouseview.app.scene3d import geometry
from mouseview.app.scene3d.geometry import ShownCamera
from mouseview.app.scene3d.palette import Rgb
from mouseview.app.scene3d.programs import Fills, Frame, Image, Kit, Lines, Segments
from mouseview.app.scene3d.ray_fields import lifted
from mouseview.app.scene3d.scene import Scene
from mouseview.app.scene3d.state import Texture
from mouseview.app.scene3d.visual import LinesVisual, Visual
from mouseview.geometry.transforms import Array

_EMPTY_TEXTURE = np.zeros((1, 1, 4), np.uint8)


def frustum(camera: ShownCamera, depth: float, rgb: Rgb, opacity: float, width: float, dash: float) -> list[Segments]:
    corners = camera.corners(depth)
    return [
        Segments.of(np.broadcast_to(camera.centre, (4, 3)), corners, rgb, 0.75 * opacity, 0.8 * width, dash),
        Segments.path(camera.outline(depth), rgb, closed=True, opacity=opacity, width=width, dash=0.0),
        Segments.path(camera.up_mark(depth), rgb, opacity=opacity, width=width),
    ]


class GhostVisual(LinesVisual):
    """The cameras the format was trained with."""

    def sources(self, scene: Scene) -> tuple[object, ...]:
        return scene.ghosts, scene.depth, scene.state.theme

    def segments(self, scene: Scene) -> list[Segments]:
        parts: list[Segments] = []
        for ghost in scene.ghosts:
            parts += frustum(ghost, scene.depth, scene.palette.ghost, 0.8, 1.1, 7.0)
        return parts


class ComparedVisual(LinesVisual):
    """Another calibration of the same cameras. It belongs to the file's frame, and fades towards the model's."""

    def sources(self, scene: Scene) -> tuple[object, ...]:
        return scene.compared, scene.depth, scene.state.blend, scene.state.theme

    def segments(self, scene: Scene) -> list[Segments]:
        parts: list[Segments] = []
        for camera in scene.compared:
            parts += frustum(camera, scene.depth, scene.palette.mark, 0.9 * (1 - scene.state.blend), 1.2, 6.0)
        return parts


def camera_colour(scene: Scene, camera: ShownCamera) -> Rgb:
    if camera.name == scene.state.selected:
        return scene.palette.selected
    return scene.palette.held_out if camera.name in scene.state.held_out else scene.palette.camera


class FrustaVisual(Visual):
    """Frusta: the selected one stronger and faintly filled, held-out ones dashed."""

    def __init__(self, kit: Kit) -> None:
        super().__init__(kit)
        self._lines, self._fills = Lines(kit), Fills(kit)

    def sources(self, scene: Scene) -> tuple[object, ...]:
        state = scene.state
        return state.layers.frusta, scene.cameras, scene.depths, state.selected, state.held_out, state.theme

    def build(self, scene: Scene) -> None:
        parts: list[Segments] = []
        sides, tints = [], []
        for camera, depth in zip(scene.cameras, scene.depths, strict=True):
            if not scene.state.layers.frusta:
                break
            chosen = camera.name == scene.state.selected
            held = camera.name in scene.state.held_out
            rgb = camera_colour(scene, camera)
            inside = scene.entered[1] if scene.entered and scene.entered[0] == camera.name else 0.0
            opacity = camera.presence * (0.8 if held else 1.0) * (1 - 0.7 * inside)
            parts += frustum(camera, depth, rgb, opacity, 2.4 if chosen else 1.5, 8.0 if held else 0.0)
            outline = camera.outline(depth)
            strength = (0.13 if chosen else 0.045) * camera.presence * (1 - inside)
            for a, b in zip(outline, np.roll(outline, -1, axis=0), strict=True):
                sides.append([camera.centre, a, b])
                tints.append([*rgb, strength])
        self._lines.set(Segments.joined(parts))
        self._fills.set(np.array(sides).reshape(-1, 3, 3), np.array(tints).reshape(-1, 4))

    def draw(self, frame: Frame) -> None:
        self._fills.draw(frame)
        self._lines.draw(frame)


class ImagesVisual(Visual):
    """Every camera's picture on its image plane, curved where the lens is."""

    def __init__(self, kit: Kit) -> None:
        super().__init__(kit)
        self._kit = kit
        self._images: list[Image] = []
        self._middles = np.zeros((0, 3))

    def sources(self, scene: Scene) -> tuple[object, ...]:
        s = scene.state
        return s.layers.textures, scene.cameras, scene.depths, s.textures, s.textures_after, s.theme

    def build(self, scene: Scene) -> None:
        state = scene.state
        shown = scene.cameras if state.layers.textures else ()
        while len(self._images) < len(shown):
            self._images.append(Image(self._kit))
        del self._images[len(shown) :]
        blend = state.blend if state.before is not None and state.after is not None else float(state.before is None)
        for image, camera, depth in zip(self._images, shown, scene.depths, strict=False):
            before = _texture(state.textures, camera.index_before)
            after = _texture(state.textures_after, camera.index_after)
            # with a picture on one side only, that one is shown throughout
            nothing = np.full_like(camera.uv_before, np.nan)
            surface = camera.surface(depth)
            image.set_textures(_EMPTY_TEXTURE if before is None else before, _EMPTY_TEXTURE if after is None else after)
            image.set_mesh(
                surface,
                geometry.mesh_triangles(surface),
                nothing if before is None else camera.uv_before,
                nothing if after is None else camera.uv_after,
            )
            image.set_style(blend, camera.presence, (*scene.palette.paper, scene.palette.paper_opacity))
        ahead = [camera.pose.apply([0, 0, depth]) for camera, depth in zip(shown, scene.depths, strict=False)]
        self._middles = np.array(ahead).reshape(-1, 3)

    def draw(self, frame: Frame) -> None:
        if not self._images:
            return
        for image in self._images:
            image.draw(frame, solid=True)
        for index in np.argsort(-np.linalg.norm(self._middles - frame.eye, axis=-1)):
            self._images[index].draw(frame, solid=False)


def _texture(textures: tuple[Texture | None, ...], index: int | None) -> Texture | None:
    return textures[index] if index is not None and index < len(textures) else None


class OpticalAxesVisual(LinesVisual):
    """From every camera straight ahead, a little beyond the subject."""

    def sources(self, scene: Scene) -> tuple[object, ...]:
        state = scene.state
        return state.layers.optical_axes, scene.cameras, scene.pivot.tobytes(), state.selected, state.theme

    def segments(self, scene: Scene) -> list[Segments]:
        if not scene.state.layers.optical_axes:
            return []
        parts = []
        for camera in scene.cameras:
            start, end = camera.axis(1.12 * float(np.linalg.norm(camera.centre - scene.pivot)))
            chosen = camera.name == scene.state.selected
            rgb = scene.palette.selected if chosen else scene.palette.mark
            parts.append(Segments.of(start, end, rgb, 0.75 * camera.presence, width=1.6 if chosen else 1.0))
        return parts


class WindowVisual(Visual):
    """Where pixel-aligned Gaussians may lie: ± the depth window along the rays of the selected camera, or of all."""

    def __init__(self, kit: Kit) -> None:
        super().__init__(kit)
        self._lines, self._fills = Lines(kit), Fills(kit)

    def sources(self, scene: Scene) -> tuple[object, ...]:
        state = scene.state
        return state.layers.window, state.model_format, scene.cameras, state.selected, state.theme

    def build(self, scene: Scene) -> None:
        state, palette = scene.state, scene.palette
        parts: list[Segments] = []
        triangles: list[Array] = []
        visible = state.layers.window and state.model_format is not None
        chosen = scene.camera(state.selected)
        for camera in ((chosen,) if chosen else scene.cameras) if visible else ():
            assert state.model_format is not None
            near, far = geometry.depth_window(camera, state.model_format.depth_window)
            opacity = 0.9 if chosen else 0.3
            for surface in (near, far):
                border = np.concatenate([surface[0, :-1], surface[:-1, -1], surface[-1, :0:-1], surface[:0:-1, 0]])
                parts.append(Segments.path(border, palette.selected, closed=True, opacity=opacity, width=1.3))
                if chosen:
                    triangles.append(surface.reshape(-1, 3)[geometry.mesh_triangles(surface)])
            for row, column in ((0, 0), (0, -1), (-1, -1), (-1, 0)):
                edge = Segments.of(near[row, column], far[row, column], palette.selected, opacity, 1.0, 6.0)
                parts.append(edge)
        self._lines.set(Segments.joined(parts))
        self._fills.set(np.concatenate(triangles) if triangles else np.zeros((0, 3, 3)), (*palette.selected, 0.09))

    def draw(self, frame: Frame) -> None:
        self._fills.draw(frame)
        self._lines.draw(frame)


class RaysVisual(LinesVisual):
    """The ray field, from faint at the camera to strong at the end."""

    def sources(self, scene: Scene) -> tuple[object, ...]:
        return scene.field, scene.state.ray_field, scene.state.theme

    def segments(self, scene: Scene) -> list[Segments]:
        if scene.field is None or scene.state.ray_field is None:
            return []
        field, length = scene.field, scene.state.ray_field.length
        ends = field.origin + length * field.directions
        rgb = lifted(field.rgb, scene.state.theme)
        return [Segments.of(np.broadcast_to(field.origin, ends.shape), ends, rgb, (0.1, 0.85), width=1.15)]
