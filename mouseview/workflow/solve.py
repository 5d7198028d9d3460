"""Ask how a calibration has to be read, use the answer from now on, and take it back."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mouseview.formats.correction_file import CalibrationHome, SavedCorrection, remove_correction, save_correction
from mouseview.formats.correction_file import saved_correction as saved_at
from mouseview.formats.registry import calibration_home
from mouseview.model.correction import Correction
from mouseview.model.errors import Cancelled, MouseViewError
from mouseview.model.sample import Dataset, Sample
from mouseview.solve.conventions.evidence import Evidence, gather
from mouseview.solve.conventions.length import KnownLength
from mouseview.solve.conventions.solver import Ranked, Solution, Standing, solve_conventions
from mouseview.workflow.inspect import numbers
from mouseview.workflow.open import open_path, sample_named

Progress = Callable[[float, str], None]

_SAMPLES = 24  # whose labels are looked at; masks are taken from fewer


def _silent(_fraction: float, _what: str) -> None:
    pass


def _never() -> bool:
    return False


@dataclass(frozen=True, eq=False)
class Solved:
    """dataset: as its files alone are read.  saved: the correction that was in use.  solution: relative to the files.

    correction: what the solver would use from now on, with the unit where it is known.
    """

    dataset: Dataset
    sample: Sample
    evidence: Evidence
    saved: SavedCorrection | None
    solution: Solution
    correction: Correction

    @property
    def in_use(self) -> Correction:
        """The correction that every opening follows now."""
        return Correction() if self.saved is None or self.saved.outdated else self.saved.correction

    @property
    def unit_agrees(self) -> bool:
        """No known length contradicts the unit of length that the rig claims."""
        unit = self.solution.unit
        claimed = self.in_use.units or self.sample.rig.units
        if unit is None or claimed not in ("mm", "m"):
            return True
        factor = {"mm": 1.0, "m": 1000.0}[claimed] * self.in_use.scale
        return abs(unit.mm / factor - 1.0) < 0.15

    @property
    def agrees(self) -> bool:
        """Nothing speaks against going on as before."""
        return self.solution.agrees and self.unit_agrees

    @property
    def verdict(self) -> str:
        """One sentence."""
        best, now = self.solution.best, self.solution.current
        if not self.solution.fits:
            return f"no reading explains what is seen: the best leaves {_score(self.solution, best)}"
        if not self.solution.agrees:
            return (
                f"another reading fits better: {reading_words(self.solution, best)}: {_score(self.solution, best)} "
                f"instead of {_score(self.solution, now)}"
            )
        if not self.unit_agrees and self.solution.unit is not None:
            return f"the unit of length is another: {self.solution.unit.words}"
        return f"the reading in use is the best there is: {_score(self.solution, now)}"


def reading_words(solution: Solution, ranked: Ranked) -> str:
    """The best by what it changes in the file's own reading, the others by what they say against the best."""
    if ranked is solution.best:
        return ", ".join(ranked.correction.words) or "as the file says"
    return ranked.differs


def _score(solution: Solution, ranked: Ranked) -> str:
    measured = solution.score(ranked)
    if measured is None:
        return "nothing measurable"
    bound = "more than " if measured.capped else ""
    shown = f"{measured.score:.{0 if measured.score >= 100 else 2}f}" if measured.score >= 0.01 else "less than 0.01"
    return f"{bound}{shown} {solution.kind.unit}"


def solve_path(
    path: str | Path,
    format: str | None = None,
    sample: str | None = None,
    known: KnownLength | None = None,
    progress: Progress = _silent,
    cancelled: Callable[[], bool] = _never,
) -> Solved:
    """Rank the readings of the calibration of one sample (the first unless named) of ``path``.

    Samples of the same cameras lend their labels and masks. Raises ``MouseViewError`` for what cannot be opened, or a
    known length that cannot be measured, and ``Cancelled``.
    """
    dataset = open_path(path, format, corrected=False)
    return solve_dataset(dataset, sample_named(dataset, sample), known, progress, cancelled)


