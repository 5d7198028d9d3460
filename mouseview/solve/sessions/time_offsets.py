"""Time offsets: by how many frames a camera's video runs early or late, from contradictions against shift.

For every camera the contradiction with all others is measured at every shift (``epipolar``); the minimum is its
offset, a parabola through it the fraction of a frame. All cameras are solved together, so that several may be off.
Only differences are seen: the largest group of cameras that agree counts as right. An animal that stands still fits
every shift, which is said. Runs of frames taken early and late in a session tell a constant offset from lost frames.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from mouseview.geometry.transforms import Array
from mouseview.model.camera import Camera
from mouseview.solve.sessions.epipolar import Baseline, Planes, disagreement_px, focal_px, world_rays
from mouseview.solve.sessions.pairs import nanmean, reach_of, shifted_rows
from mouseview.solve.sessions.significance import standard_error
from mouseview.solve.sessions.track import Track

WINDOW = 10
"""Shifts of up to so many frames are asked about."""

_SURE = 3.0  # standard errors of the mean over frames
_LEAST_PX, _LEAST_SHARE = 0.04, 0.03  # and at least so much worse: a systematic trace is no shift
_LEAST_FRAMES = 6
_LARGE_PX = 3.0
_REST_PX = 0.003  # what a frame of shift costs, so that equal fits stay where they are
_CURED = 0.85  # of a camera's residual must go for it to be named


@dataclass(frozen=True)
class CameraOffset:
    """shift_frames: to be added to the camera's offset: frame i of the session is frame i + offset of its video.

    fraction_frames: the same to a fraction of a frame.  fits_from, fits_to: the shifts that fit as well.
    residual_px, residual_now_px: contradiction with the other cameras at this shift and at none.  curve: (shift, px)
    with the other cameras at their own shifts.  by_run: shift in every run of frames, None where it cannot say.
    """

    camera: str
    shift_frames: int
    fraction_frames: float
    fits_from: int
    fits_to: int
    residual_px: float
    residual_now_px: float
    curve: tuple[tuple[int, float], ...]
    by_run: tuple[int | None, ...]

    @property
    def decided(self) -> bool:
        """No other shift fits as well."""
        return self.fits_from == self.fits_to == self.shift_frames and np.isfinite(self.residual_px)

    @property
    def guilty(self) -> bool:
        """It is off: no shift fits worse, and the one that fits best lies within the window."""
        excluded = not self.fits_from <= 0 <= self.fits_to
        enclosed = self.curve[0][0] < self.shift_frames < self.curve[-1][0] if self.curve else False
        return excluded and enclosed and self.residual_px < _CURED * self.residual_now_px and not self.drifts

    @property
    def drifts(self) -> bool:
        """The offset changes over the session: frames were lost."""
        known = {shift for shift in self.by_run if shift is not None}
        return len(known) > 1

    @property
    def margin_px(self) -> float:
        """By how much the best shift beats no shift."""
        return self.residual_now_px - self.residual_px


@dataclass(frozen=True)
class OffsetVerdict:
    """cameras: in the order given.  runs: (first, last) session frame of each run.  window: shifts asked about."""

    cameras: tuple[CameraOffset, ...]
    runs: tuple[tuple[int, int], ...]
    window: int

    @property
    def guilty(self) -> tuple[CameraOffset, ...]:
        return tuple(offset for offset in self.cameras if offset.guilty)

    @property
    def drifting(self) -> tuple[CameraOffset, ...]:
        return tuple(offset for offset in self.cameras if offset.drifts)

    @property
    def cannot_say(self) -> tuple[str, ...]:
        """Cameras for which other shifts fit as well."""
        return tuple(offset.camera for offset in self.cameras if not offset.decided)

    @property
    def majority(self) -> bool:
        """More than half of the cameras agree: who is off is known, and not only by how much cameras differ."""
        at_rest = sum(offset.shift_frames == 0 for offset in self.cameras)
        return 2 * at_rest > len(self.cameras)

    @property
    def contradicts(self) -> bool:
        return bool(self.guilty or self.drifting)

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(self._sentences())

    def _sentences(self) -> list[str]:
        if not any(np.isfinite(offset.residual_px) for offset in self.cameras):
            return ["neither masks nor keypoints of neighbouring frames say anything about time offsets"]
        out = []
        for offset in self.guilty:
            way = "late" if offset.shift_frames > 0 else "early"
            out.append(
                f"{offset.camera} shows every moment {abs(offset.shift_frames)} frame(s) {way} "
                f"({offset.fraction_frames:+.1f}): {offset.residual_px:.2f} px are left with its offset changed by "
                f"{offset.shift_frames:+d}, {offset.residual_now_px:.2f} px as it is"
            )
        for offset in self.drifting:
            shifts = " → ".join("?" if shift is None else f"{shift:+d}" for shift in offset.by_run)
            out.append(
                f"{offset.camera} drifts: its offset goes {shifts} over frames "
                f"{', '.join(f'{a}–{b}' for a, b in self.runs)}; frames were lost, and no constant offset mends that"
            )
        if self.guilty and not self.majority:
            out.append("no more than half of the cameras agree: only the differences between offsets are certain")
        vague = [offset for offset in self.cameras if not offset.decided]
        if len(vague) == len(self.cameras) and not self.contradicts:
            low, high = max(o.fits_from for o in vague), min(o.fits_to for o in vague)
            left = min(offset.residual_px for offset in vague if np.isfinite(offset.residual_px))
            why = (
                "the subject hardly moves" if left < _LARGE_PX else "other contradictions are larger than its movement"
            )
            out.append(f"shifts from {min(low, high):+d} to {max(low, high):+d} frames fit as well: {why}")
        elif vague and not self.contradicts:
            named = ", ".join(f"{o.camera} {o.fits_from:+d}…{o.fits_to:+d}" for o in vague)
            out.append(f"cannot be told to the frame: {named}")
        if not out:
            out.append(f"no camera is off by a frame or more (shifts up to ±{self.window} were asked about)")
        return out


def time_offsets(cameras: Sequence[Camera], runs: Sequence[Sequence[Track]], window: int = WINDOW) -> OffsetVerdict:
    """cameras (N); runs: of each run of neighbouring frames the tracks (N) that the cameras saw in it.

    A run must be longer than the window to say anything about its ends.
    """
    runs = [tracks for tracks in runs if len(tracks[0].frames)]
    if not runs:
        raise ValueError("time offsets need a run of frames")
    names = [camera.name for camera in cameras]
    alone = [_Shifted(cameras, [tracks], window) for tracks in runs]
    by_run = [run.offsets() for run in alone]
    settled = [
        [run.decided_shift(c, shifts) for c in range(len(names))] for run, shifts in zip(alone, by_run, strict=True)
    ]
    if any(len({shifts[c] for shifts in settled} - {None}) > 1 for c in range(len(names))):
        # offsets that change over the session have no common solution: the run that says most speaks for it
        main = max(range(len(alone)), key=lambda k: sum(shift is not None for shift in settled[k]))
        joint, shifts = alone[main], by_run[main]
    else:
        joint = _Shifted(cameras, runs, window) if len(runs) > 1 else alone[0]
        shifts = joint.offsets() if len(runs) > 1 else by_run[0]
    out = []
    for c, name in enumerate(names):
        shift = int(shifts[c])
        frames_px = joint.camera_px(c, shifts)
        low, high = _fitting(frames_px, shift + window)
        curve = nanmean(frames_px)
        squares = nanmean(frames_px**2)
        out.append(
            CameraOffset(
                name,
                shift,
                shift + _vertex(squares, shift + window),
                low - window,
                high - window,
                float(curve[shift + window]),
                float(curve[window]),
                tuple((s - window, float(px)) for s, px in enumerate(curve) if np.isfinite(px)),
                tuple(run_shifts[c] for run_shifts in settled),
            )
        )
    spans = tuple((int(tracks[0].frames[0]), int(tracks[0].frames[-1])) for tracks in runs)
    return OffsetVerdict(tuple(out), spans, window)


def _vertex(squares: Array, best: int) -> float:
    """Fraction of a step from ``best`` to the minimum of the parabola through it and its neighbours."""
    if not 0 < best < len(squares) - 1:
        return 0.0
    before, here, after = squares[best - 1 : best + 2]
    bend = before - 2 * here + after
    return float(np.clip(0.5 * (before - after) / bend, -0.5, 0.5)) if np.isfinite(bend) and bend > 0 else 0.0


def _worse(px: Array, best_px: Array) -> bool:
    """Whether residuals (F,) at one shift are worse than those at the best one, beyond chance."""
    both = ~np.isnan(px) & ~np.isnan(best_px)
    count = int(both.sum())
    if count < _LEAST_FRAMES:
        return False
    gap = px[both] - best_px[both]
    least = max(_LEAST_PX, _LEAST_SHARE * float(best_px[both].mean()))
    # the gap itself varies with the subject's speed, which is no chance: what the best shift leaves varies by chance
    chance = min(standard_error(gap), standard_error(best_px[both]))
    return float(gap.mean()) > max(least, _SURE * chance)


def _fitting(frames_px: Array, best: int) -> tuple[int, int]:
    """First and last shift (rows of frames_px (S, F)) that fit no worse than ``best``."""
    fits = [not _worse(px, frames_px[best]) for px in frames_px]
    return fits.index(True), len(fits) - 1 - fits[::-1].index(True)


class _Shifted:
    """Runs of frames held together: every camera's planes about every baseline, and residuals against shift."""

    def __init__(self, cameras: Sequence[Camera], runs: Sequence[Sequence[Track]], window: int) -> None:
        self.window = window
        self.count = len(cameras)
        self.frame_count = sum(len(tracks[0].frames) for tracks in runs)
        self._focal = [focal_px(camera) for camera in cameras]
        reach = reach_of(cameras)
        lines = {(i, j): Baseline.between(cameras[i], cameras[j], reach) for i, j in combinations(range(self.count), 2)}
        self._lines = {pair: line for pair, line in lines.items() if line is not None}
        self._runs = [(tracks[0].frames, self._planes(cameras, tracks)) for tracks in runs]

    def _planes(
        self, cameras: Sequence[Camera], tracks: Sequence[Track]
    ) -> dict[tuple[int, int], tuple[Planes, Planes]]:
        rays = [world_rays(camera, track) for camera, track in zip(cameras, tracks, strict=True)]
        return {
            (i, j): (
                line.planes(rays[i], tracks[i].clipped, self._focal[i]),
                line.planes(rays[j], tracks[j].clipped, self._focal[j]),
            )
            for (i, j), line in self._lines.items()
        }

    def _pair_px(self, i: int, j: int, shift_i: int, shift_j: int) -> Array:
        """(F,): camera i at frame + shift_i against camera j at frame + shift_j, NaN where there is no such frame."""
        parts = []
        for frames, planes in self._runs:
            out = np.full(len(frames), np.nan)
            rows_i, rows_j = _rows_at(frames, shift_i), _rows_at(frames, shift_j)
            both = (rows_i >= 0) & (rows_j >= 0)
            first, second = planes[i, j]
            out[both] = nanmean(disagreement_px(first.rows(rows_i[both]), second.rows(rows_j[both]), self._focal[i]))
            parts.append(out)
        return np.concatenate(parts)

    def camera_px(self, camera: int, shifts: npt.NDArray[np.int64]) -> Array:
        """(2 window + 1, F): the camera at every shift against the others at ``shifts``."""
        out = []
        for shift in range(-self.window, self.window + 1):
            pairs = []
            for other in range(self.count):
                if other != camera and (min(camera, other), max(camera, other)) in self._lines:
                    i, j = min(camera, other), max(camera, other)
                    mine, theirs = shift, int(shifts[other])
                    pairs.append(self._pair_px(i, j, mine if i == camera else theirs, mine if j == camera else theirs))
            values = np.array(pairs).reshape(len(pairs), self.frame_count)
            out.append(nanmean(values.T) if pairs else np.full(self.frame_count, np.nan))
        return np.array(out)

    def offsets(self) -> npt.NDArray[np.int64]:
        """(N,) shifts that leave least, solved together from the pairs' curves."""
        reach = 2 * self.window
        curves = {
            pair: nanmean(np.array([self._pair_px(*pair, 0, shift) for shift in range(-reach, reach + 1)]))
            for pair in self._lines
        }
        # where a shift leaves too few frames to measure, it is no better than the worst measured one
        curves = {
            pair: np.where(np.isnan(curve), np.nanmax(curve), curve)
            for pair, curve in curves.items()
            if np.isfinite(curve).any()
        }

        def total(shifts: npt.NDArray[np.int64]) -> float:
            unlike_rest = _REST_PX * float(np.abs(shifts).sum())  # a shift that changes nothing is none
            return unlike_rest + sum(float(curve[shifts[j] - shifts[i] + reach]) for (i, j), curve in curves.items())

        starts = [np.zeros(self.count, np.int64)]
        for root in range(self.count):
            start = np.zeros(self.count, np.int64)
            for (i, j), curve in curves.items():
                if root in (i, j):
                    # only within the window: twice that is for differences between two shifted cameras
                    best = int(np.argmin(curve[self.window : -self.window])) - self.window
                    start[j if root == i else i] = best if root == i else -best
            starts.append(start)
        solutions = [self._descended(start, total) for start in starts]
        return self._only_certain(_at_rest(min(solutions, key=total), self.window))

    def _only_certain(self, shifts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Shifts than which none fits as well are taken back, so that they do not spoil the others' curves."""
        for camera in np.flatnonzero(shifts):
            frames_px = self.camera_px(int(camera), shifts)
            if not _worse(frames_px[self.window], frames_px[int(shifts[camera]) + self.window]):
                shifts = np.where(np.arange(self.count) == camera, 0, shifts)
        return shifts

    def _descended(
        self, start: npt.NDArray[np.int64], total: Callable[[npt.NDArray[np.int64]], float]
    ) -> npt.NDArray[np.int64]:
        shifts, value = start.copy(), total(start)
        improved = True
        while improved:
            improved = False
            for camera in range(self.count):
                for shift in range(-self.window, self.window + 1):
                    trial = shifts.copy()
                    trial[camera] = shift
                    if total(trial) < value - 1e-9:
                        shifts, value, improved = trial, total(trial), True
        return shifts

    def decided_shift(self, camera: int, shifts: npt.NDArray[np.int64]) -> int | None:
        """The camera's shift where no other fits as well."""
        best = int(shifts[camera]) + self.window
        frames_px = self.camera_px(camera, shifts)
        if np.isnan(frames_px[best]).all():
            return None
        low, high = _fitting(frames_px, best)
        return int(shifts[camera]) if low == high == best else None


def _rows_at(frames: npt.NDArray[np.int64], shift: int) -> npt.NDArray[np.int64]:
    """(F,): the row of each frame + shift, −1 where there is none."""
    out = np.full(len(frames), -1, np.int64)
    here, there = shifted_rows(frames, shift)
    out[here] = there
    return out


def _at_rest(shifts: npt.NDArray[np.int64], window: int) -> npt.NDArray[np.int64]:
    """Counted so that the largest group of equal shifts is zero; of equal groups the one that moves others least."""
    values, counts = np.unique(shifts, return_counts=True)
    groups = values[counts == counts.max()]
    rest = min(groups, key=lambda value: (int(np.abs(shifts - value).sum()), abs(int(value))))
    return np.clip(shifts - rest, -window, window)
