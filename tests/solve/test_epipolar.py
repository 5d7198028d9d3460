"""Two views agree about the planes through both centres that hold a point or touch a silhouette."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mouseview.geometry.transforms import look_at
from mouseview.model.camera import Camera
from mouseview.solve.sessions.epipolar import CAP_PX, Baseline, disagreement_px, focal_px, world_rays
from mouseview.solve.sessions.track import DIRECTIONS, Track, support_points
from tests.rigs import SUBJECT_MM, mouse_ring, parallel_rig
from tests.scene import Ellipsoid
from tests.solve.walking import point_tracks

RING = mouse_ring((576, 512))


def _px(first: Camera, second: Camera, tracks: list[Track]) -> np.ndarray:
    baseline = Baseline.between(first, second, 300.0)
    assert baseline is not None
    planes = [
        baseline.planes(world_rays(camera, track), track.clipped, focal_px(camera))
        for camera, track in zip((first, second), tracks, strict=True)
    ]
    return disagreement_px(*planes, focal_px(first))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 5), st.integers(0, 5), st.lists(st.floats(-40, 40), min_size=3, max_size=3))
def test_one_point_lies_in_one_plane(i: int, j: int, offset: list[float]) -> None:
    if i == j:
        return
    cameras = [RING[i], RING[j]]
    tracks = point_tracks(cameras, (SUBJECT_MM + offset)[None, None], 0.0)
    px = _px(*cameras, tracks)[0, 2:]
    assert np.all(np.isnan(px) | (px < 1e-5))


@settings(max_examples=30, deadline=None)
@given(st.floats(0.3, 30.0), st.floats(0, 2 * np.pi))
def test_no_more_is_told_than_a_pixel_moved(moved: float, angle: float) -> None:
    """The disagreement is at most what one of two pixels was moved by, for focal lengths that are equal."""
    cameras = [RING[0].replace(distortion=np.zeros(0)), RING[2].replace(distortion=np.zeros(0))]
    tracks = point_tracks(cameras, (SUBJECT_MM + np.array([10.0, -7.0, 3.0]))[None, None], 0.0)
    tracks[1].keypoints_px[...] += moved * np.array([np.cos(angle), np.sin(angle)])
    assert _px(*cameras, tracks)[0, 2] <= 1.05 * moved


def _silhouettes(cameras: list[Camera], scene: Ellipsoid) -> list[Track]:
    tracks = []
    for camera in cameras:
        points, clipped = support_points(scene.render(camera, 1)[..., 3] > 0.5)
        tracks.append(Track(camera.name, camera.size, np.array([0]), points[None], clipped[None], np.zeros((1, 0, 2))))
    return tracks


@pytest.mark.parametrize(("i", "j"), [(0, 1), (0, 2), (1, 4), (2, 3)])
def test_tangents_of_a_silhouette_agree(i: int, j: int) -> None:
    cameras = [RING[i], RING[j]]
    scene = Ellipsoid()
    assert np.nanmax(_px(*cameras, _silhouettes(cameras, scene))) < 0.8
    moved = _silhouettes([RING[i]], scene) + _silhouettes([RING[j]], Ellipsoid(SUBJECT_MM + np.array([0.0, 0.0, 9.0])))
    assert np.nanmean(_px(*cameras, moved)) > 2.5


def test_an_epipole_within_the_silhouette_gives_no_tangents() -> None:
    """The second camera is seen through the animal: every plane touches it."""
    first = RING[0]
    away = 2 * SUBJECT_MM - first.centre
    opposite = first.replace(T_cam_world=_looking_back(first, away))
    cameras = [first, opposite]
    assert np.isnan(_px(*cameras, _silhouettes(cameras, Ellipsoid()))).all()


def _looking_back(camera: Camera, eye: np.ndarray) -> np.ndarray:
    return look_at(eye, SUBJECT_MM).matrix


def test_cameras_in_one_place_have_no_baseline() -> None:
    assert Baseline.between(RING[0], RING[0].replace(name="copy"), 300.0) is None


def test_parallel_views_are_told_by_the_order_of_their_rays() -> None:
    """Side by side all planes are the same whichever video is whose; exchanged rays part behind the cameras."""
    cameras = list(parallel_rig().cameras[:2])
    tracks = point_tracks(cameras, np.array([[[90.0, 0.0, 100.0]]]), 0.0)
    assert _px(*cameras, tracks)[0, 2] < 1e-6
    exchanged = [tracks[1], tracks[0]]
    disparity = abs(tracks[0].keypoints_px[0, 0, 0] - tracks[1].keypoints_px[0, 0, 0])
    assert _px(*cameras, exchanged)[0, 2] >= min(CAP_PX, 0.8 * disparity)


def test_clipped_points_are_no_tangents() -> None:
    cameras = [RING[0], RING[2]]
    tracks = _silhouettes(cameras, Ellipsoid())
    clipped = Track(
        tracks[0].name, tracks[0].size, tracks[0].frames, tracks[0].outline_px, np.ones((1, DIRECTIONS), bool),
        tracks[0].keypoints_px,
    )  # fmt: skip
    assert np.isnan(_px(*cameras, [clipped, tracks[1]])).all()
