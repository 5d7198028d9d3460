"""What client and worker say to each other: length-prefixed JSON over pipes, arrays in shared memory of the client.

The client owns every block of shared memory and frees it, so a worker that dies leaves nothing behind.

Worker, once: ``{"hello": NAME, "protocol": VERSION}``. Client: ``{"id", "do": describe | encode | reconstruct, …}``,
``{"id", "do": "cancel"}``, ``{"id", "do": "deliver", "block": name}``; closing the pipe ends the worker. Worker, per
request: ``{"id", "event": "progress", "fraction", "what"}`` any number of times, then ``{"event": "error", …}`` or
``{"event": "result", "values", "arrays": [{name, shape, dtype}]}``; where there are arrays it waits for the block to
deliver them into and confirms with ``{"event": "delivered"}``.
"""

from __future__ import annotations

import json
import math
import struct
import sys
from collections.abc import Mapping, Sequence
from multiprocessing import resource_tracker
from multiprocessing.shared_memory import SharedMemory
from typing import IO, Any

import numpy as np
import numpy.typing as npt

NAME = "mouseview-worker"
VERSION = 1

_MAX_MESSAGE_BYTES = 16 << 20
_LENGTH = struct.Struct(">I")
_ALIGNMENT = 64
_DTYPES = {"float32", "float64"}
_MAX_BLOCK_BYTES = 1 << 36

Arrays = Mapping[str, npt.NDArray[Any]]
Message = dict[str, Any]


class ProtocolError(Exception):
    """The other side sent something that is no message."""


def write_message(pipe: IO[bytes], message: Message) -> None:
    """Send one message; raises ``OSError`` where the other side has gone."""
    data = json.dumps(message).encode()
    pipe.write(_LENGTH.pack(len(data)) + data)
    pipe.flush()


def read_message(pipe: IO[bytes]) -> Message | None:
    """The next message, None at the end of the pipe; raises ``ProtocolError``."""
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    if length > _MAX_MESSAGE_BYTES:
        raise ProtocolError(f"starts with {head!r}, which announces {length} bytes")
    data = pipe.read(length)
    if len(data) < length:
        return None
    try:
        message = json.loads(data)
    except ValueError as error:
        raise ProtocolError(f"sent no JSON: {data[:80]!r}") from error
    if not isinstance(message, dict):
        raise ProtocolError(f"sent no message: {data[:80]!r}")
    return message


def array_specs(arrays: Arrays) -> list[Message]:
    """Name, shape and dtype of arrays, in the order in which they lie in a block."""
    return [{"name": name, "shape": list(array.shape), "dtype": str(array.dtype)} for name, array in arrays.items()]


def block_bytes(specs: Sequence[Message]) -> int:
    """Size of the block for these arrays; raises ``ProtocolError`` for impossible ones."""
    return max(1, _places(specs)[-1])


def put_arrays(memory: SharedMemory, arrays: Arrays) -> None:
    """Copy arrays into a block of ``block_bytes``."""
    specs = array_specs(arrays)
    for array, start in zip(arrays.values(), _places(specs), strict=False):
        place: npt.NDArray[Any] = np.ndarray(array.shape, array.dtype, buffer=memory.buf, offset=start)
        place[...] = array


def take_arrays(memory: SharedMemory, specs: Sequence[Message]) -> dict[str, npt.NDArray[Any]]:
    """Copies of the arrays in a block."""
    places = _places(specs)
    if places[-1] > memory.size:
        raise ProtocolError(f"announces {places[-1]} bytes in a block of {memory.size}")
    return {
        spec["name"]: np.ndarray(spec["shape"], spec["dtype"], buffer=memory.buf, offset=start).copy()
        for spec, start in zip(specs, places, strict=False)
    }


def attach(name: str) -> SharedMemory:
    """The client's block, opened by the worker without becoming its owner."""
    if sys.version_info >= (3, 13):
        return SharedMemory(name, track=False)
    memory = SharedMemory(name)
    if sys.platform != "win32":
        # before 3.13 attaching counts as owning, and this process' end would free the client's block
        resource_tracker.unregister(f"/{memory.name}", "shared_memory")
    return memory


def _places(specs: Sequence[Message]) -> list[int]:
    """Where each array starts, and the end of the last."""
    places = [0]
    for spec in specs:
        shape = spec["shape"]
        if spec["dtype"] not in _DTYPES or not all(isinstance(n, int) and n >= 0 for n in shape):
            raise ProtocolError(f"announces an array of {spec['dtype']!r} {shape!r}")
        size = math.prod(shape) * np.dtype(spec["dtype"]).itemsize
        places.append(places[-1] + -(-size // _ALIGNMENT) * _ALIGNMENT)
    if places[-1] > _MAX_BLOCK_BYTES:
        raise ProtocolError(f"announces {places[-1]} bytes of arrays")
    return places
