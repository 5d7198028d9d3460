"""Worker processes on this machine. One that dies costs the item it was at, and that is tried once more."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any

from mouseview.jobs.job import ItemError, Job, JobStopped, Outcome
from mouseview.jobs.journal import Record
from mouseview.jobs.one_item import Place
from mouseview.jobs.shares import Shares
from mouseview.jobs.worker_process import READY, serve

_GRACE_S = 0.5  # for an item to end after the word to stop
_END_S = 2.0  # for an idle worker to end
_DEATHS_AT_START = 3
_DEATHS_OF_AN_ITEM = 2


@dataclass(frozen=True)
class Processes:
    """``count`` spawned processes, each with its share of the cores."""

    count: int

    def start(self, job: Job, earlier: Sequence[Record | None], place: Place) -> _Pool:
        return _Pool(job, earlier, place, max(1, min(self.count, len(earlier))))


def cores() -> int:
    """CPUs this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(eq=False)
class _Worker:
    process: SpawnProcess
    connection: Connection
    ready: bool = False
    failure: ItemError | None = None  # the work could not be opened
    tasks: list[int] = field(default_factory=list)  # handed out and not answered, in order


class _Pool:
    def __init__(self, job: Job, earlier: Sequence[Record | None], place: Place, count: int) -> None:
        self._job, self._earlier = job, earlier
        self._payload = pickle.dumps((job.open, place))
        self._threads = max(1, cores() // count)
        self._shares = Shares(len(earlier), count)
        self._deaths: dict[int, int] = {}
        self._deaths_at_start = 0
        self._unanswered = len(earlier)
        self._workers: list[_Worker] = []
        try:
            for _ in range(count):
                self._start_worker()
        except BaseException:
            self.stop()
            raise

    @property
    def finished(self) -> bool:
        return self._unanswered == 0

    def poll(self, timeout_s: float) -> list[Outcome]:
        outcomes: list[Outcome] = []
        by_handle: dict[Any, _Worker] = {worker.connection: worker for worker in self._workers}
        by_handle |= {worker.process.sentinel: worker for worker in self._workers}
        for worker in {by_handle[handle] for handle in wait(list(by_handle), timeout_s)}:
            outcomes += self._hear(worker)
        self._unanswered -= len(outcomes)
        return outcomes

    def stop(self) -> list[Outcome]:
        outcomes: list[Outcome] = []
        for worker in self._workers:
            with contextlib.suppress(OSError):
                worker.connection.send(None)
        idle = all(worker.ready and not worker.tasks for worker in self._workers)
        deadline = time.monotonic() + (_END_S if idle else _GRACE_S)
        while (alive := [w for w in self._workers if w.process.is_alive()]) and time.monotonic() < deadline:
            wait([worker.process.sentinel for worker in alive], 0.02)
            for worker in alive:
                outcomes += _answers(worker)
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            worker.process.join()
            outcomes += _answers(worker)
            worker.connection.close()
        self._workers = []
        return outcomes

    def _start_worker(self) -> None:
        ours, theirs = multiprocessing.get_context("spawn").Pipe()
        # spawned: a fork would copy the locks of threads (OpenCV's, a window's) that do not exist in the child
        process = multiprocessing.get_context("spawn").Process(
            target=serve, args=(theirs, self._payload, self._threads), name="mouseview-worker", daemon=True
        )
        with theirs, _interrupts_are_ours():
            process.start()
        self._workers.append(_Worker(process, ours))

    def _hear(self, worker: _Worker) -> list[Outcome]:
        """Everything that a worker has said; gives it more to do, or replaces it when it is dead."""
        dead = not worker.process.is_alive()  # asked first: what it said before is all in the pipe
        outcomes = _answers(worker)
        if (failure := worker.failure) is not None:
            raise JobStopped(failure.message, place=failure.place, remedy=failure.remedy)
        if dead:
            return [*outcomes, *self._bury(worker)]
        if worker.ready and not worker.tasks:
            worker.tasks = self._shares.take(worker)
            if worker.tasks:
                # one that dies meanwhile is found dead by the next poll
                with contextlib.suppress(OSError):
                    worker.connection.send([(index, self._earlier[index]) for index in worker.tasks])
        return outcomes

    def _bury(self, worker: _Worker) -> Iterator[Outcome]:
        worker.process.join()
        worker.connection.close()
        self._workers.remove(worker)
        if worker.ready:
            self._deaths_at_start = 0
        else:
            self._deaths_at_start += 1
            if self._deaths_at_start >= _DEATHS_AT_START:
                raise JobStopped(
                    f"worker processes die as they start: {_how(worker)}",
                    place=str(self._job.out),
                    remedy="use fewer workers, close other programs, and see `mouseview doctor`",
                )
        back = worker.tasks
        if back:
            suspect = back[0]  # it answers one before it begins the next
            self._deaths[suspect] = self._deaths.get(suspect, 0) + 1
            if self._deaths[suspect] >= _DEATHS_OF_AN_ITEM:
                back = back[1:]
                yield Outcome(suspect, error=_fatal_item(_how(worker)))
        self._shares.give_back(worker, back)
        if self._shares.left:
            self._start_worker()


def _answers(worker: _Worker) -> list[Outcome]:
    """What lies in the pipe."""
    outcomes: list[Outcome] = []
    try:
        while worker.connection.poll():
            answer = worker.connection.recv()
            if isinstance(answer, ItemError):
                worker.failure = answer
            elif answer == READY:
                worker.ready = True
            else:
                outcomes.append(answer)
                worker.tasks.remove(answer.index)
    except (EOFError, OSError):
        pass  # it is dead; what it said before was heard
    return outcomes


def _how(worker: _Worker) -> str:
    code = worker.process.exitcode
    if code is not None and code < 0:
        name = signal.Signals(-code).name
        return f"{name}, too little memory perhaps" if name == "SIGKILL" else name
    return f"exit status {code}"


def _fatal_item(how: str) -> ItemError:
    return ItemError(
        f"the process that worked on it has died twice ({how})",
        remedy="run it again with --resume and a smaller --jobs; if it stays, look at the files of this item",
    )


@contextlib.contextmanager
def _interrupts_are_ours() -> Iterator[None]:
    """A child started within does not hear Ctrl-C until it has said that it does not want to."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
