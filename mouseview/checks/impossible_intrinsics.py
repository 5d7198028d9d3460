"""K and lens can be a camera's at all."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mouseview.checks.evidence import Evidence
from mouseview.model.camera import Camera
from mouseview.model.finding import Finding, Severity

_OUTSIDE = 0.5  # share of the image that a principal point may lie outside it before it is called wrong
_FIELD_DEG = (0.5, 170.0)  # of view


def _problem(camera: Camera) -> tuple[str, str] | None:
    """(code, what is wrong), or None."""
    K = camera.K
    if not np.all(np.isfinite(K)):
        return "non-finite-intrinsics", "K holds values that are not finite"
    if not np.all(np.isfinite(camera.distortion)):
        return "non-finite-intrinsics", f"the distortion {camera.distortion.tolist()} is not finite"
    if camera.width <= 0 or camera.height <= 0:
        return "impossible-intrinsics", f"an image of {camera.width}×{camera.height} px is none"
    if camera.fx <= 0 or camera.fy <= 0:
        return "impossible-intrinsics", f"a focal length of fx {camera.fx:g}, fy {camera.fy:g} px is not positive"
    if not np.allclose(K[2], [0, 0, 1]) or K[1, 0] != 0:
        return "impossible-intrinsics", f"K is not upper triangular with a last row 0 0 1: {K.round(4).tolist()}"
    away = np.array([camera.cx / camera.width, camera.cy / camera.height]) - 0.5
    if np.any(np.abs(away) > 0.5 + _OUTSIDE):
        where = f"({camera.cx:.1f}, {camera.cy:.1f})"
        return "impossible-intrinsics", f"the principal point {where} is far outside {camera.width}×{camera.height} px"
    field = 2 * float(np.degrees(np.arctan(max(camera.size) / 2 / camera.fx)))
    if not _FIELD_DEG[0] <= field <= _FIELD_DEG[1]:
        return (
            "impossible-intrinsics",
            f"fx {camera.fx:g} px over {max(camera.size)} px is a field of view of {field:.2f}°",
        )
    return None


def impossible_intrinsics(evidence: Evidence) -> Iterator[Finding]:
    for camera in evidence.rig:
        problem = _problem(camera)
        if problem is not None:
            remedy = "check K's rows and columns (some files hold it transposed) and its image size, or leave it out"
            yield evidence.finding(problem[0], Severity.ERROR, problem[1], remedy, camera)
