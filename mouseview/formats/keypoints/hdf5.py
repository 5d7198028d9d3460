"""HDF5 files taken for hostile: every size is checked before it is read, and nothing outside the file is followed."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mouseview.formats.files import MIB, file_size, unreadable
from mouseview.formats.keypoints.heap_texts import MAX_TEXT_BYTES, REFERENCE_BYTES, texts_of_any_length
from mouseview.model.errors import FileFormatError, MouseViewError

if TYPE_CHECKING:
    import h5py

MAX_FILE_BYTES = 4096 * MIB
MAX_DATASET_BYTES = 256 * MIB
MAX_ATTRIBUTE_BYTES = 4 * MIB
MAX_TEXTS = 100_000
_MAX_MEMBERS = 1_000
_STRING_CLASS = 3  # H5T_STRING
_SIGNATURE = b"\x89HDF\r\n\x1a\n"


class _Refused(Exception):
    """The file asks for something that no keypoint file needs."""


def is_hdf5(path: Path) -> bool:
    """Whether the file begins as HDF5 files do. Raises ``OSError``."""
    with open(path, "rb") as file:
        return file.read(len(_SIGNATURE)) == _SIGNATURE


@contextmanager
def hdf5_file(path: Path) -> Iterator[Hdf5]:
    """The file's groups and datasets; whatever its damage raises inside becomes a ``FileFormatError``."""
    if file_size(path) > MAX_FILE_BYTES:
        raise FileFormatError(
            f"has more than the {MAX_FILE_BYTES // MIB} MiB that keypoints can need",
            place=str(path),
            remedy="check that this is the right file",
        )
    import h5py  # takes a tenth of a second, and few sessions have such files

    try:
        with h5py.File(path, "r", locking=False) as file:
            yield Hdf5(file, path)
    except MouseViewError:
        raise
    except PermissionError as error:
        raise unreadable(path, error) from error
    except Exception as error:  # the library fails in as many ways as there are damaged files
        reason = str(error) if isinstance(error, _Refused) else f"{type(error).__name__}: {str(error)[:200]}"
        raise FileFormatError(
            f"not a whole HDF5 file of keypoints: {reason}", place=str(path), remedy="copy it again, or export it again"
        ) from error


