"""The subject as a ball, seen by the camera that is declared and by the one that is true: why a mode is false."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from mouseview.geometry.transforms import Array, Similarity
from mouseview.model.camera import Camera
from mouseview.normalise.plan import ViewPlan
from mouseview.normalise.subject import Subject

_OUTLINE_POINTS = 64
_ARROWS_DEG = (35.0, 65.0)  # rings of surface points about the one nearest the camera
_ARROWS_PER_RING = 6


@dataclass(frozen=True, eq=False)
class BallPicture:
    """One view's ball, in px of its canonical image.

    declared_px, true_px (64, 2): its outline as the declared camera has it and as the pixels show it; NaN where a
    camera does not see it.  starts_px, ends_px (13, 2): points of its surface where the pixels show them, and where
    the declared camera looks for them.  rms_px: the ledger's projection error, over the whole surface.
    """

    declared_px: Array
    true_px: Array
    starts_px: Array
    ends_px: Array
    rms_px: float


def moved_subject(subject: Subject, similarity: Similarity) -> Subject:
    """The subject in the frame that ``similarity`` leads to."""
    return dataclasses.replace(
        subject,
        centre=similarity.apply(subject.centre),
        radius=subject.radius * float(similarity.scale),
        seen=similarity.apply(subject.seen) if len(subject.seen) else subject.seen,
    )


def _across(direction: Array) -> tuple[Array, Array]:
    """Two unit vectors (3,) at right angles to a unit direction and to each other."""
    first = np.cross(direction, np.eye(3)[int(np.argmin(np.abs(direction)))])
    first /= np.linalg.norm(first)
    return first, np.cross(direction, first)


def _ring(middle: Array, direction: Array, radius: float, count: int) -> Array:
    """(count, 3) points of a circle about ``direction``."""
    a, b = _across(direction)
    angle = 2 * np.pi * np.arange(count)[:, None] / count
    return middle + radius * (np.cos(angle) * a + np.sin(angle) * b)


def silhouette(subject: Subject, eye: Array) -> Array:
    """(64, 3): the circle on the ball that an eye (3,) sees as its outline; NaN from within the ball."""
    towards = eye - subject.centre
    distance = float(np.linalg.norm(towards))
    if not distance > subject.radius:
        return np.full((_OUTLINE_POINTS, 3), np.nan)
    direction, sine = towards / distance, subject.radius / distance
    middle = subject.centre + subject.radius * sine * direction
    return _ring(middle, direction, subject.radius * float(np.sqrt(1 - sine * sine)), _OUTLINE_POINTS)


def _facing(subject: Subject, eye: Array) -> Array:
    """(13, 3): points of the surface that look at the eye."""
    towards = eye - subject.centre
    direction = towards / max(float(np.linalg.norm(towards)), 1e-12)
    points = [(subject.centre + subject.radius * direction)[None]]
    for ring_deg in _ARROWS_DEG:
        angle = np.radians(ring_deg)
        middle = subject.centre + subject.radius * np.cos(angle) * direction
        points.append(_ring(middle, direction, subject.radius * float(np.sin(angle)), _ARROWS_PER_RING))
    return np.concatenate(points)


def _seen(camera: Camera, points: Array) -> Array:
    """(N, 2) px; NaN where the camera does not see them."""
    pixels, valid = camera.project(points)
    return np.where(valid[:, None], pixels, np.nan)


def ball_picture(view: ViewPlan, subject: Subject) -> BallPicture:
    """``subject`` in the frame of the plan's true cameras."""
    points = _facing(subject, view.true.centre)
    return BallPicture(
        declared_px=_seen(view.declared, silhouette(subject, view.declared.centre)),
        true_px=_seen(view.true, silhouette(subject, view.true.centre)),
        starts_px=_seen(view.true, points),
        ends_px=_seen(view.declared, points),
        rms_px=subject.projection_error_px(view.declared, view.true),
    )
