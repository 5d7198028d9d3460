"""The engine in this process: resuming, fingerprints, errors that stay alone, stops that are clear."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mouseview.jobs import InProcess, JobProgress, JobStopped, read_state, run_job
from mouseview.jobs.backend import Backend
from mouseview.jobs.journal import NAME
from mouseview.jobs.processes import Processes
from mouseview.model.errors import Cancelled, MouseViewError
from tests.jobs.work import PARTS, Behaviour, job, key, tree

pytestmark = pytest.mark.alone


def attempts(folder: Path) -> list[int]:
    return sorted(int(path.name.split("-")[0]) for path in folder.iterdir())


@pytest.fixture
def traces(tmp_path: Path) -> Path:
    folder = tmp_path / "traces"
    folder.mkdir()
    return folder


def test_every_item_is_done_and_reported_in_order(tmp_path: Path) -> None:
    seen: list[JobProgress] = []
    report = run_job(job(tmp_path / "out", 5), watch=seen.append)
    assert [result["square"] for _, result, _ in report.done] == [0, 1, 4, 9, 16]
    assert report.failed == []
    assert [progress.item for progress in seen] == [key(index) for index in range(5)]
    assert seen[-1].fraction == 1.0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {NAME, *(key(index) for index in range(5))}


def test_resuming_does_only_what_is_missing(tmp_path: Path, traces: Path) -> None:
    out = tmp_path / "out"
    run_job(job(out, 6))
    (out / key(2) / "whole").unlink()
    report = run_job(job(out, 8, Behaviour(traces=traces)), resume=True)
    assert attempts(traces) == [2, 6, 7]
    assert report.skipped == 5
    assert [result["square"] for _, result, _ in report.done] == [index**2 for index in range(8)]


def test_another_fingerprint_is_done_again(tmp_path: Path, traces: Path) -> None:
    out = tmp_path / "out"
    run_job(job(out, 3))
    run_job(job(out, 3, Behaviour(salt="other", traces=traces)), resume=True)
    assert attempts(traces) == [0, 1, 2]
    run_job(job(tmp_path / "fresh", 3, Behaviour(salt="other")))
    assert tree(out) == tree(tmp_path / "fresh")


def test_without_resume_everything_is_done(tmp_path: Path, traces: Path) -> None:
    run_job(job(tmp_path / "out", 3))
    run_job(job(tmp_path / "out", 3, Behaviour(traces=traces)))
    assert attempts(traces) == [0, 1, 2]


def test_resuming_a_finished_job_changes_no_byte(tmp_path: Path) -> None:
    out = tmp_path / "out"
    run_job(job(out, 4))
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}
    assert run_job(job(out, 4), resume=True).skipped == 4
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("backend", [InProcess(), Processes(2)])
def test_errors_of_items_stay_alone(tmp_path: Path, backend: Backend) -> None:
    out = tmp_path / "out"
    report = run_job(job(out, 6, Behaviour(fails=frozenset({1}), defects=frozenset({4}))), backend)
    assert [name for name, _, _ in report.done] == [key(index) for index in (0, 2, 3, 5)]
    (broken, user), (defect, ours) = report.failed
    assert (broken, user.message, user.place, user.remedy) == (key(1), "this one is broken", key(1), "mend it")
    assert defect == key(4)
    assert "ZeroDivisionError" in ours.message
    assert "Traceback" in ours.details
    state = read_state(out)
    assert state is not None
    assert (state.done, state.items, state.is_complete) == (4, 6, False)
    assert run_job(job(out, 6), resume=True).failed == []


def test_a_job_that_does_nothing_leaves_nothing(tmp_path: Path) -> None:
    report = run_job(job(tmp_path / "a" / "out", 2, Behaviour(fails=frozenset({0, 1}))))
    assert len(report.failed) == 2
    assert not (tmp_path / "a").exists()
    (tmp_path / "there").mkdir()
    run_job(job(tmp_path / "there", 1, Behaviour(fails=frozenset({0}))))
    assert list((tmp_path / "there").iterdir()) == []


def test_no_items_are_no_problem(tmp_path: Path) -> None:
    assert run_job(job(tmp_path / "out", 0), Processes(2)).outcomes == ()


def test_another_kind_of_job_is_not_mixed_in(tmp_path: Path) -> None:
    run_job(job(tmp_path, 1))
    other = job(tmp_path, 1)
    with pytest.raises(MouseViewError, match="another kind") as caught:
        run_job(type(other)("other", other.out, other.keys, other.open))
    assert caught.value.remedy


def test_cancelled_between_items_and_resumed(tmp_path: Path, traces: Path) -> None:
    out = tmp_path / "out"
    seen: list[JobProgress] = []
    with pytest.raises(Cancelled) as caught:
        run_job(job(out, 6, Behaviour(traces=traces)), watch=seen.append, cancelled=lambda: len(seen) == 3)
    assert "3 of 6" in caught.value.remedy
    run_job(job(out, 6, Behaviour(traces=traces)), resume=True)
    assert attempts(traces) == list(range(6))
    run_job(job(tmp_path / "fresh", 6))
    assert tree(out) == tree(tmp_path / "fresh")


# ---- stops -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MiB; needs the right to mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], capture_output=True, text=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.parametrize("backend", [InProcess(), Processes(2)])
def test_a_full_disk_stops_at_once_and_is_resumed(
    tmp_path: Path, small_disk: Path, traces: Path, backend: Backend
) -> None:
    out, behaviour = small_disk / "out", Behaviour(size=30_000, traces=traces)
    with pytest.raises(JobStopped) as caught:
        run_job(job(out, 40, behaviour), backend)
    assert "No space left" in caught.value.message
    assert str(out) in caught.value.place
    assert "free" in caught.value.remedy
    assert "resume" in caught.value.remedy
    begun = len(attempts(traces))
    assert begun < 20
    state = read_state(out)
    assert state is not None
    assert begun - 3 <= state.done < begun
    subprocess.run(["mount", "-o", "remount,size=32m", str(small_disk)], check=True)
    report = run_job(job(out, 40, behaviour), backend, resume=True)
    assert report.failed == []
    assert report.skipped == state.done
    run_job(job(tmp_path / "fresh", 40, behaviour))
    assert tree(out) == tree(tmp_path / "fresh")


_LIMITED = """
import resource, signal, sys
from pathlib import Path
from mouseview.jobs import JobStopped, run_job
from tests.jobs.work import Behaviour, job
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, 2_000))
try:
    run_job(job(Path(sys.argv[1]), 20, Behaviour(size=1_500)))
