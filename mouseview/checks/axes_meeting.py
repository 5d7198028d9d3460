"""Optical axes meet somewhere, as those of cameras that look at one subject do."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mouseview.checks.evidence import Evidence
from mouseview.model.finding import Finding, Severity

_MISS = 0.25  # share of the mean distance: one camera's axis may pass that far from where the others meet


def axes_meeting(evidence: Evidence) -> Iterator[Finding]:
    axes, rig = evidence.axes, evidence.sound_rig
    if axes is None:
        return
    if not axes.reliable:
        yield evidence.finding(
            "axes-parallel",
            Severity.WARNING,
            f"the optical axes are nearly parallel ({axes.spread_deg:.2f}° apart at most along one direction): "
            "where they meet says little about the subject",
            "choose the centre by masks, labels or a point of your own; depth will be weak",
        )
        return
    mean = float(rig.distances(axes.point).mean())
    for camera, miss in zip(rig, axes.distances, strict=True):
        if miss > _MISS * mean:
            yield evidence.finding(
                "axes-do-not-meet",
                Severity.WARNING,
                f"the optical axis passes {miss:.4g} {rig.unit_words} from where the others meet, "
                f"{100 * miss / mean:.0f} % of the mean distance: it looks elsewhere",
                "check this camera's pose against its image; leave the view out if it does not show the subject",
                camera,
            )
    depths = np.array([camera.pose.apply(axes.point)[2] for camera in rig])
    if np.any(depths <= 0) and np.any(depths > 0):
        return  # the check on facing names them
    if float(axes.rms) > _MISS * mean:
        yield evidence.finding(
            "axes-do-not-meet",
            Severity.WARNING,
            f"the optical axes meet only within {axes.rms:.4g} {rig.unit_words} RMS at a mean distance of {mean:.4g}",
            "poses of several sessions may be mixed, or R transposed: check the file's conventions",
        )