class Hdf5:
    """One open file. Paths are names separated by ``/``; links out of the file and soft links count as refused."""

    def __init__(self, file: h5py.File, path: Path) -> None:
        self._file = file
        self.path = path

    def names(self, group: str = "") -> tuple[str, ...]:
        """What a group holds, at most a thousand names."""
        found = self._walk(group)
        if not hasattr(found, "keys"):
            raise _Refused(f"{group or '/'} is no group")
        if len(found) > _MAX_MEMBERS:
            raise _Refused(f"{group or '/'} holds more than {_MAX_MEMBERS} things")
        return tuple(found.keys())

    def __contains__(self, name: str) -> bool:
        try:
            self._walk(name)
        except (_Refused, KeyError):
            return False
        return True

    def shape(self, name: str) -> tuple[int, ...]:
        return self._dataset(name).shape

    def dtype(self, name: str) -> np.dtype[Any]:
        return self._dataset(name).dtype

    def numbers(self, name: str, dimensions: int) -> np.ndarray:
        """A dataset of plain numbers with so many dimensions, as it is stored, unless it is too large."""
        dataset = self._dataset(name)
        if dataset.dtype.kind not in "fiub" or dataset.ndim != dimensions:
            raise _Refused(f"{name} is {dataset.shape} of {dataset.dtype}, expected {dimensions} dimensions of numbers")
        return self._content(dataset, name)

    def records(self, name: str, fields: tuple[str, ...]) -> np.ndarray:
        """(n,) of a compound type that has these fields of plain numbers."""
        dataset = self._dataset(name)
        known = dataset.dtype.fields or {}
        missing = [field for field in fields if field not in known or known[field][0].base.kind not in "fiub"]
        if dataset.ndim != 1 or missing:
            raise _Refused(f"{name} is {dataset.shape} of {dataset.dtype}, expected rows of {', '.join(fields)}")
        return self._content(dataset, name)

    def texts(self, name: str) -> tuple[str, ...]:
        """A dataset of texts, flat."""
        dataset = self._dataset(name)
        if dataset.size > MAX_TEXTS or dataset.dtype.itemsize > MAX_TEXT_BYTES:
            raise _Refused(f"{name} is {dataset.shape} of {dataset.dtype}, expected names")
        if dataset.dtype.kind == "S":
            return tuple(_text(value) for value in self._content(dataset, name).ravel().tolist())
        if dataset.dtype.kind != "O" or dataset.id.get_type().get_class() != _STRING_CLASS:
            raise _Refused(f"{name} is of {dataset.dtype}, expected names")
        return tuple(_text(value) for value in texts_of_any_length(self.path, self._references(dataset, name)))

    def _references(self, dataset: h5py.Dataset, name: str) -> bytes:
        """Where texts of any length lie, as stored: the library itself must not follow them (see ``heap_texts``)."""
        self._check(dataset, name)
        wanted = dataset.size * REFERENCE_BYTES
        if dataset.chunks is None:
            offset = dataset.id.get_offset()
            if offset is None:
                return b""
            with open(self.path, "rb") as file:
                file.seek(offset)
                return file.read(wanted)
        if dataset.ndim != 1 or dataset.chunks[0] < dataset.size or dataset.compression not in (None, "gzip"):
            raise _Refused(f"{name} has texts in more than one packed piece")
        if dataset.id.get_num_chunks() == 0:
            return b""
        packed = dataset.id.read_direct_chunk((0,))[1]
        if dataset.shuffle:
            raise _Refused(f"{name} has shuffled texts")
        plain = packed if dataset.compression is None else zlib.decompressobj().decompress(packed, MAX_DATASET_BYTES)
        return plain[:wanted]

    def attribute(self, name: str, key: str) -> Any:
        """The value of an attribute: a number, bytes or text; None when there is none."""
        attributes = self._walk(name).attrs
        if key not in attributes:
            return None
        stored = attributes.get_id(key)
        if stored.get_storage_size() > MAX_ATTRIBUTE_BYTES:
            raise _Refused(f"attribute {key} of {name} has more than {MAX_ATTRIBUTE_BYTES // MIB} MiB")
        if stored.dtype.kind not in "fiubS":
            raise _Refused(f"attribute {key} of {name} is of {stored.dtype}, expected a number or text of fixed length")
        value = attributes[key]
        return value.item() if isinstance(value, np.generic) else value

    def _walk(self, name: str) -> Any:
        found: Any = self._file
        for part in filter(None, name.split("/")):
            import h5py

            link = found.get(part, getlink=True) if hasattr(found, "keys") else None
            if link is None:
                raise KeyError(f"it has no {name}")
            if not isinstance(link, h5py.HardLink):
                raise _Refused(f"{part} is a link, which is not followed")
            found = found[part]
        return found

    def _dataset(self, name: str) -> h5py.Dataset:
        found = self._walk(name)
        if not hasattr(found, "dtype") or not hasattr(found, "shape") or found.shape is None:
            raise _Refused(f"{name} is no array")
        return found

    def _content(self, dataset: h5py.Dataset, name: str) -> np.ndarray:
        self._check(dataset, name)
        return np.asarray(dataset[()])

    def _check(self, dataset: h5py.Dataset, name: str) -> None:
        if dataset.external or dataset.is_virtual:
            raise _Refused(f"{name} keeps its values in another file, which is not followed")
        for what, shape in (("values", dataset.shape), ("chunks", dataset.chunks or ())):
            if math.prod(shape) * max(1, dataset.dtype.itemsize) > MAX_DATASET_BYTES:
                raise _Refused(f"{name} has {what} of {shape}, more than {MAX_DATASET_BYTES // MIB} MiB")


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, str):
        return value
    raise _Refused(f"a {type(value).__name__} where a name is expected")