except JobStopped as stopped:
    print(stopped.message, stopped.place, stopped.remedy, sep="\\n")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of file sizes there")
def test_a_limit_of_file_sizes_is_a_stop_too(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _LIMITED, str(tmp_path / "out")], capture_output=True, text=True, check=True
    )
    message, place, remedy = done.stdout.splitlines()
    assert "File too large" in message
    assert place.endswith("item_00010/part0")
    assert "limit" in remedy


@pytest.mark.parametrize("backend", [InProcess(), Processes(2)])
def test_an_output_folder_that_vanishes_stops_and_is_not_made_again(tmp_path: Path, backend: Backend) -> None:
    out, moved = tmp_path / "out", tmp_path / "moved"

    def unmount(progress: JobProgress) -> None:
        if progress.finished == 4:
            out.rename(moved)

    with pytest.raises(JobStopped, match="gone") as caught:
        run_job(job(out, 60, Behaviour(seconds=0.01)), backend, watch=unmount)
    assert caught.value.place.startswith(str(out))
    assert not out.exists() or not any(out.rglob("whole"))
    state = read_state(moved)
    assert state is not None
    assert 4 <= state.done < 60
    assert run_job(job(moved, 60), resume=True).skipped == state.done


def test_a_source_that_vanishes_stops(tmp_path: Path) -> None:
    source = tmp_path / "videos"
    source.mkdir()
    behaviour = Behaviour(fails=frozenset(range(3, 100)))
    with pytest.raises(JobStopped, match="source is gone") as caught:
        run_job(job(tmp_path / "out", 100, behaviour, (source,)), watch=lambda p: p.finished == 3 and source.rmdir())
    assert caught.value.place == str(source)
    state = read_state(tmp_path / "out")
    assert state is not None
    assert state.done == 3


