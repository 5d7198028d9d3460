"""How well a reading explains labelled pixels: each view's label against the point that the other views tell."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mouseview.geometry.lenses import Mask
from mouseview.geometry.transforms import Array
from mouseview.solve.conventions.cameras import ReadCameras

MOST_POINTS = 240
_STEPS = 4  # of reweighting: more change nothing beyond a hundredth of the noise
_QUIET_PX = 0.5  # rays this near agree, however well the others do


def chosen_points(pixels: Array, most: int = MOST_POINTS) -> Array:
    """(V, ≤ most, 2) of (V, N, 2): points that three views see, those of most views first, spread over N."""
    views = np.isfinite(pixels).all(axis=-1).sum(axis=0)
    usable = np.flatnonzero(views >= 3)
    if len(usable) > most:
        usable = usable[np.linspace(0, len(usable) - 1, most).astype(int)]
    return pixels[:, usable]


@dataclass(eq=False)
class PointEvidence:
    """N points marked in V views: pixels (V, N, 2), NaN where unmarked; cap_px: a miss this far says no more.

    points_world (N, 3) where the file itself says where they are, else None.
    """

    pixels: Array
    cap_px: float
    points_world: Array | None = None
    _directions: dict[tuple[Any, ...], Array] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.seen: Mask = np.all(np.isfinite(self.pixels), axis=-1)

    def _directions_cam(self, cameras: ReadCameras, order: tuple[int, ...], pixels: Array) -> Array:
        """(V, N, 3) in the cameras' frames; computed once for all poses."""
        key = (cameras.optics_key, order)
        if key not in self._directions:
            views = [cameras.directions_cam(view, pixels[view]) for view in range(len(pixels))]
            self._directions[key] = np.stack(views)
        return self._directions[key]

    def residuals(self, cameras: ReadCameras, order: tuple[int, ...], chosen: slice = slice(None)) -> Array:
        """(V, N) px from each mark to the point that the other views tell, in that view; NaN where it is unmarked.

        order: which view's marks each camera takes. A point behind a camera, or beyond its lens, misses by ``cap_px``.
        """
        pixels = self.pixels[list(order)] + cameras.correction.label_shift_px
        seen = self.seen[list(order)][:, chosen]
        directions = self._directions_cam(cameras, order, pixels)[:, chosen]
        points = left_out_points(cameras, directions)
        return self._missed(cameras, points, pixels[:, chosen], seen & (seen.sum(axis=0) >= 3))

    def labelled_residuals(self, cameras: ReadCameras, order: tuple[int, ...]) -> Array:
        """(V, N) px from each mark to the 3D label's projection; NaN where one of them is missing."""
        assert self.points_world is not None
        pixels = self.pixels[list(order)] + cameras.correction.label_shift_px
        points = np.broadcast_to(self.points_world * cameras.correction.scale, (len(pixels), *self.points_world.shape))
        labelled: Mask = np.all(np.isfinite(self.points_world), axis=-1)
        return self._missed(cameras, points, pixels, self.seen[list(order)] & labelled)

    def _missed(self, cameras: ReadCameras, points: Array, pixels: Array, asked: Mask) -> Array:
        """points (V, N, 3): for each view its own."""
        gaps = np.full(asked.shape, np.nan)
        for view in range(len(pixels)):
            there, _ = cameras.project(view, points[view])
            gap = np.linalg.norm(there - pixels[view], axis=-1)
            gaps[view] = np.where(np.isfinite(gap), np.minimum(gap, self.cap_px), self.cap_px)
        return np.where(asked, gaps, np.nan)


def left_out_points(cameras: ReadCameras, directions_cam: Array) -> Array:
    """(V, N, 3) in world: for each view the point that the rays of all others tell, robustly.

    directions_cam (V, N, 3), NaN where a view has no ray. Midpoints, reweighted so that errors count as angles and
    that rays which miss by far count little: one bad mark must not spoil the views that are right.
    """
    d = np.einsum("vji,vnj->vni", cameras.R, directions_cam)
    usable = np.isfinite(d).all(axis=-1)
    d = np.where(usable[..., None], d, np.array([0.0, 0.0, 1.0]))
    middle = cameras.centres.mean(axis=0)
    o = cameras.centres - middle
    reach = max(float(np.abs(o).max()), 1e-300)  # rigs come in millimetres and metres: the small ridge below must fit
    o = o / reach
    normals = np.eye(3) - d[..., :, None] * d[..., None, :]
    pulls = np.einsum("vnij,vj->vni", normals, o)
    weights = np.broadcast_to(usable, (len(d), *usable.shape)).astype(np.float64)
    weights = weights * (1.0 - np.eye(len(d)))[:, :, None]
    others = weights > 0
    points = np.zeros((len(d), d.shape[1], 3))
    for step in range(_STEPS):
        A = np.einsum("lvn,vnij->lnij", weights, normals)
        size = np.trace(A, axis1=-2, axis2=-1)[..., None, None]
        A = A / np.maximum(size, 1e-300) + 1e-12 * np.eye(3)
        b = np.einsum("lvn,vni->lni", weights, pulls) / np.maximum(size[..., 0], 1e-300)
        points = np.linalg.solve(A, b[..., None])[..., 0]
        if step == _STEPS - 1:
            break
        offset = points[:, None] - o[None, :, None]
        distance = np.maximum(np.linalg.norm(offset, axis=-1), 1e-9)
        along = np.einsum("lvni,vni->lvn", offset, d)
        sine = np.sqrt(np.maximum(1.0 - (along / distance) ** 2, 0.0))
        miss_px = np.where(along > 0, sine, 1.0) * cameras.focal_px[None, :, None]
        usual = np.median(miss_px[others]) if others.any() else 0.0
        quiet = max(_QUIET_PX, 2.0 * float(usual))
        weights = np.where(others, 1.0 / distance**2 / (1.0 + (miss_px / quiet) ** 2), 0.0)
    found = others.sum(axis=1) >= 2
    return np.where(found[..., None], points * reach + middle, np.nan)
