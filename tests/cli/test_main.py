"""Exit codes, the purity of ``--json``, errors and messages, whatever the command."""

from __future__ import annotations

import argparse
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from mouseview.cli import formats
from mouseview.cli.main import main
from mouseview.cli.options import centre, names
from mouseview.cli.outcome import INTERRUPTED, Outcome, ProgressLine, Shell
from mouseview.model.errors import Cancelled, MouseViewError
from mouseview.model.recipe import CentreSource
from tests.cli.conftest import Cli, Terminal

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["normalize", "--help"], ["reconstruct", "-h"]])
def test_help_is_fine(cli: Cli, words: list[str]) -> None:
    assert cli(*words) == 0
    assert "mouseview" in cli.out


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["nonsense"],
        ["inspect"],
        ["convert", "a", "--to", "facelift"],
        ["normalize", "a", "--out", "b", "--mode", "nonsense"],
        ["normalize", "a", "--out", "b", "--centre", "1,2"],
        ["normalize", "a", "--out", "b", "--jobs", "0"],
        ["reconstruct", "a", "--out", "b", "--device", "abacus"],
        ["bench", "nonsense", "--json"],
    ],
)
def test_wrong_usage_is_2_and_says_so_on_stderr_alone(cli: Cli, words: list[str]) -> None:
    assert cli(*words) == 2
    assert cli.out == ""
    assert "usage:" in cli.err


def test_a_reader_that_stops_early_gets_no_traceback() -> None:
    command = f"{sys.executable} -c 'import sys; from mouseview.__main__ import main; sys.exit(main())' formats"
    done = subprocess.run(
        f"({command}; echo code $? >&2) | true", shell=True, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stderr.strip() == "code 0"


def _instead_of_formats(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def run(_arguments: argparse.Namespace, shell: Shell) -> Outcome:
        print("a library chatters")
        shell.progress(0.5, "working")
        raise error

    monkeypatch.setattr(formats, "run", run)


def test_an_error_for_users_is_printed_once_with_place_and_remedy(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    _instead_of_formats(monkeypatch, MouseViewError("is cut off", place="a.json", remedy="copy it again"))
    assert cli("formats") == 1
    assert cli.out == ""
    assert cli.err.count("is cut off") == 1
    assert "a.json: is cut off\n  → copy it again" in cli.err
    assert "Traceback" not in cli.err


def test_an_error_for_users_as_json(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    _instead_of_formats(monkeypatch, MouseViewError("is cut off", place="a.json", remedy="copy it again"))
    document = cli.json("formats", code=1)
    assert document == {
        "error": {"type": "MouseViewError", "message": "is cut off", "place": "a.json", "remedy": "copy it again"}
    }
    assert "is cut off" not in cli.err


@pytest.mark.parametrize("error", [KeyboardInterrupt(), Cancelled("stopped")])
def test_an_interrupt_is_no_failure_and_no_traceback(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    _instead_of_formats(monkeypatch, error)
    assert cli("formats") == INTERRUPTED
    assert "cancelled" in cli.err
    assert "Traceback" not in cli.err
    assert cli.json("formats", code=INTERRUPTED)["error"]["type"] == "Cancelled"


def test_a_defect_of_ours_shows_its_traceback_and_still_one_document(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    _instead_of_formats(monkeypatch, ZeroDivisionError("division by zero"))
    document = cli.json("formats", code=1)
    assert document["error"]["type"] == "ZeroDivisionError"
    assert "Traceback" in cli.err


def test_formats_lists_what_the_registry_holds(cli: Cli) -> None:
    from mouseview.formats.registry import FORMATS

    listed = {entry["name"]: entry for entry in cli.json("formats")["formats"]}
    assert listed.keys() == {known.name for known in FORMATS}
    assert listed["facelift"]["write"]
    assert cli("formats") == 0
    assert all(name in cli.out for name in listed)


def test_the_whole_command_as_a_process() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mouseview", "formats", "--json"], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["formats"]
    broken = subprocess.run(
        [sys.executable, "-m", "mouseview", "inspect", "/nowhere/at/all"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert broken.returncode == 1
    assert broken.stdout == ""
    assert "/nowhere/at/all" in broken.stderr
    assert "→" in broken.stderr
    assert "Traceback" not in broken.stderr


def test_centres_in_words_and_numbers() -> None:
    assert centre("subject") == (None, None)
    assert centre("axes") == (CentreSource.AXES, None)
    assert centre("-1,2.5,3e1") == (CentreSource.POINT, (-1.0, 2.5, 30.0))
    for wrong in ("1,2", "1,2,3,4", "north", "point", ""):
        with pytest.raises(argparse.ArgumentTypeError):
            centre(wrong)


def test_names_ignore_spaces_and_empty_parts() -> None:
    assert names("a, b,,c ") == ("a", "b", "c")


def test_progress_is_a_rewritten_line_on_a_terminal() -> None:
    stream = Terminal()
    line = ProgressLine(stream)
    for step in range(5):
        line(step / 4, "warping")
    line.end()
    line.end()
    assert stream.getvalue().count("\n") == 1
    assert "100 % warping" in stream.getvalue()


def test_progress_elsewhere_says_only_what_is_new() -> None:
    stream = io.StringIO()
    line = ProgressLine(stream)
    for step in range(101):
        line(step / 100, "warping" if step < 50 else "writing")
    line.end()
    assert 10 <= len(stream.getvalue().splitlines()) <= 13


def test_main_takes_the_process_arguments_by_default(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["mouseview", "formats", "--json"])
    assert main(None, Shell(cli._open, cli._photograph)) == 0
    assert json.loads(capsys.readouterr().out)["formats"]
