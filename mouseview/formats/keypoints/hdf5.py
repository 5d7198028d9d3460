"""HDF5 files taken for hostile, read by our own bounded parser: HDF5's library can search a damaged one without end.

Every size is checked before it is read, and nothing outside the file is followed.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from mouseview.formats.files import MIB, file_size, unreadable
from mouseview.formats.keypoints import hdf5_objects as objects
from mouseview.formats.keypoints.hdf5_arrays import Dataset, parse_shape
from mouseview.formats.keypoints.hdf5_objects import Message, Objects
from mouseview.formats.keypoints.hdf5_types import Refused, Type, parse_type
from mouseview.formats.keypoints.heap_texts import MAX_TEXT_BYTES, texts_of_any_length
from mouseview.model.errors import FileFormatError

MAX_FILE_BYTES = 4096 * MIB
MAX_TEXTS = 100_000
_DAMAGE = (Refused, KeyError, struct.error, zlib.error, ValueError, TypeError, IndexError, OverflowError, MemoryError)


def is_hdf5(path: Path) -> bool:
    """Whether the file begins as HDF5 files do. Raises ``OSError``."""
    with open(path, "rb") as file:
        return file.read(len(objects.SIGNATURE)) == objects.SIGNATURE


@contextmanager
def hdf5_file(path: Path) -> Iterator[Hdf5]:
    """The file's groups and datasets; whatever its damage raises inside becomes a ``FileFormatError``."""
    size = file_size(path)
    if size > MAX_FILE_BYTES:
        raise FileFormatError(
            f"has more than the {MAX_FILE_BYTES // MIB} MiB that keypoints can need",
            place=str(path),
            remedy="check that this is the right file",
        )
    try:
        with open(path, "rb") as file:
            yield Hdf5(Objects(file, size), path)
    except OSError as error:
        raise unreadable(path, error) from error
    except _DAMAGE as error:
        reason = error.args[0] if isinstance(error, Refused | KeyError) and error.args else error
        raise FileFormatError(
            f"not an HDF5 file of keypoints that can be read: {reason}",
            place=str(path),
            remedy="copy it again, or export it again",
        ) from error


class Hdf5:
    """One open file. Paths are names separated by ``/``; links are never followed."""

    def __init__(self, file: Objects, path: Path) -> None:
        self._file = file
        self.path = path
        self._objects: dict[int, list[Message]] = {}

    def names(self, group: str = "") -> tuple[str, ...]:
        """What a group holds, in alphabetical order."""
        return tuple(sorted(self._file.members(self._walk(group))))

    def __contains__(self, name: str) -> bool:
        try:
            self._walk(name)
        except (Refused, KeyError):
            return False
        return True

    def shape(self, name: str) -> tuple[int, ...]:
        shape = self._dataset(name).shape
        if shape is None:
            raise Refused(f"{name} has no value")
        return shape

    def dtype(self, name: str) -> np.dtype[Any]:
        return self._dataset(name).type.dtype

    def numbers(self, name: str, dimensions: int) -> np.ndarray:
        """A dataset of plain numbers with so many dimensions, as it is stored, unless it is too large."""
        dataset = self._dataset(name)
        if dataset.type.dtype.kind not in "fiu" or len(dataset.shape or ()) != dimensions:
            found = f"{dataset.shape} of {dataset.type.dtype}"
            raise Refused(f"{name} is {found}, expected {dimensions} dimensions of numbers")
        return dataset.values(name)

    def records(self, name: str, fields: tuple[str, ...]) -> np.ndarray:
        """(n,) of a compound type that has these fields of plain numbers."""
        dataset = self._dataset(name)
        known: Mapping[str, Any] = dataset.type.dtype.fields or {}
        missing = [field for field in fields if field not in known or known[field][0].base.kind not in "fiu"]
        if len(dataset.shape or ()) != 1 or missing:
            raise Refused(f"{name} is {dataset.shape} of {dataset.type.dtype}, expected rows of {', '.join(fields)}")
        return dataset.values(name)

    def texts(self, name: str) -> tuple[str, ...]:
        """A dataset of texts, flat."""
        dataset = self._dataset(name)
        if np.prod(dataset.shape or (), dtype=float) > MAX_TEXTS:
            raise Refused(f"{name} has more than {MAX_TEXTS} texts")
        return tuple(text.decode("utf-8", "replace") for text in self._texts(dataset.values(name), dataset.type, name))

    def attribute(self, name: str, key: str) -> Any:
        """The value of an attribute: a number, or bytes of a text; None when there is none or it is an array."""
        for message in self._walk(name):
            if message.kind == objects.ATTRIBUTE and (found := _attribute(message.data))[0] == key.encode():
                _, type, shape, data = found
                if shape != () or len(data) < type.dtype.itemsize:
                    return None
                value = np.frombuffer(data[: type.dtype.itemsize], type.dtype)
                return value[0].item() if type.dtype.kind in "fiu" else self._texts(value, type, key)[0]
        return None

    def _texts(self, values: np.ndarray, type: Type, name: str) -> tuple[bytes, ...]:
        if type.any_length:
            return texts_of_any_length(self.path, values.tobytes())
        if type.dtype.kind != "S" or type.dtype.itemsize > MAX_TEXT_BYTES:
            raise Refused(f"{name} is of {type.dtype}, expected texts")
        return tuple(values.ravel().tolist())

    def _walk(self, name: str) -> list[Message]:
        messages = self._messages(self._file.root)
        for part in filter(None, name.split("/")):
            members = self._file.members(messages)
            if part not in members:
                raise KeyError(f"it has no {name}")
            address = members[part]
            if address is None:
                raise Refused(f"{part} is a link, which is not followed")
            messages = self._messages(address)
        return messages

    def _messages(self, address: int) -> list[Message]:
        if address not in self._objects:
            self._objects[address] = self._file.messages(address)
        return self._objects[address]

    def _dataset(self, name: str) -> Dataset:
        found = Dataset.of(self._file, self._walk(name))
        if found is None:
            raise Refused(f"{name} is no array")
        return found


def _attribute(data: bytes) -> tuple[bytes, Type, tuple[int, ...] | None, bytes]:
    """Name, type, shape and bytes of an attribute message."""
    version, flags, name_size, type_size, shape_size = struct.unpack_from("<BBHHH", data)
    if version not in (1, 2, 3) or (version > 1 and flags & 1):
        raise Refused(f"an attribute of version {version}")
    at = 9 if version == 3 else 8
    parts = []
    for size in (name_size, type_size, shape_size):
        parts.append(data[at : at + size])
        at += size + (-size % 8 if version == 1 else 0)
    name, type_, shape = parts
    return name.rstrip(b"\0"), parse_type(type_), parse_shape(shape), data[at:]
