"""The fast warp: one area filter at the source's own resolution, then one interpolation for every canonical pixel.

It stands for the sub-sampling of ``subsampling.py`` where the source's pixels come several to one and their number
hardly changes over the window: a separable filter as wide as a canonical pixel's footprint, in second moments, so that
a turn of the window needs no other filter. Where the footprint differs too much from that width, blocks are left out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from mouseview.geometry.compiled import compiled
from mouseview.geometry.transforms import Array
from mouseview.model.sample import Image
from mouseview.normalise.pixel_grid import block_weights
from mouseview.normalise.subsampling import FAST_MATH, TILE, cubic_weights
from mouseview.splats.threads import run_in_rows

F32 = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]

_LEAST_RATIO = 2.0  # source px per canonical px; below it a few sub-samples cost no more and are better
_MOST_RATIO = 32.0  # above it the window shows next to nothing of the source: horizons, tiny zooms
_TOLERANCE = 0.25  # by which a footprint's second moments may differ from the filter's, relative
_CUBIC = 2  # source px that the cubic reaches to either side
_PATH = 1.0  # px: how far a block may bulge beyond its corners
_BEYOND = 4.5  # blocks: where a map ends, how far its pixels may lie from a node that is known


@compiled(nogil=True)
def _mark_tiles(alpha: npt.NDArray[np.unsignedinteger], occupied: Flags) -> None:
    """Which tiles of alpha (H, W) hold any."""
    height, width = alpha.shape
    for row in range(occupied.shape[0]):
        for column in range(occupied.shape[1]):
            for y in range(row * TILE, min((row + 1) * TILE, height)):
                for x in range(column * TILE, min((column + 1) * TILE, width)):
                    if alpha[y, x] > 0:
                        occupied[row, column] = True
                        break
                if occupied[row, column]:
                    break


@compiled(nogil=True, fastmath=FAST_MATH)
def _cut_out(first: int, last: int, image: Image, top: float, occupied: Flags, x0: int, y0: int, out: F32) -> None:
    """Rows first … last of out (h, w, 4): the image from (x0, y0) on, premultiplied, its edge going on beyond it."""
    height, width = image.shape[:2]
    share_of_one = np.float32(1.0 / top)
    for row in range(first, last):
        y = min(max(y0 + row, 0), height - 1)
        for column in range(out.shape[1]):
            x = min(max(x0 + column, 0), width - 1)
            if not occupied[y // TILE, x // TILE]:
                for c in range(4):
                    out[row, column, c] = 0
                continue
            alpha = image[y, x, 3] * share_of_one
            share = alpha * share_of_one
            for c in range(3):
                out[row, column, c] = image[y, x, c] * share
            out[row, column, 3] = alpha


@compiled(nogil=True, fastmath=FAST_MATH)
def _blur(first: int, last: int, values: F32, down: F32, across: F32, out: F32) -> None:
    """Rows first … last of out (h, 4 w), filtered along both axes of values (h, 4 w); zero at the ends of the rows."""
    rows, count = values.shape
    reach_y, reach_x = len(down) // 2, len(across) // 2
    line = np.empty(count, np.float32)
    for row in range(first, last):
        here, filtered = values[row], out[row]
        for n in range(count):
            line[n] = down[reach_y] * here[n]
        for k in range(1, reach_y + 1):
            above, below, weight = values[max(row - k, 0)], values[min(row + k, rows - 1)], down[reach_y + k]
            for n in range(count):
                line[n] += weight * (above[n] + below[n])
        for n in range(count):
            filtered[n] = across[reach_x] * line[n]
        for k in range(1, reach_x + 1):
            weight = across[reach_x + k]
            before, after, middle = line[: -8 * k], line[8 * k :], filtered[4 * k : -4 * k]
            for n in range(len(middle)):
                middle[n] += weight * (before[n] + after[n])


@compiled(nogil=True, fastmath=FAST_MATH)
def _interpolate(
    first: int, last: int, source: F32, x0: int, y0: int, width: int, height: int, ratio_x: float, ratio_y: float,
    nodes: Array, lagrange: Array, blocks: Flags, out: F32,
) -> None:  # fmt: skip
    """Block rows first … last of out (S, S, 4): on white, one cubic interpolation of source.

    source starts at (x0, y0) of an image (height, width). Blocks that are not marked become white.
    """
    size, step = len(out), len(lagrange)
    wx, wy = np.empty(4, np.float32), np.empty(4, np.float32)
    node_x, node_y = np.empty(4), np.empty(4)
    one, zero = np.float32(1.0), np.float32(0.0)
    for block_row in range(first, last):
        for i in range(block_row * step, min((block_row + 1) * step, size)):
            for block in range(blocks.shape[1]):
                j0, j1 = block * step, min((block + 1) * step, size)
                if not blocks[block_row, block]:
                    for j in range(j0, j1):
                        out[i, j, 0] = out[i, j, 1] = out[i, j, 2] = one
                        out[i, j, 3] = zero
                    continue
                for n in range(4):
                    node_x[n] = node_y[n] = 0.0
                    for k in range(4):
                        weight = lagrange[i - block_row * step, k]
                        node_x[n] += weight * nodes[block_row + k, block + n, 0]
                        node_y[n] += weight * nodes[block_row + k, block + n, 1]
                for j in range(j0, j1):
                    x = y = 0.0
                    for n in range(4):
                        x += lagrange[j - j0, n] * node_x[n]
                        y += lagrange[j - j0, n] * node_y[n]
                    # the image's border cuts through the pixel's own area, so it fades over that
                    inside_x, inside_y = min(x, width - x) / ratio_x + 0.5, min(y, height - y) / ratio_y + 0.5
                    if inside_x <= 0 or inside_y <= 0:
                        out[i, j, 0] = out[i, j, 1] = out[i, j, 2] = one
                        out[i, j, 3] = zero
                        continue
                    share = np.float32(min(inside_x, 1.0) * min(inside_y, 1.0))
                    x, y = x - 0.5 - x0, y - 0.5 - y0
                    ix = min(max(int(x), 1), source.shape[1] - 3)
                    iy = min(max(int(y), 1), source.shape[0] - 3)
                    cubic_weights(np.float32(x - ix), wx)
                    cubic_weights(np.float32(y - iy), wy)
                    r = g = b = a = zero
                    for k in range(4):
                        for m in range(4):
                            w = share * wy[k] * wx[m]
                            r += w * source[iy - 1 + k, ix - 1 + m, 0]
                            g += w * source[iy - 1 + k, ix - 1 + m, 1]
                            b += w * source[iy - 1 + k, ix - 1 + m, 2]
                            a += w * source[iy - 1 + k, ix - 1 + m, 3]
                    # the cubic overshoots at edges; a premultiplied colour above its alpha would glow
                    a = min(max(a, zero), one)
                    white = one - a
                    out[i, j, 0] = min(max(r, zero), a) + white
                    out[i, j, 1] = min(max(g, zero), a) + white
                    out[i, j, 2] = min(max(b, zero), a) + white
                    out[i, j, 3] = a


def area_kernel(ratio: float) -> F32:
    """(2 m + 1,) weights at whole source pixels, of the variance of a box ``ratio`` px wide less that of one pixel.

    A source pixel is itself the mean of its area. The ends of the box are fractions.
    """
    variance = (ratio * ratio - 1.0) / 12.0
    m = max(math.ceil(math.sqrt(3.0 * variance + 0.25) - 0.5), 1)
    end = (variance * (2 * m - 1) - (m - 1) * m * (2 * m - 1) / 3) / (2 * (m * m - variance))
    weights = np.ones(2 * m + 1)
    weights[[0, -1]] = end
    return (weights / weights.sum()).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Blocks:
    """Blocks (rows, columns) of the canonical image. seen: something of the source may show there. smooth: the area
    filter serves there. ratios: its width in source px per canonical px, across and down.  box: x0, y0, x1, y1 of the
    source that the smooth blocks need."""

    seen: Flags
    smooth: Flags
    ratios: tuple[float, float]
    box: tuple[int, int, int, int]


def occupied_tiles(image: Image) -> Flags:
    """Which tiles of ``TILE`` px of an image (H, W, 4) are not transparent throughout."""
    height, width = image.shape[:2]
    occupied = np.zeros((-(-height // TILE), -(-width // TILE)), np.bool_)
    alpha = cv2.extractChannel(image, 3)
    x, y, across, down = cv2.boundingRect(alpha if alpha.dtype == np.uint8 else (alpha > 0).view(np.uint8))
    if across:
        c0, c1, r0, r1 = x // TILE, -(-(x + across) // TILE), y // TILE, -(-(y + down) // TILE)
        part = alpha[r0 * TILE : r1 * TILE, c0 * TILE : c1 * TILE]
        _mark_tiles(part, occupied[r0:r1, c0:c1])
    return occupied


@compiled(nogil=True)
def _survey(
    nodes: Array, step: int, counted: npt.NDArray[np.int64], beyond: float,
    spread: Array, slant: Array, box: Array, found: Flags, partly: Flags,
) -> None:  # fmt: skip
    """Of every block: see ``judge_blocks``. counted: occupied tiles above and left of each tile's corner.

    found: whole and not empty within a filter's reach; of these spread (…, 2), slant and box (…, 4).  partly: the map
    ends there, and something lies within ``beyond`` of what is known of it.
    """
    rows, columns = found.shape
    for row in range(rows):
        for column in range(columns):
            known = 0
            x0 = y0 = np.inf
            x1 = y1 = -np.inf
            for i in range(4):
                for j in range(4):
                    x, y = nodes[row + i, column + j, 0], nodes[row + i, column + j, 1]
                    if math.isfinite(x + y):
                        known += 1
                        x0, x1, y0, y1 = min(x0, x), max(x1, x), min(y0, y), max(y1, y)
            if known == 0:
                continue
            if known < 16:
                partly[row, column] = _any_within(counted, x0 - beyond, y0 - beyond, x1 + beyond, y1 + beyond)
                continue
            ax, ay = nodes[row + 1, column + 1, 0], nodes[row + 1, column + 1, 1]
            bx, by = nodes[row + 1, column + 2, 0], nodes[row + 1, column + 2, 1]
            cx, cy = nodes[row + 2, column + 1, 0], nodes[row + 2, column + 1, 1]
            dx, dy = nodes[row + 2, column + 2, 0], nodes[row + 2, column + 2, 1]
            xu, yu = (bx - ax + dx - cx) / (2 * step), (by - ay + dy - cy) / (2 * step)
            xv, yv = (cx - ax + dx - bx) / (2 * step), (cy - ay + dy - by) / (2 * step)
            along_x, along_y = xu * xu + xv * xv, yu * yu + yv * yv
            reach = math.sqrt(max(along_x, along_y)) + _CUBIC + _PATH
            x0, x1 = min(min(ax, bx), min(cx, dx)) - reach, max(max(ax, bx), max(cx, dx)) + reach
            y0, y1 = min(min(ay, by), min(cy, dy)) - reach, max(max(ay, by), max(cy, dy)) + reach
            if not _any_within(counted, x0, y0, x1, y1):
                continue
            found[row, column] = True
            spread[row, column, 0], spread[row, column, 1] = along_x, along_y
            slant[row, column] = abs(xu * yu + xv * yv)
            box[row, column, 0], box[row, column, 1], box[row, column, 2], box[row, column, 3] = x0, y0, x1, y1


@compiled()
def _any_within(counted: npt.NDArray[np.int64], x0: float, y0: float, x1: float, y1: float) -> bool:
    """Whether any tile that is counted lies in the box; beyond the image there is none."""
    rows, columns = counted.shape[0] - 1, counted.shape[1] - 1
    # near a horizon px are too many for whole numbers
    c0, c1 = math.floor(min(max(x0 / TILE, 0.0), columns)), math.floor(min(max(x1 / TILE + 1.0, 0.0), columns))
    r0, r1 = math.floor(min(max(y0 / TILE, 0.0), rows)), math.floor(min(max(y1 / TILE + 1.0, 0.0), rows))
    return counted[r1, c1] - counted[r0, c1] - counted[r1, c0] + counted[r0, c0] > 0


def judge_blocks(nodes: Array, step: int, occupied: Flags) -> Blocks:
    """What the nodes (rows + 3, columns + 3, 2) of a map say of its blocks of ``step`` px."""
    shape = nodes.shape[0] - 3, nodes.shape[1] - 3
    counted = np.zeros((occupied.shape[0] + 1, occupied.shape[1] + 1), np.int64)
    counted[1:, 1:] = occupied.cumsum(axis=0).cumsum(axis=1)
    # second moments of a pixel's footprint along x and y, twelvefold, and what mixes them
    spread, slant, box = np.zeros((*shape, 2)), np.zeros(shape), np.zeros((*shape, 4))
    found, partly = np.zeros(shape, np.bool_), np.zeros(shape, np.bool_)
    _survey(nodes, step, counted, _BEYOND * _longest_step(nodes), spread, slant, box, found, partly)
    none = Blocks(found | partly, np.zeros(shape, np.bool_), (1.0, 1.0), (0, 0, 0, 0))
    if not found.any():
        return none
    usual = np.median(spread[found], axis=0)
    smooth = found & (np.abs(spread / usual - 1).max(axis=-1) <= _TOLERANCE)
    smooth &= slant <= _TOLERANCE * math.sqrt(usual[0] * usual[1])
    if usual.min() <= _LEAST_RATIO**2 or usual.max() > _MOST_RATIO**2 or not smooth.any():
        return none
    ratio_x, ratio_y = math.sqrt(usual[0]), math.sqrt(usual[1])
    margin = math.ceil(max(ratio_x, ratio_y)) + _CUBIC
    boxes = box[smooth]
    x0, y0 = (math.floor(v) - margin for v in boxes[:, :2].min(axis=0))
    x1, y1 = (math.ceil(v) + margin for v in boxes[:, 2:].max(axis=0))
    return Blocks(found | partly, smooth, (ratio_x, ratio_y), (x0, y0, x1, y1))


def _longest_step(nodes: Array) -> float:
    """px between neighbouring nodes, at most."""
    across, down = np.diff(nodes, axis=1), np.diff(nodes, axis=0)
    longest = max(np.nanmax(np.abs(part), initial=0.0) for part in (across, down))
    return math.sqrt(2.0) * float(longest)


def filter_and_interpolate(image: Image, occupied: Flags, nodes: Array, step: int, blocks: Blocks, out: F32) -> None:
    """Fill ``out`` (S, S, 4) float32: on white in the smooth blocks, plain white with alpha 0 elsewhere."""
    x0, y0, x1, y1 = blocks.box
    height, width = y1 - y0, x1 - x0
    top = float(np.iinfo(image.dtype).max)
    source, filtered = np.empty((2, height, width, 4), np.float32)
    across, down = (area_kernel(ratio) for ratio in blocks.ratios)
    flat, flat_filtered = source.reshape(height, -1), filtered.reshape(height, -1)
    run_in_rows(lambda a, b: _cut_out(a, b, image, top, occupied, x0, y0, source), height, 64)
    run_in_rows(lambda a, b: _blur(a, b, flat, down, across, flat_filtered), height, 64)
    fixed = (filtered, x0, y0, image.shape[1], image.shape[0], *blocks.ratios, nodes, block_weights(step))
    run_in_rows(lambda a, b: _interpolate(a, b, *fixed, blocks.smooth, out), len(blocks.smooth), 4)
