"""Labelled points, seen through the cameras, lie where they were labelled."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mouseview.checks.evidence import Evidence
from mouseview.model.finding import Finding, Severity

_MEDIAN_PX = 5.0


def labels_agree(evidence: Evidence) -> Iterator[Finding]:
    labels = evidence.sample.labels if evidence.sample is not None else None
    if labels is None or labels.points_px is None:
        return
    for index in evidence.sound:
        camera = evidence.rig[index]
        gaps = np.linalg.norm(camera.project(labels.points_world)[0] - labels.points_px[index], axis=-1)
        seen = gaps[np.isfinite(gaps)]
        if seen.size and float(np.median(seen)) > _MEDIAN_PX:
            yield evidence.finding(
                "labels-disagree",
                Severity.ERROR,
                f"{seen.size} labelled points reproject {np.median(seen):.1f} px (median) from their labels, "
                f"{seen.max():.1f} px at most",
                "check that labels and calibration are of the same session, the same image size and the same cameras",
                camera,
            )
