"""Long jobs from the command line: extract and normalise, interrupted and gone on with."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mouseview.cli.job_options import detail_text, time_text
from mouseview.formats import open_dataset
from mouseview.jobs import JobProgress, read_state
from tests.cli.conftest import Cli, Terminal
from tests.workflow.session_on_disk import write_session

pytestmark = pytest.mark.alone


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli jobs") / "day 1"
    write_session(folder, 30)
    return folder


def test_extract_tells_what_it_wrote(cli: Cli, session: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    document = cli.json("extract", session, "--out", out, "--stride", 10, "--start", 5)
    assert document.keys() >= {"samples", "failed", "out", "resumed"}
    assert [sample["name"] for sample in document["samples"]] == ["frame_000005", "frame_000015", "frame_000025"]
    assert document["failed"] == []
    assert document["resumed"] == 0
    assert open_dataset(document["list"]).names == open_dataset(document["out"]).names
    assert cli("extract", session, "--out", out, "--stride", 5, "--start", 5, "--resume") == 0
    assert "5 sample(s)" in cli.out
    assert "3 of them were there already" in cli.out
    assert "100 % extracting 5 of 5" in cli.err


def test_extract_takes_views_offsets_and_no_masks(cli: Cli, session: Path, tmp_path: Path) -> None:
    a, b, _ = open_dataset(session)[0].rig.names
    cli.json("extract", session, "--out", tmp_path / "out", "--stop", 1, "--views", f"{b},{a}", "--offset", f"{a}=2",
             "--no-masks", "--jobs", 2)  # fmt: skip
    sample = open_dataset(tmp_path / "out")[0]
    source = open_dataset(session)
    assert sample.rig.names == (b, a)
    assert (sample.image(0)[..., :3] == source[0].image(1)[..., :3]).all()
    assert (sample.image(1)[..., :3] == source[2].image(0)[..., :3]).all()


@pytest.mark.parametrize(
    "words", [("--offset", "cam0"), ("--offset", "=3"), ("--offset", "a=b"), ("--stride", "0"), ("--jobs", "0")]
)
def test_wrong_options_are_wrong_usage(cli: Cli, session: Path, tmp_path: Path, words: tuple[str, str]) -> None:
    assert cli("extract", session, "--out", tmp_path / "out", *words) == 2


@pytest.mark.parametrize("command", ["extract", "normalize"])
def test_a_cluster_that_is_not_there_is_an_error_with_a_remedy(
    cli: Cli, sample_folder: Path, tmp_path: Path, command: str
) -> None:
    error = cli.json(command, sample_folder, "--out", tmp_path / "out", "--cluster", "nonsense://nowhere", code=1)[
        "error"
    ]
    assert "cannot be reached" in error["message"]
    assert "dask scheduler" in error["remedy"]


@pytest.mark.parametrize("jobs", [1, 2])
def test_interrupted_it_says_how_to_go_on_and_that_works(session: Path, tmp_path: Path, jobs: int) -> None:
    out = tmp_path / "out"
    command = [
        sys.executable,
        "-m",
        "mouseview",
        "extract",
        str(session),
        "--out",
        str(out),
        f"--jobs={jobs}",
        "--json",
    ]
    running = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    journal = out / "mouseview-job.jsonl"
    while not journal.exists() or journal.read_bytes().count(b"\n") < 4:
        assert running.poll() is None
    os.killpg(running.pid, signal.SIGINT)
    said, messages = running.communicate(timeout=30)
    assert running.returncode == 130
    assert json.loads(said)["error"]["type"] == "Cancelled"
    assert "Traceback" not in messages
    (line,) = [line for line in messages.splitlines() if "to go on" in line]
    words = shlex.split(line.split("to go on: ")[1])
    state = read_state(out)
    assert state is not None
    assert 3 <= state.done < 30
    again = subprocess.run(
        [sys.executable, "-m", *words, "--json"], capture_output=True, text=True, check=True, cwd=os.getcwd()
    )
    document = json.loads(again.stdout)
    assert document["resumed"] == state.done
    assert len(document["samples"]) == 30


def test_a_stop_names_the_command_that_goes_on(cli: Cli, session: Path, tmp_path: Path) -> None:
    limited = (
        "import resource, signal, sys\n"
        "from mouseview.__main__ import main\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        f"sys.exit(main(['extract', {str(session)!r}, '--out', {str(tmp_path / 'out')!r}, '--json']))\n"
    )
    done = subprocess.run([sys.executable, "-c", limited], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    error = json.loads(done.stdout)["error"]
    assert error["type"] == "JobStopped"
    assert "File too large" in error["message"]
    assert "mouseview extract" in error["remedy"]
    assert "--resume" in error["remedy"]


def test_the_rest_of_a_terminals_line_tells_the_time_left() -> None:
    from mouseview.cli.outcome import ProgressLine

    terminal = Terminal()
    progress = JobProgress(200, 20, 70, 1, "frame_000091", 60.0, 125.0)
    ProgressLine(terminal)(progress.fraction, "extracting", detail_text(progress))
    assert terminal.getvalue().endswith(" 46 % extracting 91 of 200, 1 failed, about 2 min left")
    assert [time_text(seconds) for seconds in (3.4, 89, 90, 5399, 7200)] == ["3 s", "89 s", "2 min", "90 min", "2.0 h"]


def test_elsewhere_only_the_percents_make_new_lines(capsys: pytest.CaptureFixture[str]) -> None:
    from mouseview.cli.outcome import ProgressLine

    line = ProgressLine()
    for done in range(1, 1001):
        line(done / 1000, "extracting", f"{done} of 1000")
    assert len(capsys.readouterr().err.splitlines()) <= 12
