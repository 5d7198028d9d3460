"""What silhouettes of this rig can tell and what they cannot, said in plain words beside what they say."""

from __future__ import annotations

from collections.abc import Iterator

from mouseview.checks.evidence import Evidence
from mouseview.model.finding import Finding, Severity
from mouseview.multiview.hull import SilhouetteHull

_ALIKE_DEG = 25.0  # between the two views that differ most
_ONE_SIDE_DEG = 100.0


def _weakness(hull: SilhouetteHull) -> list[str]:
    out = []
    if len(hull.names) == 2:
        out.append("two views only bound each other between two lines: a contradiction shows, but not whose")
    elif len(hull.names) == 3:
        out.append("three views allow much: one of them is named only where the other two fit each other")
    if hull.spread_deg < _ALIKE_DEG:
        out.append(
            f"all cameras look nearly the same way (at most {hull.spread_deg:.0f}° apart): depth, distance and focal "
            "length cannot be separated"
        )
    elif hull.spread_deg < _ONE_SIDE_DEG:
        out.append(
            f"all cameras look from one side (at most {hull.spread_deg:.0f}° apart): an error along the common "
            "direction hardly shows"
        )
    cut = [name for name, seen in zip(hull.names, hull.silhouettes, strict=True) if seen.cut]
    if cut:
        out.append(f"{', '.join(cut)}: cut by a border, which says nothing of what lies beyond")
    return out


def silhouette_evidence(evidence: Evidence) -> Iterator[Finding]:
    hull = evidence.hull
    if hull is None:
        return
    verdict = "agree" if hull.agrees else "do not agree"
    weak = "".join(f"; {text}" for text in _weakness(hull))
    yield evidence.finding(
        "silhouette-evidence",
        Severity.INFO,
        f"{len(hull.names)} silhouettes {verdict}: the worst tenth of an outline lies {hull.worst_px:.2f} px outside "
        f"what the others allow, and with masks this rough {hull.tolerance_px:.2f} px and more would be told{weak}. "
        "Silhouettes cannot see the scale of the whole rig, a single view's distance where its zoom makes up for it, "
        "or shifts below that size",
        "a known length tells the scale (probe two points); labelled points tell what outlines cannot",
    )
