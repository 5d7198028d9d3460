"""HDF5 files taken for hostile: read by h5py in a process of its own.

Damage can make HDF5's library search without end, take all memory or crash; there it costs that process, which is
ended after ``LIMIT_S`` and started anew for the next file. Links and values in other files are not followed.
"""

from __future__ import annotations

import atexit
import io
import json
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from mouseview.formats.files import MIB, file_size
from mouseview.model.errors import FileFormatError

SIGNATURE = b"\x89HDF\r\n\x1a\n"
MAX_FILE_BYTES = 4096 * MIB
LIMIT_S = 30.0
_DAMAGE = (KeyError, ValueError, TypeError, IndexError, OverflowError, MemoryError)
_CHILD = Path(__file__).with_name("hdf5_child.py")


class Refused(ValueError):
    """The file holds something else than was asked for."""


class _Reader:
    """The process, started at the first question and again after it was ended. One question at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, path: Path, ask: str, *arguments: Any) -> tuple[dict[str, Any], bytes]:
        """Header and payload of the answer. Raises ``Refused`` when the process died or took too long over it."""
        question = json.dumps({"path": str(path.absolute()), "ask": ask, "arguments": arguments}).encode() + b"\n"
        with self._lock:
            process = self._running()
            assert process.stdin is not None
            assert process.stdout is not None
            timer = threading.Timer(LIMIT_S, process.kill)
            timer.start()
            try:
                process.stdin.write(question)
                process.stdin.flush()
                sizes = _exactly(process.stdout, 16)
                header_size, payload_size = struct.unpack("<QQ", sizes)
                header = json.loads(_exactly(process.stdout, header_size))
                return header, _exactly(process.stdout, payload_size)
            except (EOFError, OSError) as error:
                late = not timer.is_alive()
                self._end()
                what = f"takes longer than {LIMIT_S:.0f} s" if late else "ends the program that reads it"
                raise Refused(f"it {what}: it is damaged") from error
            finally:
                timer.cancel()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, "-I", str(_CHILD)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with suppress(OSError):  # what was not yet written is lost with the process
                        pipe.close()

    def close(self) -> None:
        with self._lock:
            self._end()


_reader = _Reader()


@atexit.register
def close() -> None:
    """End the process; the next question starts it again."""
    _reader.close()


def _exactly(pipe: Any, size: int) -> bytes:
    data: bytes = pipe.read(size)
    if len(data) < size:
        raise EOFError
    return data


def is_hdf5(path: Path) -> bool:
    """Whether the file begins as HDF5 files do. Raises ``OSError``."""
    with open(path, "rb") as file:
        return file.read(len(SIGNATURE)) == SIGNATURE


@contextmanager
def hdf5_file(path: Path) -> Iterator[Hdf5]:
    """The file's groups and datasets; whatever its damage raises inside becomes a ``FileFormatError``."""
    if file_size(path) > MAX_FILE_BYTES:
        raise FileFormatError(
            f"has more than the {MAX_FILE_BYTES // MIB} MiB that keypoints can need",
            place=str(path),
            remedy="check that this is the right file",
        )
    try:
        yield Hdf5(path)
    except _DAMAGE as error:
        raise FileFormatError(
            f"not an HDF5 file of keypoints that can be read: {error}",
            place=str(path),
            remedy="copy it again, or export it again",
        ) from error


class Hdf5:
    """One file. Paths are names separated by ``/``; links are never followed. Every method raises ``Refused``."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def names(self, group: str = "") -> tuple[str, ...]:
        """What a group holds, in alphabetical order."""
        return tuple(self._value("names", group))

    def __contains__(self, name: str) -> bool:
        return bool(self._value("has", name))

    def shape(self, name: str) -> tuple[int, ...]:
        return tuple(self._value("shape", name))

    def kind(self, name: str) -> str:
        """numpy's letter for what a dataset holds."""
        return str(self._value("dtype", name)["kind"])

    def fields(self, name: str) -> tuple[str, ...]:
        """Names of the fields of a dataset of records."""
        return tuple(self._value("dtype", name)["names"] or ())

    def numbers(self, name: str, dimensions: int) -> np.ndarray:
        """A dataset of plain numbers with so many dimensions, as it is stored, unless it is too large."""
        return self._array("numbers", name, dimensions)

    def records(self, name: str, fields: tuple[str, ...]) -> np.ndarray:
        """(n,) of a compound type that has these fields of plain numbers."""
        return self._array("records", name, list(fields))

    def texts(self, name: str) -> tuple[str, ...]:
        """A dataset of texts, flat."""
        return tuple(self._value("texts", name))

    def attribute(self, name: str, key: str) -> Any:
        """The value of an attribute: a number, or bytes of a text; None when there is none or it is an array."""
        found = self._value("attribute", name, key)
        return found["text"].encode("latin1") if isinstance(found, dict) else found

    def _value(self, ask: str, *arguments: Any) -> Any:
        return self._ask(ask, *arguments)[0]["value"]

    def _array(self, ask: str, *arguments: Any) -> np.ndarray:
        payload = self._ask(ask, *arguments)[1]
        return np.asarray(np.load(io.BytesIO(payload), allow_pickle=False))

    def _ask(self, ask: str, *arguments: Any) -> tuple[dict[str, Any], bytes]:
        header, payload = _reader.ask(self.path, ask, *arguments)
        if "refused" in header:
            raise Refused(header["refused"])
        return header, payload
