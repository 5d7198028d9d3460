"""What is kept in the folder: the journal against damage, the lock against other runs; shares and the estimate."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mouseview.jobs import read_state, run_job
from mouseview.jobs.estimate import Estimate
from mouseview.jobs.folder_lock import NAME as LOCK
from mouseview.jobs.folder_lock import FolderLock, holds
from mouseview.jobs.job import ItemError
from mouseview.jobs.journal import NAME, Journal, Record
from mouseview.jobs.shares import Shares
from mouseview.model.errors import FileFormatError, MouseViewError
from tests.jobs.work import Behaviour, job

pytestmark = pytest.mark.alone

# ---- journal ---------------------------------------------------------------------------------------------------------

_RECORDS = {
    "a": Record("f1", {"number": 1, "files": {"x": 3}}),
    "b": Record(error=ItemError("broken", "b.png", "mend it", "Traceback …")),
    "ü\n": Record("f2", {}),
}


def written(out: Path) -> bytes:
    journal = Journal(out, "test", {"stride": 2}, 3, None)
    for key, record in _RECORDS.items():
        journal.add(key, record)
    journal.close()
    return (out / NAME).read_bytes()


def test_the_journal_gives_back_what_it_was_given(tmp_path: Path) -> None:
    written(tmp_path)
    state = read_state(tmp_path)
    assert state is not None
    assert (state.kind, state.settings, state.items) == ("test", {"stride": 2}, 3)
    assert state.records == _RECORDS
    assert (state.done, state.is_complete) == (2, False)


def test_the_last_line_of_an_item_counts(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "test", {}, 1, None)
    journal.add("a", Record("f1", {"n": 1}))
    journal.add("a", Record("f2", {"n": 2}))
    journal.close()
    state = read_state(tmp_path)
    assert state is not None
    assert state.records == {"a": Record("f2", {"n": 2})}


def test_no_journal_is_no_state(tmp_path: Path) -> None:
    assert read_state(tmp_path) is None
    assert read_state(tmp_path / "nowhere") is None


@given(data=st.data())
def test_a_damaged_journal_loses_lines_but_invents_none(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    out = tmp_path_factory.mktemp("journal")
    raw = bytearray(written(out))
    for _ in range(data.draw(st.integers(1, 3))):
        kind = data.draw(st.sampled_from(["cut", "flip", "insert"]))
        at = data.draw(st.integers(0, len(raw) - 1)) if raw else 0
        if kind == "cut":
            del raw[at:]
        elif kind == "flip" and raw:
            raw[at] ^= data.draw(st.integers(1, 255))
        else:
            raw[at:at] = data.draw(st.binary(max_size=20))
    (out / NAME).write_bytes(bytes(raw))
    try:
        state = read_state(out)
    except FileFormatError:
        return
    assert state is not None
    assert all(isinstance(record, Record) for record in state.records.values())


@pytest.mark.parametrize("content", [b"", b"[]\n", b"{}\n", b'{"format": "mouseview-job", "version": 2}\n', b"\xff\n"])
def test_a_file_that_is_no_journal_is_said(tmp_path: Path, content: bytes) -> None:
    (tmp_path / NAME).write_bytes(content)
    with pytest.raises(FileFormatError) as caught:
        run_job(job(tmp_path, 2), resume=True)
    assert caught.value.place == str(tmp_path / NAME)
    assert "remove" in caught.value.remedy
    assert not (tmp_path / LOCK).exists()


# ---- lock ------------------------------------------------------------------------------------------------------------


def test_two_runs_do_not_write_one_folder(tmp_path: Path) -> None:
    lock = FolderLock(tmp_path)
    lock.acquire()
    assert holds(tmp_path, lock.token)
    with pytest.raises(MouseViewError, match=f"another run.*process {os.getpid()}") as caught:
        run_job(job(tmp_path, 2))
    assert caught.value.place == str(tmp_path)
    lock.release()
    assert not (tmp_path / LOCK).exists()
    assert len(run_job(job(tmp_path, 2)).done) == 2


_HOLDER = """
import sys, time
from pathlib import Path
from mouseview.jobs import FolderLock
FolderLock(Path(sys.argv[1])).acquire()
print("held", flush=True)
time.sleep(60)
"""


def test_the_lock_of_a_dead_process_is_taken_over(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", _HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(MouseViewError, match=str(holder.pid)):
            FolderLock(tmp_path).acquire()
        holder.send_signal(signal.SIGKILL)
    assert (tmp_path / LOCK).exists()
    assert len(run_job(job(tmp_path, 2)).done) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="file locks always work there")
def test_where_the_file_system_has_no_locks_the_process_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsupported(_descriptor: int) -> None:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr("mouseview.jobs.folder_lock._lock_file", unsupported)
    first = FolderLock(tmp_path)
    first.acquire()
    with pytest.raises(MouseViewError, match="another run"):
        FolderLock(tmp_path).acquire()
    ended = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    held = json.loads((tmp_path / LOCK).read_text("utf-8"))
    (tmp_path / LOCK).write_text(json.dumps({**held, "pid": int(ended.stdout)}), encoding="utf-8")
    second = FolderLock(tmp_path)
    second.acquire()
    assert holds(tmp_path, second.token)
    assert not holds(tmp_path, first.token)


def test_a_file_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(MouseViewError) as caught:
        run_job(job(tmp_path / "out", 1, Behaviour()))
    assert caught.value.remedy


# ---- shares ----------------------------------------------------------------------------------------------------------


@given(st.integers(0, 200), st.integers(1, 7), st.randoms(use_true_random=False))
def test_every_item_is_handed_out_once_and_in_ascending_runs(count: int, workers: int, chance: object) -> None:
    shares, alive, handed = Shares(count, workers), list(range(workers)), []
    next_name = workers
    while shares.left:
        worker = chance.choice(alive)  # type: ignore[attr-defined]
        items = shares.take(worker)
        assert items == sorted(items)
        if items and chance.random() < 0.1:  # type: ignore[attr-defined]
            shares.give_back(worker, items)
            alive[alive.index(worker)] = next_name
            next_name += 1
        else:
            handed += items
    assert sorted(handed) == list(range(count))
    assert all(shares.take(worker) == [] for worker in alive)


def test_each_worker_goes_through_a_stretch_of_its_own() -> None:
    shares = Shares(1000, 2)
    taken: dict[int, list[int]] = {0: [], 1: []}
    while shares.left:
        for worker, items in taken.items():
            items += shares.take(worker)
    jumps = [b - a for items in taken.values() for a, b in itertools.pairwise(items) if b != a + 1]
    assert len(jumps) <= 2


# ---- estimate --------------------------------------------------------------------------------------------------------


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@given(st.floats(0.01, 30.0), st.integers(30, 500), st.floats(0.0, 60.0))
def test_a_steady_pace_is_told_right(pace_s: float, total: int, start_up_s: float) -> None:
    clock = Clock()
    estimate = Estimate(total, clock=clock)
    assert estimate.remaining_s() is None
    clock.now += start_up_s
    for done in range(1, total):
        clock.now += pace_s
        estimate.ended(skipped=False, was_doubtful=False)
        told = estimate.remaining_s()
        if told is not None:
            assert told == pytest.approx((total - done) * pace_s, rel=1e-6, abs=1e-6)
    assert told is not None or pace_s * total < 2.0


def test_skipped_items_say_nothing_about_the_pace() -> None:
    clock = Clock()
    estimate = Estimate(1000, doubtful=900, clock=clock)
    for _ in range(900):
        clock.now += 0.001
        estimate.ended(skipped=True, was_doubtful=True)
    assert estimate.remaining_s() is None
    for _ in range(10):
        clock.now += 2.0
        estimate.ended(skipped=False, was_doubtful=False)
    assert estimate.remaining_s() == pytest.approx(180.0)


def test_items_that_have_to_be_done_again_are_expected() -> None:
    clock = Clock()
    estimate = Estimate(1000, doubtful=1000, clock=clock)
    for index in range(100):
        clock.now += 1.0
        estimate.ended(skipped=index % 2 == 0, was_doubtful=True)
    assert estimate.remaining_s() == pytest.approx(450 * 2.0, rel=0.05)


def test_it_grows_while_nothing_ends_and_follows_a_new_pace() -> None:
    clock = Clock()
    estimate = Estimate(10_000, clock=clock)
    for _ in range(500):
        clock.now += 1.0
        estimate.ended(skipped=False, was_doubtful=False)
    before = estimate.remaining_s()
    clock.now += 300.0
    stalled = estimate.remaining_s()
    assert before is not None
    assert stalled is not None
    assert stalled > 2 * before
    for _ in range(100):
        clock.now += 4.0
        estimate.ended(skipped=False, was_doubtful=False)
    assert estimate.remaining_s() == pytest.approx(9400 * 4.0, rel=0.05)


def test_the_last_item_leaves_nothing() -> None:
    estimate = Estimate(1, clock=Clock())
    estimate.ended(skipped=False, was_doubtful=False)
    assert estimate.remaining_s() == 0.0
