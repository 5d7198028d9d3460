"""Every view has an image, and it can be read."""

from __future__ import annotations

from collections.abc import Iterator

from mouseview.checks.evidence import Evidence
from mouseview.model.finding import Finding, Severity


def image_readable(evidence: Evidence) -> Iterator[Finding]:
    sample = evidence.sample
    if sample is None or not sample.has_images:
        return
    for index, camera in enumerate(evidence.rig):
        error = evidence.failures.get(index)
        if error is not None:
            place = error.place or evidence.place
            yield Finding("image-unreadable", Severity.ERROR, place, error.message, error.remedy, camera.name)
        elif sample.sources[index] is None:
            yield evidence.finding(
                "image-missing",
                Severity.WARNING,
                f"camera {camera.name} has no image in this sample",
                "add the image, or leave this view out of the views that are fed",
                camera,
            )
