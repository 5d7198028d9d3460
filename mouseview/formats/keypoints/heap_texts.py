"""Texts of any length in HDF5's global heap, read without the library: damaged heaps make it search without end.

Layout: The HDF Group, "HDF5 File Format Specification", global heap. All numbers are little endian.
"""

from __future__ import annotations

import struct
from pathlib import Path

MAX_TEXT_BYTES = 1 << 16
REFERENCE_BYTES = 16
_MAX_HEAP_BYTES = 1 << 24
_MAX_HEAPS = 1_000
_HEADER_BYTES = 16
_MAX_TOTAL_BYTES = 1 << 26


def texts_of_any_length(path: Path, references: bytes) -> tuple[bytes, ...]:
    """The texts that references (16 bytes each: length, address of the heap, number in it) lead to.

    Raises ``ValueError`` or ``struct.error`` for a damaged heap.
    """
    heaps: dict[int, dict[int, bytes]] = {}
    found: list[bytes] = []
    total = 0
    with open(path, "rb") as file:
        for length, address, number in struct.iter_unpack("<IQI", references):
            if length == 0:
                found.append(b"")
                continue
            if address not in heaps:
                if len(heaps) >= _MAX_HEAPS:
                    raise ValueError(f"more than {_MAX_HEAPS} heaps of texts")
                file.seek(min(address, 1 << 62))
                head = file.read(_HEADER_BYTES)
                signature, size = struct.unpack("<4s4xQ", head)
                if signature != b"GCOL" or not _HEADER_BYTES <= size <= _MAX_HEAP_BYTES:
                    raise ValueError(f"no heap of texts at {address}")
                total += size
                if total > _MAX_TOTAL_BYTES:
                    raise ValueError(f"more than {_MAX_TOTAL_BYTES} bytes of texts")
                heaps[address] = _heap(file.read(size - _HEADER_BYTES))
            text = heaps[address].get(number)
            if text is None or length > min(len(text), MAX_TEXT_BYTES):
                raise ValueError(f"no text of {length} bytes under {number} in the heap at {address}")
            found.append(text[:length])
    return tuple(found)


def _heap(data: bytes) -> dict[int, bytes]:
    """Number → content of every object in a heap."""
    objects: dict[int, bytes] = {}
    at = 0
    while at + 16 <= len(data):
        number, size = struct.unpack_from("<H6xQ", data, at)
        if number == 0:  # the free rest
            break
        objects[number] = data[at + 16 : at + 16 + size]
        at += 16 + size + -size % 8
    return objects
