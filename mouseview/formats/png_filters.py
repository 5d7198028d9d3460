"""The row filters of PNG, undone by compiled code."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mouseview.geometry.compiled import compiled

U8 = npt.NDArray[np.uint8]


@compiled(nogil=True)
def _sum_words(words: npt.NDArray[np.uint32]) -> None:
    """Running sums of four bytes at once, each by itself: the filter that OpenCV writes, in half the time."""
    low, high = 0x7F7F7F7F, 0x80808080
    total = np.int64(0)
    for n in range(len(words)):
        word = np.int64(words[n])
        total = ((word & low) + (total & low)) ^ ((word ^ total) & high)
        words[n] = total


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
        if kind == 1 and channels == 4:
            _sum_words(line.view(np.uint32))
        elif kind == 1:
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
