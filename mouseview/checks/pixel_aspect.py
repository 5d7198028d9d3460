"""One camera's pixels are as square as its neighbours': a focal length of one axis that is off shows without images."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mouseview.checks.evidence import Evidence
from mouseview.model.finding import Finding, Severity

_APART = 0.011  # relative: calibrations of one rig scatter by half a percent
_TIMES = 1.25  # the scatter of the others, where that is more
_ENOUGH = 4  # cameras, to tell which one is the odd one


def pixel_aspect(evidence: Evidence) -> Iterator[Finding]:
    rig = evidence.sound_rig
    if len(rig) < _ENOUGH:
        return
    ratios = np.array([camera.fx / camera.fy for camera in rig])
    for index, camera in enumerate(rig):
        others = np.delete(ratios, index)
        usual = float(np.median(others))
        off = float(ratios[index] / usual - 1)
        scatter = float(np.abs(others / usual - 1).max())
        if abs(off) > max(_APART, _TIMES * scatter):
            yield evidence.finding(
                "pixel-aspect",
                Severity.WARNING,
                f"fx / fy is {ratios[index]:.4f}, {100 * off:+.1f} % beside the other cameras' {usual:.4f} (which "
                f"differ by {100 * scatter:.1f} % at most): fx {camera.fx:.1f} or fy {camera.fy:.1f} px is off by it",
                "calibrate this camera again, or compare with the calibration's own file: one number may have been "
                "edited or refined with too few points",
                camera,
            )
