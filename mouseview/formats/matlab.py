"""The part of MATLAB's version-5 ``.mat`` files that calibrations use: numbers, text, cells and structs.

Read with our own bounded parser: only the variables asked for are decompressed, and no declared size is believed
beyond the bytes that are there. Layout: The MathWorks, "MAT-File Format", version 5.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Collection
from pathlib import Path
from typing import BinaryIO

import numpy as np

from mouseview.formats.files import MIB, file_size, unreadable
from mouseview.geometry.transforms import Array
from mouseview.model.errors import FileFormatError

# numbers: float64 array; text: its rows; cell: list in column order; struct: list of dicts in column order
Value = Array | tuple[str, ...] | list["Value"] | list[dict[str, "Value"]] | None

MAX_VARIABLE_BYTES = 256 * MIB
_MAX_VARIABLES = 10_000
_MAX_DEPTH = 16
_HEADER_BYTES = 128

_MATRIX, _COMPRESSED = 14, 15
_DTYPES = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
_ENCODINGS = {16: "utf-8", 17: "utf-16", 18: "utf-32"}
_CELL, _STRUCT, _TEXT = 1, 2, 4
_NUMBERS = range(6, 16)
_COMPLEX = 0x0800


class _Malformed(Exception):
    """The bytes break MATLAB's own format."""


def is_mat(head: bytes) -> bool:
    """Whether the first bytes of a file are those of a ``.mat`` file, readable (version 5) or not (7.3)."""
    return head.startswith((b"MATLAB 5.0 MAT-file", b"MATLAB 7.3 MAT-file"))


def read_mat(path: Path, names: Collection[str]) -> dict[str, Value]:
    """The named variables that the file holds; of a kind not understood (objects, sparse): None.

    Raises ``FileFormatError`` for a file of version 7.3 (HDF5), a truncated or damaged one, and one whose wanted
    variable unpacks to more than ``MAX_VARIABLE_BYTES``.
    """
    file_size(path)
    try:
        with open(path, "rb") as file:
            order = _byte_order(file.read(_HEADER_BYTES), path)
            return _variables(file, order, names)
    except OSError as error:
        raise unreadable(path, error) from error
    except (_Malformed, struct.error, zlib.error, ValueError, OverflowError, IndexError) as error:
        raise FileFormatError(
            f"not a whole MATLAB file: {error}", place=str(path), remedy="copy it again, or save it again in MATLAB"
        ) from error


def _byte_order(header: bytes, path: Path) -> str:
    if header.startswith(b"MATLAB 7.3"):
        raise FileFormatError(
            "is saved as MATLAB version 7.3 (HDF5), which is not read",
            place=str(path),
            remedy="in MATLAB: s = load('file.mat'); save('file_v7.mat', '-struct', 's', '-v7')",
        )
    orders = {b"IM": "<", b"MI": ">"}
    if not is_mat(header) or header[126:128] not in orders:
        raise FileFormatError("is no MATLAB file of version 5", place=str(path), remedy="check the path")
    return orders[header[126:128]]


