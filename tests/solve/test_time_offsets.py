"""Cameras that run early or late, found from contradictions against shift."""

from __future__ import annotations

import numpy as np
import pytest

from mouseview.solve.sessions.significance import standard_error
from mouseview.solve.sessions.time_offsets import OffsetVerdict, time_offsets
from mouseview.solve.sessions.track import Track
from tests.solve.walking import cameras, landmark_tracks, mask_tracks

_RUN = range(30)
_WINDOW = 6


def _verdict(seed: int, offsets: dict[int, int], speed_mm_s: float = 120.0) -> OffsetVerdict:
    return time_offsets(cameras(), [mask_tracks(seed, _RUN, speed_mm_s, offsets)], _WINDOW)


def _shifts(verdict: OffsetVerdict) -> dict[str, int]:
    return {offset.camera: offset.shift_frames for offset in verdict.guilty}


@pytest.mark.parametrize("seed", range(3))
def test_nobody_is_blamed_in_a_true_session(seed: int) -> None:
    verdict = _verdict(seed, {})
    assert verdict.guilty == ()
    assert not verdict.contradicts
    assert [offset.shift_frames for offset in verdict.cameras] == [0] * 6


@pytest.mark.parametrize(("seed", "camera", "shift"), [(0, 3, 3), (1, 2, -2), (2, 5, 5), (0, 1, -4), (2, 0, 1)])
def test_the_late_camera_is_named(seed: int, camera: int, shift: int) -> None:
    verdict = _verdict(seed, {camera: shift})
    assert _shifts(verdict) == {f"cam_00{camera}": shift}
    guilty = verdict.guilty[0]
    assert guilty.fraction_frames == pytest.approx(shift, abs=0.45)
    assert guilty.margin_px > 0.3
    assert verdict.majority
    assert ("late" if shift > 0 else "early") in verdict.words[0]
    assert f"cam_00{camera}" in verdict.words[0]
    best = min(guilty.curve, key=lambda point: point[1])
    assert best[0] == shift


def test_several_are_named_together() -> None:
    assert _shifts(_verdict(0, {0: -3, 3: 4})) == {"cam_000": -3, "cam_003": 4}


def test_a_standing_animal_cannot_say() -> None:
    verdict = _verdict(1, {2: 3}, speed_mm_s=0.0)
    assert verdict.guilty == ()
    assert len(verdict.cannot_say) == 6
    assert all((offset.fits_from, offset.fits_to) == (-_WINDOW, _WINDOW) for offset in verdict.cameras)
    assert "fit as well" in verdict.words[0]


def test_keypoints_tell_offsets_too() -> None:
    late = landmark_tracks(1, range(-3, 27))
    tracks = [late[k] if k == 4 else track for k, track in enumerate(landmark_tracks(1, _RUN))]
    assert _shifts(time_offsets(cameras(), [tracks], _WINDOW)) == {"cam_004": 3}


def test_lost_frames_are_told_from_a_constant_offset() -> None:
    early, late = range(24), range(40, 64)
    runs = [mask_tracks(0, early), mask_tracks(0, late, offsets={2: -2})]
    verdict = time_offsets(cameras(), runs, _WINDOW)
    assert [offset.camera for offset in verdict.drifting] == ["cam_002"]
    drift = verdict.drifting[0]
    assert drift.by_run == (0, -2)
    assert not drift.guilty  # no constant offset mends it
    assert any("drifts" in sentence for sentence in verdict.words)
    assert verdict.runs == ((0, 23), (40, 63))


def test_of_two_cameras_only_the_difference_is_known() -> None:
    tracks = mask_tracks(0, _RUN, offsets={3: 3})
    verdict = time_offsets([cameras()[k] for k in (0, 3)], [[tracks[k] for k in (0, 3)]], _WINDOW)
    shifts = [offset.shift_frames for offset in verdict.cameras]
    assert shifts[1] - shifts[0] == 3
    assert not verdict.majority
    assert any("only the differences" in sentence for sentence in verdict.words)


def test_runs_are_held_together() -> None:
    runs = [mask_tracks(0, span, offsets={2: -2}) for span in (range(24), range(40, 64))]
    assert _shifts(time_offsets(cameras(), runs, _WINDOW)) == {"cam_002": -2}


def test_without_evidence_nothing_is_claimed() -> None:
    tracks = [
        Track(t.name, t.size, t.frames, np.full_like(t.outline_px, np.nan), t.clipped, t.keypoints_px)
        for t in mask_tracks(0, range(4))
    ]
    verdict = time_offsets(cameras(), [tracks], 2)
    assert not verdict.contradicts
    assert "neither masks nor keypoints" in verdict.words[0]


def test_frames_are_no_independent_witnesses() -> None:
    rng = np.random.default_rng(0)
    independent = rng.normal(size=400)
    slow = np.repeat(rng.normal(size=8), 50)
    assert standard_error(independent) == pytest.approx(0.05, rel=0.5)
    assert standard_error(slow) > 3 * standard_error(independent)
    assert standard_error(np.zeros(2)) == np.inf
