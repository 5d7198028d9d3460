"""Readings measured on all evidence alike, and whether two of them can be told apart by it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from mouseview.geometry.transforms import Array
from mouseview.model.correction import Correction
from mouseview.solve.conventions.cameras import ReadCameras, Readings
from mouseview.solve.conventions.evidence import Evidence
from mouseview.solve.conventions.points import PointEvidence
from mouseview.solve.conventions.silhouettes import silhouette_gaps
from mouseview.solve.conventions.structure import axis_angles_deg, impossible


class Kind(StrEnum):
    """Kinds of evidence, the one that tells most first."""

    LABELS = "3D labels"
    KEYPOINTS = "keypoints"
    SILHOUETTES = "silhouettes"
    STRUCTURE = "structure"

    @property
    def unit(self) -> str:
        return "°" if self is Kind.STRUCTURE else "px"


# below these a difference is the arithmetic's, the rasters' or the aim's, and no evidence
_FLOOR = {Kind.LABELS: 0.02, Kind.KEYPOINTS: 0.02, Kind.SILHOUETTES: 0.1, Kind.STRUCTURE: 1.0}
_LEAST_RATIO = 1.05  # readings nearer than this are alike, however many labels repeat it
_MOST_INDEPENDENT = 50  # labels of one session share their maker's habits: more of them prove no more
# one-sided 0.1 % of Student's t by degrees of freedom; between the entries the smaller number of them counts
_T = (
    (2, 22.3),
    (3, 10.2),
    (4, 7.2),
    (5, 5.9),
    (6, 5.2),
    (7, 4.8),
    (9, 4.3),
    (11, 4.0),
    (15, 3.7),
    (25, 3.5),
    (49, 3.3),
)


@dataclass(frozen=True, eq=False)
class Measured:
    """One reading on one kind of evidence. score: what it leaves, in ``Kind.unit``, capped at ``cap``.

    items (n,): what each independent piece of evidence (a point, a view's outline, an axis) is left with.
    """

    score: float
    items: Array
    cap: float

    @property
    def capped(self) -> bool:
        """So far off that the number says only: more than this."""
        return self.score >= 0.98 * self.cap


@dataclass(frozen=True)
class Gap:
    """How much worse one reading is than another on one kind of evidence. ratio: geometric mean over paired items.

    errors: the mean's distance from nought in its own standard errors.  certain: more than chance (1 in 1000) and
    more than a twentieth.
    """

    ratio: float
    errors: float
    certain: bool


def compare(better: Measured, worse: Measured, kind: Kind) -> Gap:
    """Paired over items: the same points and views, so that what is hard for both cancels."""
    # outlines that miss nothing are no better than those within the masks' noise, which is what the better one leaves
    floor = max(_FLOOR[kind], better.score) if kind is Kind.SILHOUETTES else _FLOOR[kind]
    difference = np.log(np.hypot(worse.items, floor)) - np.log(np.hypot(better.items, floor))
    difference = difference[np.isfinite(difference)]
    if len(difference) < 3:
        return Gap(1.0, 0.0, False)
    mean, spread = float(difference.mean()), max(float(difference.std(ddof=1)), 0.02)
    count = min(len(difference), _MOST_INDEPENDENT)
    errors = mean / spread * math.sqrt(count)
    needed = next(t for freedom, t in reversed(_T) if freedom <= count - 1)
    return Gap(math.exp(mean), errors, bool(errors > needed and mean > math.log(_LEAST_RATIO)))


@dataclass(frozen=True, eq=False)
class Reading:
    """A correction with what all evidence says of it. why_impossible: empty where it could be a camera's."""

    correction: Correction
    measured: Mapping[Kind, Measured]
    why_impossible: str


class Bench:
    """Measures readings of one rig; each correction once."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.readings = Readings(evidence.rig)
        self._known: dict[Correction, Reading] = {}

    def cameras(self, correction: Correction) -> ReadCameras:
        return self.readings.under(correction)

    def order(self, correction: Correction) -> tuple[int, ...]:
        return correction.order(self.evidence.rig.names)

    def reading(self, correction: Correction) -> Reading:
        if correction not in self._known:
            cameras = self.cameras(correction)
            measured = {kind: found for kind in Kind if (found := self.measure(kind, cameras)) is not None}
            self._known[correction] = Reading(correction, measured, impossible(cameras))
        return self._known[correction]

    def told(self, correction: Correction, kind: Kind) -> Measured | None:
        """What a reading leaves on one kind of evidence, in its favour where labels in whole numbers were cut off."""
        measured = self.reading(correction).measured.get(kind)
        if measured is None or not self.evidence.whole_numbers or kind not in (Kind.LABELS, Kind.KEYPOINTS):
            return measured
        cut_off = self.reading(self.cut_off(correction)).measured[kind]
        return min(measured, cut_off, key=lambda one: one.score)

    @staticmethod
    def cut_off(correction: Correction) -> Correction:
        """The same reading, had the labels lost their fractions: they lie half a pixel further on the average."""
        return correction.replace(pixel_shift_px=correction.pixel_shift_px - 0.5)

    def measure(self, kind: Kind, cameras: ReadCameras, quick: bool = False) -> Measured | None:
        """None where there is no such evidence. quick: fewer points and one frame, to choose what is worth more."""
        evidence, order = self.evidence, self.order(cameras.correction)
        if kind is Kind.LABELS and evidence.labelled is not None:
            return _of_points(evidence.labelled, evidence.labelled.labelled_residuals(cameras, order))
        if kind is Kind.KEYPOINTS and evidence.keypoints is not None:
            every = max(1, evidence.keypoints.pixels.shape[1] // 40) if quick else 1
            chosen = slice(None, None, every)
            return _of_points(evidence.keypoints, evidence.keypoints.residuals(cameras, order, chosen))
        if kind is Kind.SILHOUETTES and evidence.frames:
            frames = [[frame[index] for index in order] for frame in evidence.frames[: 1 if quick else None]]
            gaps = np.stack([silhouette_gaps(cameras, frame, quick) for frame in frames])
            cap = max(shape.cap_px for frame in frames for shape in frame if shape is not None)
            return Measured(float(np.nanmean(gaps)), gaps.ravel(), cap)
        if kind is Kind.STRUCTURE:
            angles = axis_angles_deg(cameras)
            return Measured(float(np.median(angles)), angles, 180.0) if np.all(np.isfinite(angles)) else None
        return None


def _of_points(points: PointEvidence, residuals: Array) -> Measured:
    asked = np.isfinite(residuals)
    count = asked.sum(axis=0)
    logs = np.log(np.hypot(np.where(asked, residuals, 1.0), 1e-6)) * asked
    with np.errstate(all="ignore"):
        items = np.where(count > 0, np.exp(logs.sum(axis=0) / np.maximum(count, 1)), np.nan)
    # the mean of the views' medians: bad marks do not count, but two views that were exchanged among many do
    medians = [float(np.median(row[there])) for row, there in zip(residuals, asked, strict=True) if there.any()]
    return Measured(float(np.mean(medians)) if medians else math.nan, items, points.cap_px)
