"""The same items on the machines of a Dask cluster, which see the same folders under the same paths."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pickle
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mouseview.jobs.folder_lock import holds
from mouseview.jobs.job import ItemError, Job, JobStopped, Outcome, Work
from mouseview.jobs.journal import Record
from mouseview.jobs.one_item import Place, do_item
from mouseview.jobs.processes import cores
from mouseview.jobs.shares import Shares
from mouseview.model.errors import MouseViewError
from mouseview.version import __version__

if TYPE_CHECKING:
    from distributed import Client, Future

_CONNECT_S = 10.0
_LOST_S = 30.0  # without the scheduler, or without any worker
_LOOK_S = 1.0  # between two looks at who is there
_AHEAD = 2  # items waiting at a worker besides those at work
_GRACE_S = 0.5
_SEEN_AGAIN_S = (0.0, 0.5, 1.0, 2.0)  # network disks show new files late


@dataclass(frozen=True)
class Cluster:
    """The workers of a Dask scheduler, as ``tcp://host:8786``. Only clusters that you trust: they run our code."""

    address: str
    timeout_s: float = _CONNECT_S

    def start(self, job: Job, earlier: Sequence[Record | None], place: Place) -> _Pool:
        client = _connected(self.address, self.timeout_s)
        try:
            _check_workers(client, self.address, self.timeout_s, place)
            return _Pool(client, self.address, job, earlier, place)
        except BaseException:
            client.close()
            raise


class _Pool:
    """Hands every worker a few items ahead. Dask itself gives those of a worker that dies to another."""

    def __init__(self, client: Client, address: str, job: Job, earlier: Sequence[Record | None], place: Place) -> None:
        self._client, self._address = client, address
        self._job, self._earlier, self._place = job, earlier, place
        self._payload = pickle.dumps((job.open, place))
        self._ended: queue.SimpleQueue[Future] = queue.SimpleQueue()
        self._futures: dict[str, tuple[int, str]] = {}  # key → item, worker that it was meant for
        self._running: dict[str, Future] = {}
        self._threads: dict[str, int] = client.nthreads()
        self._shares = Shares(len(earlier), len(self._threads))
        self._unanswered = len(earlier)
        self._looked = self._last_seen = time.monotonic()
        for worker in self._threads:
            self._fill(worker)

    @property
    def finished(self) -> bool:
        return self._unanswered == 0

    def poll(self, timeout_s: float) -> list[Outcome]:
        self._look()
        outcomes = [self._outcome(future) for future in self._arrived(timeout_s)]
        for worker in self._threads:
            self._fill(worker)
        self._unanswered -= len(outcomes)
        return outcomes

    def stop(self) -> list[Outcome]:
        """What a worker is at, it ends, and finds that the folder is no longer ours before it begins the next."""
        outcomes = []
        with contextlib.suppress(Exception):  # the scheduler may be gone, which was told
            waiting = list(self._running.values())
            if waiting:
                self._client.cancel(waiting, asynchronous=False)
            deadline = time.monotonic() + _GRACE_S
            while self._running and time.monotonic() < deadline:
                for future in self._arrived(0.05):
                    if future.status == "finished":
                        outcomes.append(self._outcome(future))
                    else:
                        self._running.pop(future.key)
        self._client.close(timeout=_GRACE_S)
        return outcomes

    def _arrived(self, timeout_s: float) -> Iterator[Future]:
        with contextlib.suppress(queue.Empty):
            future = self._ended.get(timeout=timeout_s)
            while True:
                if future.key in self._running:
                    yield future
                future = self._ended.get_nowait()

    def _fill(self, worker: str) -> None:
        wanted = self._threads[worker] + _AHEAD
        while sum(meant == worker for _, meant in self._futures.values()) < wanted:
            items = self._shares.take(worker)
            if not items:
                return
            for index in items:
                self._submit(index, worker)

    def _submit(self, index: int, worker: str) -> None:
        future = self._client.submit(
            _do_on_worker,
            self._payload,
            index,
            self._earlier[index],
            key=f"mouseview-{self._place.token}-{index}",
            workers=[worker],
            allow_other_workers=True,  # when it has died
            pure=False,
        )
        self._futures[future.key] = index, worker
        self._running[future.key] = future
        future.add_done_callback(self._ended.put)

    def _outcome(self, future: Future) -> Outcome:
        index, _ = self._futures.pop(future.key)
        del self._running[future.key]
        if future.status == "finished":
            outcome = future.result()
            assert isinstance(outcome, Outcome)
            return outcome
        if future.status != "error":
            raise self._lost("dropped the work (it was restarted, or somebody cancelled it)")
        error = future.exception()
        if type(error).__name__ == "KilledWorker":
            return Outcome(
                index,
                error=ItemError(
                    "the workers that worked on it have died one after the other, of too little memory perhaps",
                    remedy="give the workers more memory; if it stays, look at the files of this item",
                ),
            )
        return Outcome(index, error=ItemError.of(error), stop=True)  # our function raises nothing: it was not reached

    def _look(self) -> None:
        """Who is there? New workers get their share; without any, or without the scheduler, nothing will end."""
        now = time.monotonic()
        if now - self._looked < _LOOK_S:
            return
        self._looked = now
        threads: dict[str, int] = {}
        if self._client.status == "running":
            with contextlib.suppress(OSError, TimeoutError):
                threads = self._client.nthreads()
        if threads:
            self._last_seen = now
            for gone in self._threads.keys() - threads.keys():
                self._shares.give_back(gone, [])
            self._threads = threads
        elif now - self._last_seen > _LOST_S:
            alone = self._client.status == "running"
            raise self._lost("has had no workers" if alone else "could not be reached", f" for {_LOST_S:.0f} s")

    def _lost(self, what: str, how_long: str = "") -> JobStopped:
        return JobStopped(
            f"the scheduler {what}{how_long}", place=self._address, remedy="look at the cluster, start it again"
        )


