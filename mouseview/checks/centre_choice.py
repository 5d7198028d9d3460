"""Which centre is taken, and how far the other candidates lie from it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mouseview.checks.evidence import Evidence
from mouseview.model.finding import Finding, Severity
from mouseview.model.recipe import CentreSource

_APART = 0.1  # share of the mean distance between labels and masks


def centre_choice(evidence: Evidence) -> Iterator[Finding]:
    rig = evidence.sound_rig
    if len(rig) < 2 or evidence.conforms:
        return
    chosen, others = evidence.centres[0], evidence.centres[1:]
    mean = float(rig.distances(chosen.point).mean())
    if mean <= 0:
        return  # all cameras at one place: the check on duplicates names them
    parts = []
    for other in others:
        gap = float(np.linalg.norm(other.point - chosen.point))
        distances = rig.distances(other.point)
        parts.append(
            f"{other.source} {gap:.4g} {rig.unit_words} away (CV {100 * distances.std() / distances.mean():.2f} %)"
        )
    distances = rig.distances(chosen.point)
    point = ", ".join(f"{value:.4g}" for value in chosen.point)
    message = f"the centre is taken from the {chosen.source}: ({point}) {rig.unit_words}, {chosen.note}; "
    message += f"distances CV {100 * distances.std() / mean:.2f} %. Others: {'; '.join(parts)}"
    # an animal walks away from the axes; labels and masks both speak of the animal itself
    masks = next((other for other in others if other.source is CentreSource.MASKS), chosen)
    apart = float(np.linalg.norm(masks.point - chosen.point)) > _APART * mean
    yield evidence.finding(
        "centre",
        Severity.WARNING if apart else Severity.INFO,
        message,
        "choose the centre with --centre or in the Subject panel; a wrong one bends distances, not rays",
    )
