"""Which labels were found, what was assumed on reading them, and files of labels that could not be used."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mouseview.checks.evidence import Evidence
from mouseview.model.camera import Labels
from mouseview.model.finding import Finding, Severity


def labels_read(evidence: Evidence) -> Iterator[Finding]:
    labels = evidence.sample.labels if evidence.sample is not None else None
    if labels is None:
        return
    yield from labels.problems
    if labels.notes:
        yield evidence.finding(
            "labels",
            Severity.INFO,
            f"{_counted(labels)}: {'; '.join(labels.notes)}",
            "move files aside that are not of this session; name them as the camera or its video where one is missing",
        )


def _counted(labels: Labels) -> str:
    frames, points = labels.points_world.shape[:2]
    parts = [f"{points} points of {frames} frame(s)"]
    if labels.points_px is not None:
        seen = np.all(np.isfinite(labels.points_px), axis=-1)
        parts.append(f"2D in {int(np.sum(seen.any(axis=(1, 2))))} of {len(seen)} views ({int(seen.sum())} marks)")
    if len(labels.finite_points):
        parts.append(f"3D of {len(labels.finite_points)}")
    return ", ".join(parts)
