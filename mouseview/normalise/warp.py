"""One interpolation from a source image to the canonical one, pre-filtered where it minifies.

Every canonical pixel is the mean of its own area of the source, in premultiplied colour and alpha. Values stay in the
image's own encoding, as compositing on white does.
"""

from __future__ import annotations

from typing import cast

import numpy as np
import numpy.typing as npt

from mouseview.geometry.transforms import Array
from mouseview.model.sample import Image
from mouseview.normalise.area_filter import filter_and_interpolate, judge_blocks, occupied_tiles
from mouseview.normalise.pixel_grid import node_grid, pixel_grid
from mouseview.normalise.pixel_map import PixelMap
from mouseview.normalise.subsampling import premultiplied, subsample

F32 = npt.NDArray[np.float32]

_BLOCKS = 64  # per axis: the lens is asked at their corners
_WHITE = np.array([1.0, 1.0, 1.0, 0.0], np.float32)


def on_white(premultiplied_image: F32) -> F32:
    """Premultiplied (..., 4) → colour composited on white, alpha beside it."""
    out = premultiplied_image.copy()
    out[..., :3] += 1.0 - out[..., 3:]
    return out


def warp(image: Image, pixel_map: PixelMap, size: int, out: F32 | None = None) -> F32:
    """The canonical image (size, size, 4) float32 on white; alpha 0 where no ray or no source pixel is.

    out: where it is put, if there is a place for it already.
    """
    canonical = np.empty((size, size, 4), np.float32) if out is None else out
    step = max(2, size // _BLOCKS)
    pixels = cast(Image, np.ascontiguousarray(image))
    occupied = occupied_tiles(pixels)
    nodes = node_grid(pixel_map.to_source, size, size, step)
    blocks = judge_blocks(nodes, step, occupied)
    if blocks.smooth.any():
        filter_and_interpolate(pixels, occupied, nodes, step, blocks, canonical)
    else:
        canonical[:] = _WHITE
    rest = blocks.seen & ~blocks.smooth
    if rest.any():
        subsample(pixels, source_grid(pixel_map, size), rest, step, canonical)
    return canonical


def warp_by_subsamples(image: Image, pixel_map: PixelMap, size: int) -> F32:
    """The same as ``warp``, slowly: sub-samples everywhere. What the fast way is held against."""
    out = np.empty((size, size, 4), np.float32)
    out[:] = _WHITE
    subsample(image, source_grid(pixel_map, size), np.ones((1, 1), np.bool_), size, out)
    return out


def source_grid(pixel_map: PixelMap, size: int) -> Array:
    """(size, size, 2): the source pixel of every canonical pixel's centre, NaN where there is none."""
    return pixel_grid(pixel_map.to_source, size, size, max(2, size // _BLOCKS))


def copy(image: Image) -> F32:
    """The image as it is, (H, W, 4) float32 on white: no interpolation."""
    return on_white(premultiplied(image)[0])
