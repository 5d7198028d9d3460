"""Number and text types of HDF5 as numpy's, parsed within the bytes that are there.

Layout: The HDF Group, "HDF5 File Format Specification", datatype message.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np

from mouseview.formats.keypoints.heap_texts import REFERENCE_BYTES

MAX_ELEMENT_BYTES = 1 << 20
_MAX_FIELDS = 1_000
_MAX_DEPTH = 4
_FLOATS = {(2, 5, 10): "f2", (4, 8, 23): "f4", (8, 11, 52): "f8"}  # bytes, bits of exponent and of mantissa
_INTEGERS = (1, 2, 4, 8)


class Refused(Exception):
    """The file asks for something that no keypoint file needs, or breaks HDF5's own rules."""


@dataclass(frozen=True)
class Type:
    """dtype: as numpy reads the stored bytes.  any_length: texts that lie elsewhere, of which these are references."""

    dtype: np.dtype[Any]
    any_length: bool = False


def parse_type(data: bytes) -> Type:
    """The type that a message describes. Raises ``Refused``, ``struct.error`` or ``ValueError``."""
    return _parse(data, 0)[0]


def _parse(data: bytes, depth: int) -> tuple[Type, int]:
    """The type, and how many bytes describe it."""
    if depth > _MAX_DEPTH:
        raise Refused(f"types nested deeper than {_MAX_DEPTH}")
    head, bits, size = data[0], int.from_bytes(data[1:4], "little"), struct.unpack_from("<I", data, 4)[0]
    version, kind = head >> 4, head & 15
    if not 1 <= size <= MAX_ELEMENT_BYTES or not 1 <= version <= 3:
        raise Refused(f"a type of version {version} with {size} bytes")
    order = ">" if bits & 1 else "<"
    if kind in (0, 4):  # whole numbers; bit fields, as which PyTables keeps truth values
        offset, precision = struct.unpack_from("<HH", data, 8)
        if size not in _INTEGERS or offset or precision != 8 * size:
            raise Refused(f"whole numbers of {precision} bits in {size} bytes")
        return Type(np.dtype(f"{order}{'i' if kind == 0 and bits & 8 else 'u'}{size}")), 12
    if kind == 1:
        exponent, mantissa = struct.unpack_from("<xxxxxBxB", data, 8)
        code = _FLOATS.get((size, exponent, mantissa))
        if code is None or bits & 64:
            raise Refused(f"numbers of {size} bytes with {exponent} bits of exponent")
        return Type(np.dtype(order + code)), 20
    if kind == 3:
        return Type(np.dtype(f"S{size}")), 8
    if kind == 6:
        return _compound(data, version, bits & 0xFFFF, size, depth)
    if kind == 8:
        return _enumeration(data, version, bits & 0xFFFF, depth)
    if kind == 9:
        if bits & 15 != 1 or size != REFERENCE_BYTES:
            raise Refused("lists of any length")
        return Type(np.dtype(f"V{REFERENCE_BYTES}"), any_length=True), 8 + _parse(data[8:], depth + 1)[1]
    if kind == 10:
        return _array(data, version, depth)
    raise Refused(f"a type of class {kind}")


def _text_end(data: bytes, at: int) -> int:
    end = data.find(b"\0", at)
    if end < 0:
        raise Refused("a name without an end")
    return end


def _named(data: bytes, at: int, version: int) -> tuple[str, int]:
    """A name, and where the next thing begins: before version 3 names fill multiples of eight bytes."""
    end = _text_end(data, at)
    length = end - at + 1
    return data[at:end].decode("utf-8", "replace"), at + (length if version == 3 else length + -length % 8)


def _compound(data: bytes, version: int, count: int, size: int, depth: int) -> tuple[Type, int]:
    if not 1 <= count <= _MAX_FIELDS:
        raise Refused(f"records of {count} fields")
    names: list[str] = []
    formats: list[Any] = []
    offsets: list[int] = []
    at = 8
    for _ in range(count):
        name, at = _named(data, at, version)
        width = (max(size.bit_length(), 1) + 7) // 8 if version == 3 else 4
        offset = int.from_bytes(data[at : at + width], "little")
        at += width
        sides: tuple[int, ...] = ()
        if version == 1:
            rank = data[at]
            if rank > 4:
                raise Refused(f"fields of {rank} dimensions")
            sides = struct.unpack_from("<4I", data, at + 12)[:rank]
            at += 28
        member, used = _parse(data[at:], depth + 1)
        at += used
        names.append(name)
        formats.append((member.dtype, sides) if sides else member.dtype)
        offsets.append(offset)
        if np.prod(sides, dtype=float) * member.dtype.itemsize + offset > size:
            raise Refused(f"field {name!r} reaches beyond its record")
    if len(set(names)) != len(names) or "" in names:
        raise Refused("fields of equal names")
    return Type(np.dtype({"names": names, "formats": formats, "offsets": offsets, "itemsize": size})), at


def _enumeration(data: bytes, version: int, count: int, depth: int) -> tuple[Type, int]:
    """As the whole numbers that it stores."""
    if count > _MAX_FIELDS:
        raise Refused(f"{count} names of values")
    base, used = _parse(data[8:], depth + 1)
    at = 8 + used
    for _ in range(count):
        at = _named(data, at, version)[1]
    return base, at + count * base.dtype.itemsize


def _array(data: bytes, version: int, depth: int) -> tuple[Type, int]:
    rank = data[8]
    at = 9 if version == 3 else 12
    if not 1 <= rank <= 8:
        raise Refused(f"fields of {rank} dimensions")
    sides = struct.unpack_from(f"<{rank}I", data, at)
    at += 4 * rank * (1 if version == 3 else 2)  # before version 3 a permutation follows
    base, used = _parse(data[at:], depth + 1)
    if np.prod(sides, dtype=float) * base.dtype.itemsize > MAX_ELEMENT_BYTES:
        raise Refused(f"fields of {sides} values")
    return Type(np.dtype((base.dtype, sides))), at + used
