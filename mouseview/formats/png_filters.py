"""The row filters of PNG, undone by compiled code."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mouseview.geometry.compiled import compiled

U8 = npt.NDArray[np.uint8]


@compiled(nogil=True)
def unfilter(kinds: U8, channels: int, rows: U8) -> bool:
    """Undo, in place, PNG's row filters (H,) of rows (H, n); False: an unknown filter."""
    height, count = rows.shape
    nothing = np.zeros(count, np.uint8)
    for y in range(height):
        kind, line = kinds[y], rows[y]
        above = nothing if y == 0 else rows[y - 1]
        if kind > 4:
            return False
        if kind == 1:
            for n in range(channels, count):
                line[n] += line[n - channels]
        elif kind == 2:
            for n in range(count):
                line[n] += above[n]
        elif kind == 3:
            for n in range(channels):
                line[n] += above[n] >> 1
            for n in range(channels, count):
                line[n] += (np.int64(line[n - channels]) + np.int64(above[n])) >> 1
        elif kind == 4:
            for n in range(channels):
                line[n] += above[n]
            for n in range(channels, count):
                a, b, c = np.int64(line[n - channels]), np.int64(above[n]), np.int64(above[n - channels])
                pa, pb, pc = abs(b - c), abs(a - c), abs(a + b - 2 * c)
                line[n] += a if pa <= pb and pa <= pc else b if pb <= pc else c
    return True
