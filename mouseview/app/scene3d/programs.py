"""The GPU programs that visuals draw with: thin lines, images, fills, points, billboards, backdrop.

Lines are widened to quads here because drivers differ in what ``glLineWidth`` may do, and none of them dashes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from vispy import gloo

from mouseview.app.scene3d import shaders
from mouseview.app.scene3d.label_places import Box, place_apart
from mouseview.geometry.lenses import Mask
from mouseview.geometry.transforms import Array

F32 = npt.NDArray[np.float32]
_STRAIGHT = ("src_alpha", "one_minus_src_alpha", "one", "one_minus_src_alpha")
PREMULTIPLIED = ("one", "one_minus_src_alpha")


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture: matrix (4, 4) display → clip; size and focal_px in device px; ratio: device px per logical px.

    hurried: the view is moving and the renderer slow, so crowds of points may be thinned.  moving: what depends on
    the viewpoint may lag behind.  covered: left, bottom, right, top in device px, y up, of what lies over the picture.
    """

    matrix: Array
    size: tuple[int, int]
    ratio: float
    focal_px: float
    eye: Array
    near: float
    hurried: bool = False
    moving: bool = False
    covered: tuple[Box, ...] = ()

    def share_with(self, program: gloo.Program) -> None:
        program["u_matrix"] = self.matrix.T.astype(np.float32)


def begin(depth_test: bool, depth_write: bool, blend: tuple[str, ...] = _STRAIGHT) -> None:
    gloo.set_state(depth_test=depth_test, blend=True, blend_func=blend, cull_face=False)
    gloo.set_depth_mask(depth_write)


@dataclass(frozen=True, eq=False)
class Segments:
    """N straight pieces: starts, ends (N, 3), rgba at both ends (N, 2, 4), width (N,) in logical px, dash (N,): period
    in logical px, 0 for a solid line."""

    starts: Array
    ends: Array
    rgba: Array
    width: Array
    dash: Array

    @classmethod
    def of(
        cls,
        starts: npt.ArrayLike,
        ends: npt.ArrayLike,
        rgb: npt.ArrayLike,
        opacity: float | tuple[float, float] = 1.0,
        width: float = 1.2,
        dash: float = 0.0,
    ) -> Segments:
        """One style for all; ``opacity`` may differ between start and end, ``rgb`` may be (3,) or (N, 3)."""
        a, b = np.atleast_2d(np.asarray(starts, np.float64)), np.atleast_2d(np.asarray(ends, np.float64))
        a, b = (np.array(part) for part in np.broadcast_arrays(a, b))
        rgba = np.empty((len(a), 2, 4))
        rgba[..., :3] = np.broadcast_to(np.asarray(rgb, np.float64), (len(a), 3))[:, None]
        rgba[..., 3] = opacity
        return cls(a, b, rgba, np.full(len(a), width), np.full(len(a), dash))

    @classmethod
    def path(cls, points: Array, rgb: npt.ArrayLike, closed: bool = False, **style: float) -> Segments:
        """Through points (N, 3) in order."""
        following = np.roll(points, -1, axis=0)
        keep = slice(None) if closed else slice(-1)
        return cls.of(points[keep], following[keep], rgb, **style)

    @classmethod
    def joined(cls, parts: list[Segments]) -> Segments:
        if not parts:
            return cls.of(np.zeros((0, 3)), np.zeros((0, 3)), np.zeros(3))
        fields = ("starts", "ends", "rgba", "width", "dash")
        whole = cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in fields))
        finite = np.all(np.isfinite(whole.starts) & np.isfinite(whole.ends), axis=-1)
        return cls(*(getattr(whole, name)[finite] for name in fields))


_LINE_TYPE = np.dtype(
    [("a_here", "f4", 3), ("a_there", "f4", 3), ("a_rgba", "f4", 4)]
    + [(name, "f4") for name in ("a_side", "a_end", "a_width", "a_dash")]
)


class Kit:
    """The programs of one OpenGL context, compiled once and shared by everything drawn in it."""

    def __init__(self, software: bool = False) -> None:
        self.software = software  # no graphics card: every point is drawn by the processor
        self.line = gloo.Program(shaders.LINE_VERTEX, shaders.LINE_FRAGMENT)
        self.fill = gloo.Program(shaders.FILL_VERTEX, shaders.FILL_FRAGMENT)
        self.point = gloo.Program(shaders.POINT_VERTEX, shaders.POINT_FRAGMENT)
        self.gaussian = gloo.Program(shaders.GAUSSIAN_VERTEX, shaders.GAUSSIAN_FRAGMENT)
        self.image = gloo.Program(shaders.IMAGE_VERTEX, shaders.IMAGE_FRAGMENT)
        self.label = gloo.Program(shaders.LABEL_VERTEX, shaders.LABEL_FRAGMENT)
        self.backdrop = gloo.Program(shaders.BACKDROP_VERTEX, shaders.BACKDROP_FRAGMENT)


