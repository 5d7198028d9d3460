"""Writes the part of MATLAB's version-5 ``.mat`` files that calibrations use: matrices, text, cells and structs.

Layout: The MathWorks, "MAT-File Format", version 5; little-endian, uncompressed.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

import numpy as np

_INT8, _UINT16, _INT32, _UINT32, _DOUBLE, _MATRIX = 1, 4, 5, 6, 9, 14
_CELL, _STRUCT, _TEXT, _NUMBERS = 1, 2, 4, 6
_FIELD_BYTES = 32  # of a field's name with its closing zero


def mat_bytes(variables: Mapping[str, object]) -> bytes:
    """A whole file of named values: float arrays (rows, columns), texts, sequences (N×1 cells), mappings (structs)."""
    header = b"MATLAB 5.0 MAT-file, written by MouseView".ljust(116) + bytes(8) + struct.pack("<H", 0x0100) + b"IM"
    return header + b"".join(_matrix(value, name) for name, value in variables.items())


def _matrix(value: object, name: str = "") -> bytes:
    if isinstance(value, np.ndarray):
        kind, shape = _NUMBERS, value.shape
        content = _element(_DOUBLE, np.asarray(value, dtype="<f8").tobytes(order="F"))
    elif isinstance(value, str):
        units = value.encode("utf-16-le")
        kind, shape, content = _TEXT, (1, len(units) // 2), _element(_UINT16, units)
    elif isinstance(value, Mapping):
        kind, shape, content = _STRUCT, (1, 1), _fields(value)
    elif isinstance(value, Sequence):
        kind, shape, content = _CELL, (len(value), 1), b"".join(map(_matrix, value))
    else:
        raise TypeError(f"no MATLAB value: {type(value).__name__}")
    parts = (
        _element(_UINT32, struct.pack("<II", kind, 0)),
        _element(_INT32, struct.pack(f"<{len(shape)}i", *shape)),
        _element(_INT8, name.encode("ascii")),
        content,
    )
    return _element(_MATRIX, b"".join(parts))


def _fields(value: Mapping[str, object]) -> bytes:
    names = b"".join(field.encode("ascii").ljust(_FIELD_BYTES, b"\0") for field in value)
    # the length of names must be a short element: type and size share its first four bytes
    length = struct.pack("<HHi", _INT32, 4, _FIELD_BYTES)
    return length + _element(_INT8, names) + b"".join(map(_matrix, value.values()))


def _element(kind: int, data: bytes) -> bytes:
    return struct.pack("<II", kind, len(data)) + data + bytes(-len(data) % 8)
