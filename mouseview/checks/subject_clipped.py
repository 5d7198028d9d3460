"""The subject lies inside the image and is not cut by its border."""

from __future__ import annotations

from collections.abc import Iterator

from mouseview.checks.evidence import Evidence
from mouseview.model.finding import Finding, Severity

_SHARE = 0.02  # of the mask's outline


def subject_clipped(evidence: Evidence) -> Iterator[Finding]:
    cut = [(camera, stats) for camera, stats, _ in evidence.masked_views() if stats.usable]
    cut = [(camera, stats) for camera, stats in cut if stats.border_share > _SHARE]
    if cut and evidence.conforms:
        # a model's own training views may well end at the border: the portraits of FaceLift do
        yield evidence.finding(
            "subject-clipped",
            Severity.INFO,
            f"{len(cut)} masks end at their image's border, in cameras that are the format's own",
            "nothing to do if the model was trained on such views",
            cut[0][0],
        )
        return
    for camera, stats in cut:
        yield evidence.finding(
            "subject-clipped",
            Severity.WARNING,
            f"{100 * stats.border_share:.0f} % of the mask's outline lies on the image's border: the subject is cut",
            "its centroid counts less for the centre; leave this view out where much of the animal is missing",
            camera,
        )
