"""Whole sessions of videos: what is wrong is found, settings follow, and a true session is left alone."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mouseview.checks.session_sense import session_sense
from mouseview.formats.dataset import open_dataset
from mouseview.formats.registry import read_rig, write_rig
from mouseview.formats.sessions.session import read_session
from mouseview.model.errors import Cancelled
from mouseview.model.session import Session
from mouseview.phantom.coats import Coat
from mouseview.phantom.session import SessionFaults, session_rig, write_session
from mouseview.solve.sessions.tracks import read_tracks, runs_of_frames
from mouseview.solve.sessions.undistorted import Pixels
from mouseview.solve.sessions.verdict import SessionVerdict, judge_session
from mouseview.workflow.drafts import draft_backgrounds
from mouseview.workflow.session_evidence import describe_judged, judge, use_evidence
from tests.shared_data import shared_path

_COUNT = 22
_FAULTS = SessionFaults(order=(0, 1, 3, 2, 4, 5), offsets={"cam_004": -3}, undistorted=True)


@pytest.fixture(scope="session")
def true_session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A black mouse, nothing wrong, keypoints besides masks."""
    folder = tmp_path_factory.mktemp("sessions") / "true"
    write_session(folder, 1, _COUNT, coat=Coat.BLACK)
    return folder


@pytest.fixture(scope="session")
def false_session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A white mouse; two videos exchanged, one early, all undistorted; masks alone."""
    folder = tmp_path_factory.mktemp("sessions") / "false"
    write_session(folder, 2, _COUNT, faults=_FAULTS, coat=Coat.WHITE, keypoint_noise_px=None)
    return folder


def _verdict(session: Session) -> SessionVerdict:
    return judge_session(session, read_tracks(session, runs_of_frames(session, 1, 60)), window=5)


def test_a_true_session_is_left_alone(true_session: Path) -> None:
    session = read_session(true_session)
    verdict = _verdict(session)
    assert verdict.evidence == "masks and keypoints"
    assert not verdict.contradicts
    assert verdict.misfit is None
    assert verdict.assignment is not None
    assert verdict.assignment.decided
    assert verdict.lens is not None
    assert verdict.lens.pixels is Pixels.RAW
    assert verdict.settings == session.settings.replace(undistorted=False)
    assert list(session_sense(session)) == []


def test_everything_wrong_is_found_and_mended(false_session: Path, tmp_path: Path) -> None:
    folder = tmp_path / "false"
    shutil.copytree(false_session, folder)
    judged = judge(read_session(folder), 60)
    verdict = judged.verdict
    assert verdict.contradicts
    assert verdict.assignment is not None
    assert [(camera, best) for camera, _, best in verdict.assignment.changes] == [
        ("cam_002", "videos/cam_003.mp4"),
        ("cam_003", "videos/cam_002.mp4"),
    ]
    assert verdict.offsets is not None
    assert [(offset.camera, offset.shift_frames) for offset in verdict.offsets.guilty] == [("cam_004", -3)]
    assert verdict.lens is not None
    assert verdict.lens.pixels is Pixels.UNDISTORTED
    settings = verdict.settings
    assert settings.videos["cam_002"] == "videos/cam_003.mp4"
    assert settings.masks["cam_002"] == "masks/cam_003.mp4"
    assert settings.offsets == {"cam_004": -3}
    assert settings.undistorted is True
    codes = {finding.code for finding in session_sense(judged.session)}
    assert {"videos-assigned-wrongly", "undistorted-twice"} <= codes

    dataset = use_evidence(judged)
    assert dataset.session is not None
    again = read_session(folder)
    assert again.views[4].offset_frames == -3
    assert again.undistorted is True
    assert again.views[2].video is not None
    assert again.views[2].video.name == "cam_003.mp4"
    assert not _verdict(again).contradicts
    assert list(session_sense(again)) == []


def test_the_offset_is_found_by_the_check_once_videos_are_right(false_session: Path) -> None:
    session = read_session(false_session)
    right = session.settings.replace(
        videos={"cam_002": "videos/cam_003.mp4", "cam_003": "videos/cam_002.mp4"},
        masks={"cam_002": "masks/cam_003.mp4", "cam_003": "masks/cam_002.mp4"},
        undistorted=True,
    )
    findings = list(session_sense(read_session(false_session, right)))
    assert [(finding.code, finding.camera) for finding in findings] == [("video-out-of-time", "cam_004")]
    assert "-3" in findings[0].remedy


def test_keypoints_alone_are_enough(true_session: Path) -> None:
    session = read_session(true_session)
    blind = session.settings.replace(masks=dict.fromkeys(session.rig.names))
    verdict = _verdict(read_session(true_session, blind))
    assert verdict.evidence == "keypoints"
    assert verdict.assignment is not None
    assert verdict.assignment.decided
    assert not verdict.contradicts


def test_videos_of_the_same_name_are_told_by_their_folders(true_session: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folders"
    for camera in session_rig().names:
        shown = {"cam_000": "cam_001", "cam_001": "cam_000"}.get(camera, camera)
        for kind in ("videos", "masks"):
            (folder / kind / camera).mkdir(parents=True)
            shutil.copy(true_session / kind / f"{shown}.mp4", folder / kind / camera / "0.mp4")
    shutil.copy(true_session / "calibration.toml", folder)
    session = read_session(folder)
    verdict = _verdict(session)
    assert verdict.settings.videos["cam_000"] == "videos/cam_001/0.mp4"
    assert verdict.settings.masks["cam_001"] == "masks/cam_000/0.mp4"


def test_a_camera_of_another_calibration_is_named(true_session: Path, tmp_path: Path) -> None:
    folder = tmp_path / "misfit"
    shutil.copytree(true_session, folder)
    rig = read_rig(folder / "calibration.toml")
    moved = np.array(rig[3].T_cam_world)
    moved[:3, 3] += [60.0, -40.0, 20.0]
    cameras = [camera if k != 3 else camera.replace(T_cam_world=moved) for k, camera in enumerate(rig)]
    write_rig(rig.replace(cameras=tuple(cameras)), folder / "calibration.toml", "anipose")
    session = read_session(folder)
    verdict = _verdict(session)
    assert verdict.misfit is not None
    assert verdict.misfit.camera == "cam_003"
    assert verdict.misfit.without_px < 1.0 < verdict.misfit.with_px
    assert verdict.contradicts
    assert verdict.settings.videos == {}
    assert {finding.code for finding in session_sense(session)} == {"video-misfit"}


def test_damaged_videos_count_as_not_seen(true_session: Path, tmp_path: Path) -> None:
    folder = tmp_path / "damaged"
    shutil.copytree(true_session, folder)
    whole = (folder / "masks" / "cam_001.mp4").read_bytes()
    (folder / "masks" / "cam_001.mp4").write_bytes(whole[: len(whole) // 3])
    session = read_session(folder)
    verdict = _verdict(session)
    assert verdict.unreadable > 0
    assert verdict.misfit is None
    assert any("could not be decoded" in sentence for sentence in verdict.words)


def test_nothing_to_go_by_is_said(true_session: Path, tmp_path: Path) -> None:
    folder = tmp_path / "bare"
    shutil.copytree(true_session, folder, ignore=shutil.ignore_patterns("masks", "keypoints.json"))
    session = read_session(folder)
    verdict = _verdict(session)
    assert verdict.evidence == "nothing"
    assert not verdict.contradicts
    assert "neither masks nor keypoints" in verdict.words[0]
    assert list(session_sense(session)) == []
    assert describe_judged(judge(session))["settings"] is None


def test_drafts_of_masks_are_evidence_and_called_drafts(false_session: Path, tmp_path: Path) -> None:
    folder = tmp_path / "bare"
    shutil.copytree(false_session, folder, ignore=shutil.ignore_patterns("masks"))
    draft_backgrounds(open_dataset(folder), ("cam_001", "cam_002", "cam_003", "cam_005"), frames=8)
    session = read_session(folder)
    verdict = judge_session(session, read_tracks(session, runs_of_frames(session, 1, 6)), window=2)
    assert verdict.evidence == "drafts of masks"
    assert verdict.assignment is not None
    assert [camera for camera, _, _ in verdict.assignment.changes] == ["cam_002", "cam_003"]


def test_reading_can_be_stopped(true_session: Path) -> None:
    session = read_session(true_session)
    with pytest.raises(Cancelled):
        read_tracks(session, runs_of_frames(session, 1, 60), cancelled=lambda: True)


@given(st.integers(-50, 50), st.integers(0, 500), st.integers(1, 4), st.integers(1, 200))
def test_runs_lie_within_the_session(start: int, length: int, count: int, frames: int) -> None:
    session = Session("s", Path(), session_rig(), (), start, start + length)
    runs = runs_of_frames(session, count, frames)
    seen = [frame for run in runs for frame in run]
    assert seen == sorted(set(seen))
    assert set(seen) <= set(range(start, start + length))
    assert len(seen) <= max(frames, count)
    if length >= count * max(1, frames // count):
        assert len(runs) == count or length == count * max(1, frames // count)


def test_the_broken_session_of_the_field_is_named() -> None:
    """``side`` and ``top`` hold the same camera; without ``side`` the other views agree to some px."""
    session = read_session(shared_path("data/sleap_anipose_minimal_session"))
    verdict = judge(session).verdict
    assert verdict.same_place == (("side", "top"),)
    assert verdict.misfit is not None
    assert verdict.misfit.camera == "side"
    assert verdict.contradicts
    assert verdict.assignment is not None
    assert verdict.assignment.decided
