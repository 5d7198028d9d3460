"""The subject stands in front of every camera."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mouseview.checks.evidence import Evidence
from mouseview.model.finding import Finding, Severity


def facing(evidence: Evidence) -> Iterator[Finding]:
    rig = evidence.sound_rig
    if len(rig) < 2:
        return
    trusted = evidence.centres[0]
    depths = np.array([camera.pose.apply(trusted.point)[2] for camera in rig])
    behind = [camera for camera, depth in zip(rig, depths, strict=True) if depth <= 0]
    if behind and len(behind) == len(rig):
        yield evidence.finding(
            "facing",
            Severity.ERROR,
            f"the {trusted.source} centre lies behind all {len(rig)} cameras",
            "poses are inverted (camera-to-world read as world-to-camera) or their axes point backwards: "
            "convert the file with the right convention",
        )
        return
    for camera in behind:
        depth = float(camera.pose.apply(trusted.point)[2])
        yield evidence.finding(
            "facing",
            Severity.ERROR,
            f"the subject ({trusted.source}) lies {-depth:.4g} {rig.unit_words} behind the camera",
            "this pose is inverted or belongs to another session: recalibrate it, or leave the view out",
            camera,
        )
