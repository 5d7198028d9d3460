"""The worker process: the engine's results, and every way in which a worker can fail."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from mouseview.inference.config import GSLRMConfig  # noqa: E402
from mouseview.inference.engine import load_engine  # noqa: E402
from mouseview.inference.worker import client as client_module  # noqa: E402
from mouseview.inference.worker.client import WorkerClient  # noqa: E402
from mouseview.model.errors import Cancelled, CheckpointError, EngineError  # noqa: E402
from tests.inference import tiny  # noqa: E402

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="uses POSIX signals and scripts")


@pytest.fixture(autouse=True)
def no_shared_memory_is_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every block a test makes must be gone at its end, whatever happened to the worker."""
    names: list[str] = []

    class Recorded(SharedMemory):
        def __init__(self, *args: object, **keywords: object) -> None:
            super().__init__(*args, **keywords)  # type: ignore[arg-type]
            names.append(self.name)

    monkeypatch.setattr(client_module, "SharedMemory", Recorded)
    yield
    for name in names:
        with pytest.raises(FileNotFoundError):
            SharedMemory(name)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.save_run(tmp_path_factory.mktemp("worker") / "run")


@pytest.fixture(scope="module")
def worker() -> Iterator[WorkerClient]:
    """One worker for all tests that do not kill it: importing torch takes seconds."""
    with WorkerClient() as client:
        yield client


@pytest.fixture
def misbehaving(tmp_path: Path) -> Callable[..., WorkerClient]:
    def make(how: str, **settings: float) -> WorkerClient:
        python = tmp_path / "python"
        script = Path(__file__).with_name("fake_worker.py")
        python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{script}" "{how}"\n')
        python.chmod(0o755)
        return WorkerClient(str(python), **settings)

    return make


def test_it_returns_what_the_engine_returns(worker: WorkerClient, run: Path) -> None:
    posed = tiny.posed_input()
    said: list[tuple[float, str]] = []
    ours = worker.reconstruct(run, **posed, device="cpu", progress=lambda fraction, what: said.append((fraction, what)))
    engine = load_engine(run, "cpu")
    theirs = engine.reconstruct(**posed)
    for name in ("xyz", "sh", "scale", "rotation", "opacity"):
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), atol=1e-6)
    np.testing.assert_allclose(worker.encode(run, **posed, device="cpu"), engine.encode(**posed), atol=1e-6)
    assert said[-1] == (1.0, "layer 2 of 2")
    assert worker.device == "cpu"


def test_it_describes_a_checkpoint(worker: WorkerClient, run: Path) -> None:
    told = worker.describe(run)
    assert told["model_format"] == "facelift"
    assert GSLRMConfig.from_mapping(told["config"]) == tiny.CONFIG
    assert told["parameters"] == sum(value.numel() for value in tiny.state().values())
    assert told["assumptions"]
    assert Path(told["source"]).parent == run


def test_errors_of_the_engine_arrive_whole_and_the_worker_lives_on(
    worker: WorkerClient, run: Path, tmp_path: Path
) -> None:
    worker.describe(run)
    before = worker.pid
    broken = tiny.save_checkpoint(tmp_path / "w.pt", {"model": {"a": torch.ones(1)}})
    with pytest.raises(CheckpointError, match="no weights of a GS-LRM") as caught:
        worker.describe(broken)
    assert caught.value.place == str(broken)
    assert caught.value.remedy
    with pytest.raises(EngineError, match="not available"):
        worker.reconstruct(run, **tiny.posed_input(), device="cuda:99")
    with pytest.raises(EngineError, match="patch size"):
        worker.encode(run, **tiny.posed_input(height=18))
    assert worker.pid == before


def test_a_changed_checkpoint_is_loaded_anew(worker: WorkerClient, tmp_path: Path) -> None:
    run = tiny.save_run(tmp_path / "run")
    first = worker.reconstruct(run, **tiny.posed_input(), device="cpu")
    tiny.save_checkpoint(run / "ckpt_0000000000000008.pt", {"model": tiny.state(seed=5)})
    second = worker.reconstruct(run, **tiny.posed_input(), device="cpu")
    assert np.abs(first.xyz - second.xyz).max() > 1e-3


def test_a_cancel_stops_the_pass_and_keeps_the_worker(worker: WorkerClient, tmp_path: Path) -> None:
    deep = GSLRMConfig("nearest", d=32, d_head=16, n_layer=128, patch_size=4, n_gaussians=3)
    run, posed = tiny.save_run(tmp_path / "run", deep), tiny.posed_input(views=8, height=96, width=96)
    worker.encode(run, **posed, device="cpu")
    before = worker.pid
    said: list[float] = []
    with pytest.raises(Cancelled):
        worker.reconstruct(
            run,
            **posed,
            device="cpu",
            progress=lambda fraction, _: said.append(fraction),
            cancelled=lambda: len(said) > 2,
        )
    assert said[-1] < 1.0
    assert worker.pid == before
    assert worker.describe(run)["config"]["transformer"]["n_layer"] == 128