def _variables(file: BinaryIO, order: str, names: Collection[str]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for _ in range(_MAX_VARIABLES):
        tag = file.read(8)
        if not tag:
            return found
        kind, size = struct.unpack(order + "II", tag)
        start = file.tell()
        if kind in (_MATRIX, _COMPRESSED):
            head = _unpacked(file.read(min(size, 1024)), kind, 1024)
            name = _Reader(head, order).variable_name(kind == _COMPRESSED)
            if name in names:
                file.seek(start)
                found[name] = _variable(file, size, kind, order, name)
        file.seek(start + size)
    raise _Malformed(f"more than {_MAX_VARIABLES} variables")


def _variable(file: BinaryIO, size: int, kind: int, order: str, name: str) -> Value:
    packed = file.read(min(size, MAX_VARIABLE_BYTES + 1))
    data = _unpacked(packed, kind, MAX_VARIABLE_BYTES + 1)
    if len(data) > MAX_VARIABLE_BYTES:
        raise _Malformed(f"variable {name} needs more than {MAX_VARIABLE_BYTES // MIB} MiB")
    if len(packed) < size:
        raise _Malformed(f"the file ends inside variable {name}")
    reader = _Reader(data, order)
    return reader.element() if kind == _COMPRESSED else reader.array(len(data), 0)


def _unpacked(data: bytes, kind: int, limit: int) -> bytes:
    return zlib.decompressobj().decompress(data, limit) if kind == _COMPRESSED else data


class _Reader:
    """Walks the elements in a buffer; every size is checked against what is left of it."""

    def __init__(self, data: bytes, order: str) -> None:
        self._data = data
        self._order = order
        self._at = 0

    def variable_name(self, tagged: bool) -> str:
        if tagged:
            self._tag()
        self._raw()
        self._raw()
        return self._raw()[1].decode("latin1")

    def element(self, depth: int = 0) -> Value:
        kind, size, _ = self._tag()
        if kind != _MATRIX:
            raise _Malformed(f"element of type {kind} where an array is expected")
        return self.array(size, depth)

    def array(self, size: int, depth: int) -> Value:
        """The array whose sub-elements fill the next ``size`` bytes."""
        if depth > _MAX_DEPTH:
            raise _Malformed(f"nested deeper than {_MAX_DEPTH}")
        end = self._at + size
        if end > len(self._data):
            raise _Malformed("an array is longer than the file")
        if size == 0:
            return np.zeros((0, 0))
        flags = int(self._numbers()[0])
        shape = [int(side) for side in self._numbers()]
        self._raw()  # the name, empty inside cells and structs
        count = math.prod(shape)
        if not shape or min(shape) < 0 or count > size:
            raise _Malformed(f"an array of shape {shape} in {size} bytes")
        value = self._content(flags, shape, count, depth)
        self._at = end
        return value

    def _content(self, flags: int, shape: list[int], count: int, depth: int) -> Value:
        kind = flags & 0xFF
        if kind == _CELL:
            return [self.element(depth + 1) for _ in range(count)]
        if kind == _STRUCT:
            fields = self._field_names()
            return [{field: self.element(depth + 1) for field in fields} for _ in range(count)]
        if kind == _TEXT:
            return self._text(shape, count)
        if kind in _NUMBERS and not flags & _COMPLEX:
            values = self._numbers()
            if len(values) != count:
                raise _Malformed(f"{len(values)} numbers for an array of shape {shape}")
            return values.reshape(shape, order="F")
        return None

    def _field_names(self) -> list[str]:
        length = int(self._numbers()[0])
        raw = self._raw()[1]
        if length < 1:
            raise _Malformed(f"field names of {length} bytes")
        parts = [raw[i : i + length] for i in range(0, len(raw), length)]
        return [part.split(b"\0")[0].decode("latin1") for part in parts]

    def _text(self, shape: list[int], count: int) -> tuple[str, ...]:
        kind, raw = self._raw()
        if kind in _ENCODINGS:
            suffix = "" if kind == 16 else ("-le" if self._order == "<" else "-be")
            text = raw.decode(_ENCODINGS[kind] + suffix)
        else:
            text = "".join(map(chr, self._as_numbers(kind, raw).astype(np.uint16).tolist()))
        if len(text) != count:
            raise _Malformed(f"{len(text)} characters for an array of shape {shape}")
        return tuple(text[row :: shape[0]].rstrip() for row in range(shape[0]))

    def _numbers(self) -> Array:
        numbers = self._as_numbers(*self._raw())
        return numbers.astype(np.float64)

    def _as_numbers(self, kind: int, raw: bytes) -> np.ndarray:
        if kind not in _DTYPES:
            raise _Malformed(f"numbers of type {kind}")
        dtype = np.dtype(self._order + _DTYPES[kind])
        if len(raw) % dtype.itemsize:
            raise _Malformed(f"{len(raw)} bytes for numbers of {dtype.itemsize} bytes")
        return np.frombuffer(raw, dtype)

    def _raw(self) -> tuple[int, bytes]:
        """Type and bytes of the next plain element; steps over the padding to 8 bytes."""
        kind, size, small = self._tag()
        if self._at + size > len(self._data):
            raise _Malformed("an element is longer than the file")
        data = self._data[self._at : self._at + size]
        self._at += 4 if small else size + -size % 8
        return kind, data

    def _tag(self) -> tuple[int, int, bool]:
        """Type, bytes, and whether the data share the tag's own 8 bytes."""
        if self._at + 8 > len(self._data):
            raise _Malformed("the file ends where an element is expected")
        kind, size = struct.unpack_from(self._order + "II", self._data, self._at)
        if kind >> 16:
            self._at += 4
            if kind >> 16 > 4:
                raise _Malformed("a short element of more than 4 bytes")
            return kind & 0xFFFF, kind >> 16, True
        self._at += 8
        return kind, size, False
