"""A batch killed at random moments and resumed: in the end the bytes of an undisturbed run, and nothing besides.

``pytest tests/workflow/test_kills.py --kills 100 -s --timeout 0`` tells what the kills met.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mouseview.formats.facelift import FILE_NAME
from mouseview.phantom.dataset import write_sample
from mouseview.workflow.normalise import normalise_dataset
from mouseview.workflow.normalised_record import RECORD
from tests.rigs import mouse_ring
from tests.scene import Ellipsoid, photograph
from tests.workflow.run_server import SMALL
from tests.workflow.test_normalise import digests

pytestmark = [
    pytest.mark.alone,
    pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="finds worker processes in /proc"),
]

ROOT = Path(__file__).resolve().parents[2]
SAMPLES, VIEWS, SIZE = 5, 3, (96, 80)
FILES = VIEWS + 3  # of a sample: images, cameras, ledger, record
FEW_S, START_S = 0.02, 0.3  # about what a file takes, and a start
PATIENCE_S = 120.0


@dataclass
class Tally:
    """groups, workers: that a kill has ended.  writing: kills that left a sample begun and not done.  torn: with a
    temporary file.  rounds: how often a run ended before its kill; the folder is then begun anew.
    """

    groups: int = 0
    workers: int = 0
    writing: int = 0
    torn: int = 0
    runs: int = 0
    rounds: int = 0

    @property
    def kills(self) -> int:
        return self.groups + self.workers


class Server:
    """Starts runs that may be killed."""

    def __init__(self, source: Path, out: Path) -> None:
        self._source, self._out = source, out
        alone = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # threads do not survive the fork
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.workflow.run_server"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ, **alone},
        )  # fmt: skip

    def start(self, jobs: int) -> int:
        """The id of the run's process and of its group."""
        assert self._process.stdin is not None
        asked = {"path": str(self._source), "out": str(self._out), "jobs": jobs}
        print(json.dumps(asked), file=self._process.stdin, flush=True)
        return int(self._line())

    def end(self) -> int:
        """Waits for the run; its exit code, −9 when it was killed."""
        return int(self._line())

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(PATIENCE_S)

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kills") / "dataset"
    rig = mouse_ring(SIZE)
    rig = rig.replace(cameras=rig.cameras[:VIEWS])
    images = [photograph(Ellipsoid(), camera, 1) for camera in rig]
    for index in range(SAMPLES):
        write_sample(folder / f"sample_{index:06d}", rig, images)
    return folder


@pytest.fixture
def server(source: Path, tmp_path: Path) -> Iterator[Server]:
    server = Server(source, tmp_path / "out")
    yield server
    server.close()


def test_a_batch_that_is_killed_again_and_again_ends_as_an_undisturbed_one(
    source: Path, server: Server, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    wanted, given = request.config.getoption("--kills"), request.config.getoption("--kill-seed")
    seed = random.randrange(1 << 30) if given is None else given
    print(f"--kill-seed {seed}")
    chance, out, tally = random.Random(seed), tmp_path / "out", Tally()
    before = digests(source)
    assert normalise_dataset(source, tmp_path / "undisturbed", SMALL)["failed"] == []
    undisturbed = digests(tmp_path / "undisturbed")
    while tally.kills < wanted:
        jobs = 2 if tally.kills % 4 == 3 else 1
        code = killed_run(server, jobs, out, chance, tally)
        assert code in (0, 1, -signal.SIGKILL)
        whole_samples_are_right(out, undisturbed)
        if code == 0:  # it was whole before the kill came: checked, and begun again
            assert digests(out) == undisturbed
            shutil.rmtree(out)
            tally.rounds += 1
    while server.start(jobs=1) and server.end() != 0:
        tally.runs += 1
    assert digests(out) == undisturbed
    assert digests(source) == before
    print(tally)


def killed_run(server: Server, jobs: int, out: Path, chance: random.Random, tally: Tally) -> int:
    """One run, killed when it has written a random number of files, or a worker of it first. Its exit code."""
    tally.runs += 1
    was = written(out)
    left = FILES * (SAMPLES - len(list(out.glob(f"*/{RECORD}"))))
    # below one: before it writes; more than are left: not at all, mostly when only the manifest is to be written
    enough = chance.randint(-1, left) if left or chance.random() < 0.3 else 1
    process = server.start(jobs)
    deadline = time.monotonic() + PATIENCE_S
    while len(written(out) - was) < enough and time.monotonic() < deadline and alive(process):
        time.sleep(0.001)
    time.sleep(chance.uniform(0, FEW_S if enough > 0 else START_S))
    if jobs > 1 and chance.random() < 0.7 and (workers := workers_of(process)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(chance.choice(workers), signal.SIGKILL)
            tally.workers += 1
            note(out, was, tally)
        time.sleep(chance.uniform(0, START_S))
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)
    code = server.end()
    if code == -signal.SIGKILL:
        tally.groups += 1
        note(out, was, tally)
    return code


def alive(process: int) -> bool:
    return Path(f"/proc/{process}").is_dir()


def workers_of(process: int) -> list[int]:
    with contextlib.suppress(OSError):
        children = Path(f"/proc/{process}/task/{process}/children").read_text("ascii").split()
        return [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]
    return []


def written(out: Path) -> set[tuple[str, int]]:
    """Files of samples, with their times."""
    found = set()
    for path in out.glob("*/**/*.*"):
        with contextlib.suppress(OSError):
            found.add((str(path), path.stat().st_mtime_ns))
    return found


def note(out: Path, was: set[tuple[str, int]], tally: Tally) -> None:
    """What a kill has met: of that which this run itself has begun."""
    new = [Path(path) for path, _ in written(out) - was]
    tally.torn += any(path.suffix == ".tmp" for path in new)
    homes = {out / path.relative_to(out).parts[0] for path in new}
    tally.writing += any(not (home / RECORD).exists() for home in homes)


def whole_samples_are_right(out: Path, undisturbed: dict[str, str]) -> None:
    """A folder that has cameras can be opened: then all that they name is there, byte for byte."""
    for folder in out.glob("*"):
        if (folder / FILE_NAME).exists():
            expected = {name for name in undisturbed if name.startswith(f"{folder.name}/")} - {
                f"{folder.name}/{RECORD}"
            }
            found = {f"{folder.name}/{name}": digest for name, digest in digests(folder).items()}
            assert {name: found.get(name) for name in expected} == {name: undisturbed[name] for name in expected}
