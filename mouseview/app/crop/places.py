"""Where every canonical pixel comes from, as the two planes of numbers that a remap wants: coarse, but at once."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from mouseview.normalise.pixel_grid import block_weights, node_grid, pixel_grid, whole_blocks
from mouseview.normalise.pixel_map import PixelMap

F32 = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

FAR = -1e4  # a place outside any image, for pixels without a ray
_BLOCKS = 32  # per axis, at whose corners the lens is asked
_CELLS = 4  # per axis of a block through which the edge of what is known runs


def source_places(pixel_map: PixelMap, size: int) -> tuple[F32, F32]:
    """(size, size) source x and y of every canonical pixel's centre, counted as OpenCV counts; ``FAR`` without a ray.

    Within 0.01 px of ``pixel_grid``; 0.2 px in the blocks where the lens ends, of which a quarter may be lost.
    """
    step = size // _BLOCKS
    if step < 1 or size % _BLOCKS:
        at = pixel_grid(pixel_map.to_source, size, size, max(1, size // _BLOCKS)) - 0.5
        at = np.where(np.isfinite(at), at, FAR).astype(np.float32)
        return np.ascontiguousarray(at[..., 0]), np.ascontiguousarray(at[..., 1])
    nodes = node_grid(pixel_map.to_source, size, size, step)
    known = np.isfinite(nodes[..., 0]) & np.isfinite(nodes[..., 1])
    filled = np.where(known[..., None], nodes - 0.5, 0.0).astype(np.float32)
    x, y = _between(filled[..., 0], step), _between(filled[..., 1], step)
    if not known.all():
        _cut(pixel_map, known, step, (x, y))
    return x, y


def _between(nodes: F32, step: int) -> F32:
    """(S, S) from nodes, cubic. In four strides an axis: a product of matrices would wake the threads of BLAS."""
    weights = block_weights(step).astype(np.float32).T
    down = _stride(np.ascontiguousarray(nodes.T), weights)  # (nodes, S)
    return _stride(np.ascontiguousarray(down.T), weights)


def _stride(nodes: F32, weights: F32) -> F32:
    """(R, blocks + 3) → (R, blocks · step) along the rows."""
    blocks = nodes.shape[1] - 3
    out = nodes[:, :blocks, None] * weights[0]
    for k in (1, 2, 3):
        out += nodes[:, k : k + blocks, None] * weights[k]
    return out.reshape(len(nodes), -1)


def _cut(pixel_map: PixelMap, known: Mask, step: int, planes: tuple[F32, F32]) -> None:
    """Blocks that the edge of the known runs through are asked anew, in cells; those beyond it are ``FAR``."""
    whole = whole_blocks(known)
    near = known[:-3] | known[1:-2] | known[2:-1] | known[3:]
    touched = (near[:, :-3] | near[:, 1:-2] | near[:, 2:-1] | near[:, 3:]) & ~whole
    rows, columns = np.nonzero(touched)
    corner = np.stack([columns, rows], axis=-1) * float(step) + 0.5
    offsets = np.linspace(0.0, step, _CELLS + 1)
    cells = np.stack(np.meshgrid(offsets, offsets), axis=-1)
    asked = pixel_map.to_source(corner[:, None, None] + cells) - 0.5
    there = np.isfinite(asked[..., 0]) & np.isfinite(asked[..., 1])
    weights = _cell_weights(step)
    sure = weights @ there.astype(np.float32) @ weights.T > 1 - 1e-4
    for index, plane in enumerate(planes):
        blocks = plane.reshape(_BLOCKS, step, _BLOCKS, step).swapaxes(1, 2)  # a view
        blocks[~(whole | touched)] = FAR
        values = weights @ np.where(there, asked[..., index], 0.0).astype(np.float32) @ weights.T
        blocks[rows, columns] = np.where(sure, values, np.float32(FAR))


@lru_cache(maxsize=4)
def _cell_weights(step: int) -> F32:
    """(step, _CELLS + 1): linear weights within a block along one axis."""
    at = np.arange(step) / step * _CELLS
    return np.maximum(0.0, 1.0 - np.abs(at[:, None] - np.arange(_CELLS + 1))).astype(np.float32)
