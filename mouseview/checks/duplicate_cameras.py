"""No camera stands twice in the rig."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from mouseview.checks.evidence import Evidence
from mouseview.model.finding import Finding, Severity

_SAME_PLACE = 1e-6  # share of the rig's extent
_SAME_ROTATION = 1e-6


def duplicate_cameras(evidence: Evidence) -> Iterator[Finding]:
    rig = evidence.rig
    finite = [camera for camera in rig if np.all(np.isfinite(camera.T_cam_world))]
    extent = max((float(np.ptp([camera.centre for camera in finite], axis=0).max()) if finite else 0.0), 1e-12)
    told: set[int] = set()  # of many that are all the same, each is named once, beside the first
    for (_, first), (index, second) in combinations(enumerate(finite), 2):
        if index in told:
            continue
        near = float(np.linalg.norm(first.centre - second.centre)) <= _SAME_PLACE * extent
        if not near or np.abs(first.pose.R - second.pose.R).max() > _SAME_ROTATION:
            continue
        told.add(index)
        same_K = np.allclose(first.K, second.K, rtol=1e-9, atol=1e-9, equal_nan=True)
        what = "the same pose and the same K" if same_K else "the same pose with another K"
        yield evidence.finding(
            "duplicate-cameras",
            Severity.ERROR,
            f"cameras {first.name} and {second.name} have {what}: one calibration stands for both",
            f"calibrate {first.name} or {second.name} again, or leave one of them out; nothing is normalised silently",
            second,
        )
    for name in sorted({name for name in rig.names if rig.names.count(name) > 1}):
        yield evidence.finding(
            "duplicate-names",
            Severity.ERROR,
            f"{rig.names.count(name)} cameras are named {name}",
            "give every camera a name of its own: images and views are matched by it",
            rig[name],
        )
