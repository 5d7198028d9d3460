"""The same items on a real Dask cluster: a scheduler and two worker processes, one of which is killed midway."""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from mouseview.jobs import Cluster, JobProgress, JobStopped, read_state, run_job
from mouseview.model.errors import Cancelled, MouseViewError
from mouseview.version import __version__
from tests.jobs.dask_processes import Running, cluster, wait_for_workers
from tests.jobs.work import Behaviour, job, key, tree

pytestmark = pytest.mark.alone

pytest.importorskip("distributed", reason="needs the extra [cluster]")


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with cluster(tmp_path_factory.mktemp("cluster"), 1) as running:
        yield running


@pytest.fixture
def traces(tmp_path: Path) -> Path:
    folder = tmp_path / "traces"
    folder.mkdir()
    return folder


def attempts(traces: Path) -> Counter[int]:
    return Counter(int(path.name.split("-")[0]) for path in traces.iterdir())


def processes(traces: Path) -> set[int]:
    return {int(path.name.split("-")[1]) for path in traces.iterdir()}


def test_a_worker_killed_midway_costs_nothing(tmp_path: Path, traces: Path) -> None:
    with cluster(tmp_path, 2) as running:
        wait_for_workers(running, 2)
        behaviour = Behaviour(seconds=0.06, traces=traces)
        killed: list[int] = []

        def kill(progress: JobProgress) -> None:
            if progress.finished >= 8 and len(processes(traces)) == 2 and not killed:
                killed.append(running.workers[0].pid)
                running.workers[0].send_signal(signal.SIGKILL)

        report = run_job(job(tmp_path / "out", 40, behaviour), Cluster(running.address), watch=kill)
    assert killed
    assert killed[0] in processes(traces)
    assert report.failed == []
    assert len(report.done) == 40
    tries = attempts(traces)
    assert set(tries) == set(range(40))
    assert sum(tries.values()) <= 40 + 2  # what it was at, and what it had just ended
    run_job(job(tmp_path / "fresh", 40, Behaviour()))
    assert tree(tmp_path / "out") == tree(tmp_path / "fresh")


def test_a_cancel_leaves_what_can_be_resumed(tmp_path: Path, traces: Path, one: Running) -> None:
    seen: list[JobProgress] = []
    behaviour = Behaviour(seconds=0.05, traces=traces)
    with pytest.raises(Cancelled):
        run_job(job(tmp_path / "out", 30, behaviour), Cluster(one.address), watch=seen.append,
                cancelled=lambda: len(seen) >= 5)  # fmt: skip
    state = read_state(tmp_path / "out")
    assert state is not None
    assert 5 <= state.done < 30
    report = run_job(job(tmp_path / "out", 30, behaviour), Cluster(one.address), resume=True)
    assert report.skipped == state.done
    assert sum(attempts(traces).values()) <= 30 + 1
    run_job(job(tmp_path / "fresh", 30))
    assert tree(tmp_path / "out") == tree(tmp_path / "fresh")


def test_errors_of_items_come_back_as_values(tmp_path: Path, one: Running) -> None:
    report = run_job(job(tmp_path / "out", 5, Behaviour(fails=frozenset({3}))), Cluster(one.address))
    ((name, error),) = report.failed
    assert (name, error.place, error.remedy) == (key(3), key(3), "mend it")
    assert len(report.done) == 4


def test_work_that_cannot_be_opened_there_stops(tmp_path: Path, one: Running) -> None:
    with pytest.raises(JobStopped, match="dataset is gone"):
        run_job(job(tmp_path / "out", 5, Behaviour(opens=False)), Cluster(one.address))


def test_a_source_that_workers_do_not_see_is_said(tmp_path: Path, one: Running) -> None:
    with pytest.raises(MouseViewError, match=r"tcp://127.0.0.1:\d+ does not see it") as caught:
        run_job(job(tmp_path / "out", 5, needs=(tmp_path / "elsewhere",)), Cluster(one.address))
    assert caught.value.place == str(tmp_path / "elsewhere")
    assert "mount" in caught.value.remedy
    assert not (tmp_path / "out").exists()


def test_another_version_on_the_workers_is_refused(
    tmp_path: Path, one: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mouseview.jobs.cluster.__version__", "99.0")
    with pytest.raises(MouseViewError, match=f"has MouseView {__version__}, this is 99.0"):
        run_job(job(tmp_path / "out", 5), Cluster(one.address))


def test_a_scheduler_that_dies_stops_the_job(tmp_path: Path, traces: Path) -> None:
    with cluster(tmp_path, 1) as running:

        def kill(progress: JobProgress) -> None:
            if progress.finished == 3:
                running.scheduler.kill()

        began = time.monotonic()
        with pytest.raises(JobStopped, match="scheduler") as caught:
            run_job(job(tmp_path / "out", 200, Behaviour(seconds=0.03)), Cluster(running.address), watch=kill)
        assert time.monotonic() - began < 60
    assert caught.value.place == running.address
    assert "resume" in caught.value.remedy
    state = read_state(tmp_path / "out")
    assert state is not None
    assert state.done >= 3


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "127.0.0.1:9", "nonsense://x", "tcp://127.0.0.1:port"])
def test_no_scheduler_there_is_said_in_time(tmp_path: Path, address: str) -> None:
    began = time.monotonic()
    with pytest.raises(MouseViewError, match="cannot be reached within 1 s") as caught:
        run_job(job(tmp_path / "out", 5), Cluster(address, timeout_s=1.0))
    assert time.monotonic() - began < 10
    assert caught.value.place == address
    assert caught.value.remedy
    assert not (tmp_path / "out").exists()


def test_no_workers_are_said_in_time(tmp_path: Path) -> None:
    with cluster(tmp_path, 0) as running, pytest.raises(MouseViewError, match="no workers after 1 s") as caught:
        run_job(job(tmp_path / "out", 5), Cluster(running.address, timeout_s=1.0))
    assert f"dask worker {running.address}" in caught.value.remedy


def test_without_the_package_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(MouseViewError, match="not installed") as caught:
        run_job(job(tmp_path / "out", 5), Cluster("tcp://127.0.0.1:8786"))
    assert "mouseview[cluster]" in caught.value.remedy
