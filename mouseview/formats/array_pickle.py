"""Pickles of numpy arrays that cannot call anything: every global they name becomes one of our own records.

Not even numpy's own unpickling code runs: its ``__setstate__`` trusts dtype flags that a file can set.
"""

from __future__ import annotations

import io
import math
import pickle
import pickletools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from mouseview.formats.files import read_bytes
from mouseview.model.errors import FileFormatError

MAX_PICKLE_BYTES = 1 << 30
_MAX_OPCODES = 100_000
_MAX_LIST_DEPTH = 16
_MAX_VALUES = 200_000
_MEMO_OPCODES = {"PUT", "BINPUT", "LONG_BINPUT"}
_OBJECT_OPCODES = {"INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "EXT1", "EXT2", "EXT4"}
_REMEDY = "export the calibration again, or convert it to another format"


class _Refused(Exception):
    """The pickle asks for something that no array needs."""


class _Name:
    """Stands for a global that array pickles name. What ``make`` builds is a record; the name itself cannot be changed.

    Without it a pickle could set attributes on our functions, which would outlive the file.
    """

    __slots__ = ("_make",)

    def __init__(self, make: Callable[..., Any] | None = None) -> None:
        self._make = make

    def __call__(self, *arguments: Any) -> Any:
        if self._make is None:
            raise _Refused("an array built in an unknown way")
        return self._make(*arguments)

    def __setstate__(self, state: Any) -> None:
        raise _Refused("a change to a name")


class _Dtype:
    """A plain number type: code such as ``f4``, byte order from its state."""

    def __init__(self, code: Any, *_: Any) -> None:
        self._code = _text(code)
        self._order = "="

    def __setstate__(self, state: Any) -> None:
        if not isinstance(state, tuple) or len(state) < 2:
            raise _Refused("a number type with an unknown state")
        self._order = _text(state[1])

    def plain(self) -> np.dtype[Any]:
        kind, width = self._code[:1], self._code[1:]
        if kind not in "fiub" or width not in ("1", "2", "4", "8") or self._order not in ("<", ">", "=", "|"):
            raise _Refused(f"arrays of type {self._code[:20]!r}")
        return np.dtype(self._order + self._code)


class _Stored:
    """An array as the pickle holds it: type, shape, bytes."""

    def __init__(self) -> None:
        self._state: tuple[Any, ...] = ()

    def __setstate__(self, state: Any) -> None:
        if not isinstance(state, tuple) or len(state) != 5:
            raise _Refused("an array with an unknown state")
        self._state = state[1:]

    def array(self) -> np.ndarray:
        """Read-only array of plain numbers; raises ``_Refused``."""
        if not self._state:
            raise _Refused("an array without content")
        shape, dtype, fortran, data = self._state
        if not isinstance(dtype, _Dtype) or not isinstance(shape, tuple):
            raise _Refused("an array without a number type or shape")
        raw = data.encode("latin1") if isinstance(data, str) else data
        plain = dtype.plain()
        sides = [side for side in shape if isinstance(side, int) and not isinstance(side, bool) and side >= 0]
        if len(sides) != len(shape) or len(shape) > 8 or not isinstance(raw, bytes | bytearray):
            raise _Refused(f"an array of shape {str(shape)[:40]}")
        if math.prod(sides) * plain.itemsize != len(raw):
            raise _Refused(f"an array of shape {shape} in {len(raw)} bytes")
        return np.frombuffer(bytes(raw), plain).reshape(shape, order="F" if fortran else "C")


def _reconstruct(*_: Any) -> _Stored:
    return _Stored()


def _from_buffer(data: Any, dtype: Any, shape: Any, order: Any) -> _Stored:
    stored = _Stored()
    stored.__setstate__((1, shape, dtype, order == "F", data))
    return stored


def _scalar(dtype: Any, data: Any = b"") -> _Stored:
    stored = _Stored()
    stored.__setstate__((1, (), dtype, False, data))
    return stored


def _encode(text: Any, encoding: Any = "latin1") -> bytes:
    """How pickles below protocol 3 spell bytes."""
    if not isinstance(text, str) or encoding != "latin1":
        raise _Refused("text that is not the bytes of an array")
    return text.encode("latin1")


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("latin1")
    if not isinstance(value, str):
        raise _Refused("a number type without a name")
    return value


_ALLOWED: dict[tuple[str, str], _Name] = {
    ("numpy", "ndarray"): _Name(),
    ("numpy", "dtype"): _Name(_Dtype),
    ("_codecs", "encode"): _Name(_encode),
    **{(f"numpy.{core}.multiarray", "_reconstruct"): _Name(_reconstruct) for core in ("core", "_core")},
    **{(f"numpy.{core}.multiarray", "scalar"): _Name(_scalar) for core in ("core", "_core")},
    **{(f"numpy.{core}.numeric", "_frombuffer"): _Name(_from_buffer) for core in ("core", "_core")},
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        allowed = _ALLOWED.get((module, name))
        if allowed is None:
            raise _Refused(f"{module}.{name}, which is code and not data")
        return allowed

    def persistent_load(self, pid: Any) -> Any:
        raise _Refused("an object outside the file")


def read_array_pickle(path: Path | str, max_bytes: int = MAX_PICKLE_BYTES) -> Any:
    """Lists, dicts, numbers, text and read-only numpy arrays of a pickle (protocol 0 to 5).

    Nothing that the file names is imported or called. Raises ``FileFormatError`` naming what it asked for, or that
    it is truncated.
    """
    return plain_pickle(read_bytes(path, max_bytes), str(path))


def plain_pickle(data: bytes, place: str) -> Any:
    """The same for a pickle within another file; ``place`` names it in errors."""
    try:
        _count_opcodes(data)
        return _plain(_Unpickler(io.BytesIO(data), encoding="latin1").load(), 0, iter(range(_MAX_VALUES)))
    except _Refused as error:
        raise FileFormatError(
            f"the pickle holds {error}; only numpy arrays are accepted", place=place, remedy=_REMEDY
        ) from error
    except Exception as error:  # the pickle machine fails in as many ways as there are damaged files
        raise FileFormatError(
            f"not a whole pickle: {type(error).__name__}: {error}", place=place, remedy=_REMEDY
        ) from error


def _count_opcodes(data: bytes) -> None:
    """Refuse what would cost memory or time before a single object is built."""
    for count, (opcode, argument, _) in enumerate(pickletools.genops(data)):
        if count > _MAX_OPCODES:
            raise _Refused(f"more than {_MAX_OPCODES} instructions")
        # the unpickler allocates its memo up to the highest index that a file names
        if opcode.name in _MEMO_OPCODES and not (isinstance(argument, int) and 0 <= argument <= _MAX_OPCODES):
            raise _Refused(f"memo number {argument}")
        if opcode.name in _OBJECT_OPCODES:
            raise _Refused(f"a {opcode.name} instruction")


def _plain(value: Any, depth: int, budget: Iterator[int]) -> Any:
    """The value with arrays in the place of their records."""
    if depth > _MAX_LIST_DEPTH:
        raise _Refused(f"values nested deeper than {_MAX_LIST_DEPTH}")
    # lists that hold one another many times over are small in the file and endless to walk
    if next(budget, None) is None:
        raise _Refused(f"more than {_MAX_VALUES} values")
    if isinstance(value, _Stored):
        array = value.array()
        return array[()] if array.ndim == 0 else array
    if isinstance(value, list | tuple):
        return [_plain(item, depth + 1, budget) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item, depth + 1, budget) for key, item in value.items()}
    if value is None or isinstance(value, bool | int | float | str | bytes):
        return value
    raise _Refused(f"a {type(value).__name__.strip('_')} where data are expected")
