"""Is the calibration read right? A saved correction is named, and a reading that fits far better where one does."""

from __future__ import annotations

from collections.abc import Iterator

from mouseview.checks.evidence import Evidence
from mouseview.formats.correction_file import saved_correction
from mouseview.formats.registry import calibration_home
from mouseview.model.finding import Finding, Severity
from mouseview.solve.conventions import evidence as solver
from mouseview.solve.conventions.measure import Kind
from mouseview.solve.conventions.silhouettes import Silhouette
from mouseview.solve.conventions.solver import explains, solve_conventions

_GRAVE = 4.0  # times what masks this rough leave: less is no matter of a transpose
_ENOUGH_VIEWS = 3


def reading(evidence: Evidence) -> Iterator[Finding]:
    yield from _saved(evidence)
    question = _question(evidence)
    if question is None:
        return
    # exchanged views and lenses have checks of their own
    solution = solve_conventions(question, thorough=False, views=False)
    best, now = solution.best, solution.current
    measured = solution.score(best), solution.score(now)
    if solution.agrees or not solution.fits or measured[0] is None or measured[1] is None:
        return
    bound, unit = "more than " if measured[1].capped else "", solution.kind.unit
    alone = solution.kind is Kind.STRUCTURE
    yield evidence.finding(
        "another-reading",
        Severity.WARNING if alone else Severity.ERROR,
        f"another reading fits better: {', '.join(best.correction.words)}: {measured[0].score:.1f} {unit} instead of "
        f"{bound}{measured[1].score:.0f} {unit} ({'between axes and where they meet' if alone else solution.kind})",
        "use it: Check conventions in the window, or mouseview solve PATH --apply; the file itself stays as it is",
    )


def _saved(evidence: Evidence) -> Iterator[Finding]:
    home = calibration_home(evidence.rig)
    saved = None if home is None else saved_correction(home)
    if saved is None:
        return
    words = ", ".join(saved.correction.words)
    if saved.outdated:
        yield evidence.finding(
            "correction-outdated",
            Severity.WARNING,
            f"the correction {saved.place.name} ({words}) is not applied: the calibration has changed since",
            "ask again which reading fits (mouseview solve PATH --apply), or take the correction back with --undo",
        )
    else:
        yield evidence.finding(
            "reading-corrected",
            Severity.INFO,
            f"read with a correction: {words} ({saved.place.name})",
            "mouseview solve PATH --undo goes back to the file's own reading",
        )


def _question(evidence: Evidence) -> solver.Evidence | None:
    """The evidence to solve with; None where nothing looks as if the calibration were read wrongly."""
    if len(evidence.sound) < len(evidence.rig) or not len(evidence.rig):
        return None  # cameras that cannot be are named by other checks
    labels = evidence.sample.labels if evidence.sample is not None else None
    asked = solver.of_labels(evidence.rig, labels)
    if not asked.is_structure_alone:
        return None if explains(asked) else asked
    masks = [stats.mask if stats is not None and stats.usable else None for stats in evidence.masks]
    if sum(mask is not None for mask in masks) >= _ENOUGH_VIEWS:
        hull = evidence.hull
        agree = hull is not None and hull.worst_px <= _GRAVE * hull.tolerance_px
        if agree and explains(solver.Evidence(evidence.rig)):  # a rig that looks away contradicts no silhouette
            return None
        frame = tuple(None if mask is None else Silhouette.of_mask(mask) for mask in masks)
        return solver.Evidence(evidence.rig, frames=(frame,))
    return None if explains(asked) else asked
