"""Values of an HDF5 dataset: compact, in one piece or in packed chunks, never more than its shape and a limit say."""

from __future__ import annotations

import math
import struct
import zlib
from dataclasses import dataclass

import numpy as np

from mouseview.formats.files import MIB
from mouseview.formats.keypoints import hdf5_objects as objects
from mouseview.formats.keypoints.hdf5_objects import Message, Objects
from mouseview.formats.keypoints.hdf5_types import Refused, Type, parse_type

MAX_DATASET_BYTES = 256 * MIB
_MAX_UNPACKED_BYTES = 1024 * MIB  # of all chunks: those at the borders hold more than the dataset
_MAX_RANK = 8
_COMPACT, _CONTIGUOUS, _CHUNKED, _VIRTUAL = range(4)
_DEFLATE, _SHUFFLE, _FLETCHER32 = 1, 2, 3


@dataclass(frozen=True)
class Filter:
    kind: int
    values: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Dataset:
    """One array as the file describes it; shape None: no value at all."""

    file: Objects
    shape: tuple[int, ...] | None
    type: Type
    messages: tuple[Message, ...]

    @classmethod
    def of(cls, file: Objects, messages: list[Message]) -> Dataset | None:
        """None when the messages are not those of an array."""
        by_kind = {message.kind: message.data for message in messages}
        if not {objects.DATASPACE, objects.DATATYPE, objects.LAYOUT} <= set(by_kind):
            return None
        return cls(file, parse_shape(by_kind[objects.DATASPACE]), parse_type(by_kind[objects.DATATYPE]),
                   tuple(messages))  # fmt: skip

    def values(self, name: str) -> np.ndarray:
        """The array, zeros where nothing was ever written. Raises ``Refused``, ``zlib.error``, ``struct.error``."""
        shape = self.shape
        if shape is None:
            raise Refused(f"{name} has no value")
        if any(message.kind == objects.EXTERNAL_FILES for message in self.messages):
            raise Refused(f"{name} keeps its values in another file, which is not followed")
        wanted = _bytes_of(shape, self.type, name, "values")
        layout = next(message.data for message in self.messages if message.kind == objects.LAYOUT)
        version, kind = layout[0], layout[1]
        if version == 4 and kind == _VIRTUAL:
            raise Refused(f"{name} keeps its values in another file, which is not followed")
        if version != 3:
            raise Refused(f"{name} is of a layout of version {version}: save it in HDF5's classic layout (h5repack)")
        if kind == _CHUNKED:
            return self._chunked(layout, shape, name)
        if kind == _COMPACT:
            (size,) = struct.unpack_from("<H", layout, 2)
            data = layout[4 : 4 + size]
        elif kind == _CONTIGUOUS:
            address, size = struct.unpack_from("<QQ", layout, 2)
            data = bytes(wanted) if address == objects.NOWHERE else self.file.read(address, min(size, wanted))
        else:
            raise Refused(f"{name} is of an unknown layout")
        if len(data) < wanted:
            raise Refused(f"{name} has {len(data)} bytes for {shape} values")
        return np.frombuffer(data[:wanted], self.type.dtype).reshape(_full(shape, self.type))

    def _chunked(self, layout: bytes, shape: tuple[int, ...], name: str) -> np.ndarray:
        rank = layout[2] - 1
        if rank != len(shape) or not 1 <= rank <= _MAX_RANK:
            raise Refused(f"{name} has chunks of {rank} dimensions")
        (tree,) = struct.unpack_from("<Q", layout, 3)
        sides = struct.unpack_from(f"<{rank}I", layout, 11)
        if 0 in sides:
            raise Refused(f"{name} has chunks of {sides}")
        size = _bytes_of(sides, self.type, name, "chunks")
        possible = math.prod(-(-side // chunk) for side, chunk in zip(shape, sides, strict=True))
        if possible * size > _MAX_UNPACKED_BYTES:
            raise Refused(f"{name} has {possible} chunks of {sides}, more than {_MAX_UNPACKED_BYTES // MIB} MiB")
        out = np.zeros(shape, self.type.dtype)
        if tree == objects.NOWHERE or not possible:
            return out
        filters = _filters(self.messages)
        seen: set[tuple[int, ...]] = set()
        for node in self.file.leaves(tree, key_bytes=8 * (rank + 2), kind=1):
            for key, address in zip(node.keys, node.children, strict=True):
                stored, skipped, *corner = struct.unpack(f"<II{rank + 1}Q", key)
                first = tuple(corner[:rank])
                outside = any(at >= side or at % chunk for at, side, chunk in zip(first, shape, sides, strict=True))
                if outside or first in seen:
                    raise Refused(f"{name} has a chunk at {first}, where none can be")
                seen.add(first)
                plain = _unpacked(self.file.read(address, stored), filters, skipped, size)
                values = np.frombuffer(plain, self.type.dtype).reshape(_full(sides, self.type))
                ends = [min(at + chunk, side) for at, chunk, side in zip(first, sides, shape, strict=True)]
                here = tuple(slice(at, end) for at, end in zip(first, ends, strict=True))
                out[here] = values[tuple(slice(0, end - at) for at, end in zip(first, ends, strict=True))]
        return out


def parse_shape(data: bytes) -> tuple[int, ...] | None:
    """Of a dataspace message: () for a single value, None for no value."""
    version, rank = data[0], data[1]
    if version not in (1, 2) or rank > _MAX_RANK:
        raise Refused(f"an array of {rank} dimensions")
    if version == 2 and data[3] == 2:
        return None
    return struct.unpack_from(f"<{rank}Q", data, 8 if version == 1 else 4)


def _bytes_of(shape: tuple[int, ...], type: Type, name: str, what: str) -> int:
    size = math.prod(shape) * type.dtype.itemsize
    if size > MAX_DATASET_BYTES:
        raise Refused(f"{name} has {what} of {shape}, more than {MAX_DATASET_BYTES // MIB} MiB")
    return size


def _full(shape: tuple[int, ...], type: Type) -> tuple[int, ...]:
    """The shape as ``np.frombuffer`` has it: a type that is an array itself adds its own sides."""
    return (*shape, *type.dtype.shape)


def _filters(messages: tuple[Message, ...]) -> tuple[Filter, ...]:
    data = next((message.data for message in messages if message.kind == objects.FILTERS), None)
    if data is None:
        return ()
    version, count = data[0], data[1]
    at = 8 if version == 1 else 2
    found = []
    for _ in range(count):
        (kind,) = struct.unpack_from("<H", data, at)
        named = version == 1 or kind >= 256
        length = struct.unpack_from("<H", data, at + 2)[0] if named else 0
        (values,) = struct.unpack_from("<H", data, at + (6 if named else 4))
        at += 8 if named else 6
        at += length + (-length % 8 if version == 1 else 0)
        found.append(Filter(kind, struct.unpack_from(f"<{values}I", data, at)))
        at += 4 * (values + (values % 2 if version == 1 else 0))
    return tuple(found)


def _unpacked(data: bytes, filters: tuple[Filter, ...], skipped: int, size: int) -> bytes:
    """A chunk's ``size`` bytes."""
    for index in reversed(range(len(filters))):
        if skipped >> index & 1:
            continue
        kind = filters[index].kind
        if kind == _DEFLATE:
            data = zlib.decompressobj().decompress(data, size + 4)  # a checksum may lie below the packing
        elif kind == _SHUFFLE:
            data = _unshuffled(data, filters[index].values)
        elif kind == _FLETCHER32:
            data = data[:-4]
        else:
            raise Refused(f"values packed by filter {kind}; gzip and shuffle are read")
    if len(data) < size:
        raise Refused(f"a chunk of {len(data)} bytes instead of {size}")
    return data[:size]


def _unshuffled(data: bytes, values: tuple[int, ...]) -> bytes:
    width = values[0] if values else 0
    if not 1 <= width <= len(data):
        return data
    whole = len(data) // width * width
    return np.frombuffer(data[:whole], np.uint8).reshape(width, -1).T.tobytes() + data[whole:]
