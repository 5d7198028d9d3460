"""Runs the engine in a process of its own, so that neither a crash, nor lack of memory, nor a cancel costs the session.

Torch-free: the only torch is in the worker.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy.typing as npt

from mouseview.inference.catalog import resolve
from mouseview.inference.hub import Consent
from mouseview.inference.passes import Pass
from mouseview.inference.views import F32, posed_views
from mouseview.inference.worker.process import WorkerProcess
from mouseview.inference.worker.protocol import (
    Arrays,
    Message,
    ProtocolError,
    array_specs,
    block_bytes,
    put_arrays,
    take_arrays,
)
from mouseview.model import errors
from mouseview.model.errors import Cancelled, EngineError, MouseViewError
from mouseview.model.gaussians import Gaussians

Progress = Callable[[float, str], None]
Cancel = Callable[[], bool]

_POLL_S = 0.05


class WorkerClient:
    """One worker process, started at the first request and again after it died. Requests from threads queue up.

    python: the interpreter that has torch.  consent: asked before a checkpoint is downloaded; None: never downloads.
    hello_s: patience at the start.  grace_s: how long a cancelled worker may take to stop before it is killed.
    """

    def __init__(
        self,
        python: str = sys.executable,
        *,
        consent: Consent | None = None,
        hello_s: float = 60.0,
        grace_s: float = 3.0,
    ) -> None:
        self._python = python
        self._consent = consent
        self._hello_s = hello_s
        self._grace_s = grace_s
        self._one_request = threading.Lock()
        self._process: WorkerProcess | None = None
        self._requests = 0
        self._device: str | None = None
        self._last_pass: Pass | None = None

    def __enter__(self) -> WorkerClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """Of the running worker, None where there is none."""
        return self._process.pid if self._process is not None and self._process.alive else None

    @property
    def device(self) -> str | None:
        """Where the last ``reconstruct`` or ``encode`` ran (``cpu``, ``cuda``); None before the first."""
        return self._device

    @property
    def last_pass(self) -> Pass | None:
        """What the last ``reconstruct`` has cost; None before the first."""
        return self._last_pass

    def describe(
        self, checkpoint: str | Path, progress: Progress | None = None, cancelled: Cancel | None = None
    ) -> dict[str, Any]:
        """A checkpoint's model_format (name), config (``model:`` block), parameters, assumptions, recipe, source.

        checkpoint, for every request: a file, a folder or a name, see ``catalog.resolve``; progress also tells of the
        download that a name may need.
        """
        values, _ = self._request({"do": "describe"}, checkpoint, {}, progress, cancelled)
        return values

    def reconstruct(
        self,
        checkpoint: str | Path,
        images: npt.ArrayLike,
        fxfycxcy: npt.ArrayLike,
        c2w: npt.ArrayLike,
        device: str = "auto",
        progress: Progress | None = None,
        cancelled: Cancel | None = None,
    ) -> Gaussians:
        """As ``Engine.reconstruct``. Raises ``Cancelled``, ``CheckpointError``, ``EngineError`` (also for a crash)."""
        values, arrays = self._run("reconstruct", checkpoint, images, fxfycxcy, c2w, device, progress, cancelled)
        self._last_pass = Pass(**values["pass"])
        return Gaussians(**arrays)

    def encode(
        self,
        checkpoint: str | Path,
        images: npt.ArrayLike,
        fxfycxcy: npt.ArrayLike,
        c2w: npt.ArrayLike,
        device: str = "auto",
        progress: Progress | None = None,
        cancelled: Cancel | None = None,
    ) -> F32:
        """As ``Engine.encode``: (V, C, H, W) float32."""
        _, arrays = self._run("encode", checkpoint, images, fxfycxcy, c2w, device, progress, cancelled)
        return arrays["posed"]

    def close(self) -> None:
        """End the worker; a request that is still running in another thread raises ``EngineError``."""
        process, self._process = self._process, None
        if process is not None:
            if self._one_request.locked():
                process.kill()
            else:
                process.end()

    def _run(
        self,
        what: str,
        checkpoint: str | Path,
        images: npt.ArrayLike,
        fxfycxcy: npt.ArrayLike,
        c2w: npt.ArrayLike,
        device: str,
        progress: Progress | None,
        cancelled: Cancel | None,
    ) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        views = posed_views(images, fxfycxcy, c2w)
        arrays: Arrays = {"images": views.images, "fxfycxcy": views.fxfycxcy, "c2w": views.c2w}
        values, results = self._request({"do": what, "device": device}, checkpoint, arrays, progress, cancelled)
        self._device = str(values.get("device"))
        return values, results

    def _request(
        self,
        request: Message,
        checkpoint: str | Path,
        arrays: Arrays,
        progress: Progress | None,
        cancelled: Cancel | None,
    ) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        path = resolve(checkpoint, self._consent, progress, cancelled)
        with self._turn(cancelled):
            process = self._started()
            self._requests += 1
            request |= {"id": self._requests, "checkpoint": str(path.absolute()), "arrays": array_specs(arrays)}
            exchange = _Exchange(process, self._requests, progress, cancelled, self._grace_s)
            try:
                with _block(block_bytes(request["arrays"])) as memory:
                    put_arrays(memory, arrays)
                    process.send(request | {"block": memory.name})
                    return exchange.finish()
            except _Reported as report:
                raise report.error from None
            except BaseException:
                # whatever else broke off the exchange, this worker may still be in the middle of it
                process.kill()
                self._process = None
                raise

    @contextlib.contextmanager
    def _turn(self, cancelled: Cancel | None) -> Iterator[None]:
        while True:
            if cancelled is not None and cancelled():
                raise Cancelled("cancelled before it began")
            if self._one_request.acquire(timeout=_POLL_S):
                break
        try:
            yield
        finally:
            self._one_request.release()

    def _started(self) -> WorkerProcess:
        if self._process is None or not self._process.alive:
            self._process = WorkerProcess(self._python, self._hello_s)
        return self._process


class _Reported(Exception):
    """An error that the worker itself reported, and lives on."""

    def __init__(self, error: MouseViewError) -> None:
        super().__init__(str(error))
        self.error = error


class _Exchange:
    """One request after it was sent: progress out, a cancel in, the result."""

    def __init__(
        self, process: WorkerProcess, number: int, progress: Progress | None, cancelled: Cancel | None, grace_s: float
    ) -> None:
        self._process = process
        self._number = number
        self._progress = progress
        self._cancelled = cancelled
        self._grace_s = grace_s
        self._kill_at: float | None = None

    def finish(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        result = self._await("result")
        specs = result["arrays"]
        if not specs:
            return result["values"], {}
        try:
            with _block(block_bytes(specs)) as memory:
                self._process.send({"id": self._number, "do": "deliver", "block": memory.name})
                self._await("delivered")
                return result["values"], take_arrays(memory, specs)
        except ProtocolError as error:
            raise EngineError(f"the worker {error}", remedy="run it again") from error

    def _await(self, event: str) -> Message:
        while True:
            self._watch_cancel()
            message = self._process.receive(_POLL_S)
            if message is None or message.get("id") != self._number:
                continue  # nothing yet, or the rest of a request that was cancelled
            if message.get("event") == event:
                return message
            if message.get("event") == "error":
                raise _Reported(_error(message))
            if message.get("event") == "progress" and self._progress is not None:
                self._progress(float(message["fraction"]), str(message["what"]))

    def _watch_cancel(self) -> None:
        if self._kill_at is None:
            if self._cancelled is not None and self._cancelled():
                self._kill_at = time.monotonic() + self._grace_s
                self._process.send({"id": self._number, "do": "cancel"})
        elif time.monotonic() > self._kill_at:
            raise Cancelled("the reconstruction was cancelled (the worker had to be stopped)")


@contextlib.contextmanager
def _block(size: int) -> Iterator[SharedMemory]:
    """Shared memory for the time of the block, ours to free whatever the worker did."""
    try:
        memory = SharedMemory(create=True, size=size)
    except OSError as error:
        raise EngineError(
            f"no shared memory for {size >> 20} MiB: {error.strerror or error}",
            remedy="close other programs, or give the container more of it (--shm-size)",
        ) from error
    try:
        yield memory
    finally:
        memory.close()
        with contextlib.suppress(FileNotFoundError):
            memory.unlink()


def _error(message: Message) -> MouseViewError:
    kind = getattr(errors, str(message.get("type")), None)
    if not (isinstance(kind, type) and issubclass(kind, MouseViewError)):
        kind = EngineError
    return kind(str(message["message"]), place=str(message["place"]), remedy=str(message["remedy"]))
