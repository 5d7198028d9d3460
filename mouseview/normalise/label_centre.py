"""The subject's centre from labels: its labelled 3D points, or 2D keypoints that several views place well."""

from __future__ import annotations

import numpy as np

from mouseview.geometry.transforms import Array
from mouseview.model.camera import Labels, Rig
from mouseview.model.prepared import SubjectCentre
from mouseview.model.recipe import CentreSource
from mouseview.multiview.points import triangulate_pixels
from mouseview.normalise.possible import possible

_FEWEST = 3  # points: fewer may be one false label
_WELL_SHARE = 0.01  # of the image's longer side: keypoints of a sound rig meet far better
_OUTLIER = 4.0  # times the median misfit
_MOST = 2_000  # points that are triangulated: evenly taken from more


def from_labels(labels: Labels | None, rig: Rig) -> SubjectCentre | None:
    """The mean of all labelled points; None where there are none, or where 2D labels do not meet.

    ``labels.points_px`` runs parallel to the rig.
    """
    if labels is None:
        return None
    frames = len(labels.points_world)
    points = labels.finite_points
    if len(points):
        note = f"mean of {len(points)} labelled points of {frames} frame(s)"
        return _centre(points, f"{note}, which spread by {_spread(points):.3g} {rig.unit_words}")
    found = None if labels.points_px is None else _triangulated(labels.points_px, rig)
    if found is None:
        return None
    points, misfit_px, views = found
    note = f"mean of {len(points)} keypoints of {frames} frame(s) triangulated from 2D labels of {views} views"
    note += f", which meet to {misfit_px:.2g} px (median) and spread by {_spread(points):.3g} {rig.unit_words}"
    return _centre(points, note)


def label_points(labels: Labels | None, rig: Rig) -> Array:
    """(M, 3): the labelled points in the rig's units, triangulated where there are 2D labels alone; M may be 0."""
    if labels is None:
        return np.zeros((0, 3))
    points = labels.finite_points
    if len(points) or labels.points_px is None:
        return points
    found = _triangulated(labels.points_px, rig)
    return np.zeros((0, 3)) if found is None else found[0]


def _centre(points: Array, note: str) -> SubjectCentre:
    return SubjectCentre(CentreSource.LABELS, points.mean(axis=0), None, note)


def _spread(points: Array) -> float:
    return float(np.sqrt(np.mean(np.sum((points - points.mean(axis=0)) ** 2, axis=-1))))


def _triangulated(points_px: Array, rig: Rig) -> tuple[Array, float, int] | None:
    """Points (M, 3) that their views agree on, the median misfit in px, and how many views took part."""
    if len(points_px) != len(rig):
        return None
    marks = points_px.reshape(len(rig), -1, 2)
    seen = np.all(np.isfinite(marks), axis=-1)
    sound = [index for index, camera in enumerate(rig) if possible(camera) and np.any(seen[index])]
    asked = np.flatnonzero(seen[sound].sum(axis=0) >= 2) if len(sound) >= 2 else np.zeros(0, int)
    if len(asked) < _FEWEST:
        return None
    if len(asked) > _MOST:
        asked = asked[np.linspace(0, len(asked) - 1, _MOST).astype(int)]
    cameras = [rig[index] for index in sound]
    found = triangulate_pixels(cameras, marks[sound][:, asked], leave_one_out=False)
    good = found.reliable
    if np.sum(good) < max(_FEWEST, len(asked) / 2):
        return None
    median = float(np.median(found.misfit_px[good]))
    kept = good & (found.misfit_px <= max(_OUTLIER * median, 1.0))
    if median > _WELL_SHARE * max(max(camera.size) for camera in cameras):
        return None
    return found.points_world[kept], median, len(sound)
