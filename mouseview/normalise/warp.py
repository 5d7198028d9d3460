"""One interpolation from a source image to the canonical one, pre-filtered where it minifies.

Every canonical pixel is the mean of its own area: n × n sub-samples spread by the local Jacobian, each interpolated in
the source with premultiplied colour and alpha, n following the resample ratio. Values stay in the image's own
encoding, as compositing on white does.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from mouseview.geometry.compiled import compiled
from mouseview.geometry.transforms import Array
from mouseview.model.sample import Image
from mouseview.normalise.pixel_grid import pixel_grid
from mouseview.normalise.pixel_map import PixelMap
from mouseview.splats.threads import resolve_threads, run_all

F32 = npt.NDArray[np.float32]

_MAX_SUBSAMPLES = 12  # per axis; beyond this many source pixels per canonical one the filter has gaps
_TILE = 16  # px: empty parts of the source are skipped by tiles
_BLOCKS = 64  # per axis: the lens is asked at their corners
_TAPS = 2  # source px that the cubic reaches to either side

# NaN marks pixels without a ray, so the flags that assume finite numbers stay out
_FAST = {"contract", "reassoc", "arcp", "nsz"}


@compiled(nogil=True, fastmath=_FAST)
def _premultiply(first: int, last: int, image: Image, top: float, out: F32, occupied: npt.NDArray[np.bool_]) -> None:
    """Tile rows first … last of image (H, W, 4) → out (H, W, 4) in 0..1, colour times alpha; occupied: any alpha."""
    height, width = image.shape[:2]
    for tile_row in range(first, last):
        for y in range(tile_row * _TILE, min((tile_row + 1) * _TILE, height)):
            for x in range(width):
                alpha = image[y, x, 3] / top
                share = np.float32(alpha / top)
                out[y, x, 0] = image[y, x, 0] * share
                out[y, x, 1] = image[y, x, 1] * share
                out[y, x, 2] = image[y, x, 2] * share
                out[y, x, 3] = alpha
                if alpha > 0:
                    occupied[tile_row, x // _TILE] = True


@compiled(fastmath=_FAST)
def _is_empty(occupied: npt.NDArray[np.bool_], x: float, y: float, reach: float) -> bool:
    """Whether every tile within ``reach`` px of (x, y) is transparent or outside."""
    rows, columns = occupied.shape
    r0, r1 = max(int((y - reach) // _TILE), 0), min(int((y + reach) // _TILE), rows - 1)
    c0, c1 = max(int((x - reach) // _TILE), 0), min(int((x + reach) // _TILE), columns - 1)
    for r in range(r0, r1 + 1):
        for c in range(c0, c1 + 1):
            if occupied[r, c]:
                return False
    return True


@compiled(fastmath=_FAST)
def _weights(t: np.float32, out: F32) -> None:
    """Catmull-Rom weights of the taps at −1, 0, 1, 2 for a fraction t: keeps ramps and parabolas as they are."""
    half, t2 = np.float32(0.5), t * t
    t3 = t2 * t
    out[0] = half * (-t3 + 2 * t2 - t)
    out[1] = half * (3 * t3 - 5 * t2 + 2)
    out[2] = half * (-3 * t3 + 4 * t2 + t)
    out[3] = half * (t3 - t2)


@compiled(nogil=True, fastmath=_FAST)
def _resample(first: int, last: int, source: F32, occupied: npt.NDArray[np.bool_], at: Array, out: F32) -> None:
    """Rows first … last of out (S, S, 4), zero before, from premultiplied source (H, W, 4) at (S, S, 2) px or NaN."""
    height, width = source.shape[:2]
    rows, columns = at.shape[:2]
    wx, wy = np.empty(4, np.float32), np.empty(4, np.float32)
    for i in range(first, last):
        i0, i1 = max(i - 1, 0), min(i + 1, rows - 1)
        for j in range(columns):
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
            step = across / n
            r = g = b = a = np.float32(0.0)
            for p in range(n):
                v = (p + 0.5) / n - 0.5
                for q in range(n):
                    u = (q + 0.5) / n - 0.5
                    sx = x + xu * u + xv * v
                    sy = y + yu * u + yv * v
                    # the image's border cuts through a sub-sample's own area, so it fades over that
                    covered = min(min(sx, width - sx) / step + 0.5, 1.0) * min(min(sy, height - sy) / step + 0.5, 1.0)
                    if min(sx, width - sx) <= -0.5 * step or min(sy, height - sy) <= -0.5 * step:
                        continue
                    ix, iy = math.floor(sx - 0.5), math.floor(sy - 0.5)
                    _weights(np.float32(sx - 0.5 - ix), wx)
                    _weights(np.float32(sy - 0.5 - iy), wy)
                    share = np.float32(covered)
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
            out[i, j, 0] = min(max(r * mean, np.float32(0.0)), a)
            out[i, j, 1] = min(max(g * mean, np.float32(0.0)), a)
            out[i, j, 2] = min(max(b * mean, np.float32(0.0)), a)
            out[i, j, 3] = a


def premultiplied(image: Image) -> tuple[F32, npt.NDArray[np.bool_]]:
    """(H, W, 4) uint8 or uint16, straight alpha → ((H, W, 4) float32 premultiplied, tiles that hold anything)."""
    height, width = image.shape[:2]
    out = np.empty((height, width, 4), np.float32)
    occupied = np.zeros((-(-height // _TILE), -(-width // _TILE)), np.bool_)
    pixels, top = np.ascontiguousarray(image), float(np.iinfo(image.dtype).max)
    _in_rows(lambda first, last: _premultiply(first, last, pixels, top, out, occupied), len(occupied), 4)
    return out, occupied


def on_white(premultiplied_image: F32) -> F32:
    """Premultiplied (..., 4) → colour composited on white, alpha beside it."""
    out = premultiplied_image.copy()
    out[..., :3] += 1.0 - out[..., 3:]
    return out


def warp(image: Image, pixel_map: PixelMap, size: int) -> F32:
    """The canonical image (size, size, 4) float32 on white; alpha 0 where no ray or no source pixel is."""
    out = np.zeros((size, size, 4), np.float32)
    source, occupied = premultiplied(image)
    at = source_grid(pixel_map, size)
    _in_rows(lambda first, last: _resample(first, last, source, occupied, at, out), size, 16)
    return on_white(out)


def _in_rows(kernel: Callable[[int, int], None], rows: int, at_once: int) -> None:
    """The kernel over all rows, ``at_once`` to a task, on the threads that rendering uses too."""
    starts = range(0, rows, at_once)
    run_all(lambda k: kernel(starts[k], min(starts[k] + at_once, rows)), len(starts), resolve_threads(None))


def source_grid(pixel_map: PixelMap, size: int) -> Array:
    """(size, size, 2): the source pixel of every canonical pixel's centre, NaN where there is none."""
    return pixel_grid(pixel_map.to_source, size, size, max(2, size // _BLOCKS))


def copy(image: Image) -> F32:
    """The image as it is, (H, W, 4) float32 on white: no interpolation."""
    return on_white(premultiplied(image)[0])
