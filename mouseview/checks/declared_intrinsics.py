"""The format's own K in every camera of a rig that was not built to it: was it computed, or written over crops?"""

from __future__ import annotations

from collections.abc import Iterator

from mouseview.checks.evidence import Evidence
from mouseview.checks.silhouette_stories import declares_format
from mouseview.model.finding import Finding, Severity

_MISS = 0.01  # share of the mean distance; cameras that were placed by a program meet better, those on stands do not


def declared_intrinsics(evidence: Evidence) -> Iterator[Finding]:
    rig, card, axes = evidence.sound_rig, evidence.model_format, evidence.axes
    if len(rig) < 3 or axes is None or evidence.conforms or rig.units == "model":  # model units: a normalisation's
        return
    size = (card.size, card.size)
    if not all(camera.size == size and camera.is_pinhole for camera in rig):
        return
    if not declares_format(rig.cameras, card):
        return
    if not axes.maximum > _MISS * float(rig.distances(axes.point).mean()):
        return
    if evidence.hull is not None and evidence.hull.agrees:
        return  # the images were resampled to it
    yield evidence.finding(
        "intrinsics-declared",
        Severity.WARNING,
        f"every camera declares {card.name}'s own K ({card.focal:.2f} px, principal point in the very middle), which "
        f"no lens has, while the optical axes miss each other by up to {axes.maximum:.4g} {rig.unit_words}, as cameras "
        "on stands do: true only if every image was resampled to this K; if it was cropped, every ray is bent",
        "if K was written over crops, open the original frames with their own calibration and use exact-aimed",
    )
