"""Every two videos under every two cameras, measured once: px by which they contradict each other, frame by frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from mouseview.geometry.transforms import Array
from mouseview.model.camera import Camera
from mouseview.solve.sessions.epipolar import Baseline, Planes, disagreement_px, focal_px, world_rays
from mouseview.solve.sessions.track import Track

_UNASKED = 0.5  # times the median of the same two cameras: what a pair costs that the evidence cannot be asked about


@dataclass(frozen=True, eq=False)
class PairCosts:
    """frames_px[i, j] (V, V, F), i < j: video a under camera i against video b under camera j, NaN where unknown.

    fits (N, V): the video has the camera's image size.
    """

    frames_px: dict[tuple[int, int], Array]
    fits: npt.NDArray[np.bool_]

    def pair_px(self, first: int, second: int, videos: int) -> Array:
        """(videos, videos): mean over frames. Rows and columns beyond the videos stand for none: they cost nothing."""
        table = np.zeros((videos, videos))
        measured = nanmean(self.frames_px[first, second])
        count = measured.shape[0]
        table[:count, :count] = np.where(np.isnan(measured), self._unasked(first, second), measured)
        return table

    def _unasked(self, first: int, second: int) -> float:
        known = nanmean(self.frames_px[first, second])
        known = known[~np.isnan(known)]
        return _UNASKED * float(np.median(known)) if known.size else 0.0

    def allowed_column(self, camera: int, videos: int) -> npt.NDArray[np.bool_]:
        """(videos,): which videos camera may have; none is always allowed."""
        out = np.ones(videos, bool)
        out[: self.fits.shape[1]] = self.fits[camera]
        return out

    def allowed(self, row: Sequence[int]) -> bool:
        return all(v >= self.fits.shape[1] or self.fits[camera, v] for camera, v in enumerate(row))

    def frame_px(self, row: Sequence[int]) -> Array:
        """(F,): mean of all pairs of an assignment in each frame; NaN in frames without any evidence."""
        total, pairs, known = np.zeros(self.frame_count), 0, np.zeros(self.frame_count, bool)
        videos = self.fits.shape[1]
        for (first, second), px in self.frames_px.items():
            a, b = row[first], row[second]
            if a >= videos or b >= videos:
                continue
            values = px[a, b]
            seen = ~np.isnan(values)
            fill = float(values[seen].mean()) if seen.any() else self._unasked(first, second)
            total += np.where(seen, values, fill)
            known |= seen
            pairs += 1
        if not self.allowed(row):
            return np.full(self.frame_count, np.inf)
        return np.where(known, total / max(pairs, 1), np.nan)

    @property
    def frame_count(self) -> int:
        return next(iter(self.frames_px.values())).shape[-1]


def nanmean(values: Array) -> Array:
    """Over the last axis; NaN where nothing is known."""
    seen = ~np.isnan(values)
    count = seen.sum(axis=-1)
    return np.where(count > 0, np.where(seen, values, 0.0).sum(axis=-1) / np.maximum(count, 1), np.nan)


def reach_of(cameras: Sequence[Camera]) -> float:
    """A length of the rig: how far its cameras stand from their middle."""
    centres = np.array([camera.centre for camera in cameras])
    return float(np.linalg.norm(centres - centres.mean(axis=0), axis=-1).max(initial=0.0))


def shifted_rows(frames: npt.NDArray[np.int64], shift: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Rows (here, there) with frames[there] = frames[here] + shift."""
    there = np.searchsorted(frames, frames + shift)
    found = (there < len(frames)) & (frames[np.minimum(there, len(frames) - 1)] == frames + shift)
    here = np.flatnonzero(found)
    return here, there[found]


def measure_pairs(cameras: Sequence[Camera], tracks: Sequence[Track], tolerance_frames: int = 0) -> PairCosts:
    """All videos under all cameras. tolerance_frames: of the shifts up to it the one that contradicts least counts."""
    if len(cameras) < 2 or not tracks:
        raise ValueError("an assignment needs two cameras and a video")
    frames = tracks[0].frames
    fits = np.array([[camera.size == track.size for track in tracks] for camera in cameras])
    clipped = np.stack([track.clipped for track in tracks])
    rays = [_rays_under(camera, tracks) for camera in cameras]
    reach = reach_of(cameras)
    out = {}
    for i, j in combinations(range(len(cameras)), 2):
        baseline = Baseline.between(cameras[i], cameras[j], reach)
        if baseline is None:
            out[i, j] = np.full((len(tracks), len(tracks), len(frames)), np.nan)
            continue
        first = baseline.planes(rays[i], clipped, focal_px(cameras[i]))
        second = baseline.planes(rays[j], clipped, focal_px(cameras[j]))
        out[i, j] = _least(first, second, frames, tolerance_frames, focal_px(cameras[i]))
    return PairCosts(out, fits)


def own_pair_px(cameras: Sequence[Camera], tracks: Sequence[Track]) -> Array:
    """(N, N) mean contradiction of every two cameras under their own videos; NaN on the diagonal and where unknown."""
    out = np.full((len(cameras), len(cameras)), np.nan)
    for i, j in combinations(range(len(cameras)), 2):
        pair = measure_pairs([cameras[i], cameras[j]], [tracks[i], tracks[j]])
        out[i, j] = out[j, i] = nanmean(pair.frames_px[0, 1])[0, 1]
    return out


def _rays_under(camera: Camera, tracks: Sequence[Track]) -> Array:
    """(V, F, DIRECTIONS + N, 3); NaN for videos of another image size."""
    rays = []
    for track in tracks:
        seen = world_rays(camera, track)
        rays.append(seen if camera.size == track.size else np.full_like(seen, np.nan))
    return np.stack(rays)


def _least(first: Planes, second: Planes, frames: npt.NDArray[np.int64], tolerance: int, focal: float) -> Array:
    """(V, V, F) of the shift that costs least for each two videos."""
    best, best_mean = None, None
    for shift in sorted(range(-tolerance, tolerance + 1), key=abs):
        here, there = shifted_rows(frames, shift)
        px = nanmean(disagreement_px(first.rows(here).each(1), second.rows(there).each(0), focal))
        full = np.full((*px.shape[:2], len(frames)), np.nan)
        full[..., here] = px
        mean = nanmean(full)
        if best is None or best_mean is None:
            best, best_mean = full, mean
            continue
        better = mean < np.where(np.isnan(best_mean), np.inf, best_mean)
        best, best_mean = np.where(better[..., None], full, best), np.where(better, mean, best_mean)
    assert best is not None
    return best
