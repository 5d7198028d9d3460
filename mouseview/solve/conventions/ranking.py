"""Readings against the best one: told apart by which evidence, or not, and what nothing there can tell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from mouseview.model.correction import Correction
from mouseview.solve.conventions.candidates import difference, has_lens
from mouseview.solve.conventions.length import FoundUnit
from mouseview.solve.conventions.measure import Bench, Gap, Kind, Reading, compare


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


def ranked_readings(
    bench: Bench, tried: Iterable[Correction], best: Correction, kinds: Sequence[Kind]
) -> tuple[Ranked, ...]:
    """``best`` first, then what cannot be told from it, then the others by what they leave."""
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


def unseparated(
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
