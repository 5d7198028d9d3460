"""The doctor: what it reports, what it calls a problem, and the remedy it names."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from mouseview.cli import doctor, graphics
from mouseview.cli.graphics import Missing
from tests.cli.conftest import Cli

DOCUMENT: dict[str, Any] = {
    "packages": dict.fromkeys(doctor._PACKAGES, "1.0"),
    "torch": {"version": "2.13.0+cpu", "cuda": None},
    "gpu": None,
    "missing": [],
    "opengl": {"renderer": "Radeon", "software": False},
    "folders": [{"name": "cache", "path": "/c", "writable": True, "why": None}],
}


def problems_of(**changes: Any) -> list[doctor.Problem]:
    return list(doctor._problems({**DOCUMENT, **changes}))


def test_a_sound_machine_has_no_problem() -> None:
    assert problems_of() == []


GPU = {"driver": "580", "devices": [{"name": "H200", "memory": "1"}]}


@pytest.mark.parametrize(
    ("changes", "needed", "word"),
    [
        ({"packages": {**DOCUMENT["packages"], "vispy": None}}, True, "vispy"),
        (
            {"packages": {**DOCUMENT["packages"], "PySide6-Essentials": "6.12.0"}},
            sys.version_info[:2] == (3, 11),
            "6.12",
        ),
        ({"torch": None}, False, "torch"),
        ({"torch": {"version": "2.14.1", "cuda": None}}, False, "2.14.1"),
        ({"gpu": GPU}, False, "CPU build"),
        ({"missing": [{"name": "libGL.so.1", "why": "no such file"}]}, True, "libGL.so.1"),
        ({"opengl": {"error": "no context"}}, True, "no context"),
        ({"opengl": {"renderer": "llvmpipe (LLVM)", "software": True}}, False, "software"),
        ({"folders": [{"name": "cache", "path": "/c", "writable": False, "why": "full"}]}, True, "/c"),
    ],
)
def test_every_lack_is_named_with_a_remedy(changes: dict[str, Any], needed: bool, word: str) -> None:
    (problem,) = problems_of(**changes)
    assert problem.needed is needed
    assert word in problem.what
    assert problem.remedy


def test_the_report_holds_what_is_asked_of_it(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graphics, "missing", lambda: (Missing("libGL.so.1", "no such file"),))
    document = cli.json("doctor", code=1)
    assert document.keys() >= {
        "python",
        "packages",
        "torch",
        "gpu",
        "opengl",
        "missing",
        "folders",
        "problems",
        "machine",
    }
    assert document["packages"]["numpy"]
    assert all(folder["path"] for folder in document["folders"])
    assert any(problem["needed"] and "libGL.so.1" in problem["what"] for problem in document["problems"])
    assert cli("doctor") == 1
    assert "libGL.so.1" in cli.out


def _fake_run(answer: Callable[[list[str]], subprocess.CompletedProcess[str]]) -> Callable[..., Any]:
    return lambda command, **_options: answer(command)


def test_a_gpu_is_read_from_the_driver_tool(monkeypatch: pytest.MonkeyPatch) -> None:
    listing = "NVIDIA H200, 580.65, 143771 MiB\nNVIDIA H200, 580.65, 143771 MiB\n"
    run = _fake_run(lambda command: subprocess.CompletedProcess(command, 0, listing, ""))
    monkeypatch.setattr(subprocess, "run", run)
    gpu = doctor._gpu()
    assert gpu is not None
    assert gpu["driver"] == "580.65"
    assert len(gpu["devices"]) == 2


def test_a_probe_that_dies_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    run = _fake_run(
        lambda command: subprocess.CompletedProcess(command, -6, "", "first\ncould not load the xcb plugin\n")
    )
    monkeypatch.setattr(subprocess, "run", run)
    assert doctor._opengl() == {"error": "could not load the xcb plugin"}


def test_a_folder_that_cannot_be_written_says_why(tmp_path: Any) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    report = doctor._folder("cache", lambda: blocked / "below")
    assert not report["writable"]
    assert str(blocked) in report["path"]
    assert report["why"]


def test_the_probe_finds_what_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr(graphics, "_load_error", lambda library: f"{library}: cannot open shared object file")
    monkeypatch.setattr(graphics, "_has_font", lambda: False)
    names = {item.name for item in graphics.missing()}
    assert {"libGL.so.1", "libEGL.so.1", "an OpenGL driver", "a font"} <= names


def test_the_remedy_is_one_line_with_all_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    line = graphics.remedy()
    assert line.startswith("sudo apt-get install")
    assert {"libgl1", "libegl1", "libxcb-cursor0", "xvfb"} <= set(line.split())
    assert "\n" not in line
