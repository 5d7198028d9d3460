"""``mouseview damage``: a table of a calibration alone, and the same as JSON with its picture."""

from __future__ import annotations

from pathlib import Path

from mouseview.formats import write_rig
from tests.cli.conftest import Cli
from tests.rigs import mouse_ring


def test_a_calibration_is_measured_listed_and_drawn(cli: Cli, tmp_path: Path) -> None:
    write_rig(mouse_ring(), tmp_path / "rig.json", "facelift")
    document = cli.json("damage", tmp_path / "rig.json", "--out", tmp_path / "out")
    found = {row["key"]: row for row in document["declarations"]}
    assert found["exact-aimed"]["rms_px"] < 1e-6
    assert found["exact-aimed"]["truth"] == "true"
    assert found["forced-k"]["truth"] == "false"
    assert found["forced-k"]["rms_px"] > 10
    assert {Path(path).name for path in document["written"].values()} == {"damage.json", "damage.png"}
    assert all(Path(path).is_file() for path in document["written"].values())
    assert cli("damage", tmp_path / "rig.json") == 0
    lines = cli.out.splitlines()
    assert any(line.startswith("forced-k ") and " false " in line for line in lines)
    assert any(line.startswith("· forced-k: central square") for line in lines)


def test_labels_that_are_not_there_are_an_error_with_a_way_out(cli: Cli, tmp_path: Path) -> None:
    write_rig(mouse_ring(), tmp_path / "rig.json", "facelift")
    document = cli.json("damage", tmp_path / "rig.json", "--points", "labels", code=1)
    assert document["error"]["remedy"] == "choose from: volume"