def test_a_disk_that_cannot_be_written_is_said(small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(MouseViewError, match="Read-only") as caught:
        run_job(job(small_disk / "out", 5))
    assert str(small_disk) in caught.value.place
    assert "choose another" in caught.value.remedy


def test_a_disk_that_turns_read_only_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.open

    def refused(path: str, flags: int, mode: int = 0o777, **options: object) -> int:
        if key(3) in str(path) and flags & os.O_CREAT:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))
        return real(path, flags, mode, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", refused)
    with pytest.raises(JobStopped, match="Read-only") as caught:
        run_job(job(tmp_path / "out", 500))
    assert key(3) in caught.value.place
    assert "3 of 500 are done" in caught.value.remedy
    monkeypatch.undo()
    assert run_job(job(tmp_path / "out", 5), resume=True).skipped == 3


def test_work_that_cannot_be_opened_says_so(tmp_path: Path) -> None:
    for backend in (InProcess(), Processes(2)):
        with pytest.raises(MouseViewError, match="dataset is gone") as caught:
            run_job(job(tmp_path / "out", 4, Behaviour(opens=False)), backend)
        assert caught.value.remedy == "bring it back"
        assert not (tmp_path / "out").exists()


# ---- killed ----------------------------------------------------------------------------------------------------------

_SCRIPT = """
import sys
from pathlib import Path
from mouseview.jobs import InProcess, Processes, run_job
from tests.jobs.work import Behaviour, job
if __name__ == "__main__":
    out, traces, workers = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    say = lambda progress: print(progress.finished, flush=True)
    backend = Processes(workers) if workers else InProcess()
    run_job(job(out, 24, Behaviour(seconds=0.02, traces=traces)), backend, watch=say)
"""


@pytest.mark.parametrize(("workers", "kill_at"), [(0, 5), (2, 1), (2, 13)])
def test_killed_midway_and_resumed_leaves_the_same_bytes(
    tmp_path: Path, traces: Path, workers: int, kill_at: int
) -> None:
    out, script = tmp_path / "out", tmp_path / "script.py"
    script.write_text(_SCRIPT, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    command = [sys.executable, str(script), str(out), str(traces), str(workers)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as running:
        assert running.stdout is not None
        for line in running.stdout:
            if int(line) >= kill_at:
                running.send_signal(signal.SIGKILL)
                break
    state = read_state(out)
    assert state is not None
    assert kill_at <= state.done < 24
    report = run_job(job(out, 24, Behaviour(traces=traces)), Processes(2), resume=True)
    assert report.failed == []
    assert report.skipped == state.done
    again = len(attempts(traces)) - 24
    assert again <= 2 * max(workers, 1)  # what was at work when it was killed, or had just ended
    run_job(job(tmp_path / "fresh", 24))
    assert tree(out) == tree(tmp_path / "fresh")


def test_a_half_written_item_is_not_counted_and_leaves_no_litter(tmp_path: Path) -> None:
    out = tmp_path / "out"
    run_job(job(out, 3))
    (out / key(1) / "whole").unlink()
    (out / key(1) / "part0").write_bytes(b"half")
    (out / key(1) / ".part1.0123456789ab.tmp").write_bytes(b"h")
    (out / ".mouseview-job.jsonl.0123456789ab.tmp").write_bytes(b"h")
    run_job(job(out, 3), resume=True)
    run_job(job(tmp_path / "fresh", 3))
    assert tree(out) == tree(tmp_path / "fresh")


@pytest.mark.parametrize("cut", [1, 5, 60])
def test_a_torn_last_line_costs_its_item(tmp_path: Path, traces: Path, cut: int) -> None:
    out = tmp_path / "out"
    run_job(job(out, 4))
    journal = out / NAME
    journal.write_bytes(journal.read_bytes()[:-cut])
    report = run_job(job(out, 4, Behaviour(traces=traces)), resume=True)
    assert attempts(traces) == [3]
    assert report.skipped == 3
    assert len([json.loads(line) for line in journal.read_bytes().splitlines()]) == 5


def test_a_moved_output_folder_is_resumed_where_it_is(tmp_path: Path) -> None:
    run_job(job(tmp_path / "out", 3))
    shutil.copytree(tmp_path / "out", tmp_path / "larger disk")
    assert run_job(job(tmp_path / "larger disk", 4), resume=True).skipped == 3
    assert len(list((tmp_path / "larger disk" / key(3)).iterdir())) == PARTS + 1