class Lines:
    """Anti-aliased lines of constant width on the screen, tested against depth but never hiding anything."""

    def __init__(self, kit: Kit) -> None:
        self._program = kit.line
        self._vertices: gloo.VertexBuffer | None = None
        self._indices: gloo.IndexBuffer | None = None

    def set(self, segments: Segments) -> None:
        count = len(segments.starts)
        if count == 0:
            self._indices = None
            return
        vertices = np.zeros((count, 4), _LINE_TYPE)
        for corner, (end, side) in enumerate(((0, -1), (0, 1), (1, 1), (1, -1))):
            vertices["a_here"][:, corner] = segments.ends if end else segments.starts
            vertices["a_there"][:, corner] = segments.starts if end else segments.ends
            vertices["a_rgba"][:, corner] = segments.rgba[:, end]
            vertices["a_end"][:, corner] = end
            vertices["a_side"][:, corner] = side
            vertices["a_width"][:, corner] = segments.width
            vertices["a_dash"][:, corner] = segments.dash
        self._vertices = gloo.VertexBuffer(vertices.ravel())
        quads = np.arange(count, dtype=np.uint32)[:, None] * 4 + np.array([0, 1, 2, 0, 2, 3], np.uint32)
        self._indices = gloo.IndexBuffer(quads.ravel())

    def draw(self, frame: Frame, through: float = 0.0) -> None:
        """through: share of the opacity that is left where something lies before the line."""
        if self._indices is None:
            return
        self._program.bind(self._vertices)
        frame.share_with(self._program)
        self._program["u_size"] = frame.size
        self._program["u_ratio"] = frame.ratio
        self._program["u_near"] = frame.near
        if through > 0:
            begin(depth_test=False, depth_write=False)
            self._program["u_opacity"] = through
            self._program.draw("triangles", self._indices)
        begin(depth_test=True, depth_write=False)
        self._program["u_opacity"] = 1.0
        self._program.draw("triangles", self._indices)


_FILL_TYPE = np.dtype([("a_position", "f4", 3), ("a_rgba", "f4", 4)])


class Fills:
    """Flat translucent triangles."""

    def __init__(self, kit: Kit) -> None:
        self._program = kit.fill
        self._vertices: gloo.VertexBuffer | None = None

    def set(self, triangles: npt.ArrayLike, rgba: npt.ArrayLike) -> None:
        """triangles (T, 3, 3) in display units, rgba (T, 4) or (4,)."""
        corners = np.asarray(triangles, dtype=np.float32).reshape(-1, 3, 3)
        finite = np.all(np.isfinite(corners), axis=(1, 2))
        colours = np.broadcast_to(np.asarray(rgba, dtype=np.float32), (len(corners), 4))[finite]
        vertices = np.zeros(3 * int(finite.sum()), _FILL_TYPE)
        vertices["a_position"] = corners[finite].reshape(-1, 3)
        vertices["a_rgba"] = np.repeat(colours, 3, axis=0)
        self._vertices = gloo.VertexBuffer(vertices) if len(vertices) else None

    def draw(self, frame: Frame) -> None:
        if self._vertices is not None:
            self._program.bind(self._vertices)
            begin(depth_test=True, depth_write=False)
            frame.share_with(self._program)
            self._program.draw("triangles")


_POINT_TYPE = np.dtype([("a_position", "f4", 3), ("a_rgba", "f4", 4), ("a_size", "f4", 3)])


class Points:
    """Round points. Opaque ones hide what is behind them; marks lie on top of everything."""

    def __init__(self, kit: Kit, on_top: bool = False) -> None:
        self._program = kit.point
        self._on_top = on_top
        self._vertices: gloo.VertexBuffer | None = None

    def set(
        self,
        positions: npt.ArrayLike,
        rgba: npt.ArrayLike,
        least_px: float,
        size: npt.ArrayLike = 0.0,
        hole: float = 0.0,
    ) -> None:
        """positions (N, 3), rgba (N, 4) or (4,); diameter: at least ``least_px`` (logical), ``size`` in display units;
        hole: share of the radius left open, a ring."""
        points = np.asarray(positions, dtype=np.float64).reshape(-1, 3)
        vertices = np.zeros(len(points), _POINT_TYPE)
        vertices["a_position"] = points
        vertices["a_rgba"] = rgba
        vertices["a_size"][:, 0] = least_px
        vertices["a_size"][:, 1] = size
        vertices["a_size"][:, 2] = hole
        self._vertices = gloo.VertexBuffer(vertices) if len(points) else None

    def draw(self, frame: Frame) -> None:
        if self._vertices is None:
            return
        self._program.bind(self._vertices)
        begin(depth_test=not self._on_top, depth_write=not self._on_top)
        frame.share_with(self._program)
        self._program["u_ratio"] = frame.ratio
        self._program["u_focal"] = frame.focal_px
        self._program.draw("points")


_IMAGE_TYPE = np.dtype([("a_position", "f4", 3), ("a_before", "f4", 3), ("a_after", "f4", 3)])


