"""``mouseview solve`` on the command line: table, exit codes, applying, undoing, lengths."""

from __future__ import annotations

from pathlib import Path

import pytest

from mouseview.formats import sidecar
from mouseview.model.correction import Correction
from tests.cli.conftest import Cli
from tests.workflow.misread_set import NOSE_TO_TAIL_MM, calibration_folder


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sidecar.platformdirs, "user_data_dir", lambda *_args, **_kept: str(tmp_path / "user"))


def test_the_table_names_readings_and_the_exit_code_tells(cli: Cli, tmp_path: Path) -> None:
    folder = calibration_folder(tmp_path / "rig")
    assert cli("solve", folder) == 1
    lines = cli.out.splitlines()
    best = next(line for line in lines if line.rstrip().endswith(" best"))
    assert best.split()[:2] == ["R", "transposed"]
    assert any(line.startswith("* R not transposed") and "worse" in line for line in lines)
    assert "cannot be separated:" in lines
    assert "--apply" in lines[-1]
    assert cli("solve", folder, "--apply") == 0
    assert "saved " in cli.out
    assert cli("solve", folder) == 0
    assert "read R transposed (*)" in cli.out
    assert cli("solve", folder, "--apply") == 0
    assert "nothing to save" in cli.out
    assert cli("inspect", folder / "calibration.mat") in (0, 1)
    assert "corrected: R transposed" in cli.out
    assert cli("solve", folder, "--undo") == 0
    assert "1 correction(s) taken back" in cli.out
    assert cli("solve", folder, "--undo") == 0
    assert "nothing was corrected" in cli.out
    assert cli("solve", folder) == 1


def test_json_is_one_document(cli: Cli, tmp_path: Path) -> None:
    folder = calibration_folder(tmp_path / "rig", Correction())
    document = cli.json("solve", folder)
    assert document["agrees"]
    assert document["readings"][0]["current"]
    document = cli.json("solve", folder, "--known-length", f"nose,tail={NOSE_TO_TAIL_MM / 1000}", code=1)
    assert document["length"]["name"] == ""
    assert document["best"] == ["lengths ×0.001", "in mm"] or "lengths" in document["best"][0]
    assert cli.json("solve", folder, "--undo") == {"path": str(folder), "taken_back": 0}


@pytest.mark.parametrize("text", ["nose", "nose,tail", "nose,tail=", "a,b,c=5", "0,0:1,1=5", "=5", "0,0,0:1,1,x=3"])
def test_a_length_that_cannot_be_understood_is_refused_with_an_example(cli: Cli, tmp_path: Path, text: str) -> None:
    assert cli("solve", calibration_folder(tmp_path / "rig"), "--known-length", text) == 1
    assert "nose,tail=92.5" in cli.err


def test_points_in_the_files_units_are_a_length_too(cli: Cli, tmp_path: Path) -> None:
    folder = calibration_folder(tmp_path / "rig", Correction())
    document = cli.json("solve", folder, "--known-length", "0,0,0:0,30,40=50")
    assert document["length"]["name"] == "mm"


def test_apply_and_undo_exclude_each_other(cli: Cli, tmp_path: Path) -> None:
    assert cli("solve", tmp_path, "--apply", "--undo") == 2
