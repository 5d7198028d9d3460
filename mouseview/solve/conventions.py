"""The convention solver: readings of a calibration, scored on the evidence present and ranked with margins."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from mouseview.model.correction import Correction
from mouseview.model.errors import MouseViewError
from mouseview.normalise.possible import pose_possible
from mouseview.solve.conventions_candidates import (
    difference,
    has_lens,
    optics,
    poses,
    single_changes,
    with_pose,
)
from mouseview.solve.conventions_length import FoundUnit, KnownLength, find_unit
from mouseview.solve.conventions_measure import Bench, Gap, Kind, Measured, Reading, compare
from mouseview.solve.conventions_silhouettes import pairwise_gaps
from mouseview.solve.conventions_views import images_of, pairwise_epipolar_px, ranked_orders
from mouseview.solve.evidence import Evidence

AS_READ = Correction()
_FINALISTS = 6
_LARGEST_K = 1e9  # px
_ROUNDS = 3  # best, its single changes, and once more should one of them win
_FITS = {Kind.LABELS: 0.004, Kind.KEYPOINTS: 0.004, Kind.SILHOUETTES: 0.002}  # of the image's longer side
_FITS_DEG = 15.0  # cameras of one rig look at one place, more or less
_LABELS_AGREE = 5.0  # times what the keypoints leave: worse 3D labels are of another rig and judge no reading


class Standing(StrEnum):
    BEST = "best"
    ALIKE = "cannot be separated"
    ROUNDING = "the labels' rounding"
    WORSE = "worse"
    IMPOSSIBLE = "impossible"


@dataclass(frozen=True, eq=False)
class Ranked:
    """One reading against the best. by: the evidence that tells them apart, with its gap; None where none does.

    differs: in words what it says against the best; empty for the best itself.
    """

    reading: Reading
    standing: Standing
    differs: str
    by: Kind | None = None
    gap: Gap | None = None

    @property
    def correction(self) -> Correction:
        return self.reading.correction


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
    finalists = _finalists(bench, thorough, views, progress)
    tried = dict.fromkeys((geometry, AS_READ, *finalists))
    best = geometry
    for step in range(_ROUNDS):
        progress(0.5 + 0.4 * step / _ROUNDS, "comparing the best readings")
        best = _best(bench, tried, geometry)
        more = [*(_orders(bench, best, 4) if views else ()), *(single_changes(bench, best) if thorough else ())]
        tried |= dict.fromkeys(more)
        if _best(bench, tried, geometry) == best:
            break
    best = _best(bench, tried, geometry)
    kinds = _kinds(bench, tried)
    alone = (*(single_changes(bench, best) if thorough else ()), *(_orders(bench, best, 4) if views else ()))
    shown = dict.fromkeys((best, geometry, AS_READ, *alone, *sorted(finalists, key=lambda one: one.changes)))
    ranked = _ranked(bench, shown, best, kinds)
    now = next(one for one in ranked if one.correction == geometry)
    fits = _fits(bench, kinds[0], ranked[0].reading.measured.get(kinds[0])) if kinds else False
    unit = None
    if known is not None:
        unit = find_unit(best.apply(evidence.rig), best.apply_to_labels(evidence.labels, evidence.rig.names)
                         if evidence.labels is not None else None, known)  # fmt: skip
    progress(1.0, "compared")
    return Solution(ranked, now, kinds or (Kind.STRUCTURE,), _unseparated(bench, ranked, kinds, unit), fits, unit)


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
    kind = _broad_kind(evidence)
    cameras = bench.cameras(correction)
    measured = bench.measure(kind, cameras, quick=True)
    return measured is None or _fits(bench, kind, measured)


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


def _broad_kind(evidence: Evidence) -> Kind:
    """What the product of readings is judged by: one kind, the one that needs no world frame first."""
    if evidence.keypoints is not None:
        return Kind.KEYPOINTS
    if evidence.labelled is not None:
        return Kind.LABELS
    return Kind.SILHOUETTES if evidence.frames else Kind.STRUCTURE


def _finalists(bench: Bench, thorough: bool, views: bool, progress: Callable[[float, str], None]) -> list[Correction]:
    kind = _broad_kind(bench.evidence)
    product = [with_pose(one, pose) for one in optics(bench, lens=thorough) for pose in poses()]
    scores: list[tuple[float, int]] = []
    for index, correction in enumerate(product):
        found = bench.measure(kind, bench.cameras(correction), quick=True)
        scores.append((float("inf") if found is None or found.score != found.score else found.score, index))
        progress(0.4 * (index + 1) / len(product), "reading cameras in every way")
    chosen = [product[index] for _, index in sorted(scores)[:_FINALISTS]]
    best = bench.reading(chosen[0])
    if not views or kind is Kind.STRUCTURE or _fits(bench, kind, best.measured.get(kind)):
        return chosen
    # images that belong to other cameras spoil the right reading as well: every pose has its best order
    orders: dict[Correction, Correction | None] = {}
    for _, index in sorted(scores):
        pose = product[index].replace(drop_lens=False)
        if pose not in orders and len(orders) < len(poses()) and _may_aim(bench, pose, product):
            orders[pose] = next(iter(_orders(bench, pose, 1)), None)
    return [*chosen, *(correction for correction in orders.values() if correction is not None)]


def _may_aim(bench: Bench, correction: Correction, others: Sequence[Correction]) -> bool:
    """Cameras that could all look at one place are asked first; where none do, all are."""
    aims = {one: found.score for one in {correction, *others}
            if (found := bench.measure(Kind.STRUCTURE, bench.cameras(one))) is not None}  # fmt: skip
    if min(aims.values(), default=180.0) > _FITS_DEG:
        return True
    return aims.get(correction, 0.0) <= 3.0 * _FITS_DEG


def _orders(bench: Bench, correction: Correction, keep: int) -> list[Correction]:
    """The reading with the ``keep`` likeliest orders of the views, without the one that it has."""
    evidence, names = bench.evidence, bench.evidence.rig.names
    cameras = bench.cameras(correction.replace(images_of=()))
    if evidence.keypoints is not None:
        costs = pairwise_epipolar_px(cameras, evidence.keypoints)
    elif evidence.frames:
        costs = np.sum([pairwise_gaps(cameras, frame) for frame in evidence.frames], axis=0)
    else:
        return []
    orders = ranked_orders(costs, keep)
    return [found for order in orders if (found := correction.replace(images_of=images_of(order, names))) != correction]


def _fits(bench: Bench, kind: Kind, measured: Measured | None) -> bool:
    if measured is None:
        return False
    if kind is Kind.STRUCTURE:
        return measured.score <= _FITS_DEG
    return measured.score <= max(2.0, _FITS[kind] * max(max(camera.size) for camera in bench.evidence.rig))


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


def _ranked(bench: Bench, tried: Iterable[Correction], best: Correction, kinds: Sequence[Kind]) -> tuple[Ranked, ...]:
    winner = bench.reading(best)
    rows = [Ranked(winner, Standing.BEST, "")]
    rows += [_against(bench, winner, bench.reading(one), kinds) for one in tried if one != best]
    order = list(Standing)

    def place(row: Ranked) -> tuple[int, float]:
        measured = row.reading.measured.get(kinds[0]) if kinds else None
        last = row.standing in (Standing.WORSE, Standing.IMPOSSIBLE)
        return (2 if last else order.index(row.standing), measured.score if measured is not None else float("inf"))

    return tuple(sorted(rows, key=lambda row: (row.standing is not Standing.BEST, *place(row))))


def _against(bench: Bench, winner: Reading, other: Reading, kinds: Sequence[Kind]) -> Ranked:
    words = difference(winner.correction, other.correction)
    told = {
        kind: compare(winner.measured[kind], other.measured[kind], kind)
        for kind in kinds
        if kind in winner.measured and kind in other.measured
    }
    by = next((kind for kind, gap in told.items() if gap.certain), None)
    shown = by if by is not None else next(iter(told), None)
    gap = told[shown] if shown is not None else None
    if other.why_impossible and not winner.why_impossible:
        return Ranked(other, Standing.IMPOSSIBLE, words, by, gap)
    if by is not None:
        return Ranked(other, Standing.WORSE, words, by, gap)
    if bench.evidence.whole_numbers and other.correction == bench.cut_off(winner.correction):
        return Ranked(other, Standing.ROUNDING, words, None, gap)
    return Ranked(other, Standing.ALIKE, words, None, gap)


def _unseparated(
    bench: Bench, ranked: Sequence[Ranked], kinds: Sequence[Kind], unit: FoundUnit | None
) -> tuple[str, ...]:
    """What the evidence cannot tell, one sentence each."""
    evidence, first = bench.evidence, ranked[0]
    alike = [row.differs for row in ranked if row.standing is Standing.ALIKE]
    said = []
    if alike:
        said.append(f"fits as well: {'; '.join(alike)}")
    rounding = [row for row in ranked if row.standing is Standing.ROUNDING]
    if rounding:
        kind = kinds[0]
        told = ", ".join(f"{row.differs}: {row.reading.measured[kind].score:.2f} px" for row in rounding)
        said.append(
            f"half a pixel between K and the labels: these are whole numbers, so it may be how they were rounded "
            f"({told}, instead of {first.reading.measured[kind].score:.2f} px)"
        )
    if evidence.keypoints is not None or evidence.labelled is not None:
        said.append("a shift of the pixel origin that labels and K share")
        if first.correction.pixel_shift_px:
            said.append(
                f"whether K is off by {first.correction.pixel_shift_px:+g} px or the labels are by "
                f"{-first.correction.pixel_shift_px:+g} px"
            )
    if evidence.is_structure_alone:
        lens = ", whether the images are undistorted" if has_lens(bench) else ""
        said.append(f"the pixel origin, whose images are whose{lens}: there are neither labels nor masks")
    if unit is None:
        said.append("the unit of length, without a known one")
    return tuple(said)
