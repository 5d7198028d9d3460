"""Phantom sessions: what is written is what was asked for, and opens as a session."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mouseview.formats.sessions.session import read_session, session_dataset
from mouseview.model.errors import Cancelled
from mouseview.phantom.landmarks import NAMES
from mouseview.phantom.mouse import make_mouse
from mouseview.phantom.photographs import render_mask
from mouseview.phantom.session import SessionFaults, write_session
from mouseview.phantom.walk import Walk

_SIZE = (288, 256)


@pytest.mark.parametrize("seed", range(5))
def test_a_walk_is_smooth_and_its_own(seed: int) -> None:
    walk = Walk(seed)
    moments = np.arange(0, 2, 0.01)
    places = np.array([walk.place_mm(t) for t in moments])
    speed = np.linalg.norm(np.diff(places, axis=0), axis=-1) / 0.01
    assert speed.max() <= 1.5 * walk.speed_mm_s
    assert speed.mean() > 0.25 * walk.speed_mm_s
    assert np.abs(np.diff(speed)).max() < 30  # no corners
    assert np.ptp(places, axis=0).min() > 15
    turns = np.diff(np.unwrap(np.radians([walk.heading_deg(t) for t in moments])))
    assert np.abs(turns).max() < 0.15  # nor spins on the spot
    assert Walk(seed).place_mm(1.3) == walk.place_mm(1.3)
    assert Walk(seed + 1).place_mm(1.3) != walk.place_mm(1.3)


def test_a_standing_mouse_stands() -> None:
    walk = Walk(3, speed_mm_s=0.0)
    assert walk.place_mm(0.0) == walk.place_mm(5.0)
    assert walk.pose(0.0) == walk.pose(5.0)


def test_the_same_animal_walks() -> None:
    first, later = Walk(4).mouse(0.0, 3000), Walk(4).mouse(0.5, 3000)
    assert first.coat == later.coat
    assert first.pose.size == later.pose.size
    assert not np.allclose(first.centre, later.centre, atol=5)


def test_landmarks_lie_on_the_animal() -> None:
    mouse = make_mouse(5, position_mm=(10.0, 20.0), count=6000)
    nearest = np.linalg.norm(mouse.gaussians.xyz[None] - mouse.landmarks[:, None], axis=-1).min(axis=1)
    assert dict(zip(NAMES, nearest > 5.0, strict=True)) == dict.fromkeys(NAMES, False)
    named = dict(zip(NAMES, mouse.landmarks, strict=True))
    forward = named["nose"] - named["tail_base"]
    left = np.cross([0.0, 0.0, 1.0], forward)
    assert (named["ear_left"] - named["ear_right"]) @ left > 0
    assert (named["hind_paw_left"] - named["hind_paw_right"]) @ left > 0
    assert np.linalg.norm(named["tail_tip"] - named["nose"]) > 60
    assert len(mouse.solid) == len(mouse.gaussians) - mouse.whisker_rows < len(mouse.gaussians)


def test_a_session_is_what_was_asked_for(tmp_path: Path) -> None:
    faults = SessionFaults(
        order=(0, 1, 3, 2, 4, 5), offsets={"cam_001": 2}, dropped={"cam_004": (3,)}, undistorted=True
    )
    made = write_session(tmp_path / "s", 7, 6, faults=faults, size=_SIZE)
    assert [name for name, _ in made.shown] == ["cam_000", "cam_001", "cam_003", "cam_002", "cam_004", "cam_005"]
    assert made.shown[0][1] == (0, 1, 2, 3, 4, 5)
    assert made.shown[1][1] == (-2, -1, 0, 1, 2, 3)
    assert made.shown[4][1] == (0, 1, 2, 4, 5, 6)
    session = read_session(tmp_path / "s")
    assert len(session.frames) == 6
    assert [view.masks is not None for view in session.views] == [True] * 6
    dataset = session_dataset(session)
    for place, (name, moments) in enumerate(made.shown):
        camera = made.rig[name].replace(distortion=np.zeros(0))
        mouse = made.walk.mouse(moments[4] / made.fps)
        sample = dataset[4]
        mask = sample.image(place)[..., 3] > 127
        truth = render_mask(mouse, camera)
        assert np.count_nonzero(mask & truth) > 0.93 * max(np.count_nonzero(mask), np.count_nonzero(truth))
        assert sample.labels is not None
        assert sample.labels.points_px is not None
        gap = np.linalg.norm(sample.labels.points_px[place, 0] - camera.project(mouse.landmarks)[0], axis=-1)
        assert np.nanmax(gap) < 3.0
    image = dataset[0].image(0)
    assert image[..., :3][image[..., 3] == 0].std() > 10  # the background is no blank


def test_masks_and_keypoints_can_be_left_out(tmp_path: Path) -> None:
    write_session(tmp_path / "s", 7, 2, size=_SIZE, masks=False, keypoint_noise_px=None)
    assert not (tmp_path / "s" / "masks").exists()
    assert not (tmp_path / "s" / "keypoints.json").exists()
    assert read_session(tmp_path / "s").views[0].masks is None


def test_writing_can_be_stopped(tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        write_session(tmp_path / "s", 7, 2, size=_SIZE, cancelled=lambda: True)
