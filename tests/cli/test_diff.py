"""``mouseview diff``: exit codes, one document, tables for people."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mouseview.formats.registry import write_rig
from mouseview.model.camera import Rig
from tests.cli.conftest import Cli


@pytest.fixture
def turned(tmp_path: Path, small_rig: Rig) -> Path:
    """The rig with another focal length in its third camera."""
    camera = small_rig[2]
    K = np.array(camera.K)
    K[0, 0] *= 1.02
    cameras = (*small_rig.cameras[:2], camera.replace(K=K), *small_rig.cameras[3:])
    path = tmp_path / "calibration.toml"
    write_rig(small_rig.replace(cameras=cameras), path, "anipose")
    return path


def test_equal_is_0_and_different_is_1(cli: Cli, calibration: Path, turned: Path) -> None:
    assert cli.json("diff", calibration, calibration)["equal"]
    document = cli.json("diff", calibration, turned, code=1)
    assert not document["equal"]
    changes = {camera["name"]: camera["intrinsics"]["fx"]["effect_px"] for camera in document["cameras"]}
    guilty = max(changes, key=changes.__getitem__)
    assert changes[guilty] == pytest.approx(document["largest_px"], rel=0.9)
    assert max(value for name, value in changes.items() if name != guilty) < 1e-3
    assert cli.json("diff", calibration, turned, "--tolerance", 5)["equal"]


def test_people_read_tables_and_one_verdict(cli: Cli, calibration: Path, turned: Path, small_rig: Rig) -> None:
    assert cli("diff", calibration, turned) == 1
    for name in small_rig.names:
        assert cli.out.count(f"\n{name} ") == 3  # poses, intrinsics, displacement
    assert "matched by name" in cli.out
    assert cli.out.rstrip().endswith("tolerance 0.1 px: different")
    assert "\x1b" not in cli.out


def test_about_takes_a_point_with_a_minus_and_pictures_are_written(
    cli: Cli, calibration: Path, turned: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    words = ("--about", "-0.1,0.2,0", "--radius", 0.5, "--out", out)
    document = cli.json("diff", calibration, turned, *words, code=1)
    np.testing.assert_allclose(document["volume"]["centre"], [-0.1, 0.2, 0])
    assert sorted(path.name for path in out.iterdir()) == ["difference.json", "difference.png"]
    assert document["written"] == {"json": str(out / "difference.json"), "picture": str(out / "difference.png")}


@pytest.mark.parametrize("words", [("--radius", "-1"), ("--tolerance", "nan"), ("--about", "nowhere")])
def test_wrong_numbers_are_wrong_usage(cli: Cli, calibration: Path, words: tuple[str, str]) -> None:
    assert cli("diff", calibration, calibration, *words) == 2


def test_what_cannot_be_opened_says_which(cli: Cli, calibration: Path, tmp_path: Path) -> None:
    missing = tmp_path / "nothing.toml"
    assert str(missing) in cli.json("diff", calibration, missing, code=1)["error"]["place"]
