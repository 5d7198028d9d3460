"""Focal length and principal point against the format: what declaring the format's K over these images would cost."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mouseview.checks.evidence import Evidence
from mouseview.geometry.rays import angle_between_deg, to_plane
from mouseview.model.camera import Camera
from mouseview.model.finding import Finding, Severity
from mouseview.model.model_format import ModelFormat
from mouseview.normalise.conformance import intrinsics_conform

_LOUD_DEG = 0.5  # at the middle of the window


def _centre_error_deg(camera: Camera, card: ModelFormat) -> float:
    """Between the declared and the true ray in the middle of the image, were it cropped square to the format."""
    side = min(camera.size)
    middle = np.append(to_plane(camera.K, np.array(camera.size) / 2), 1.0)
    declared = np.append(to_plane(card.K, np.full(2, card.size / 2)), 1.0)
    return float(angle_between_deg(middle, declared)) if side > 0 else 0.0


def format_intrinsics(evidence: Evidence) -> Iterator[Finding]:
    card = evidence.model_format
    off = [camera for camera in evidence.sound_rig if not intrinsics_conform(camera, card)]
    if not off:
        return
    worst = max(off, key=lambda camera: _centre_error_deg(camera, card))
    degrees = _centre_error_deg(worst, card)
    focal = [camera.fx * card.size / min(camera.size) for camera in off]
    middle = np.array(worst.size) / 2
    shift = np.array([worst.cx, worst.cy]) - middle
    declared_as_format = any(camera.size == (card.size, card.size) for camera in off)
    yield evidence.finding(
        "intrinsics-against-format",
        Severity.WARNING if declared_as_format and degrees > _LOUD_DEG else Severity.INFO,
        f"{len(off)} of {len(evidence.rig)} cameras have other intrinsics than {card.name}: their focal length in a "
        f"square crop would be {min(focal):.1f} to {max(focal):.1f} px against {card.focal:.2f}; "
        f"{worst.name}'s principal point lies ({shift[0]:+.2f}, {shift[1]:+.2f}) px off its middle, {degrees:.3f}°",
        "exact-aimed resamples to the format's K along the true rays; never write the format's K over these images",
        worst,
    )
