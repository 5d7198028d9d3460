"""A smooth map of pixels, asked at few of them and carried to all: a lens is slow to ask."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mouseview.geometry.rays import pixel_centres
from mouseview.geometry.transforms import Array


def pixel_grid(ask: Callable[[Array], Array], width: int, height: int, step: int) -> Array:
    """(height, width, 2): what ``ask``, (..., 2) → (..., 2), says at every pixel centre; NaN where it says nothing.

    It is asked at every ``step``-th pixel, and cubic between: within 0.001 px for a lens at every eighth of 512. Near
    places where it says nothing it is asked at every pixel.
    """
    across, down = _cubic_weights(width, step), _cubic_weights(height, step)
    nodes = ask(np.stack(np.meshgrid(_nodes(across, step), _nodes(down, step)), axis=-1))
    known = np.all(np.isfinite(nodes), axis=-1)
    filled = np.moveaxis(np.where(known[..., None], nodes, 0.0), -1, 0)
    values = np.ascontiguousarray(np.moveaxis(down @ filled @ across.T, 0, -1))
    if not known.all():
        whole = np.lib.stride_tricks.sliding_window_view(known, (4, 4)).all(axis=(-2, -1))
        asked = ~np.kron(whole, np.ones((step, step), bool))[:height, :width]
        values[asked] = ask(pixel_centres(width, height)[asked])
    return values


def _nodes(weights: Array, step: int) -> Array:
    """Where along one axis the map is asked: one node before the first pixel, two after the last."""
    return step * (np.arange(weights.shape[1], dtype=np.float64) - 1.0) + 0.5


def _cubic_weights(size: int, step: int) -> Array:
    """(size, nodes): Lagrange weights that carry values at every ``step`` px to pixel centres, along one axis."""
    blocks = -(-size // step)
    t = np.arange(step) / step
    one = np.stack([-t * (t - 1) * (t - 2), 3 * (t * t - 1) * (t - 2), -3 * t * (t + 1) * (t - 2), t * (t * t - 1)]) / 6
    weights = np.zeros((blocks * step, blocks + 3))
    for block in range(blocks):
        weights[block * step : (block + 1) * step, block : block + 4] = one.T
    return weights[:size]