class Image:
    """One camera's picture on its curved mesh: two textures, mixed. What alpha leaves out is translucent paper."""

    def __init__(self, kit: Kit) -> None:
        self._program = kit.image
        self._vertices: gloo.VertexBuffer | None = None
        self._indices: gloo.IndexBuffer | None = None
        self._pictures: dict[str, npt.NDArray[np.uint8]] = {}
        self._uniforms: dict[str, object] = {}

    def set_textures(self, before: npt.NDArray[np.uint8], after: npt.NDArray[np.uint8]) -> None:
        """RGBA images (H, W, 4); one that is already on the GPU is not sent again."""
        for name, image in (("u_before", before), ("u_after", after)):
            if self._pictures.get(name) is not image:
                self._pictures[name] = image
                self._uniforms[name] = gloo.Texture2D(
                    np.ascontiguousarray(image), interpolation="linear", wrapping="clamp_to_edge"
                )

    def set_mesh(self, surface: Array, triangles: npt.NDArray[np.uint32], before: Array, after: Array) -> None:
        """surface (m, n, 3) in display units; before, after (m, n, 2): places in the two images, NaN for none."""
        vertices = np.zeros(surface.shape[0] * surface.shape[1], _IMAGE_TYPE)
        vertices["a_position"] = np.nan_to_num(surface.reshape(-1, 3))
        for name, uv in (("a_before", before.reshape(-1, 2)), ("a_after", after.reshape(-1, 2))):
            known = np.all(np.isfinite(uv), axis=-1)
            vertices[name][:, :2] = np.where(known[:, None], uv, 0.0)
            vertices[name][:, 2] = known
        self._vertices = gloo.VertexBuffer(vertices)
        self._indices = gloo.IndexBuffer(triangles.ravel()) if len(triangles) else None

    def set_style(self, blend: float, presence: float, paper: tuple[float, float, float, float]) -> None:
        self._uniforms |= {"u_blend": blend, "u_presence": presence, "u_paper": paper}

    def draw(self, frame: Frame, solid: bool) -> None:
        if self._indices is None:
            return
        self._program.bind(self._vertices)
        for name, value in self._uniforms.items():
            self._program[name] = value
        begin(depth_test=True, depth_write=solid)
        frame.share_with(self._program)
        self._program["u_solid"] = float(solid)
        self._program.draw("triangles", self._indices)


_LABEL_TYPE = np.dtype([("a_place", "f4", 2), ("a_uv", "f4", 2)])


class Billboards:
    """Upright pictures at points of the scene, on top, the nearest last; one that would cover another moves away."""

    def __init__(self, kit: Kit) -> None:
        self._program = kit.label
        self._atlas: gloo.Texture2D | None = None
        self._anchors = self._corners = self._uv = np.zeros((0, 3))
        self._movable = np.zeros(0, bool)

    def set_atlas(self, atlas: npt.NDArray[np.uint8]) -> None:
        """(H, W, 4) premultiplied RGBA."""
        self._atlas = gloo.Texture2D(atlas, interpolation="nearest", wrapping="clamp_to_edge")

    def set(self, anchors: Array, corners: Array, uv: Array, movable: Mask) -> None:
        """anchors (N, 3) in display units; corners (N, 4, 2): device px right and up of them; uv (N, 4, 2).

        movable (N,): may move away, or vanish where it is too crowded; the others stay, whatever they cover.
        """
        self._anchors, self._corners, self._uv, self._movable = anchors, corners, uv, movable

    def draw(self, frame: Frame) -> None:
        if not len(self._anchors):
            return
        clip = np.concatenate([self._anchors, np.ones((len(self._anchors), 1))], axis=1) @ frame.matrix.T
        before = clip[:, 3] > frame.near
        place = (0.5 + 0.5 * clip[:, :2] / np.where(before, clip[:, 3], 1.0)[:, None]) * frame.size
        boxes = np.floor(place)[:, None] + self._corners
        order = np.flatnonzero(before)[np.argsort(-clip[before, 3])]
        nearest_first = order[::-1]
        shown = ~self._movable
        shown |= place_apart(boxes, nearest_first[self._movable[nearest_first]], frame.covered, frame.size)
        order = order[shown[order]]
        vertices = np.zeros((len(order), 4), _LABEL_TYPE)
        vertices["a_place"] = boxes[order]
        vertices["a_uv"] = self._uv[order]
        quads = np.arange(len(order), dtype=np.uint32)[:, None] * 4 + np.array([0, 1, 2, 0, 2, 3], np.uint32)
        if not len(order):
            return
        begin(depth_test=False, depth_write=False, blend=PREMULTIPLIED)
        self._program.bind(gloo.VertexBuffer(vertices.ravel()))
        self._program["u_size"] = frame.size
        self._program["u_atlas"] = self._atlas
        self._program.draw("triangles", gloo.IndexBuffer(quads.ravel()))


class Backdrop:
    """A soft vertical gradient behind everything."""

    def __init__(self, kit: Kit) -> None:
        self._program = kit.backdrop
        self._program["a_place"] = np.array([[-1, -1], [3, -1], [-1, 3]], np.float32)

    def set(self, sky: tuple[float, float, float], floor: tuple[float, float, float]) -> None:
        self._program["u_sky"] = sky
        self._program["u_floor"] = floor

    def draw(self, frame: Frame) -> None:
        begin(depth_test=False, depth_write=False)
        self._program.draw("triangles")
