"""The bridge to background work: newest wins, cancel, errors as values."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QThread
from pytestqt.qtbot import QtBot

from mouseview.app.jobs import Failure, Jobs, JobStatus, Ticket, _estimate
from mouseview.model.errors import Cancelled, MouseViewError


@pytest.fixture
def jobs(qtbot: QtBot) -> Iterator[Jobs]:
    made = Jobs()
    yield made
    made.shutdown()


def test_results_arrive_in_the_main_thread(qtbot: QtBot, jobs: Jobs) -> None:
    got: list[object] = []
    jobs.submit(
        "a", "work", lambda _t: threading.get_ident(), lambda r: got.append((r, QThread.currentThread())), got.append
    )
    qtbot.waitUntil(lambda: bool(got))
    worker, thread = got[0]
    assert worker != threading.get_ident()
    assert thread is jobs.thread()
    assert not jobs.busy()


def test_a_newer_request_takes_the_slot(qtbot: QtBot, jobs: Jobs) -> None:
    release, started, got = threading.Event(), threading.Event(), []
    tickets: list[Ticket] = []

    def slow(ticket: Ticket) -> str:
        tickets.append(ticket)
        started.set()
        release.wait(5)
        return "old"

    jobs.submit("a", "old", slow, got.append, got.append)
    assert started.wait(5)
    jobs.submit("a", "new", lambda _t: "new", got.append, got.append)
    assert tickets[0].cancelled()
    release.set()
    qtbot.waitUntil(lambda: got == ["new"])
    qtbot.wait(50)
    assert got == ["new"]


def test_parts_and_progress_come_before_the_result(qtbot: QtBot, jobs: Jobs) -> None:
    events: list[object] = []
    statuses: list[JobStatus] = []
    jobs.status_changed.connect(statuses.append)

    def work(ticket: Ticket) -> str:
        ticket.progress(0.5, "half")
        ticket.publish(1)
        ticket.publish(2)
        return "end"

    jobs.submit("a", "work", work, events.append, events.append, part=lambda part: events.append(("part", part)))
    qtbot.waitUntil(lambda: "end" in events)
    assert events == [("part", 1), ("part", 2), "end"]
    assert [(status.running, status.fraction) for status in statuses] == [(True, None), (True, 0.5), (False, None)]
    assert statuses[1].note == "half"


def test_errors_are_values_with_everything_to_copy(qtbot: QtBot, jobs: Jobs) -> None:
    failures: list[Failure] = []

    def fail(_ticket: Ticket) -> None:
        raise MouseViewError("no such camera", place="rig.json", remedy="name another")

    jobs.submit("a", "Opening rig.json", fail, failures.append, failures.append)
    jobs.submit("b", "Dividing", lambda _t: 1 / 0, failures.append, failures.append)
    qtbot.waitUntil(lambda: len(failures) == 2)
    named = next(failure for failure in failures if failure.title == "Opening rig.json")
    assert (named.message, named.place, named.remedy) == ("no such camera", "rig.json", "name another")
    assert "Traceback" in named.report
    assert "name another" in named.report
    other = next(failure for failure in failures if failure.title == "Dividing")
    assert other.message.startswith("ZeroDivisionError")


def test_cancelled_work_ends_in_silence(qtbot: QtBot, jobs: Jobs) -> None:
    got: list[object] = []
    started = threading.Event()

    def work(ticket: Ticket) -> None:
        started.set()
        while not ticket.cancelled():
            time.sleep(0.002)
        raise Cancelled("stopped")

    jobs.submit("a", "work", work, got.append, got.append)
    assert started.wait(5)
    jobs.cancel("a")
    qtbot.waitUntil(lambda: not jobs.busy("a"))
    assert got == []


def test_the_estimate_follows_from_the_time_taken() -> None:
    ticket = Ticket("a", "work", lambda *_: None)
    ticket.started -= 30.0
    assert _estimate(ticket, 0.25, "").remaining_s == pytest.approx(90.0, rel=0.01)
    assert _estimate(ticket, 0.01, "").remaining_s is None


def test_nothing_begins_after_the_end(qtbot: QtBot, jobs: Jobs) -> None:
    begun: list[Ticket] = []
    jobs.shutdown()
    jobs.submit("a", "work", begun.append, begun.append, begun.append)
    assert not jobs.busy()
    assert begun == []
