"""What the probe draws over one photograph, computed apart from the drawing: curves, marks, where points should be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mouseview.app.probing.keypoints import KeypointJudgement
from mouseview.app.probing.probe import Probe
from mouseview.app.probing.solution import ProbeSolution
from mouseview.geometry.transforms import Array
from mouseview.multiview.epipolar import EpipolarCurve

_WORKING_NEAR, _WORKING_FAR = 0.6, 1.5  # of the distance to the subject: the part of a curve to look at first


@dataclass(frozen=True, eq=False)
class RayCurves:
    """The curves of one pixel's ray in all views of a rig. point: 0 for A, 1 for B.  subject_distance: from its camera
    to the subject in world units, NaN where that is not known."""

    point: int
    camera: str
    pixel: tuple[float, float]
    curves: tuple[EpipolarCurve, ...]
    subject_distance: float


@dataclass(frozen=True, eq=False)
class Line:
    """points (N, 2) in px.  strong: the part at the subject's depth."""

    points: Array
    point: int
    strong: bool


@dataclass(frozen=True, eq=False)
class Spot:
    """marked, predicted (2,) in px or None.  residual_px: between both, NaN where one is missing.  active: clicks mark
    this point now."""

    point: int
    active: bool
    marked: Array | None
    predicted: Array | None
    residual_px: float
    suspect: bool


@dataclass(frozen=True, eq=False)
class ProbeOverlay:
    """keypoints, keypoints_predicted (N, 2) px, NaN where there is none."""

    lines: tuple[Line, ...] = ()
    spots: tuple[Spot, ...] = ()
    ruler: Array | None = None
    keypoints: Array | None = None
    keypoints_predicted: Array | None = None

    @property
    def is_empty(self) -> bool:
        return not (self.lines or self.spots) and self.ruler is None and self.keypoints is None


def curve_lines(curve: EpipolarCurve, point: int, subject_distance: float) -> list[Line]:
    """A curve in its strong and its faint parts."""
    out = []
    for piece, depths in zip(curve.pieces, curve.depths, strict=True):
        near, far = _WORKING_NEAR * subject_distance, _WORKING_FAR * subject_distance
        strong = (depths >= near) & (depths <= far) if np.isfinite(subject_distance) else np.ones(len(depths), bool)
        if len(piece) == 1:
            out.append(Line(piece, point, True))
            continue
        between = strong[:-1] | strong[1:]
        for run in np.split(np.arange(len(between)), np.flatnonzero(np.diff(between)) + 1):
            out.append(Line(piece[run[0] : run[-1] + 2], point, bool(between[run[0]])))
    return out


def probe_overlay(
    probe: Probe,
    solution: ProbeSolution | None,
    rays: tuple[RayCurves, ...],
    keypoints: KeypointJudgement | None,
    names: tuple[str, ...],
    view: int,
) -> ProbeOverlay:
    """Of view ``view`` of the rig with the camera ``names``."""
    lines = [line for ray in rays for line in curve_lines(ray.curves[view], ray.point, ray.subject_distance)]
    spots = []
    for point, marks in enumerate(probe.points):
        marked = next((np.array(mark.pixel) for mark in marks if mark.camera == names[view]), None)
        predicted = solution.predicted_px[view, point] if solution is not None else np.full(2, np.nan)
        known = bool(np.all(np.isfinite(predicted)))
        if marked is None and not known:
            continue
        residual = (
            float(solution.found.residual_px[view, point]) if solution is not None and marked is not None else np.nan
        )
        suspect = solution is not None and solution.suspects[point] == view
        spots.append(Spot(point, point == probe.active, marked, predicted if known else None, residual, suspect))
    return ProbeOverlay(
        tuple(lines),
        tuple(spots),
        solution.ruler_px(view) if solution is not None and solution.length is not None else None,
        None if keypoints is None else keypoints.marks_px[view],
        None if keypoints is None else keypoints.predicted_px[view],
    )
