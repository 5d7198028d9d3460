"""Where names stand on the screen, so that none covers another or a plate. Pure numpy."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mouseview.geometry.lenses import Mask
from mouseview.geometry.transforms import Array

Box = tuple[float, float, float, float]  # left, bottom, right, top in px, y up
_UP, _SIDEWAYS, _DOWN = 1.0, 1.3, 2.4  # what a px costs: a name belongs above its camera
_MOST_UP, _MOST_DOWN, _MOST_SIDEWAYS = 2.6, 2.6, 0.6  # in heights, heights and widths of the label


def place_apart(
    boxes: Array,
    order: npt.NDArray[np.intp],
    covered: tuple[Box, ...] = (),
    size: tuple[float, float] | None = None,
) -> Mask:
    """Move boxes (N, 4, 2), corners in px with y up, in place until none covers one earlier in ``order``.

    Nor do they cover ``covered`` places, nor hang over the border of a picture of ``size`` (width, height) that they
    are in. Each goes the shortest way, preferably up. Returns (N,) which found a place near enough.
    """
    found = np.zeros(len(boxes), bool)
    taken = np.array(covered, np.float64).reshape(-1, 4)
    for index in order:
        box = np.concatenate([boxes[index].min(axis=0), boxes[index].max(axis=0)])
        move = _shortest_move(box, taken, size)
        found[index] = move is not None
        if move is not None:
            boxes[index] += move
            taken = np.vstack([taken, box + np.tile(move, 2)])
    return found


def _shortest_move(box: Array, taken: Array, size: tuple[float, float] | None) -> Array | None:
    """(2,) px right and up to where ``box`` (4,) crosses none of ``taken`` (N, 4); None where that is too far."""
    left, bottom, right, top = box
    width, height = right - left, top - bottom
    x_range, y_range = np.array([-np.inf, np.inf]), np.array([-np.inf, np.inf])
    if size is not None and left < size[0] and right > 0 and bottom < size[1] and top > 0:
        x_range, y_range = np.array([-left, size[0] - right]), np.array([-bottom, size[1] - top])
    start = np.array([np.clip(0.0, *np.sort(x_range)), np.clip(0.0, *np.sort(y_range))])
    beside = np.concatenate([[start[0]], taken[:, 2] - left + 1.0, taken[:, 0] - right - 1.0])
    beyond = np.concatenate([[start[1]], taken[:, 3] - bottom + 1.0, taken[:, 1] - top - 1.0])
    slack = np.abs(start)
    dx = beside[np.abs(beside) <= _MOST_SIDEWAYS * width + slack[0]]
    dy = beyond[(beyond <= _MOST_UP * height) & (beyond >= -_MOST_DOWN * height - slack[1])]
    if size is not None:
        dx = dx[(dx >= min(x_range[0], start[0])) & (dx <= max(x_range[1], start[0]))]
        dy = dy[(dy >= min(y_range[0], start[1])) & (dy <= max(y_range[1], start[1]))]
    moves = np.stack(np.meshgrid(dx, dy, indexing="ij"), axis=-1).reshape(-1, 2)
    cost = _SIDEWAYS * np.abs(moves[:, 0]) + np.where(moves[:, 1] > 0, _UP, -_DOWN) * moves[:, 1]
    moves = moves[np.argsort(cost, kind="stable")]
    low, high = moves[:, None] + box[:2], moves[:, None] + box[2:]
    free = ~np.any(np.all((low < taken[:, 2:]) & (high > taken[:, :2]), axis=-1), axis=-1)
    return moves[np.argmax(free)] if free.any() else None
