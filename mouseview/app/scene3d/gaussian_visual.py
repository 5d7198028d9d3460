"""Gaussians in the scene: translucent elliptic points, drawn from the farthest to the nearest."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from vispy import gloo

from mouseview.app.scene3d.programs import PREMULTIPLIED, Frame, Kit, begin
from mouseview.app.scene3d.scene import Scene
from mouseview.app.scene3d.visual import Visual
from mouseview.geometry.transforms import Array
from mouseview.model.gaussians import Gaussians

_SH_C0 = 0.28209479177387814
_LEAST_OPACITY = 0.1  # fainter ones are most of a reconstruction's count and nothing of what it looks like
_MOST_POINTS = 2_000_000
_MOST_POINTS_SOFTWARE = 300_000
_MOST_POINTS_MOVING = 50_000  # sorted anew for every picture; more are only once the view rests
_TYPE = np.dtype([("a_position", "f4", 3), ("a_rgba", "f4", 4), ("a_diagonal", "f4", 3), ("a_mixed", "f4", 3)])


def visible(gaussians: Gaussians, most: int) -> npt.NDArray[np.intp]:
    """Indices of those that are drawn: finite and not all but transparent; of too many the most opaque."""
    finite = np.all(np.isfinite(gaussians.xyz), axis=-1) & np.all(np.isfinite(gaussians.scale), axis=-1)
    seen = np.flatnonzero((gaussians.opacity > _LEAST_OPACITY) & finite)
    if len(seen) > most:
        seen = seen[np.argpartition(-gaussians.opacity[seen], most)[:most]]
    return seen


def covariances(gaussians: Gaussians) -> Array:
    """(N, 3, 3) in the scene's unit."""
    w, x, y, z = (gaussians.rotation / np.linalg.norm(gaussians.rotation, axis=-1, keepdims=True)).T
    rows = [(1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)),
            (2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)),
            (2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y))]  # fmt: skip
    axes = np.moveaxis(np.array(rows), -1, 0) * gaussians.scale[:, None, :]
    return np.asarray(axes @ axes.transpose(0, 2, 1), dtype=np.float64)


def back_to_front(positions: Array, matrix: Array) -> npt.NDArray[np.uint32]:
    """The order in which translucent points (N, 3) have to be drawn through ``matrix`` (4, 4) to clip space."""
    return np.argsort(-(positions @ matrix[3, :3]), kind="stable").astype(np.uint32)


class GaussiansVisual(Visual):
    """Each as the ellipse that it covers, in its view-independent colour.

    Drawn from back to front they may write their depth: what is drawn after them is hidden behind them.
    """

    def __init__(self, kit: Kit) -> None:
        super().__init__(kit)
        self._program = kit.gaussian
        self._most = _MOST_POINTS_SOFTWARE if kit.software else _MOST_POINTS
        self._positions = np.zeros((0, 3))
        self._vertices: gloo.VertexBuffer | None = None
        self._sorted_for: Array | None = None
        self._indices: gloo.IndexBuffer | None = None
        self._few: gloo.IndexBuffer | None = None
        self._grown = 1.0

    def sources(self, scene: Scene) -> tuple[object, ...]:
        return (scene.state.gaussians,)

    def build(self, scene: Scene) -> None:
        gaussians = scene.state.gaussians
        self._vertices = self._sorted_for = None
        if gaussians is None:
            return
        shown = gaussians.select(visible(gaussians, self._most))
        if not len(shown):
            return
        spread = covariances(shown)
        vertices = np.zeros(len(shown), _TYPE)
        vertices["a_position"] = shown.xyz
        vertices["a_rgba"][:, :3] = np.clip(0.5 + _SH_C0 * shown.sh[:, 0], 0, 1)
        vertices["a_rgba"][:, 3] = shown.opacity
        vertices["a_diagonal"] = np.stack([spread[:, i, i] for i in range(3)], axis=-1)
        vertices["a_mixed"] = np.stack([spread[:, 0, 1], spread[:, 0, 2], spread[:, 1, 2]], axis=-1)
        self._positions = shown.xyz.astype(np.float64)
        self._vertices = gloo.VertexBuffer(vertices)

    def _sort(self, frame: Frame) -> None:
        """In the order of this view; while many of them move, in that of the last one that rested."""
        towards = frame.matrix[3, :3]
        if self._sorted_for is not None:
            late = frame.moving and len(self._positions) > _MOST_POINTS_MOVING
            if late or np.array_equal(self._sorted_for, towards):
                return
        self._sorted_for = towards.copy()
        order = back_to_front(self._positions, frame.matrix)
        step = -(-len(order) // _MOST_POINTS_MOVING)
        self._indices = gloo.IndexBuffer(order)
        self._few = gloo.IndexBuffer(np.ascontiguousarray(order[::step])) if step > 1 else None
        self._grown = float(step)

    def draw(self, frame: Frame) -> None:
        if self._vertices is None:
            return
        self._sort(frame)
        few = self._few if frame.hurried else None
        begin(depth_test=True, depth_write=True, blend=PREMULTIPLIED)
        self._program.bind(self._vertices)
        frame.share_with(self._program)
        self._program["u_size"] = frame.size
        self._program["u_ratio"] = frame.ratio
        self._program["u_grown"] = self._grown if few is not None else 1.0
        self._program.draw("points", few if few is not None else self._indices)
