"""Images were shifted and scaled by their masks after calibration, the cameras copied."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mouseview.checks.evidence import Evidence
from mouseview.model.finding import Finding, Severity

_CENTRED = 0.006  # share of the image's side that centroids lie from the middle, RMS
_ALIKE = 0.02  # relative spread of the masks' occupancy


def images_shifted(evidence: Evidence) -> Iterator[Finding]:
    views = [(camera, stats) for camera, stats, _ in evidence.masked_views() if stats.usable]
    if len(views) < 3:
        return
    away = np.array([stats.centroid_px / camera.size - 0.5 for camera, stats in views])
    centred = float(np.sqrt(np.mean(np.sum(away**2, axis=-1))))
    occupancy = np.sqrt([stats.coverage for _, stats in views])
    alike = float(occupancy.std() / occupancy.mean())
    if centred > _CENTRED or alike > _ALIKE:
        return
    yield evidence.finding(
        "images-shifted",
        Severity.ERROR,
        f"every mask's centre of mass lies within {100 * centred:.2f} % of its image's middle and fills the same share "
        f"({occupancy.mean():.3f} ± {100 * alike:.1f} %): images were shifted and scaled one by one after calibration, "
        "and no camera says so",
        "open the images as they were before that step and normalise them with exact-aimed or exact-zoom",
    )
