"""The convention solver: readings of a calibration, scored on the evidence present and ranked with margins."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from mouseview.model.correction import Correction
from mouseview.model.errors import MouseViewError
from mouseview.normalise.possible import pose_possible
from mouseview.solve.conventions.candidates import (
    single_changes,
)
from mouseview.solve.conventions.evidence import Evidence
from mouseview.solve.conventions.length import FoundUnit, KnownLength, find_unit
from mouseview.solve.conventions.measure import Bench, Kind, Measured, compare
from mouseview.solve.conventions.ranking import Ranked, Standing, ranked_readings, unseparated
from mouseview.solve.conventions.search import broad_kind, finalists, fits_evidence, likely_orders

AS_READ = Correction()
_LARGEST_K = 1e9  # px
_ORDERS = 4  # of the views, that are compared with the best
_ROUNDS = 3  # best, its single changes, and once more should one of them win
_LABELS_AGREE = 5.0  # times what the keypoints leave: worse 3D labels are of another rig and judge no reading


@dataclass(frozen=True, eq=False)
class Solution:
    """ranked: the best first. current: the reading in use. kinds: what was asked, what tells most first.

    unseparated: one sentence each.  fits: the best reading explains the evidence; else none of them does.
    """

    ranked: tuple[Ranked, ...]
    current: Ranked
    kinds: tuple[Kind, ...]
    unseparated: tuple[str, ...]
    fits: bool
    unit: FoundUnit | None = None

    @property
    def best(self) -> Ranked:
        return self.ranked[0]

    @property
    def kind(self) -> Kind:
        """What tells most of all evidence that is there."""
        return self.kinds[0]

    @property
    def agrees(self) -> bool:
        """The current reading is the best, or cannot be told from it."""
        return self.current.standing in (Standing.BEST, Standing.ALIKE, Standing.ROUNDING)

    def score(self, ranked: Ranked) -> Measured | None:
        """Of the evidence that tells most."""
        return ranked.reading.measured.get(self.kind)


def solve_conventions(
    evidence: Evidence,
    current: Correction = AS_READ,
    known: KnownLength | None = None,
    thorough: bool = True,
    views: bool = True,
    progress: Callable[[float, str], None] = lambda _fraction, _what: None,
) -> Solution:
    """Rank the readings of a rig.

    current: the correction in use on top of the file's reading.  thorough: otherwise poses, K's transpose and
    exchanged views alone, which take a fraction of the time.  views: whether images may be another camera's.

    Raises ``MouseViewError`` for cameras that are impossible in every reading, and for a known length that cannot be
    measured.
    """
    _refuse_impossible(evidence)
    bench = Bench(evidence)
    geometry = current.replace(scale=1.0, units=None)
    progress(0.0, "reading cameras in every way")
    chosen = finalists(bench, thorough, views, progress)
    tried = dict.fromkeys((geometry, AS_READ, *chosen))
    best = _best(bench, tried, geometry)
    near: tuple[Correction, ...] = ()
    for step in range(_ROUNDS):
        progress(0.5 + 0.4 * step / _ROUNDS, "comparing the best readings")
        near = _near(bench, best, thorough, views)
        tried |= dict.fromkeys(near)
        before, best = best, _best(bench, tried, geometry)
        if best == before:
            break
    else:
        near = _near(bench, best, thorough, views)
    kinds = _kinds(bench, tried)
    shown = dict.fromkeys((best, geometry, AS_READ, *near, *sorted(chosen, key=lambda one: one.changes)))
    ranked = ranked_readings(bench, shown, best, kinds)
    now = next(one for one in ranked if one.correction == geometry)
    fits = fits_evidence(bench, kinds[0], ranked[0].reading.measured.get(kinds[0])) if kinds else False
    unit = None
    if known is not None:
        unit = find_unit(best.apply(evidence.rig), best.apply_to_labels(evidence.labels, evidence.rig.names)
                         if evidence.labels is not None else None, known)  # fmt: skip
    progress(1.0, "compared")
    return Solution(ranked, now, kinds or (Kind.STRUCTURE,), unseparated(bench, ranked, kinds, unit), fits, unit)


def _near(bench: Bench, best: Correction, thorough: bool, views: bool) -> tuple[Correction, ...]:
    """Readings that differ from ``best`` in one thing."""
    orders = likely_orders(bench, best, _ORDERS) if views else []
    return (*(single_changes(bench, best) if thorough else ()), *orders)


def _refuse_impossible(evidence: Evidence) -> None:
    for camera in evidence.rig:
        finite = (
            np.all(np.isfinite(camera.K)) and np.all(np.abs(camera.K) < _LARGEST_K) and min(camera.fx, camera.fy) > 0
        )
        if not (finite and pose_possible(camera)):
            wrong = "its pose is no rotation" if finite else "its K is impossible"
            raise MouseViewError(
                f"camera {camera.name} can be none in any reading: {wrong}",
                place=str(evidence.rig.source or ""),
                remedy="mend the calibration first: mouseview inspect says what is wrong with it",
            )


def explains(evidence: Evidence, correction: Correction = AS_READ) -> bool:
    """Whether a reading leaves no more than labels, masks and the aim of cameras do; True where nothing can tell."""
    bench = Bench(evidence)
    kind = broad_kind(evidence)
    cameras = bench.cameras(correction)
    measured = bench.measure(kind, cameras, quick=True)
    return measured is None or fits_evidence(bench, kind, measured)


def _kinds(bench: Bench, tried: Iterable[Correction]) -> tuple[Kind, ...]:
    """The kinds of evidence that some reading was measured on; 3D labels that no reading explains are left out."""
    readings = [bench.reading(correction) for correction in tried]
    least = {
        kind: min(found.score for reading in readings if (found := reading.measured.get(kind)))
        for kind in Kind
        if any(kind in reading.measured for reading in readings)
    }
    if Kind.LABELS in least and Kind.KEYPOINTS in least:
        allowed = _LABELS_AGREE * least[Kind.KEYPOINTS] + 2.0
        if least[Kind.LABELS] > allowed:
            del least[Kind.LABELS]
    return tuple(least)


def _best(bench: Bench, tried: Iterable[Correction], current: Correction) -> Correction:
    """What no evidence contradicts: the current reading where it is among them, else the plainest."""
    tried = tuple(tried)
    pool = [one for one in tried if not bench.reading(one).why_impossible] or list(tried)
    kinds = _kinds(bench, tried)
    for kind in kinds:
        told = {one: found for one in pool if (found := bench.told(one, kind)) is not None}
        if told:
            least = min(told.values(), key=lambda found: found.score)
            pool = [one for one in pool if one not in told or not compare(least, told[one], kind).certain]
    if current in pool:
        return current

    def plainness(one: Correction) -> tuple[int, float, float]:
        measured = bench.reading(one).measured.get(kinds[0]) if kinds else None
        return one.changes, abs(one.pixel_shift_px), measured.score if measured is not None else float("inf")

    return min(pool, key=plainness)
