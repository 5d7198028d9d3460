"""What one keypoint file holds, whatever its format: points of frames in one or more views, read row by row."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mouseview.formats.fields import MAX_NAME, mismatch
from mouseview.geometry.transforms import Array

Rows = npt.NDArray[np.int64]

CENTRE_ORIGIN_PX = 0.5  # to the house origin, from files that call the centre of the first pixel 0
MAX_POINTS = 2_000
MAX_VIEWS = 1_000
MAX_FRAME = 10**9
_LAST_NUMBER = re.compile(r"(\d{1,9})\D*$")
_FARTHEST_PX = 1e6  # beyond any image: no place that a camera saw


@dataclass(frozen=True, eq=False)
class KeypointTable:
    """Points of F frames.

    names (N,): of the points; none where the file has no names for them.  views (V,): what the file calls its
    cameras; one empty text where it speaks of a single camera without naming it.  frames (F,): numbers of frames
    of the video, from 0, ascending.  count: N.  notes: what was assumed or left out, one sentence each.
    pixels: rows (R,) of ``frames`` → (V, R, N, 2) in the house pixel origin; world: rows → (R, N, 3) in the unit of the
    calibration. NaN where a point is absent. None: the file has no such points. They may raise ``FileFormatError``.
    """

    names: tuple[str, ...]
    views: tuple[str, ...]
    frames: Rows
    count: int
    notes: tuple[str, ...] = ()
    pixels: Callable[[Rows], Array] | None = None
    world: Callable[[Rows], Array] | None = None

    def rows_of(self, frames: Sequence[int | None]) -> Rows:
        """(R,) the row of each frame; −1 where the file does not have it."""
        if not len(self.frames):
            return np.full(len(frames), -1)
        asked = np.array([-1 if frame is None else frame for frame in frames], dtype=np.int64)
        at = np.minimum(np.searchsorted(self.frames, asked), len(self.frames) - 1)
        return np.where(self.frames[at] == asked, at, -1)


@dataclass(frozen=True)
class KeypointFormat:
    """One keypoint file format: ``sniff`` judges by content alone, ``read`` raises ``FileFormatError``."""

    name: str
    title: str
    description: str
    file_names: tuple[str, ...]
    sniff: Callable[[Path], bool]
    read: Callable[[Path], KeypointTable]


def pixel_rows(points_px: Array) -> Callable[[Rows], Array]:
    """``KeypointTable.pixels`` of an array (V, F, N, 2) that is at hand."""
    return lambda rows: points_px[:, rows]


def world_rows(points_world: Array) -> Callable[[Rows], Array]:
    """``KeypointTable.world`` of an array (F, N, 3) that is at hand."""
    return lambda rows: points_world[rows]


def usable(points: Array) -> Array:
    """The points (..., D) with NaN in all coordinates where one is not finite or lies beyond any image or arena."""
    with np.errstate(invalid="ignore"):
        good = np.all(np.abs(points) <= _FARTHEST_PX, axis=-1, keepdims=True)
    return np.where(good, points, np.nan)


def scored(points: Array, scores: Array, threshold: float) -> Array:
    """The points (..., D) without those whose score (...) lies below the threshold; no score (NaN) counts as good."""
    with np.errstate(invalid="ignore"):
        return np.where((scores < threshold)[..., None], np.nan, points)


def point_names(names: Sequence[str], place: str) -> tuple[str, ...]:
    """Names as a file gives them, cut to what can be shown; refused when there are too many."""
    if len(names) > MAX_POINTS:
        raise mismatch(place, f"at most {MAX_POINTS} points", f"{len(names)} names")
    return tuple(name[:MAX_NAME] for name in names)


def best_track(presence: Array, names: Sequence[str]) -> tuple[int, tuple[str, ...]]:
    """The track (animal) of most points, presence (T,), and what to say about the others."""
    best = int(np.argmax(presence))
    if len(presence) == 1:
        return best, ()
    name = names[best] if best < len(names) else str(best)
    counts = ", ".join(str(int(count)) for count in presence[:8])
    return best, (f"{len(presence)} tracks (points: {counts}): {name!r} has most and is taken, the others are not",)


def frame_number(text: str) -> int | None:
    """The frame of a row: its number, or the last number in the name of a labelled image."""
    found = _LAST_NUMBER.search(text.rsplit("/", 1)[-1].rsplit("\\", 1)[-1])
    return int(found[1]) if found else None


def ascending(frames: Sequence[int | None], path: Path) -> tuple[Rows, Rows]:
    """Frame numbers (F,) in ascending order without repeats, and the row (F,) that each stands in."""
    if any(frame is None or not 0 <= frame <= MAX_FRAME for frame in frames):
        raise mismatch(f"{path}, rows", "a frame number, or the name of an image that ends in one", None)
    numbers, rows = np.unique(np.array(frames, dtype=np.int64), return_index=True)
    return numbers, rows
