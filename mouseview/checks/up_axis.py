"""World up is +Z, as far as the cameras can tell."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mouseview.checks.evidence import Evidence
from mouseview.model.finding import Finding, Severity

_AGREE = 0.5  # length of the mean image-up vector below which cameras are rolled every way and say nothing
_TILTED_DEG = 45.0
_BELOW_DEG = -20.0  # mean elevation from which cameras look at a subject from under the floor


def up_axis(evidence: Evidence) -> Iterator[Finding]:
    rig = evidence.sound_rig
    if len(rig) < 2:
        return
    ups = np.array([-camera.pose.R[1] for camera in rig])
    mean = ups.mean(axis=0)
    length = float(np.linalg.norm(mean))
    model_up = np.array(evidence.model_format.up)
    if length >= _AGREE:
        angle = float(np.degrees(np.arccos(np.clip(mean @ model_up / length, -1, 1))))
        if angle > _TILTED_DEG:
            axis = int(np.argmax(np.abs(mean)))
            name = f"{'+' if mean[axis] > 0 else '-'}{'XYZ'[axis]}"
            yield evidence.finding(
                "up-axis",
                Severity.WARNING,
                f"the cameras' image-up points along world {name} on average, {angle:.0f}° from +Z, which the model "
                "takes for up",
                f"take up from the cameras (--up cameras, or in the Subject panel): {name} becomes +Z by one rotation "
                "of the whole rig",
            )
            return
    offsets = rig.centres - evidence.subject
    elevations = np.degrees(np.arctan2(offsets @ model_up, np.linalg.norm(np.cross(offsets, model_up), axis=-1)))
    if float(elevations.mean()) < _BELOW_DEG:
        yield evidence.finding(
            "up-axis",
            Severity.WARNING,
            f"the cameras stand {-elevations.mean():.0f}° below the subject on average: world up may be -Z",
            "if the cameras look down in truth, give up as --up=0,0,-1 or in the Subject panel (one rotation for the "
            "whole rig)",
        )
