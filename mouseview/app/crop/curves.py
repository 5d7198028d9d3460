"""Curves on the photograph: the window's border with its upright mark, and the grid that shows how the lens bends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mouseview.geometry.rays import to_pixels
from mouseview.geometry.transforms import Array
from mouseview.model.camera import Camera

if TYPE_CHECKING:  # numba comes with it
    from mouseview.normalise.pixel_map import PixelMap

_PER_SIDE = 24
_HALVINGS = 10
_GRID_LINES = 9  # across the image's longer side
_GRID_POINTS = 81
_BEYOND = 0.05  # of the image's size, that the grid reaches out


@dataclass(frozen=True, eq=False)
class Border:
    """curve (N, 2): the border of the canonical image in source px, closed, clockwise from its top left corner.

    reached (N,): that pixel has a ray. Where the lens folds over before, the curve runs along the fold.
    middle, top (2,): of the window and of its upper side, in source px.
    """

    curve: Array
    reached: np.ndarray
    middle: Array
    top: Array

    @property
    def up(self) -> Array:
        """(2,) unit direction on the photograph from the middle to the upper side."""
        away = self.top - self.middle
        return away / max(float(np.linalg.norm(away)), 1e-12)


def border(pixel_map: PixelMap, size: int) -> Border | None:
    """Of a canonical image of ``size`` px; None where not even its middle has a ray."""
    t = np.linspace(0.0, float(size), _PER_SIDE, endpoint=False)
    zero, full = np.zeros_like(t), np.full_like(t, size)
    sides = [(t, zero), (full, t), (size - t, full), (zero, size - t)]
    corners = np.concatenate([np.stack(side, axis=-1) for side in sides])
    middle_px = np.full(2, size / 2)
    asked = np.vstack([middle_px, [[size / 2, 0.0]], corners])
    found = pixel_map.to_source(asked)
    if not np.all(np.isfinite(found[0])):
        return None
    reached = np.all(np.isfinite(found), axis=-1)
    if not reached.all():
        found[~reached] = _last_reached(pixel_map, middle_px, asked[~reached])
    return Border(found[2:], reached[2:], found[0], found[1])


def _last_reached(pixel_map: PixelMap, middle: Array, goals: Array) -> Array:
    """(M, 2) source px where the ways from the middle to ``goals`` (M, 2), canonical px, are lost to the fold."""
    near, far = np.zeros(len(goals)), np.ones(len(goals))
    for _ in range(_HALVINGS):
        half = (near + far) / 2
        there = np.all(np.isfinite(pixel_map.to_source(middle + half[:, None] * (goals - middle))), axis=-1)
        near, far = np.where(there, half, near), np.where(there, far, half)
    return pixel_map.to_source(middle + near[:, None] * (goals - middle))


def lens_grid(camera: Camera) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
    """Straight lines of the ideal pinhole: as this lens shows them, and as they would be, each (N, 2) in source px.

    Lines of the lens are cut where it folds over or leaves the image.
    """
    size = np.array(camera.size, np.float64)
    low = (-_BEYOND * size - camera.K[:2, 2]) / np.diag(camera.K)[:2]
    high = ((1 + _BEYOND) * size - camera.K[:2, 2]) / np.diag(camera.K)[:2]
    step = float(np.max(high - low)) / _GRID_LINES
    bent, straight = [], []
    for axis in (0, 1):
        along = np.linspace(low[1 - axis], high[1 - axis], _GRID_POINTS)
        for at in step * np.arange(np.ceil(low[axis] / step), np.floor(high[axis] / step) + 1):
            plane = np.empty((_GRID_POINTS, 2))
            plane[:, axis], plane[:, 1 - axis] = at, along
            straight.append(to_pixels(camera.K, plane))
            shown = camera.optics.project(np.column_stack([plane, np.ones(_GRID_POINTS)]))[0]
            bent += _pieces(to_pixels(camera.K, shown), size)
    return tuple(bent), tuple(straight)


def _pieces(points: Array, size: Array) -> list[Array]:
    """The parts of a line that have rays and lie on the image or just beside it."""
    beside = _BEYOND * size
    with np.errstate(invalid="ignore"):
        kept = np.all((points >= -beside) & (points <= size + beside), axis=-1)
    cuts = np.flatnonzero(np.diff(kept.astype(np.int8)))
    parts = np.split(points, cuts + 1)
    shown = np.split(kept, cuts + 1)
    return [part for part, keep in zip(parts, shown, strict=True) if keep[0] and len(part) > 1]
