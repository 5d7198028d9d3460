"""Blending stage: projected Gaussians become an image, tile by tile, front to back.

Every tile gets the list of Gaussians that reach it (counting sort), orders it by camera z (radix sort, ties in scene
order) and blends it, one row of pixels at a time so that the compiler can use its widest registers.
"""

from __future__ import annotations

import numpy as np

from mouseview.geometry.compiled import compiled
from mouseview.model.gaussians import F32
from mouseview.splats.definition import MAX_ALPHA, MIN_ALPHA, MIN_TRANSMITTANCE
from mouseview.splats.projection import Projected
from mouseview.splats.threads import resolve_threads, run_all

TILE = 16
_BATCH = 64
_TILES_PER_TASK = 4
SPAN = 8  # pixels blended by one vector instruction
_SPANS = TILE // SPAN
_SPAN_MASK = (1 << SPAN) - 1
_PLANES = 5  # transmittance, red, green, blue, depth
_RED, _GREEN, _BLUE, _DEPTH = (np.uint64(plane * SPAN) for plane in range(1, _PLANES))

# exp on [−6, 0] as the 8th power of a polynomial on [−0.75, 0]: error 1e-6, no table, no branch
_EXP = tuple(
    np.float32(c)
    for c in np.polynomial.chebyshev.Chebyshev.interpolate(np.exp, 5, domain=[-0.75, 0.0])
    .convert(kind=np.polynomial.Polynomial)
    .coef
)
_E0, _E1, _E2, _E3, _E4, _E5 = _EXP
_LOWEST = np.float32(-6.0)
_EIGHTH = np.float32(0.125)
_ZERO, _ONE = np.float32(0.0), np.float32(1.0)
_MAX_ALPHA, _MIN_ALPHA = np.float32(MAX_ALPHA), np.float32(MIN_ALPHA)
_MIN_T = np.float32(MIN_TRANSMITTANCE)
_HALF = np.float32(0.5)


