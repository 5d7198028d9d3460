"""The one bridge between background work and the window: progress, cancel, newest per slot wins, errors as values."""

from __future__ import annotations

import dataclasses
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal, Slot

from mouseview.model.errors import Cancelled, MouseViewError

_PROGRESS_INTERVAL_S = 0.05  # a loop that reports every iteration must not flood the event queue


@dataclass(frozen=True)
class Failure:
    """An error as a value: what was being done, what happened, where, what to do, and the traceback to copy."""

    title: str
    message: str
    place: str = ""
    remedy: str = ""
    details: str = ""

    @classmethod
    def of(cls, title: str, error: BaseException) -> Failure:
        details = "".join(traceback.format_exception(error))
        if isinstance(error, MouseViewError):
            return cls(title, error.message, error.place, error.remedy, details)
        message = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        return cls(title, message, "", "This was not foreseen: copy the details into a report to the authors.", details)

    @property
    def report(self) -> str:
        """Everything, as one text for the clipboard."""
        lines = [self.title, self.message]
        lines += [f"where: {self.place}"] if self.place else []
        lines += [f"what to do: {self.remedy}"] if self.remedy else []
        return "\n".join([*lines, "", self.details])


@dataclass(frozen=True)
class JobStatus:
    """fraction: 0..1, or None while unknown.  remaining_s: estimated from the time taken so far."""

    slot: str
    title: str
    running: bool
    fraction: float | None = None
    note: str = ""
    elapsed_s: float = 0.0
    remaining_s: float | None = None
    cancelling: bool = False


class Ticket:
    """What the work itself holds: it reports through it and asks whether to stop. Safe from any thread."""

    def __init__(self, slot: str, title: str, post: Callable[[Ticket, str, Any], None]) -> None:
        self.slot = slot
        self.title = title
        self.started = time.monotonic()
        self._post = post
        self._stop = threading.Event()
        self._reported = 0.0

    def progress(self, fraction: float, note: str = "", remaining_s: float | None = None) -> None:
        """remaining_s: where the work knows better than its share of the time so far."""
        now = time.monotonic()
        if now - self._reported >= _PROGRESS_INTERVAL_S or fraction >= 1.0:
            self._reported = now
            self._post(self, "progress", (min(max(float(fraction), 0.0), 1.0), note, remaining_s))

    def publish(self, value: Any) -> None:
        """Hand over a part of the result before the end."""
        self._post(self, "part", value)

    def cancelled(self) -> bool:
        return self._stop.is_set()

    def cancel(self) -> None:
        self._stop.set()


@dataclass
class _Request:
    ticket: Ticket
    done: Callable[[Any], None]
    failed: Callable[[Failure], None]
    part: Callable[[Any], None] | None
    status: JobStatus


class Jobs(QObject):
    """Runs work in threads. A newer request for a slot cancels the older one and drops whatever that still returns."""

    status_changed = Signal(object)  # JobStatus
    _arrived = Signal(object, str, object)

    def __init__(self, parent: QObject | None = None, workers: int = 4) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="mouseview")
        self._requests: dict[str, _Request] = {}
        self._gate = threading.Lock()
        self._closed = False
        self._arrived.connect(self._receive, Qt.ConnectionType.QueuedConnection)

    def submit(
        self,
        slot: str,
        title: str,
        work: Callable[[Ticket], Any],
        done: Callable[[Any], None],
        failed: Callable[[Failure], None],
        part: Callable[[Any], None] | None = None,
    ) -> None:
        """``work`` runs in a thread; ``done``, ``failed`` and ``part`` are called in the main thread.

        After ``shutdown`` nothing is begun: a list may still ask for its rows while the window goes.
        """
        if self._closed:
            return
        self.cancel(slot)
        ticket = Ticket(slot, title, self._post)
        status = JobStatus(slot, title, running=True)
        self._requests[slot] = _Request(ticket, done, failed, part, status)
        self.status_changed.emit(status)
        self._pool.submit(self._run, ticket, work)

    def cancel(self, slot: str) -> None:
        request = self._requests.get(slot)
        if request is not None:
            request.ticket.cancel()
            request.status = JobStatus(slot, request.ticket.title, True, note="stopping …", cancelling=True)
            self.status_changed.emit(request.status)

    def busy(self, slot: str | None = None) -> bool:
        """Is the slot (or any) still at work?"""
        return bool(self._requests) if slot is None else slot in self._requests

    def _post(self, ticket: Ticket, kind: str, value: Any) -> None:
        with self._gate:  # work may outlive the window: its signals must not
            if not self._closed:
                self._arrived.emit(ticket, kind, value)

    def shutdown(self) -> None:
        """Cancel everything and drop what still arrives. Work that does not ask its ticket ends by itself."""
        with self._gate:
            self._closed = True
        for slot in tuple(self._requests):
            self._requests.pop(slot).ticket.cancel()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _run(self, ticket: Ticket, work: Callable[[Ticket], Any]) -> None:
        if ticket.cancelled():
            self._post(ticket, "cancelled", None)
            return
        ticket.started = time.monotonic()
        try:
            result = work(ticket)
        except Cancelled:
            self._post(ticket, "cancelled", None)
        except BaseException as error:
            self._post(ticket, "failed", Failure.of(ticket.title, error))
        else:
            self._post(ticket, "done", result)

    @Slot(object, str, object)
    def _receive(self, ticket: Ticket, kind: str, value: Any) -> None:
        request = self._requests.get(ticket.slot)
        if request is None or request.ticket is not ticket:
            return  # a newer request has taken the slot
        if kind == "progress":
            if not ticket.cancelled():
                fraction, note, remaining_s = value
                request.status = _estimate(ticket, fraction, note)
                if remaining_s is not None:
                    request.status = dataclasses.replace(request.status, remaining_s=remaining_s)
                self.status_changed.emit(request.status)
            return
        if kind == "part":
            if request.part is not None and not ticket.cancelled():
                request.part(value)
            return
        del self._requests[ticket.slot]
        elapsed = time.monotonic() - ticket.started
        self.status_changed.emit(JobStatus(ticket.slot, ticket.title, running=False, elapsed_s=elapsed))
        if kind == "failed" and not ticket.cancelled():
            request.failed(value)
        elif kind == "done" and not ticket.cancelled():
            request.done(value)


def _estimate(ticket: Ticket, fraction: float, note: str) -> JobStatus:
    elapsed = time.monotonic() - ticket.started
    # the first per cents say more about start-up than about speed
    remaining = elapsed * (1.0 - fraction) / fraction if fraction > 0.03 and elapsed > 0.5 else None
    return JobStatus(ticket.slot, ticket.title, True, fraction, note, elapsed, remaining)
