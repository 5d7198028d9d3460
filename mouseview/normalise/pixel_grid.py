"""A smooth map of pixels, asked at few of them and carried to all: a lens is slow to ask."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from mouseview.geometry.rays import pixel_centres
from mouseview.geometry.transforms import Array

Ask = Callable[[Array], Array]  # pixels (..., 2) → (..., 2), NaN where nothing is known


def pixel_grid(ask: Ask, width: int, height: int, step: int) -> Array:
    """(height, width, 2): what ``ask`` says at every pixel centre; NaN where it says nothing.

    It is asked at every ``step``-th pixel, and cubic between: within 0.001 px for a lens at every eighth of 512. Near
    places where it says nothing it is asked at every pixel.
    """
    nodes = node_grid(ask, width, height, step)
    known = np.all(np.isfinite(nodes), axis=-1)
    filled = np.moveaxis(np.where(known[..., None], nodes, 0.0), -1, 0)
    across, down = _axis_weights(width, step), _axis_weights(height, step)
    values = np.ascontiguousarray(np.moveaxis(down @ filled @ across.T, 0, -1))
    if not known.all():
        asked = ~np.kron(whole_blocks(known), np.ones((step, step), bool))[:height, :width]
        values[asked] = ask(pixel_centres(width, height)[asked])
    return values


def node_grid(ask: Ask, width: int, height: int, step: int) -> Array:
    """(rows + 3, columns + 3, 2) for blocks of ``step`` px: ``ask`` at every step-th pixel centre.

    Block (i, j) lies between nodes (i + 1, j + 1) and (i + 2, j + 2): one node more before the first, one more after
    the last.
    """
    return ask(np.stack(np.meshgrid(_nodes(width, step), _nodes(height, step)), axis=-1))


def whole_blocks(known: np.ndarray) -> np.ndarray:
    """Of nodes (rows + 3, columns + 3): the blocks (rows, columns) of which all 4 × 4 nodes are known."""
    rows = known[:-3] & known[1:-2] & known[2:-1] & known[3:]
    return np.asarray(rows[:, :-3] & rows[:, 1:-2] & rows[:, 2:-1] & rows[:, 3:])


@lru_cache(maxsize=16)
def block_weights(step: int) -> Array:
    """(step, 4): Lagrange weights of a block's four nodes along one axis, for each of its pixels."""
    t = np.arange(step) / step
    one = np.stack([-t * (t - 1) * (t - 2), 3 * (t * t - 1) * (t - 2), -3 * t * (t + 1) * (t - 2), t * (t * t - 1)]) / 6
    return np.ascontiguousarray(one.T)


def _nodes(size: int, step: int) -> Array:
    """Where along one axis the map is asked: one node before the first pixel, two after the last."""
    return step * (np.arange(-(-size // step) + 3, dtype=np.float64) - 1.0) + 0.5


def _axis_weights(size: int, step: int) -> Array:
    """(size, nodes): weights that carry values at the nodes to pixel centres, along one axis."""
    blocks = -(-size // step)
    weights = np.zeros((blocks * step, blocks + 3))
    for block in range(blocks):
        weights[block * step : (block + 1) * step, block : block + 4] = block_weights(step)
    return weights[:size]