def blend(projected: Projected, width: int, height: int, *, threads: int | None = None) -> tuple[F32, F32, F32]:
    """Front-to-back blending → premultiplied RGB (height, width, 3), alpha (height, width), depth (height, width).

    Depth is the expected camera z, Σ w z / Σ w, in the scene's unit; NaN where nothing is drawn. width and height
    must be those the Gaussians were projected for.
    """
    if (width, height) != (projected.width, projected.height):
        raise ValueError(f"projected for {projected.width} × {projected.height} px, not {width} × {height}")
    workers = resolve_threads(threads)
    columns, lines = -(-width // TILE), -(-height // TILE)
    tiles = columns * lines
    runs = len(projected.starts)
    cursor = np.zeros((runs, tiles), np.int64)

    def count(run: int) -> None:
        start = int(projected.starts[run])
        _count_tiles(start, start + int(projected.counts[run]), projected.bounds, columns, cursor[run])

    run_all(count, runs, workers)
    first = _offsets(cursor)
    keys = np.empty(int(first[-1]), np.uint64)
    depth_bits = projected.records.view(np.uint32)[:, 11]

    def scatter(run: int) -> None:
        start = int(projected.starts[run])
        _fill_tiles(start, start + int(projected.counts[run]), projected.bounds, depth_bits, columns, cursor[run], keys)

    run_all(scatter, runs, workers)

    rgb = np.zeros((height, width, 3), np.float32)
    alpha = np.zeros((height, width), np.float32)
    depth = np.full((height, width), np.nan, np.float32)

    def draw(part: int) -> None:
        begin = part * _TILES_PER_TASK
        _blend_tiles(
            begin, min(begin + _TILES_PER_TASK, tiles), columns, first, keys, projected.records, projected.bounds,
            rgb, alpha, depth,
        )  # fmt: skip

    run_all(draw, -(-tiles // _TILES_PER_TASK), workers)
    return rgb, alpha, depth


@compiled(nogil=True)
def _count_tiles(start, stop, bounds, columns, counts):  # type: ignore[no-untyped-def]
    for row in range(start, stop):
        for line in range(bounds[row, 2] // TILE, bounds[row, 3] // TILE + 1):
            for column in range(bounds[row, 0] // TILE, bounds[row, 1] // TILE + 1):
                counts[line * columns + column] += 1


@compiled(nogil=True)
def _offsets(cursor):  # type: ignore[no-untyped-def]
    """Counts per (run, tile) become write positions in place; returns where each tile's list starts (tiles + 1,)."""
    runs, tiles = cursor.shape
    first = np.zeros(tiles + 1, np.int64)
    position = 0
    for tile in range(tiles):
        first[tile] = position
        for run in range(runs):
            found = cursor[run, tile]
            cursor[run, tile] = position
            position += found
    first[tiles] = position
    return first


@compiled(nogil=True)
def _fill_tiles(start, stop, bounds, depth_bits, columns, cursor, keys):  # type: ignore[no-untyped-def]
    """Keys are depth above, row below; a positive float's bits order as the float does."""
    for row in range(start, stop):
        key = (np.uint64(depth_bits[row]) << np.uint64(32)) | np.uint64(row)
        for line in range(bounds[row, 2] // TILE, bounds[row, 3] // TILE + 1):
            for column in range(bounds[row, 0] // TILE, bounds[row, 1] // TILE + 1):
                tile = line * columns + column
                keys[cursor[tile]] = key
                cursor[tile] += 1


@compiled(nogil=True)
def _sort_by_depth(keys, first, last, spare, counts):  # type: ignore[no-untyped-def]
    """Sorts keys[first:last] by their upper 32 bits, stably; ``spare`` holds as many, ``counts`` 256."""
    n = last - first
    if n <= 48:
        for i in range(first + 1, last):
            key = keys[i]
            j = i
            while j > first and keys[j - 1] > key:
                keys[j] = keys[j - 1]
                j -= 1
            keys[j] = key
        return
    varying = np.uint64(0)
    for i in range(first + 1, last):
        varying |= keys[i] ^ keys[first]
    in_spare = False
    for digit in range(4):
        shift = np.uint64(32 + 8 * digit)
        if (varying >> shift) & np.uint64(255) == 0:
            continue
        counts[:] = 0
        if in_spare:
            for i in range(n):
                counts[(spare[i] >> shift) & np.uint64(255)] += 1
        else:
            for i in range(first, last):
                counts[(keys[i] >> shift) & np.uint64(255)] += 1
        position = 0
        for value in range(256):
            found = counts[value]
            counts[value] = position
            position += found
        if in_spare:
            for i in range(n):
                key = spare[i]
                value = (key >> shift) & np.uint64(255)
                keys[first + counts[value]] = key
                counts[value] += 1
        else:
            for i in range(first, last):
                key = keys[i]
                value = (key >> shift) & np.uint64(255)
                spare[counts[value]] = key
                counts[value] += 1
        in_spare = not in_spare
    if in_spare:
        keys[first:last] = spare[:n]


@compiled(nogil=True, error_model="numpy", fastmath={"contract", "nsz", "nnan"})
def _blend_span(planes, base, dx_first, dy, record):  # type: ignore[no-untyped-def]
    """One Gaussian on SPAN pixels of a row. A finished pixel carries its transmittance with a minus sign.

    Indices are unsigned and no branch remains, else the compiler does not vectorise it.
    """
    a, b, c = record[4], record[5], record[6]
    opacity, red, green, blue, z = record[7], record[8], record[9], record[10], record[11]
    constant = c * dy * dy
    linear = b * dy
    for i in range(SPAN):
        at = base + np.uint64(i)
        dx = dx_first + np.float32(i)
        power = min(max(constant + dx * (linear + a * dx), _LOWEST), _ZERO) * _EIGHTH
        e = _E0 + power * (_E1 + power * (_E2 + power * (_E3 + power * (_E4 + power * _E5))))
        e = e * e
        e = e * e
        strength = opacity * (e * e)
        t = planes[at]
        weight = t * min(strength, _MAX_ALPHA)
        weight = weight if strength >= _MIN_ALPHA else _ZERO
        over = t - weight < _MIN_T  # also true of every finished pixel
        last = over & (weight > _ZERO)
        weight = _ZERO if over else weight
        planes[at] = -t if last else t - weight
        planes[at + _RED] += weight * red
        planes[at + _GREEN] += weight * green
        planes[at + _BLUE] += weight * blue
        planes[at + _DEPTH] += weight * z


@compiled(nogil=True)
def _load_batch(keys, records, bounds, x0, y0, batch, reach):  # type: ignore[no-untyped-def]
    """Copies the Gaussians of ``keys`` together, so that their cache misses overlap; ``reach``: their pixels in the
    tile as a bit mask of columns, first row, last row."""
    for j in range(len(keys)):
        row = np.int64(keys[j] & np.uint64(0xFFFFFFFF))
        for field in range(12):
            batch[j, field] = records[row, field]
        first, last = max(bounds[row, 0] - x0, 0), min(bounds[row, 1] - x0, TILE - 1)
        reach[j, 0] = (1 << (last + 1)) - (1 << first)
        reach[j, 1], reach[j, 2] = max(bounds[row, 2] - y0, 0), min(bounds[row, 3] - y0, TILE - 1)


@compiled(nogil=True)
def _find_open(planes, open_columns):  # type: ignore[no-untyped-def]
    """Bit mask of unfinished pixels per tile row; whether any is left."""
    left = 0
    for y in range(TILE):
        if open_columns[y] == 0:
            continue
        mask = 0
        for x in range(TILE):
            if planes[_place(y, x)] > _ZERO:
                mask |= 1 << x
        open_columns[y] = mask
        left |= mask
    return left != 0


@compiled(nogil=True)
def _place(y, x):  # type: ignore[no-untyped-def]
    """Where pixel (x, y) of the tile keeps its transmittance; the other planes follow SPAN apart."""
    return ((y * _SPANS + x // SPAN) * _PLANES) * SPAN + x % SPAN


@compiled(nogil=True, error_model="numpy")
def _blend_tiles(begin, end, columns, first, keys, records, bounds, rgb, alpha, depth):  # type: ignore[no-untyped-def]
    height, width = alpha.shape
    longest = 0
    for tile in range(begin, end):
        longest = max(longest, first[tile + 1] - first[tile])
    spare = np.empty(longest, np.uint64)
    counts = np.empty(256, np.int64)
    planes = np.empty(TILE * TILE * _PLANES, np.float32)
    batch = np.empty((_BATCH, 12), np.float32)
    reach = np.empty((_BATCH, 3), np.int64)
    open_columns = np.empty(TILE, np.int64)

    for tile in range(begin, end):
        start, stop = first[tile], first[tile + 1]
        if start == stop:
            continue
        _sort_by_depth(keys, start, stop, spare, counts)
        x0, y0 = (tile % columns) * TILE, (tile // columns) * TILE
        rows, cols = min(TILE, height - y0), min(TILE, width - x0)
        planes[:] = _ZERO
        for y in range(TILE):
            open_columns[y] = (1 << cols) - 1 if y < rows else 0
            for x in range(cols):
                planes[_place(y, x)] = _ONE

        for head in range(start, stop, _BATCH):
            size = min(_BATCH, stop - head)
            _load_batch(keys[head : head + size], records, bounds, x0, y0, batch, reach)
            for j in range(size):
                record = batch[j]
                dx = np.float32(x0) - record[0] + _HALF - record[2]
                dy = np.float32(y0) - record[1] + _HALF - record[3]
                for y in range(reach[j, 1], reach[j, 2] + 1):
                    wanted = open_columns[y] & reach[j, 0]
                    for span in range(_SPANS):
                        if (wanted >> (span * SPAN)) & _SPAN_MASK:
                            _blend_span(
                                planes,
                                np.uint64((y * _SPANS + span) * _PLANES * SPAN),
                                dx + np.float32(span * SPAN),
                                dy + np.float32(y),
                                record,
                            )
            if not _find_open(planes, open_columns):
                break

        for y in range(rows):
            for x in range(cols):
                at = _place(y, x)
                cover = _ONE - abs(planes[at])
                alpha[y0 + y, x0 + x] = cover
                for channel in range(3):
                    rgb[y0 + y, x0 + x, channel] = planes[at + (1 + channel) * SPAN]
                if cover > _ZERO:
                    depth[y0 + y, x0 + x] = planes[at + 4 * SPAN] / cover
