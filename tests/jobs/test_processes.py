"""Worker processes: cancelled in time, none left over, and one that dies costs its own item alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mouseview.jobs import JobProgress, JobStopped, read_state, run_job
from mouseview.jobs.processes import Processes
from mouseview.model.errors import Cancelled
from tests.jobs.work import Behaviour, Part, job, key, tree

pytestmark = pytest.mark.alone


def children() -> set[int]:
    """Worker processes of this one that are still there (not multiprocessing's own helper)."""
    listed = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(os.getpid())], capture_output=True, text=True)
    lines = [line.split(None, 1) for line in listed.stdout.splitlines()]
    return {int(pid) for pid, command in lines if "spawn_main" in command}


def test_the_same_bytes_as_one_process(tmp_path: Path) -> None:
    report = run_job(job(tmp_path / "a", 20), Processes(3))
    run_job(job(tmp_path / "b", 20))
    assert tree(tmp_path / "a") == tree(tmp_path / "b")
    assert [result["square"] for _, result, _ in report.done] == [index**2 for index in range(20)]
    assert not children()


@pytest.mark.parametrize("seconds", [0.01, 30.0])
def test_a_cancel_ends_busy_workers_within_a_second(tmp_path: Path, seconds: float) -> None:
    """Also when an item takes much longer than that."""
    traces = tmp_path / "traces"
    traces.mkdir()
    asked = [0.0]

    def cancelled() -> bool:
        if len(list(traces.iterdir())) >= 2 and not asked[0]:
            asked[0] = time.monotonic()
        return bool(asked[0])

    behaviour = Behaviour(seconds=seconds, traces=traces)
    with pytest.raises(Cancelled) as caught:
        run_job(job(tmp_path / "out", 100, behaviour), Processes(2), cancelled=cancelled)
    assert time.monotonic() - asked[0] < 1.5
    assert "resume" in caught.value.remedy
    assert not children()


def test_a_cancel_while_workers_start(tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(Cancelled):
        run_job(job(tmp_path / "out", 10), Processes(2), cancelled=lambda: True)
    assert time.monotonic() - began < 2.0
    assert not children()
    assert not (tmp_path / "out").exists()


def test_one_that_dies_costs_its_item_a_second_try(tmp_path: Path) -> None:
    traces = tmp_path / "traces"
    traces.mkdir()
    report = run_job(job(tmp_path / "out", 12, Behaviour(dies=frozenset({2, 9}), traces=traces)), Processes(2))
    assert report.failed == []
    tries = sorted(int(path.name.split("-")[0]) for path in traces.iterdir())
    assert tries == sorted([*range(12), 2, 9])
    for index in (2, 9):
        (tmp_path / "out" / key(index) / "died").unlink()
    run_job(job(tmp_path / "fresh", 12))
    assert tree(tmp_path / "out") == tree(tmp_path / "fresh")


def test_an_item_that_kills_every_process_is_named(tmp_path: Path) -> None:
    report = run_job(job(tmp_path / "out", 8, Behaviour(dies=frozenset({5}), always=True)), Processes(2))
    ((name, error),) = report.failed
    assert name == key(5)
    assert "died twice" in error.message
    assert "SIGKILL" in error.message
    assert error.remedy
    assert len(report.done) == 7
    state = read_state(tmp_path / "out")
    assert state is not None
    assert state.done == 7
    assert run_job(job(tmp_path / "out", 8), resume=True).skipped == 7


def deadly(_threads: int | None) -> Part:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("not reached")


def test_processes_that_die_at_once_are_no_endless_loop(tmp_path: Path) -> None:
    plain = job(tmp_path / "out", 4)
    with pytest.raises(JobStopped, match="die as they start"):
        run_job(type(plain)("test", plain.out, plain.keys, deadly), Processes(2))  # type: ignore[arg-type]
    assert not children()


_PARENT = """
import sys
from pathlib import Path
from mouseview.jobs import Processes, run_job
from tests.jobs.work import Behaviour, job
if __name__ == "__main__":
    behaviour = Behaviour(seconds=60.0, traces=Path(sys.argv[2]))
    run_job(job(Path(sys.argv[1]), 10, behaviour), Processes(2))
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_workers_end_with_their_parent(tmp_path: Path, how: signal.Signals) -> None:
    traces, script = tmp_path / "traces", tmp_path / "script.py"
    traces.mkdir()
    script.write_text(_PARENT, encoding="utf-8")
    command = [sys.executable, str(script), str(tmp_path / "out"), str(traces)]
    running = subprocess.Popen(
        command,
        env={**os.environ, "PYTHONPATH": os.getcwd()},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while len(pids := {int(path.name.split("-")[1]) for path in traces.iterdir()}) < 2:
        assert running.poll() is None
        time.sleep(0.02)
    if how is signal.SIGINT:
        os.killpg(running.pid, how)  # as a terminal does it: to all of them
    else:
        running.kill()
    deadline = time.monotonic() + 3.0
    _, said = running.communicate()
    while (alive := [pid for pid in pids if Path(f"/proc/{pid}").exists()]) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not alive
    assert said.count("Traceback") == (1 if how is signal.SIGINT else 0)  # the parent's own; workers keep quiet


def test_progress_counts_every_item_once(tmp_path: Path) -> None:
    seen: list[JobProgress] = []
    run_job(job(tmp_path / "out", 15), Processes(2), watch=seen.append)
    assert [progress.finished for progress in seen] == list(range(1, 16))
    assert {progress.item for progress in seen} == {key(index) for index in range(15)}