def solve_dataset(
    dataset: Dataset,
    sample: Sample,
    known: KnownLength | None = None,
    progress: Progress = _silent,
    cancelled: Callable[[], bool] = _never,
) -> Solved:
    """The same for a dataset that was opened without its corrections."""

    def reported(fraction: float, what: str) -> None:
        if cancelled():
            raise Cancelled("comparing the readings was cancelled")
        progress(fraction, what)

    if not len(sample.rig):
        raise MouseViewError("there is no camera here", place=str(dataset.path), remedy="open a calibration")
    reported(0.0, "gathering labels and masks")
    evidence = gather([sample, *_others(dataset, sample)])
    home = calibration_home(sample.rig)
    saved = None if home is None else saved_at(home)
    in_use = Correction() if saved is None or saved.outdated else saved.correction
    solution = solve_conventions(
        evidence,
        in_use,
        known,
        views=dataset.session is None,  # whose video is whose is decided with the session's other questions
        progress=lambda fraction, what: reported(0.2 + 0.8 * fraction, what),
    )
    correction = solution.best.correction.replace(scale=in_use.scale, units=in_use.units)
    if solution.unit is not None:
        correction = solution.unit.correct(solution.best.correction)
    if solution.agrees and solution.unit is None:
        correction = in_use
    return Solved(dataset, sample, evidence, saved, solution, correction)


def _others(dataset: Dataset, sample: Sample) -> Iterator[Sample]:
    """Some more samples of the dataset, spread over it; those that cannot be read are passed over."""
    if len(dataset) > 1:
        for index in dict.fromkeys(np.linspace(0, len(dataset) - 1, _SAMPLES).astype(int).tolist()):
            if dataset.names[index] != sample.name:
                try:
                    yield dataset[index]
                except MouseViewError:  # opening the dataset names it; here the others are enough
                    continue


def _homes(dataset: Dataset, progress: Progress) -> Iterator[CalibrationHome]:
    """Every calibration of a dataset once; its samples may have one each."""
    seen: set[Path] = set()
    for index in range(len(dataset)):
        progress(index / len(dataset), dataset.names[index])
        try:
            home = calibration_home(dataset[index].rig)
        except MouseViewError:  # a sample without readable cameras has nothing to correct
            continue
        if home is not None and home.target not in seen:
            seen.add(home.target)
            yield home
        if dataset.session is not None:
            return


def use_correction(dataset: Dataset, correction: Correction, progress: Progress = _silent) -> tuple[Path, ...]:
    """Save a correction for every calibration of the dataset; whoever opens them from now on follows it.

    Returns the sidecars. The calibrations are not touched. Raises ``FileFormatError`` when nothing can be written.
    """
    return tuple(save_correction(home, correction) for home in _homes(dataset, progress))


def take_back(dataset: Dataset, progress: Progress = _silent) -> int:
    """Back to the files' own reading; returns how many calibrations were corrected before."""
    return sum(remove_correction(home) for home in _homes(dataset, progress))


def describe_solved(solved: Solved) -> dict[str, Any]:
    """The document of ``mouseview solve``."""
    solution = solved.solution
    unit = solution.unit
    return numbers(
        {
            "path": str(solved.dataset.path),
            "sample": solved.sample.name,
            "format": solved.sample.rig.format,
            "cameras": list(solved.sample.rig.names),
            "evidence": [str(kind) for kind in solution.kinds],
            "unit_of_score": solution.kind.unit,
            "verdict": solved.verdict,
            "agrees": solved.agrees,
            "fits": solution.fits,
            "in_use": list(solved.in_use.words),
            "best": list(solved.correction.words),
            "readings": [_describe(solution, ranked) for ranked in solution.ranked],
            "cannot_be_separated": list(solution.unseparated),
            "length": None if unit is None else {**dataclasses.asdict(unit), "words": unit.words},
        }
    )


def _describe(solution: Solution, ranked: Ranked) -> dict[str, Any]:
    measured, gap = solution.score(ranked), ranked.gap
    return {
        "reading": reading_words(solution, ranked),
        "changes": list(ranked.correction.words),
        "score": None if measured is None else measured.score,
        "at_least": measured is not None and measured.capped,
        "scores": {str(kind): found.score for kind, found in ranked.reading.measured.items()},
        "times_worse": None if gap is None else gap.ratio,
        "standard_errors": None if gap is None else gap.errors,
        "told_by": None if ranked.by is None else str(ranked.by),
        "standing": str(ranked.standing),
        "why_impossible": ranked.reading.why_impossible if ranked.standing is Standing.IMPOSSIBLE else "",
        "current": ranked is solution.current,
    }


def read_under(path: str | Path, correction: Correction, progress: Progress = _silent) -> Dataset:
    """Save a correction for everything at ``path`` (the plain one takes corrections back) and open it again."""
    use_correction(open_path(path, corrected=False), correction, progress)
    return open_path(path)
