"""The slow, plain warp of single pixels: n × n sub-samples of the source for each, spread by the local Jacobian.

It serves where the area filter of ``area_filter.py`` does not, and is the oracle of the tests. n follows the resample
ratio; every sub-sample is a cubic interpolation of premultiplied colour and alpha.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from mouseview.geometry.compiled import compiled
from mouseview.geometry.transforms import Array
from mouseview.model.sample import Image
from mouseview.splats.threads import run_in_rows

F32 = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]

TILE = 16  # px: empty parts of the source are skipped by tiles
_MAX_SUBSAMPLES = 12  # per axis; beyond this many source pixels per canonical one the filter has gaps
_TAPS = 2  # source px that the cubic reaches to either side

# NaN marks pixels without a ray, so the flags that assume finite numbers stay out
FAST_MATH = {"contract", "reassoc", "arcp", "nsz"}


@compiled(nogil=True, fastmath=FAST_MATH)
def _premultiply(first: int, last: int, image: Image, top: float, out: F32, occupied: Flags) -> None:
    """Tile rows first … last of image (H, W, 4) → out (H, W, 4) in 0..1, colour times alpha; occupied: any alpha."""
    height, width = image.shape[:2]
    for tile_row in range(first, last):
        for y in range(tile_row * TILE, min((tile_row + 1) * TILE, height)):
            for x in range(width):
                alpha = image[y, x, 3] / top
                share = np.float32(alpha / top)
                out[y, x, 0] = image[y, x, 0] * share
                out[y, x, 1] = image[y, x, 1] * share
                out[y, x, 2] = image[y, x, 2] * share
                out[y, x, 3] = alpha
                if alpha > 0:
                    occupied[tile_row, x // TILE] = True


def premultiplied(image: Image) -> tuple[F32, Flags]:
    """(H, W, 4) uint8 or uint16, straight alpha → ((H, W, 4) float32 premultiplied, tiles that hold anything)."""
    height, width = image.shape[:2]
    out = np.empty((height, width, 4), np.float32)
    occupied = np.zeros((-(-height // TILE), -(-width // TILE)), np.bool_)
    pixels, top = np.ascontiguousarray(image), float(np.iinfo(image.dtype).max)
    run_in_rows(lambda first, last: _premultiply(first, last, pixels, top, out, occupied), len(occupied), 4)
    return out, occupied


@compiled(fastmath=FAST_MATH)
def _is_empty(occupied: Flags, x: float, y: float, reach: float) -> bool:
    """Whether every tile within ``reach`` px of (x, y) is transparent or outside."""
    rows, columns = occupied.shape
    r0, r1 = max(int((y - reach) // TILE), 0), min(int((y + reach) // TILE), rows - 1)
    c0, c1 = max(int((x - reach) // TILE), 0), min(int((x + reach) // TILE), columns - 1)
    for r in range(r0, r1 + 1):
        for c in range(c0, c1 + 1):
            if occupied[r, c]:
                return False
    return True


@compiled(fastmath=FAST_MATH)
def cubic_weights(t: np.float32, out: F32) -> None:
    """Catmull-Rom weights of the taps at −1, 0, 1, 2 for a fraction t: keeps ramps and parabolas as they are."""
    half, t2 = np.float32(0.5), t * t
    t3 = t2 * t
    out[0] = half * (-t3 + 2 * t2 - t)
    out[1] = half * (3 * t3 - 5 * t2 + 2)
    out[2] = half * (-3 * t3 + 4 * t2 + t)
    out[3] = half * (t3 - t2)


@compiled(nogil=True, fastmath=FAST_MATH)
def _resample(
    first: int, last: int, source: F32, occupied: Flags, at: Array, blocks: Flags, step: int, out: F32
) -> None:
    """Rows first … last of out (S, S, 4), from premultiplied source (H, W, 4) at (S, S, 2) px or NaN."""
    height, width = source.shape[:2]
    rows, columns = at.shape[:2]
    wx, wy = np.empty(4, np.float32), np.empty(4, np.float32)
    for i in range(first, last):
        i0, i1 = max(i - 1, 0), min(i + 1, rows - 1)
        for j in range(columns):
            if not blocks[i // step, j // step]:
                continue
            j0, j1 = max(j - 1, 0), min(j + 1, columns - 1)
            x, y = at[i, j, 0], at[i, j, 1]
            xu = (at[i, j1, 0] - at[i, j0, 0]) / (j1 - j0)
            yu = (at[i, j1, 1] - at[i, j0, 1]) / (j1 - j0)
            xv = (at[i1, j, 0] - at[i0, j, 0]) / (i1 - i0)
            yv = (at[i1, j, 1] - at[i0, j, 1]) / (i1 - i0)
            if not math.isfinite(x + y + xu + yu + xv + yv):
                continue
            across = max(math.hypot(xu, yu), math.hypot(xv, yv))
            reach = across + _TAPS
            if x < -reach or y < -reach or x > width + reach or y > height + reach:
                continue
            if _is_empty(occupied, x, y, reach):
                continue
            n = min(max(math.ceil(across), 1), _MAX_SUBSAMPLES)
            spacing = across / n
            r = g = b = a = np.float32(0.0)
            for p in range(n):
                v = (p + 0.5) / n - 0.5
                for q in range(n):
                    u = (q + 0.5) / n - 0.5
                    sx = x + xu * u + xv * v
                    sy = y + yu * u + yv * v
                    # the image's border cuts through a sub-sample's own area, so it fades over that
                    inside_x, inside_y = min(sx, width - sx) / spacing + 0.5, min(sy, height - sy) / spacing + 0.5
                    if inside_x <= 0 or inside_y <= 0:
                        continue
                    ix, iy = math.floor(sx - 0.5), math.floor(sy - 0.5)
                    cubic_weights(np.float32(sx - 0.5 - ix), wx)
                    cubic_weights(np.float32(sy - 0.5 - iy), wy)
                    share = np.float32(min(inside_x, 1.0) * min(inside_y, 1.0))
                    for k in range(4):
                        yy = min(max(iy - 1 + k, 0), height - 1)
                        for m in range(4):
                            xx = min(max(ix - 1 + m, 0), width - 1)
                            w = share * wy[k] * wx[m]
                            r += w * source[yy, xx, 0]
                            g += w * source[yy, xx, 1]
                            b += w * source[yy, xx, 2]
                            a += w * source[yy, xx, 3]
            mean = np.float32(1.0 / (n * n))
            # the cubic overshoots at edges; a premultiplied colour above its alpha would glow
            a = min(max(a * mean, np.float32(0.0)), np.float32(1.0))
            white = np.float32(1.0) - a
            out[i, j, 0] = min(max(r * mean, np.float32(0.0)), a) + white
            out[i, j, 1] = min(max(g * mean, np.float32(0.0)), a) + white
            out[i, j, 2] = min(max(b * mean, np.float32(0.0)), a) + white
            out[i, j, 3] = a


def subsample(image: Image, at: Array, blocks: Flags, step: int, out: F32) -> None:
    """Fill ``out`` (S, S, 4), white before, on white, in those of its blocks of ``step`` px that are marked.

    image (H, W, 4) uint8 or uint16, straight alpha.  at (S, S, 2): the source pixel of every canonical pixel's centre,
    NaN where there is none.
    """
    source, occupied = premultiplied(image)
    run_in_rows(lambda first, last: _resample(first, last, source, occupied, at, blocks, step, out), len(out), 16)