_opened: dict[str, Work] = {}
_opening = threading.Lock()


def _do_on_worker(payload: bytes, index: int, earlier: Record | None) -> Outcome:
    """Runs in a thread of a worker; the work is opened once in its process."""
    opener, place = pickle.loads(payload)  # Dask itself is pickles: whoever may send us this runs code anyway
    try:
        with _opening:
            if place.token not in _opened:
                _opened.clear()  # of earlier runs
                _opened[place.token] = opener(max(1, cores() // _threads_of_this_worker()))
            work = _opened[place.token]
    except MouseViewError as error:
        return Outcome(index, error=ItemError.of(error), stop=True)
    return do_item(work, index, earlier, place)


def _threads_of_this_worker() -> int:
    from distributed import get_worker

    return int(get_worker().state.nthreads)


def _connected(address: str, timeout_s: float) -> Client:
    if importlib.util.find_spec("distributed") is None:
        raise MouseViewError(
            "Dask's package distributed is not installed", place=address, remedy='pip install "mouseview[cluster]"'
        )
    from distributed import Client

    try:
        return Client(address, timeout=timeout_s, set_as_default=False, name="mouseview")
    except (OSError, TimeoutError, ValueError) as error:
        raise MouseViewError(
            f"the scheduler cannot be reached within {timeout_s:g} s",
            place=address,
            remedy="start it with `dask scheduler`, and check address and firewall",
        ) from error


def _check_workers(client: Client, address: str, timeout_s: float, place: Place) -> None:
    """Every worker has this program and sees what we see. Raises ``MouseViewError`` naming the first that does not."""
    with contextlib.suppress(TimeoutError):
        client.wait_for_workers(1, timeout=timeout_s)
    told: dict[str, Any] = client.run(_look_around, place, on_error="return")
    if not told:
        raise MouseViewError(
            f"the scheduler has no workers after {timeout_s:g} s",
            place=address,
            remedy=f"start some with `dask worker {address}` where MouseView is installed",
        )
    for worker, seen in told.items():
        if isinstance(seen, BaseException):
            raise MouseViewError(
                f"worker {worker} cannot run MouseView: {type(seen).__name__}: {seen}",
                place=address,
                remedy=f'install the same version there: pip install "mouseview[cluster]=={__version__}"',
            ) from seen
        version, missing = seen
        if version != __version__:
            raise MouseViewError(
                f"worker {worker} has MouseView {version}, this is {__version__}",
                place=address,
                remedy="install the same version there: results must not depend on who made them",
            )
        if missing:
            raise MouseViewError(
                f"worker {worker} does not see it: workers need the same folders under the same paths",
                place=missing[0],
                remedy="put source and output on a disk that all machines mount at the same place",
            )


def _look_around(place: Place) -> tuple[str, list[str]]:
    """On a worker: its version, and what is not there."""
    missing = [str(path) for path in place.needs if not Path(path).exists()]
    if not _sees_output(place):
        missing.append(str(place.out))
    return __version__, missing


def _sees_output(place: Place) -> bool:
    for pause_s in _SEEN_AGAIN_S:
        time.sleep(pause_s)
        with contextlib.suppress(OSError):
            os.listdir(place.out)  # makes a network disk ask its server again
        if holds(place.out, place.token):
            return True
    return False
