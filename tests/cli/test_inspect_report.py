"""The report for people: worst first, inside the terminal, coloured only where that is wanted."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest

from mouseview.cli.inspect_text import sample_report, survey_report
from mouseview.cli.style import Style
from mouseview.formats.registry import write_rig
from mouseview.model.camera import Rig
from mouseview.workflow.inspect import describe
from mouseview.workflow.survey import survey
from tests.cli.conftest import Cli, Terminal


@pytest.mark.parametrize("width", [60, 80, 140])
def test_paragraphs_stay_inside_the_terminal(sample_folder: Path, width: int) -> None:
    text = sample_report(describe(sample_folder), Style(width))
    words = [line for line in text.splitlines() if re.match(r"(  |[A-Z])", line) and "lens of" not in line]
    too_long = [line for line in words if len(line) > width and str(sample_folder) not in line]
    assert too_long == []
    assert "Could not be checked" in text
    assert "unit of length" in text


def test_findings_come_worst_first_and_with_what_to_do(sample_folder: Path) -> None:
    document = describe(sample_folder)
    text = sample_report(document, Style())
    places = [text.index(finding["code"]) for finding in document["findings"]]
    assert places == sorted(places)
    order = re.findall(r"^(ERROR|WARNING|NOTE) ", text, re.MULTILINE)
    assert order == sorted(order, key=["ERROR", "WARNING", "NOTE"].index)
    assert text.count("  → ") == sum(bool(finding["remedy"]) for finding in document["findings"])


def test_colours_only_on_a_terminal_that_does_not_object(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert Style.of(Terminal()).colour
    assert not Style.of(sys.__stdout__).colour or sys.__stdout__.isatty()
    monkeypatch.setenv("NO_COLOR", "1")
    assert not Style.of(Terminal()).colour
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert not Style.of(Terminal()).colour


def test_a_coloured_report_says_the_same(sample_folder: Path) -> None:
    document = describe(sample_folder)
    coloured = sample_report(document, Style(80, colour=True))
    assert "\x1b[" in coloured
    plain = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert plain.split() == sample_report(document, Style(80)).split()


def test_a_terminal_gets_its_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "64")
    assert Style.of(Terminal()).width == 64
    assert Style(30).wrapped("a long line of words that has to be broken somewhere", "  → ", "    ") == [
        "  → a long line of words that",
        "    has to be broken somewhere",
    ]


def test_many_samples_in_one_report(cli: Cli, sample_folder: Path, tmp_path: Path) -> None:
    dataset = tmp_path / "dataset"
    for index in range(3):
        shutil.copytree(sample_folder, dataset / f"sample_{index:06d}")
    document = cli.json("inspect", dataset, "--all", code=1 if survey(dataset)["violated"] else 0)
    assert document["inspected"] == 3
    assert cli("inspect", dataset, "--every", 2) == (1 if document["violated"] else 0)
    assert "2 of 3 samples inspected (every 2.)" in " ".join(cli.out.split())
    counted = survey_report(document, Style())
    assert all("in 3 of 3 samples" in line for line in counted.splitlines() if re.match(r"NOTE (centre|view)", line))
    assert cli("inspect", dataset, "--all", "--sample", "sample_000001") == 2


def test_exit_1_exactly_when_an_error_is_found(cli: Cli, small_rig: Rig, tmp_path: Path) -> None:
    path = tmp_path / "calibration.toml"
    write_rig(small_rig, path, "anipose")
    assert cli("inspect", path) == 0
    assert "Nothing is violated" in cli.out
    assert "not tested: there are no pixels" in cli.out
    twice = small_rig[0].replace(name="again")
    write_rig(small_rig.replace(cameras=(*small_rig.cameras, twice)), path, "anipose")
    assert cli("inspect", path) == 1
    assert "Violated: " in cli.out
    assert "ERROR duplicate" in cli.out
    assert cli("inspect", path, "--all") == 1
