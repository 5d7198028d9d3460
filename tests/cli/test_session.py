"""``mouseview session``: report, exit codes and what ``--apply`` saves."""

from __future__ import annotations

from pathlib import Path

from mouseview.formats.sessions.session import read_session
from mouseview.phantom.session import SessionFaults, write_session
from tests.cli.conftest import Cli


def test_report_then_apply_then_peace(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "s"
    write_session(folder, 3, 8, faults=SessionFaults(order=(1, 0, 2, 3, 4, 5)), size=(384, 342))
    assert cli("session", folder) == 1
    assert "videos are assigned wrongly: cam_000 ← videos/cam_001.mp4, cam_001 ← videos/cam_000.mp4" in cli.out
    assert "--apply" in cli.out
    assert all(name in cli.out for name in ("384×342", "50.00", "masks/cam_005.mp4"))
    assert not list(folder.glob("*.mouseview.json"))

    assert cli("inspect", folder) == 1
    assert "videos-assigned-wrongly" in cli.out

    document = cli.json("session", folder, "--apply")
    assert document["assignment"]["contradicts"]
    assert document["assignment"]["ranked"][0]["videos"][:2] == ["videos/cam_001.mp4", "videos/cam_000.mp4"]
    assert document["settings"]["videos"]["cam_000"] == "videos/cam_001.mp4"
    assert len(document["offsets"]["cameras"]) == 6
    assert document["saved"]
    assert not document["contradicts_still"]
    video = read_session(folder).views[0].video
    assert video is not None
    assert video.name == "cam_001.mp4"
    assert cli("session", folder, "--apply") == 0
    assert "nothing to save" in cli.out


def test_what_is_no_session_is_an_error(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert cli("session", tmp_path / "empty") == 1
    assert "→" in cli.err
    assert cli("session", tmp_path / "empty", "--frames", "0") == 2
