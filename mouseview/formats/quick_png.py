"""PNG decoding for work that reads thousands of images: the plain kinds, several times faster than the image library.

Eight-bit grey, RGB and RGBA without interlacing, as cameras and this program write them. Everything else, and whatever
is not as it should be, is left to the library, which also says what is wrong. Off until ``enable``: the compiled code
takes a moment to load, which a window that shows its first image does not have.
"""

from __future__ import annotations

import struct
import threading

import numpy as np
import numpy.typing as npt

U8 = npt.NDArray[np.uint8]

_CHANNELS = {0: 1, 2: 3, 6: 4}  # by colour type

_MOST_KEPT = 1 << 25  # bytes

_enabled = False
_memory = threading.local()


def enable() -> None:
    """From now on ``decode`` decodes, in this process."""
    global _enabled
    _enabled = True


def decode(data: bytes) -> U8 | None:
    """Pixels (H, W) or (H, W, 3|4) in RGB(A) order of a PNG whose chunks are whole and checked; None: not by this."""
    if not _enabled or len(data) < 33:
        return None
    width, height, depth, kind, *methods = struct.unpack(">IIBBBBB", data[16:29])
    if depth != 8 or kind not in _CHANNELS or any(methods) or b"tRNS" in _kinds(data):
        return None
    from mouseview.formats.inflate import inflate, unfilter

    channels = _CHANNELS[kind]
    rows = _scratch(height * (1 + width * channels)).reshape(height, -1)
    if inflate(np.frombuffer(_stream(data), np.uint8), rows.reshape(-1)) != rows.size:
        return None
    pixels = rows[:, 1:].copy()
    if not unfilter(rows[:, 0], channels, pixels):
        return None
    return pixels.reshape((height, width) if channels == 1 else (height, width, channels))


def _scratch(size: int) -> U8:
    """(size,) of a thread's own memory, the same again for images of one size: fresh memory costs as much again."""
    kept: U8 | None = getattr(_memory, "rows", None)
    if kept is None or len(kept) != size:
        kept = np.empty(size, np.uint8)
        _memory.rows = kept if size <= _MOST_KEPT else None
    return kept


def _chunks(data: bytes) -> list[tuple[bytes, int, int]]:
    """(kind, start, end) of every chunk's content."""
    found, at = [], 8
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        found.append((data[at + 4 : at + 8], at + 8, at + 8 + length))
        at += 12 + length
    return found


def _kinds(data: bytes) -> set[bytes]:
    return {kind for kind, _, _ in _chunks(data)}


def _stream(data: bytes) -> bytes:
    return b"".join(data[start:end] for kind, start, end in _chunks(data) if kind == b"IDAT")
