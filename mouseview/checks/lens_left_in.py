"""How far the lens bends the image, and whether it folds over inside it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mouseview.checks.evidence import Evidence
from mouseview.geometry.rays import to_plane
from mouseview.model.camera import Camera
from mouseview.model.finding import Finding, Severity
from mouseview.normalise.measure import lens_shift_px

_SHOWN_PX = 0.1


def _folds(camera: Camera) -> bool:
    """Whether some corner of the image is reached by no ray inside the monotone radius."""
    w, h = camera.size
    corners = np.array([[0, 0], [w, 0], [0, h], [w, h]], dtype=np.float64)
    return not bool(np.all(camera.optics.unproject(to_plane(camera.K, corners))[1]))


def lens_left_in(evidence: Evidence) -> Iterator[Finding]:
    lenses = [(lens_shift_px(camera), camera) for camera in evidence.sound_rig if not camera.is_pinhole]
    if not lenses:
        return
    shift, worst = max(lenses, key=lambda pair: pair[0])
    if shift > _SHOWN_PX:
        yield evidence.finding(
            "lens-left-in",
            Severity.INFO,
            f"{len(lenses)} camera(s) see through a lens that moves pixels by up to {shift:.1f} px ({worst.name}); "
            "a model's cameras are ideal pinholes",
            "the exact modes undo it in their one interpolation; raw, distance-only, forced-k and pixel-based do not",
            worst,
        )
    for _, camera in lenses:
        if _folds(camera):
            yield evidence.finding(
                "lens-folds-over",
                Severity.WARNING,
                f"the lens polynomial stops rising at normalised radius {camera.optics.monotone_radius:.3f}, "
                "inside the image: no ray reaches its corners",
                "calibrate with points up to the corners; until then these pixels are left out (alpha 0)",
                camera,
            )
