"""Camera distances against the format: raw millimetres make the model render white."""

from __future__ import annotations

from collections.abc import Iterator

from mouseview.checks.evidence import Evidence
from mouseview.model.finding import Finding, Severity

_FAR = 1.5  # times the format's distance, or one over it
_UNEVEN = 0.15  # coefficient of variation


def units_and_distance(evidence: Evidence) -> Iterator[Finding]:
    rig, card = evidence.sound_rig, evidence.model_format
    if len(rig) < 2 or evidence.conforms:
        return
    centre = evidence.centres[0]
    distances = rig.distances(centre.point)
    mean = float(distances.mean())
    if mean <= 0:
        return  # all cameras at one place: the check on duplicates names them
    spread = float(distances.std() / mean)
    if not 1 / _FAR <= mean / card.distance <= _FAR:
        window = f"±{card.depth_window:g}"
        yield evidence.finding(
            "units-and-distances",
            Severity.WARNING,
            f"cameras stand {mean:.4g} {rig.unit_words} from the subject ({centre.source}) on average, the model "
            f"expects {card.distance:g}: fed as they are (raw), nothing lies in its {window} depth window "
            "and the model will render white",
            f"normalise with exact-aimed: one scale of {card.distance / mean:.6g} for the whole rig",
        )
    if spread > _UNEVEN:
        yield evidence.finding(
            "uneven-distances",
            Severity.WARNING,
            f"distances from the {centre.source} run from {distances.min():.4g} to {distances.max():.4g} "
            f"{rig.unit_words} (CV {100 * spread:.1f} %)",
            "check the centre first: a wrong one makes an even rig look uneven; if it is right, keep the distances",
        )
