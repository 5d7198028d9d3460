"""Cameras were not moved one by one to a common distance: that is no similarity and breaks the rig."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mouseview.checks.evidence import Evidence
from mouseview.model.finding import Finding, Severity

_EXACTLY = 1e-4  # relative spread of distances that no real rig has
_MISSES = 0.01  # share of the distance by which axes pass the origin


def per_camera_scaling(evidence: Evidence) -> Iterator[Finding]:
    rig, axes = evidence.sound_rig, evidence.axes
    if len(rig) < 3 or axes is None:
        return
    distances = rig.distances(np.zeros(3))
    mean = float(distances.mean())
    if mean <= 0 or distances.std() / mean > _EXACTLY:
        return
    along = np.sum(rig.forwards * rig.centres, axis=-1, keepdims=True) * rig.forwards
    misses = np.linalg.norm(rig.centres - along, axis=-1)
    # turned cameras of a true rig miss the origin together, by meeting elsewhere; moved ones no longer meet
    if misses.max() <= _MISSES * mean or axes.maximum <= _MISSES * mean:
        return
    yield evidence.finding(
        "per-camera-scaling",
        Severity.ERROR,
        f"every camera is exactly {mean:.4g} from the origin, yet the optical axes pass it by up to "
        f"{misses.max():.3g} and miss their own meeting point by up to {axes.maximum:.3g} {rig.unit_words}: "
        "each camera was scaled by itself, which is no similarity of a rig",
        "open the calibration as it was before that step and normalise it with exact-aimed: one scale for the rig",
    )
