"""The program of the process that reads HDF5: answers questions about one file after another. Imports nothing of ours.

A question is a line of JSON (``path``, ``ask``, ``arguments``). The answer is two little-endian lengths and then a JSON
header (``value``, or what was ``refused``) and, for an array, the bytes of an ``.npy`` file.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import struct
import sys
from collections.abc import Callable
from typing import Any, BinaryIO

import h5py
import numpy as np

MAX_DATASET_BYTES = 256 << 20
MAX_CHUNK_BYTES = 256 << 20
MAX_TEXTS = 100_000
MAX_TEXT_BYTES = 1 << 16
MAX_MEMORY_BYTES = 4 << 30
_ELSEWHERE = "keeps its values in another file, which is not followed"


class Refused(ValueError):
    """The file holds something else than was asked for, or too much of it."""


def _walk(file: h5py.File, name: str) -> Any:
    """The group or dataset called ``name``; only what lies in the file itself."""
    found: Any = file
    for part in filter(None, name.split("/")):
        link = found.get(part, getlink=True) if isinstance(found, h5py.Group) else None
        if link is None:
            raise Refused(f"it has no {name}")
        if not isinstance(link, h5py.HardLink):
            raise Refused(f"{part} is a link, which is not followed")
        found = found[part]
    return found


def _dataset(file: h5py.File, name: str) -> h5py.Dataset:
    found = _walk(file, name)
    if not isinstance(found, h5py.Dataset) or found.shape is None:
        raise Refused(f"{name} is no array with a value")
    return found


def _values(dataset: h5py.Dataset, name: str) -> np.ndarray:
    if dataset.is_virtual or dataset.external:
        raise Refused(f"{name} {_ELSEWHERE}")
    size = dataset.size * dataset.dtype.itemsize
    if size > MAX_DATASET_BYTES:
        raise Refused(f"{name} has more than {MAX_DATASET_BYTES >> 20} MiB of values")
    chunk = int(np.prod(dataset.chunks or (), dtype=float)) * dataset.dtype.itemsize
    if chunk > MAX_CHUNK_BYTES:
        raise Refused(f"{name} has chunks of more than {MAX_CHUNK_BYTES >> 20} MiB")
    return np.asarray(dataset[()])


def names(file: h5py.File, group: str) -> list[str]:
    """What a group holds, in alphabetical order."""
    found = _walk(file, group)
    if not isinstance(found, h5py.Group):
        raise Refused(f"{group} is no group")
    return sorted(found)


def has(file: h5py.File, name: str) -> bool:
    try:
        _walk(file, name)
    except Refused:
        return False
    return True


def shape(file: h5py.File, name: str) -> list[int]:
    return list(_dataset(file, name).shape)


def dtype(file: h5py.File, name: str) -> dict[str, Any]:
    """kind, and the names of fields where there are any."""
    found = _dataset(file, name).dtype
    return {"kind": found.kind, "names": list(found.names) if found.names else None}


def numbers(file: h5py.File, name: str, dimensions: int) -> np.ndarray:
    found = _dataset(file, name)
    if found.dtype.kind not in "fiu" or found.ndim != dimensions:
        raise Refused(f"{name} is {found.shape} of {found.dtype}, expected {dimensions} dimensions of numbers")
    return _values(found, name)


def records(file: h5py.File, name: str, fields: list[str]) -> np.ndarray:
    found = _dataset(file, name)
    known = found.dtype.fields or {}
    missing = [field for field in fields if field not in known or known[field][0].base.kind not in "fiub"]
    if found.ndim != 1 or missing or found.dtype.hasobject:
        raise Refused(f"{name} is {found.shape} of {found.dtype}, expected rows of {', '.join(fields)}")
    return _values(found, name)


def texts(file: h5py.File, name: str) -> list[str]:
    found = _dataset(file, name)
    if found.size > MAX_TEXTS:
        raise Refused(f"{name} has more than {MAX_TEXTS} texts")
    if h5py.check_string_dtype(found.dtype) is None:
        raise Refused(f"{name} is of {found.dtype}, expected texts")
    return [_text(value, name).decode("utf-8", "replace") for value in _values(found, name).ravel().tolist()]


def attribute(file: h5py.File, name: str, key: str) -> Any:
    """A number or a text (as bytes, in Latin 1); None when there is none or it is an array."""
    attributes = _walk(file, name).attrs
    if key not in attributes or attributes.get_id(key).get_storage_size() > MAX_TEXT_BYTES:
        return None
    value = attributes[key]
    if isinstance(value, str | bytes):
        return {"text": _text(value, key).decode("latin1")}
    return value.item() if isinstance(value, np.generic) and value.dtype.kind in "fiu" else None


def _text(value: Any, name: str) -> bytes:
    data = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value
    if not isinstance(data, bytes) or len(data) > MAX_TEXT_BYTES:
        raise Refused(f"{name} has a text of more than {MAX_TEXT_BYTES} bytes, or none")
    return data


ANSWERS: dict[str, Callable[..., Any]] = {
    answer.__name__: answer for answer in (names, has, shape, dtype, numbers, records, texts, attribute)
}


def answer(line: bytes) -> tuple[dict[str, Any], bytes]:
    """Header and payload for one question."""
    question = json.loads(line)
    try:
        with h5py.File(question["path"], "r", locking=False) as file:
            found = ANSWERS[question["ask"]](file, *question["arguments"])
    except Refused as refused:
        return {"refused": str(refused)}, b""
    except MemoryError:
        return {"refused": "it asks for more memory than keypoints can need"}, b""
    except Exception as error:  # whatever the library makes of a damaged file: HDF5 names its own inner workings
        return {"refused": f"{error}"[:300]}, b""
    if isinstance(found, np.ndarray):
        buffer = io.BytesIO()
        np.save(buffer, found, allow_pickle=False)
        return {"value": None}, buffer.getvalue()
    return {"value": found}, b""


def _limit_memory() -> None:
    if os.name == "posix":
        import resource

        with contextlib.suppress(ValueError, OSError):  # a lower limit is in force already
            resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))


def serve(questions: BinaryIO, answers: BinaryIO) -> None:
    """Until there are no more questions."""
    for line in questions:
        header, payload = answer(line)
        text = json.dumps(header).encode()
        answers.write(struct.pack("<QQ", len(text), len(payload)) + text + payload)
        answers.flush()


if __name__ == "__main__":
    _limit_memory()
    serve(sys.stdin.buffer, sys.stdout.buffer)