def test_requests_of_several_threads_do_not_mix(worker: WorkerClient, run: Path) -> None:
    results: dict[int, np.ndarray] = {}

    def request(seed: int) -> None:
        results[seed] = worker.encode(run, **tiny.posed_input(seed=seed), device="cpu")

    threads = [threading.Thread(target=request, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    engine = load_engine(run, "cpu")
    for seed in range(4):
        np.testing.assert_allclose(results[seed], engine.encode(**tiny.posed_input(seed=seed)), atol=1e-6)


@posix_only
def test_a_worker_that_is_killed_is_an_error_and_the_next_request_starts_another(run: Path) -> None:
    with WorkerClient() as client:
        assert client.pid is None

        def kill(_fraction: float, _what: str) -> None:
            assert client.pid is not None
            os.kill(client.pid, signal.SIGKILL)

        client.describe(run)
        first = client.pid
        with pytest.raises(EngineError, match="SIGKILL") as caught:
            client.reconstruct(run, **tiny.posed_input(views=8, height=64, width=64), device="cpu", progress=kill)
        assert "memory" in caught.value.message
        assert client.pid is None
        assert len(client.reconstruct(run, **tiny.posed_input(), device="cpu")) == 3 + 3 * 16 * 16
        assert client.pid not in (None, first)
    assert client.pid is None


@posix_only
@pytest.mark.parametrize(
    ("how", "named"),
    [
        ("hang at start", "did not answer within 0.5 s"),
        ("exit at start", "no module named numpy"),
        ("print at start", "announces"),
        ("other version", "version 99"),
        ("killed", "SIGKILL"),
        ("crash", "SIGSEGV"),
        ("exit", "exit status 3"),
        ("huge", "bytes of arrays"),
        ("dies before delivery", "SIGKILL"),
        ("odd error", "no error class"),
    ],
)
def test_every_failure_of_a_worker_is_an_engine_error(
    how: str, named: str, run: Path, misbehaving: Callable[..., WorkerClient]
) -> None:
    patience = 0.5 if how == "hang at start" else 30.0
    with misbehaving(how, hello_s=patience) as client:
        for _ in range(2):  # the second request finds or starts a worker that fails alike
            with pytest.raises(EngineError) as caught:
                client.encode(run, **tiny.posed_input(), device="cpu")
            assert named in caught.value.message
            assert caught.value.remedy


@posix_only
def test_a_worker_that_ignores_a_cancel_is_killed(run: Path, misbehaving: Callable[..., WorkerClient]) -> None:
    with misbehaving("deaf", grace_s=0.2) as client:
        said: list[str] = []
        pids: list[int | None] = []

        def hear(_fraction: float, what: str) -> None:
            said.append(what)
            pids.append(client.pid)

        began = time.monotonic()
        with pytest.raises(Cancelled):
            client.reconstruct(run, **tiny.posed_input(), progress=hear, cancelled=lambda: bool(said))
        assert time.monotonic() - began < 10
        assert client.pid is None
        assert pids[0] is not None
        with pytest.raises(ProcessLookupError):
            os.kill(pids[0], 0)


@posix_only
def test_closing_from_another_thread_ends_a_running_request(
    run: Path, misbehaving: Callable[..., WorkerClient]
) -> None:
    client = misbehaving("deaf")
    threading.Timer(0.5, client.close).start()
    with pytest.raises(EngineError, match="stopped"):
        client.encode(run, **tiny.posed_input())


def test_a_python_that_is_not_there_is_an_error(run: Path, tmp_path: Path) -> None:
    with WorkerClient(str(tmp_path / "no" / "python")) as client, pytest.raises(EngineError, match="cannot be started"):
        client.describe(run)


def test_what_was_cancelled_before_never_starts_a_worker(run: Path) -> None:
    with WorkerClient() as client:
        with pytest.raises(Cancelled):
            client.encode(run, **tiny.posed_input(), cancelled=lambda: True)
        assert client.pid is None


def test_bad_input_is_refused_before_a_worker_starts(run: Path) -> None:
    with WorkerClient() as client:
        with pytest.raises(EngineError, match="images"):
            client.encode(run, **(tiny.posed_input() | {"images": np.zeros(3)}))
        with pytest.raises(CheckpointError, match="does not exist"):
            client.describe(run / "nothing.pt")
        assert client.pid is None


def test_a_worker_ends_with_its_client(run: Path) -> None:
    """Also when the client has no chance to say so."""
    code = (
        "import os, sys; from mouseview.inference.worker.client import WorkerClient; client = WorkerClient();"
        "client.describe(sys.argv[1]); print(client.pid, flush=True); os._exit(0)"
    )
    told = subprocess.run([sys.executable, "-c", code, str(run)], capture_output=True, text=True, check=True)
    pid = int(told.stdout)
    deadline = time.monotonic() + 20
    while _runs(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _runs(pid)


def _runs(pid: int) -> bool:
    state = Path(f"/proc/{pid}/stat")
    if not Path("/proc").exists():
        pytest.skip("needs /proc")
    try:
        return state.read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
