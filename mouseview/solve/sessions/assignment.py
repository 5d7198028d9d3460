"""Which video belongs to which camera: every assignment's contradictions in px, the best ones ranked with margins.

Two videos under two cameras contradict each other by some px (``epipolar``); an assignment's residual is the
mean over all pairs. Pairs are measured once, N² (N − 1)² of them, and assignments are grown camera by camera, keeping
the best few thousand: twelve cameras cost little more than six. Videos of another image size are ruled out.

An assignment is told apart from the best where it is worse by ``RATIO`` and ``LEAST_PX`` and in most frames;
otherwise both fit, and the cameras in which they differ cannot be separated by this evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from mouseview.geometry.transforms import Array
from mouseview.model.camera import Camera
from mouseview.solve.sessions.pairs import PairCosts, measure_pairs
from mouseview.solve.sessions.track import Track

RATIO, LEAST_PX, FRAMES_WON = 1.3, 0.3, 0.7
_BEAM = 3000
_RANKED = 8
_FITS_PX, _FITS_SHARE = 2.0, 0.006  # or this share of the image's longer side: a residual above it fits nothing


@dataclass(frozen=True)
class Assignment:
    """videos: the name of each camera's video, None where none is left for it.  residual_px: mean contradiction of
    all pairs.  behind_px: by how much it is worse than the best.  separated: whether the evidence tells it from the
    best; False for the best itself."""

    videos: tuple[str | None, ...]
    residual_px: float
    behind_px: float
    separated: bool


@dataclass(frozen=True)
class CameraChoice:
    """One camera in the best assignment. rival: the video it would have in the best assignment that gives it another
    one; margin_px: by how much that one is worse; separated: told apart."""

    camera: str
    video: str | None
    rival: str | None
    margin_px: float
    separated: bool


@dataclass(frozen=True)
class AssignmentVerdict:
    """ranked: best first.  declared: what the session uses now.  cameras: one entry a camera.  inseparable: groups of
    cameras among which the evidence cannot choose.  frames: how many had evidence.  fits: the best residual is what
    masks or keypoints of one rig leave.  tolerance_frames: time shifts that were allowed between any two videos.
    """

    ranked: tuple[Assignment, ...]
    declared: Assignment | None
    cameras: tuple[CameraChoice, ...]
    inseparable: tuple[tuple[str, ...], ...]
    frames: int
    fits: bool
    tolerance_frames: int

    @property
    def best(self) -> Assignment:
        return self.ranked[0]

    @property
    def decided(self) -> bool:
        """The best is told from every other one and fits."""
        return self.fits and all(choice.separated for choice in self.cameras)

    @property
    def contradicts(self) -> bool:
        """The declared assignment is worse than the best one, which fits."""
        return self.declared is not None and self.declared.separated and self.fits

    @property
    def changes(self) -> tuple[tuple[str, str | None, str | None], ...]:
        """(camera, declared video, best video) where they differ."""
        if self.declared is None:
            return ()
        pairs = zip(self.cameras, self.declared.videos, self.best.videos, strict=True)
        return tuple((choice.camera, declared, best) for choice, declared, best in pairs if declared != best)

    @property
    def words(self) -> tuple[str, ...]:
        """What came out, in sentences, the most important first."""
        if not np.isfinite(self.best.residual_px):
            return ("the videos have other image sizes than the cameras that they could belong to",)
        if not self.frames:
            return ("neither masks nor keypoints say which video belongs to which camera",)
        return tuple(self._sentences())

    def _sentences(self) -> list[str]:
        best, rival = self.best, self.ranked[1] if len(self.ranked) > 1 else None
        out = []
        over = f"over {self.frames} frame{'s' if self.frames != 1 else ''}"
        if not self.fits:
            out.append(
                f"no assignment fits: the best leaves {best.residual_px:.1f} px {over}; calibration, time offsets or "
                "masks are wrong as well"
            )
        elif self.contradicts and self.declared is not None:
            moved = ", ".join(f"{camera} ← {video}" for camera, _, video in self.changes)
            now = f"the present assignment {self.declared.residual_px:.2f} px"
            if not np.isfinite(self.declared.residual_px):
                now = "the present assignment gives a camera a video of another image size"
            out.append(f"the videos are assigned wrongly: {moved} leaves {best.residual_px:.2f} px {over}, {now}")
        else:
            kept = "the present assignment" if self.declared is not None else "the best assignment"
            shown = self.declared or best
            out.append(f"{kept} leaves {shown.residual_px:.2f} px {over}")
        if rival is not None and np.isfinite(rival.residual_px):
            told = "told apart" if rival.separated else "not told apart"
            out.append(f"the runner-up leaves {rival.residual_px:.2f} px: {told}")
        for group in self.inseparable:
            out.append(f"{' and '.join(group)} cannot be separated: their videos fit each other's places as well")
        if self.tolerance_frames:
            out.append(f"time shifts up to {self.tolerance_frames} frames between videos were allowed for")
        return out


def rank_assignments(
    cameras: Sequence[Camera],
    tracks: Sequence[Track],
    declared: Sequence[int | None] | None = None,
    tolerance_frames: int = 0,
) -> AssignmentVerdict:
    """cameras (N), tracks (V) one a video with the same frames; declared (N): which track each camera has now.

    With fewer videos than cameras some cameras stay without; with more, some videos stay unused.
    tolerance_frames: shifts in time that any two videos may have against each other; costs separation.
    """
    costs = measure_pairs(cameras, tracks, tolerance_frames)
    names: list[str | None] = [track.name for track in tracks]
    none_left = [None] * max(0, len(cameras) - len(tracks))
    names += none_left
    candidates = _grown(costs, len(cameras), len(names))
    declared_row = _declared_row(declared, len(tracks), len(names)) if declared is not None else None
    rows = _with_neighbours(candidates, declared_row, len(names), costs)
    frame_px = np.array([costs.frame_px(row) for row in rows])
    residual = _mean(frame_px)
    order = np.argsort(residual, kind="stable")
    if declared_row is not None:  # among equals the declared one is the best
        equal = [int(k) for k in order if not _told_apart(frame_px[k], frame_px[order[0]])]
        mine = next((k for k in equal if tuple(rows[k]) == declared_row), None)
        if mine is not None:
            order = np.array([mine, *(k for k in order if k != mine)])
    rows, frame_px, residual = [rows[k] for k in order], frame_px[order], residual[order]
    apart = [_told_apart(px, frame_px[0]) for px in frame_px]

    def entry(k: int) -> Assignment:
        return Assignment(
            tuple(names[v] for v in rows[k]), float(residual[k]), _behind(residual[k], residual[0]), bool(apart[k])
        )

    choices = []
    for place, camera in enumerate(cameras):
        other = next((k for k, row in enumerate(rows) if names[row[place]] != names[rows[0][place]]), None)
        close = [k for k, row in enumerate(rows) if names[row[place]] != names[rows[0][place]] and not apart[k]]
        best_video = names[rows[0][place]]
        choices.append(
            CameraChoice(camera.name, best_video, None, np.inf, True)
            if other is None
            else CameraChoice(
                camera.name, best_video, names[rows[other][place]], _behind(residual[other], residual[0]), not close
            )
        )
    mine = next((k for k, row in enumerate(rows) if tuple(row) == declared_row), None)
    frames = int(np.isfinite(frame_px[0]).sum())  # none where sizes rule everything out
    return AssignmentVerdict(
        tuple(entry(k) for k in range(min(_RANKED, len(rows)))),
        None if mine is None else entry(mine),
        tuple(choices),
        _groups([camera.name for camera in cameras], rows, apart),
        frames,
        bool(frames and residual[0] <= fitting_px(cameras)),
        tolerance_frames,
    )


def fitting_px(cameras: Sequence[Camera]) -> float:
    """The largest mean contradiction that sound masks or keypoints of one rig leave."""
    return max(_FITS_PX, _FITS_SHARE * max(max(camera.size) for camera in cameras))


def _behind(residual_px: float, best_px: float) -> float:
    return float(residual_px - best_px) if np.isfinite(best_px) else 0.0


def _mean(frame_px: Array) -> Array:
    """(K, F) → (K,); inf where a row holds a forbidden pair, 0 where there is no evidence at all."""
    seen = ~np.isnan(frame_px)
    return np.where(seen, frame_px, 0.0).sum(axis=-1) / np.maximum(seen.sum(axis=-1), 1)


def _told_apart(px: Array, best_px: Array) -> bool:
    """Whether an assignment's residuals (F,) are worse than the best one's."""
    both = ~np.isnan(px) & ~np.isnan(best_px)
    if not both.any():
        return False
    worse, best = float(px[both].mean()), float(best_px[both].mean())
    return worse > RATIO * best + LEAST_PX and float((px[both] > best_px[both]).mean()) >= FRAMES_WON


def _declared_row(declared: Sequence[int | None], videos: int, places: int) -> tuple[int, ...]:
    """The declared assignment with a placeholder of its own for every camera without video."""
    spare = iter(range(videos, places + len(declared)))
    return tuple(next(spare) if video is None else video for video in declared)


def _grown(costs: PairCosts, cameras: int, videos: int) -> list[tuple[int, ...]]:
    """Assignments grown camera by camera, the best ``_BEAM`` of each length."""
    rows = np.flatnonzero(costs.allowed_column(0, videos))[:, None]
    sums = np.zeros(len(rows))
    for camera in range(1, cameras):
        table = np.zeros((len(rows), videos))
        for before in range(camera):
            table += costs.pair_px(before, camera, videos)[rows[:, before]]
        table += sums[:, None]
        table[:, ~costs.allowed_column(camera, videos)] = np.inf
        np.put_along_axis(table, rows, np.inf, axis=1)
        flat = table.ravel()
        kept = np.argsort(flat, kind="stable")[:_BEAM]
        kept = kept[np.isfinite(flat[kept])]
        rows = np.concatenate([rows[kept // videos], (kept % videos)[:, None]], axis=1)
        sums = flat[kept]
    return [tuple(int(v) for v in row) for row in rows[:200]]


def _with_neighbours(
    rows: list[tuple[int, ...]], declared: tuple[int, ...] | None, videos: int, costs: PairCosts
) -> list[tuple[int, ...]]:
    """The rows, the declared one, and the best row with any two cameras' videos exchanged or one left unused."""
    out = dict.fromkeys(rows[:60])
    if declared is not None:
        out[declared] = None
    if rows:
        best = rows[0]
        for first, second in combinations(range(len(best)), 2):
            swapped = list(best)
            swapped[first], swapped[second] = best[second], best[first]
            out[tuple(swapped)] = None
        for place in range(len(best)):
            for video in set(range(videos)) - set(best):
                out[(*best[:place], video, *best[place + 1 :])] = None
    if not out:
        raise ValueError("no video has the size of any camera")
    return [row for row in out if costs.allowed(row) or row == declared]


def _groups(
    names: Sequence[str], rows: Sequence[tuple[int, ...]], apart: Sequence[bool]
) -> tuple[tuple[str, ...], ...]:
    """Cameras in which the best and an assignment that fits as well differ, as sets that do not overlap."""
    groups: list[set[int]] = []
    for row, told in zip(rows[1:], apart[1:], strict=True):
        if told:
            continue
        differing = {k for k, (a, b) in enumerate(zip(rows[0], row, strict=True)) if a != b}
        touching = [group for group in groups if group & differing]
        groups = [group for group in groups if not group & differing] + [differing.union(*touching)]
    return tuple(tuple(names[k] for k in sorted(group)) for group in groups)
