"""Whether videos are undistorted already, asked of silhouettes and keypoints."""

from __future__ import annotations

import numpy as np
import pytest

from mouseview.solve.sessions.track import Track
from mouseview.solve.sessions.undistorted import Pixels, ask_undistorted
from tests.rigs import mouse_ring
from tests.solve.walking import cameras, mask_tracks, point_tracks

_FRAMES = range(0, 30, 2)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("lens", [True, False])
def test_the_pixels_tell(seed: int, lens: bool) -> None:
    verdict = ask_undistorted(cameras(), mask_tracks(seed, _FRAMES, lens=lens))
    assert verdict.pixels is (Pixels.RAW if lens else Pixels.UNDISTORTED)
    assert verdict.undistorted is (not lens)
    assert verdict.contradicts is (not lens)  # unsaid, the lens is applied: on undistorted pixels that is twice
    assert verdict.margin_px > 0.03
    assert 0.5 < verdict.differ_px < verdict.differ_most_px


def test_what_the_session_declares_is_held_against_it() -> None:
    raw, undistorted = mask_tracks(0, _FRAMES), mask_tracks(0, _FRAMES, lens=False)
    assert ask_undistorted(cameras(), raw, declared=True).contradicts
    assert not ask_undistorted(cameras(), undistorted, declared=True).contradicts
    assert "undistorts twice" in ask_undistorted(cameras(), undistorted, declared=False).words[0]


def test_where_the_lens_is_weak_it_cannot_be_separated() -> None:
    """Points about the principal points of all cameras: the readings differ by less than the noise."""
    aimed = list(mouse_ring().cameras)
    points = np.random.default_rng(1).uniform(-4, 4, (10, 5, 3)) + np.array([46, 50, 30])
    verdict = ask_undistorted(aimed, point_tracks(aimed, points, 1.0))
    assert verdict.pixels is Pixels.UNSEPARATED
    assert verdict.undistorted is None
    assert not verdict.contradicts
    assert verdict.differ_px < 1.0
    assert "cannot be separated" in verdict.words[0]


def test_where_nothing_fits_the_lens_is_not_judged() -> None:
    tracks = mask_tracks(0, _FRAMES)
    verdict = ask_undistorted(cameras(), [tracks[k] for k in (1, 2, 3, 4, 5, 0)])
    assert verdict.pixels is Pixels.NEITHER
    assert not verdict.contradicts


def test_cameras_without_lens_are_not_asked() -> None:
    bare = [camera.replace(distortion=np.zeros(0)) for camera in cameras()]
    verdict = ask_undistorted(bare, mask_tracks(0, _FRAMES))
    assert verdict.pixels is Pixels.NO_LENS
    assert not verdict.contradicts


def test_without_evidence_nothing_is_claimed() -> None:
    tracks = [
        Track(t.name, t.size, t.frames, np.full_like(t.outline_px, np.nan), t.clipped, t.keypoints_px)
        for t in mask_tracks(0, range(3))
    ]
    verdict = ask_undistorted(cameras(), tracks)
    assert verdict.pixels is Pixels.NO_EVIDENCE
    assert verdict.undistorted is None
