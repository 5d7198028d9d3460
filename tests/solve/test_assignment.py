"""Which video belongs to which camera, found on walking phantoms and on keypoints."""

from __future__ import annotations

import numpy as np
import pytest

from mouseview.geometry.transforms import look_at
from mouseview.model.camera import Camera
from mouseview.solve.sessions.assignment import rank_assignments
from mouseview.solve.sessions.track import Track
from tests.rigs import mouse_ring, parallel_rig
from tests.solve.walking import cameras, landmark_tracks, mask_tracks, point_tracks

_FRAMES = range(0, 24, 4)


def _shuffled(tracks: list[Track], seed: int) -> list[Track]:
    order = np.random.default_rng(seed).permutation(len(tracks))
    return [tracks[k] for k in order]


def _names() -> tuple[str, ...]:
    return tuple(camera.name for camera in cameras())


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_shuffled_videos_is_found(seed: int) -> None:
    tracks = _shuffled(mask_tracks(seed, _FRAMES), seed + 10)
    verdict = rank_assignments(cameras(), tracks, range(6))
    assert verdict.best.videos == _names()
    assert verdict.decided
    assert verdict.contradicts
    assert min(choice.margin_px for choice in verdict.cameras) > 4
    assert verdict.declared is not None
    assert [(c, best) for c, _, best in verdict.changes] == [
        (camera, camera) for camera, now in zip(_names(), verdict.declared.videos, strict=True) if camera != now
    ]
    assert "assigned wrongly" in verdict.words[0]


@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_said_against_a_true_session(seed: int) -> None:
    verdict = rank_assignments(cameras(), mask_tracks(seed, _FRAMES), range(6))
    assert verdict.decided
    assert not verdict.contradicts
    assert verdict.changes == ()
    assert verdict.inseparable == ()
    assert verdict.best.residual_px < 1.2
    assert verdict.ranked[1].residual_px > 5 * verdict.best.residual_px


def test_one_frame_of_an_animal_that_stands_is_enough() -> None:
    verdict = rank_assignments(cameras(), _shuffled(mask_tracks(1, [0], speed_mm_s=0.0), 3), range(6))
    assert verdict.best.videos == _names()
    assert verdict.contradicts


def test_keypoints_do_without_masks() -> None:
    verdict = rank_assignments(cameras(), _shuffled(landmark_tracks(2, _FRAMES), 4), range(6))
    assert verdict.best.videos == _names()
    assert verdict.decided


def test_videos_of_another_size_are_ruled_out() -> None:
    tracks = mask_tracks(0, _FRAMES)
    tracks[1] = Track(
        tracks[1].name, (640, 480), tracks[1].frames, tracks[1].outline_px, tracks[1].clipped, tracks[1].keypoints_px
    )
    small = [camera if k != 4 else camera.replace(width=640, height=480) for k, camera in enumerate(cameras())]
    verdict = rank_assignments(small, tracks)
    assert {entry.videos[4] for entry in verdict.ranked} == {"cam_001"}


def test_where_no_size_fits_that_is_said() -> None:
    large = [camera.replace(width=640, height=480) for camera in cameras()]
    verdict = rank_assignments(large, mask_tracks(0, _FRAMES), range(6))
    assert verdict.frames == 0
    assert not verdict.contradicts
    assert verdict.words == ("the videos have other image sizes than the cameras that they could belong to",)


def test_fewer_videos_than_cameras_leave_some_without() -> None:
    tracks = mask_tracks(0, _FRAMES)
    verdict = rank_assignments(cameras(), [tracks[5], tracks[2], tracks[0], tracks[3]])
    assert verdict.best.videos == ("cam_000", None, "cam_002", "cam_003", None, "cam_005")


def test_of_more_videos_than_cameras_one_stays_unused() -> None:
    tracks = mask_tracks(0, _FRAMES)
    verdict = rank_assignments(cameras()[:4], _shuffled(tracks, 5))
    assert verdict.best.videos == _names()[:4]


def _symmetrical_ring(count: int) -> list[Camera]:
    K = np.array([[800.0, 0, 320], [0, 800.0, 240], [0, 0, 1]])
    out = []
    for k in range(count):
        angle = 2 * np.pi * k / count
        pose = look_at([400 * np.cos(angle), 400 * np.sin(angle), 150], [0, 0, 0])
        out.append(Camera(f"ring{k}", 640, 480, K, np.zeros(0), pose.matrix))
    return out


def test_places_that_a_turn_exchanges_cannot_be_separated() -> None:
    ring = _symmetrical_ring(4)
    points = np.random.default_rng(2).uniform(-40, 40, (5, 8, 3))
    verdict = rank_assignments(ring, point_tracks(ring, points, 0.3), range(4))
    assert not verdict.contradicts
    assert not verdict.decided
    assert verdict.inseparable == (("ring0", "ring1", "ring2", "ring3"),)
    assert verdict.best.videos == ("ring0", "ring1", "ring2", "ring3")  # of equals the declared one
    assert any("cannot be separated" in sentence for sentence in verdict.words)


def test_cameras_side_by_side_are_told_by_their_disparities() -> None:
    rig = list(parallel_rig().cameras)
    points = np.random.default_rng(3).uniform(-30, 30, (4, 6, 3)) + np.array([90, 0, 100])
    verdict = rank_assignments(rig, _shuffled(point_tracks(rig, points, 0.5), 8), range(4))
    assert verdict.best.videos == tuple(camera.name for camera in rig)
    assert verdict.decided


def test_twelve_cameras_are_no_factorial() -> None:
    """12! assignments would outlast any timeout."""
    ring = list(mouse_ring().cameras)
    turned = [camera.replace(name=f"b{camera.name}", T_cam_world=_turned(camera, 31.0)) for camera in ring]
    twelve = ring + turned
    points = np.random.default_rng(4).uniform(-35, 35, (6, 6, 3)) + np.array([46, 50, 30])
    verdict = rank_assignments(twelve, _shuffled(point_tracks(twelve, points, 0.7), 9), range(12))
    assert verdict.best.videos == tuple(camera.name for camera in twelve)
    assert verdict.decided


def _turned(camera: Camera, degrees: float) -> np.ndarray:
    angle = np.radians(degrees)
    R = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1.0]])
    centre = np.array([46.0, 50.0, 30.0])
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = R, centre - R @ centre
    return camera.T_cam_world @ np.linalg.inv(pose)


def test_without_evidence_nothing_is_claimed() -> None:
    ring = list(mouse_ring().cameras)
    verdict = rank_assignments(ring, point_tracks(ring, np.full((3, 4, 3), np.nan), 0.0), range(6))
    assert verdict.frames == 0
    assert not verdict.contradicts
    assert not verdict.decided
    assert verdict.words == ("neither masks nor keypoints say which video belongs to which camera",)


def test_a_foreign_calibration_fits_nothing() -> None:
    other = [camera.replace(T_cam_world=_turned(camera, 25.0 * k)) for k, camera in enumerate(cameras())]
    verdict = rank_assignments(other, mask_tracks(1, _FRAMES), range(6))
    assert not verdict.fits
    assert not verdict.contradicts
    assert "no assignment fits" in verdict.words[0]


def test_time_shifts_can_be_allowed_for() -> None:
    tracks = mask_tracks(0, range(24), offsets={1: 6, 3: -6})
    swapped = [tracks[1], tracks[0], *tracks[2:]]
    verdict = rank_assignments(cameras(), swapped, range(6), tolerance_frames=8)
    assert verdict.best.videos == _names()
    assert verdict.contradicts
    assert any("time shifts" in sentence for sentence in verdict.words)
