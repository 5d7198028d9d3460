"""The mice of a training run: made by worker processes while training already runs, kept where the renderer is."""

from __future__ import annotations

import multiprocessing
import os
import threading
from concurrent.futures import Future, ProcessPoolExecutor
from types import TracebackType

import torch
from torch import Tensor

from mouseview.training.packing import COLUMNS, packed_mouse

_QUEUED_PER_WORKER = 4


class Herd:
    """Up to ``size`` mice of ``count`` Gaussians, seeds first_seed, first_seed + 1, …, in the order of their seeds.

    A context manager: leaving it ends the workers.  Errors of a worker are raised by ``sample`` and ``wait_for``.
    """

    def __init__(
        self, size: int, count: int, first_seed: int, device: torch.device, workers: int | None = None
    ) -> None:
        self._mice = torch.empty(size, count, COLUMNS, device=device)
        self._count, self._first_seed = count, first_seed
        self._ready = 0
        self._error: BaseException | None = None
        self._changed = threading.Condition()
        self._leaving = threading.Event()
        for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
            os.environ.setdefault(name, "1")  # inherited by the workers: one thread each
        self._workers = workers or max(1, (os.cpu_count() or 2) - 1)
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(self._workers, mp_context=context)
        self._thread = threading.Thread(target=self._collect, name="herd", daemon=True)

    def __enter__(self) -> Herd:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leaving.set()
        self._thread.join()
        self._pool.shutdown(wait=True, cancel_futures=True)

    @property
    def ready(self) -> int:
        """How many mice there are so far."""
        return self._ready

    def wait_for(self, mice: int, timeout_s: float = 300.0) -> None:
        """Until so many mice are ready; raises ``TimeoutError``."""
        mice = min(mice, len(self._mice))
        with self._changed:
            if not self._changed.wait_for(lambda: self._ready >= mice or self._error is not None, timeout_s):
                raise TimeoutError(f"only {self._ready} of {mice} mice were made in {timeout_s:.0f} s")
        self._raise_error()

    def sample(self, batch: int, generator: torch.Generator) -> Tensor:
        """(batch, count, 14) of the mice that are ready."""
        self._raise_error()
        pick = torch.randint(self._ready, (batch,), generator=generator, device=generator.device)
        return self._mice[pick.to(self._mice.device)]

    def _raise_error(self) -> None:
        if self._error is not None:
            raise RuntimeError("a worker that makes mice failed") from self._error

    def _collect(self) -> None:
        try:
            queue: list[Future] = []
            submitted = 0
            for index in range(len(self._mice)):
                while submitted < len(self._mice) and len(queue) < _QUEUED_PER_WORKER * self._workers:
                    queue.append(self._pool.submit(packed_mouse, self._first_seed + submitted, self._count))
                    submitted += 1
                mouse = torch.from_numpy(queue.pop(0).result())
                if self._leaving.is_set():
                    return
                self._mice[index].copy_(mouse)
                with self._changed:
                    self._ready = index + 1
                    self._changed.notify_all()
        except BaseException as error:
            with self._changed:
                self._error = error
                self._changed.notify_all()
