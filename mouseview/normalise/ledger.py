"""The ledger: every quantity of a view and of the rig before and after, each with its two verdicts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mouseview.geometry.transforms import Array
from mouseview.model.camera import Camera, Rig
from mouseview.model.finding import Truth, Verdict
from mouseview.model.model_format import ModelFormat
from mouseview.model.prepared import Ledger, LedgerRow, SubjectCentre
from mouseview.model.recipe import Mode
from mouseview.multiview.masks import MaskStats
from mouseview.normalise.conformance import DISTANCE_TOLERANCE, K_TOLERANCE_PX
from mouseview.normalise.measure import Shown, hull_gap_px, lens_shift_px, padding_share, resample_ratio
from mouseview.normalise.plan import Plan, ViewPlan
from mouseview.normalise.ray_error import RayError, ray_error
from mouseview.normalise.subject import Subject, locate_subject

F32 = npt.NDArray[np.float32]
Number = float | np.floating | None

RAY_TOLERANCE_DEG = 0.005  # a twentieth of the format's pixel
ELEVATION_TOLERANCE_DEG = 10.0  # beyond the elevations that the reference rigs cover
_RAYS_PER_SIDE = 65  # per view, that rays are compared on
_SAME_PLACE = 1e-6  # share of the camera's distance

RAY_MEAN = "declared ray against true ray, mean"
RAY_MAX = "declared ray against true ray, max"
PROJECTION = "projection error at the subject's radius"

# Rows that decide whether the whole is what the model was trained on
_DECIDING = ("fx", "fy", "cx", "cy", "skew", "distortion", "distance", "mean distance")
_BY_GRAVITY = (Truth.TRUE, Truth.APPROXIMATE, Truth.FALSE)


def worst_truth(truths: Sequence[Truth]) -> Truth:
    """The gravest of several; true where there is none."""
    return max(truths, key=_BY_GRAVITY.index, default=Truth.TRUE)


class _Rows(list[LedgerRow]):
    """Rows of one view, or of the rig (view "")."""

    def __init__(self, view: str) -> None:
        super().__init__()
        self.view = view

    def add(
        self,
        quantity: str,
        unit: str,
        before: Number,
        after: Number,
        truth: Truth = Truth.TRUE,
        in_format: bool = True,
        note: str = "",
    ) -> None:
        first = None if before is None else float(before)
        second = None if after is None else float(after)
        self.append(LedgerRow(self.view, quantity, unit, first, second, Verdict(truth, bool(in_format)), note))


class _ViewLedger:
    """Everything that is said about one view. shown: of its canonical image; None where that is not known yet."""

    def __init__(
        self, view: ViewPlan, plan: Plan, rig: Rig, stats: MaskStats | None, shown: Shown | None, subject: Subject
    ) -> None:
        self.view, self.plan, self.rig, self.stats, self.shown, self.subject = view, plan, rig, stats, shown, subject
        self.rays: RayError = ray_error(view.declared, view.true, _RAYS_PER_SIDE)
        self.shift = float(np.linalg.norm(view.declared.centre - view.true.centre))
        self.moved = self.shift > _SAME_PLACE * float(np.linalg.norm(view.true.centre))
        self.rays_hold = self.rays.max_deg <= RAY_TOLERANCE_DEG
        # the modes that are wrong by a measured, bounded amount; all others are plainly wrong where they are wrong
        self.gravity = Truth.APPROXIMATE if plan.mode in (Mode.DISTANCE_MATCHED, Mode.RAW) else Truth.FALSE
        # measured, not named: a mode that is false on other rigs does no harm to one that conforms
        self.truth = Truth.TRUE if self.rays_hold and not self.moved else self.gravity
        self.rows = _Rows(view.source.name)
        self._intrinsics(plan.model_format)
        self._pixels()
        self._pose(plan.model_format)

    def _intrinsics(self, fmt: ModelFormat) -> None:
        view, rows = self.view, self.rows
        for name, target in (("fx", fmt.focal), ("fy", fmt.focal), ("cx", fmt.centre), ("cy", fmt.centre)):
            after, shown = getattr(view.declared, name), getattr(view.true, name)
            holds = abs(after - shown) <= K_TOLERANCE_PX
            note = "" if holds else f"the pixels show {shown:.3f}"
            truth = Truth.TRUE if holds else self.gravity
            near = abs(after - target) <= K_TOLERANCE_PX
            rows.add(name, "px", getattr(view.source, name), after, truth, near, note)
        holds = abs(view.true.skew - view.declared.skew) <= K_TOLERANCE_PX
        near = abs(view.declared.skew) <= K_TOLERANCE_PX
        truth, note = (Truth.TRUE, "") if holds else (self.gravity, f"the pixels show {view.true.skew:.3f}")
        rows.add("skew", "px", view.source.skew, view.declared.skew, truth, near, note)
        left = lens_shift_px(view.true)
        undone = left <= K_TOLERANCE_PX
        truth, note = (Truth.TRUE, "") if undone else (self.gravity, "left in the image, declared as none")
        rows.add("distortion", "px at most", lens_shift_px(view.source), left, truth, undone, note)

    def _pixels(self) -> None:
        view, stats, rows = self.view, self.stats, self.rows
        size = np.array(view.true.size)
        rows.add("tilt", "°", 0.0, view.tilt_deg, note="virtual rotation about the camera's own centre")
        note = "image copied, not resampled" if view.copied else "source px per px"
        rows.add("resample ratio", "×", 1.0, resample_ratio(view), note=note)
        rows.add("padding", "%", 0.0, 100 * padding_share(view), note="white, alpha 0")
        if stats is None or not stats.usable:
            return
        there = view.pixel_map.to_canonical(stats.spread_px)
        with np.errstate(invalid="ignore"):
            kept = float(np.all((there >= 0) & (there <= size), axis=-1).mean())
        share = 100 * stats.border_share
        note = f"{share:.0f} % of the source mask's outline lies on its border" if share else ""
        rows.add("clipped subject", "%", 0.0, 100 * (1 - kept), in_format=kept > 0.99, note=note)
        shown = self.shown
        rows.add("occupancy", "√(fg/area)", np.sqrt(stats.coverage), None if shown is None else np.sqrt(shown.share))
        before = np.linalg.norm(stats.centroid_px - np.array(view.source.size) / 2)
        after = None
        if shown is not None and shown.centroid_px is not None:
            after = np.linalg.norm(shown.centroid_px - size / 2)
        rows.add("centre-of-mass offset", "px", before, after)

    def _pose(self, fmt: ModelFormat) -> None:
        view, rows, centre = self.view, self.rows, self.plan.centre.point
        declared = view.declared
        distance = float(np.linalg.norm(declared.centre))
        near = abs(distance - fmt.distance) <= DISTANCE_TOLERANCE * fmt.distance
        placed = self.gravity if self.moved else Truth.TRUE
        note = f"the pixels show {np.linalg.norm(view.true.centre):.4g}" if self.moved else ""
        before = float(np.linalg.norm(view.source.centre - centre))
        rows.add("distance", f"{self.rig.units} → model", before, distance, placed, near, note)
        rows.add("declared centre against true centre", "model", 0.0, self.shift, placed)
        azimuth, elevation = direction_deg(view.source, centre)
        azimuth_after, elevation_after = direction_deg(declared, np.zeros(3))
        seen = [angle for ring in fmt.reference_rigs for angle in ring.elevations_deg]
        low, high = min(seen), max(seen)
        covered = low - ELEVATION_TOLERANCE_DEG <= elevation_after <= high + ELEVATION_TOLERANCE_DEG
        note = f"the reference rigs stand at {low:.0f} to {high:.0f}°"
        rows.add("elevation", "°", elevation, elevation_after, in_format=covered, note=note)
        rows.add("azimuth", "°", azimuth, azimuth_after)
        truth = Truth.TRUE if self.rays_hold else self.gravity
        rows.add(RAY_MEAN, "°", 0.0, self.rays.mean_deg, truth)
        rows.add(RAY_MAX, "°", 0.0, self.rays.max_deg, truth)
        self.projection_px = self.subject.projection_error_px(declared, view.true)
        note = f"radius {self.subject.radius:.3g}, {self.subject.basis}"
        rows.add(PROJECTION, "px", 0.0, self.projection_px, self.truth, note=note)
        self.outside = box, window = self.subject.outside(declared, fmt)
        rows.add(f"subject outside the ±{fmt.box:g} box", "%", None, 100 * box, in_format=box == 0)
        rows.add(f"subject outside the ±{fmt.depth_window:g} window", "%", None, 100 * window, in_format=window == 0)


def direction_deg(camera: Camera, about: Array) -> tuple[float, float]:
    """(azimuth, elevation) in degrees of a camera seen from a point (3,), +Z up."""
    x, y, z = camera.centre - about
    return float(np.degrees(np.arctan2(y, x))), float(np.degrees(np.arctan2(z, np.hypot(x, y))))


def _rig_rows(
    plan: Plan,
    rig: Rig,
    masks: Sequence[MaskStats | None],
    subject: Subject,
    views: Sequence[_ViewLedger],
) -> _Rows:
    """Of the fed views alone: what a held-out camera is like is no matter of the model's. All run parallel."""
    rows, fmt = _Rows(""), plan.model_format
    declared = Rig(tuple(ledger.view.declared for ledger in views))
    before = rig.distances(plan.centre.point)
    after = declared.distances(np.zeros(3))
    truth = worst_truth([ledger.gravity for ledger in views if ledger.moved])
    near = abs(after.mean() / fmt.distance - 1) <= DISTANCE_TOLERANCE
    note = f"about the {plan.centre.source}: {plan.centre.note}"
    note += f"; over the {len(plan.fed)} fed views" if len(plan.fed) < len(plan.views) else ""
    rows.add("mean distance", f"{rig.units} → model", before.mean(), after.mean(), truth, near, note)
    even = bool(np.all(np.abs(after - fmt.distance) <= DISTANCE_TOLERANCE * fmt.distance))
    spread = 100 * before.std() / before.mean(), 100 * after.std() / after.mean()
    rows.add("distance spread (CV)", "%", *spread, truth, even)
    note = "one similarity for the rig" if truth is Truth.TRUE else "the declared poses are no similarity of the rig"
    note += f"; {plan.scale_note}"
    rows.add("scale", f"model per {rig.units}", 1.0, float(plan.similarity.scale), truth, note=note)
    turned, kept = plan.orientation, "the file's own axes"
    leaning = 0.0 if turned is None else turned.leaning_deg
    rows.add("up against the file's", "°", 0.0, leaning, note=kept if turned is None else turned.up_note)
    about = 0.0 if turned is None else turned.azimuth_deg
    rows.add("turn about up", "°", 0.0, about, note=kept if turned is None else turned.azimuth_note)
    worst = worst_truth([ledger.truth for ledger in views])
    rows.add(RAY_MEAN, "°", 0.0, float(np.mean([ledger.rays.mean_deg for ledger in views])), worst)
    rows.add(RAY_MAX, "°", 0.0, float(np.max([ledger.rays.max_deg for ledger in views])), worst)
    errors = [ledger.projection_px for ledger in views]
    rows.add(PROJECTION, "px RMS", 0.0, float(np.sqrt(np.mean(np.square(errors)))), worst)
    left = subject.consistency_px(declared, [ledger.shown.centroid_px for ledger in views if ledger.shown is not None])
    note = "needs masks in two views" if left is None else "an extended animal leaves some even in a perfect rig"
    rows.add("multi-view consistency of mask centroids", "px RMS", subject.before_px, left, note=note)
    usable = [None if stats is None or not stats.usable else stats.mask for stats in masks]
    before_hull = hull_gap_px(list(rig), usable)
    after_hull = None
    if any(mask is not None for mask in usable):
        after_hull = hull_gap_px(list(declared), [ledger.shown.mask for ledger in views if ledger.shown is not None])
    note = "needs masks in two views" if after_hull is None else "px beyond the other views' outlines"
    rows.add("silhouettes against the visual hull", "px", before_hull, after_hull, note=note)
    shares = np.mean([ledger.outside for ledger in views], axis=0)
    for share, limit, what in zip(shares, (fmt.box, fmt.depth_window), ("box", "window"), strict=True):
        rows.add(f"subject outside the ±{limit:g} {what}", "%", None, 100 * share, in_format=share == 0)
    for number, text in enumerate(plan.notes):
        rows.add(f"note {number + 1}", "", None, None, note=text)
    return rows


def view_rows(
    plan: Plan, index: int, rig: Rig, stats: MaskStats | None, alpha: F32 | None, subject: Subject
) -> tuple[LedgerRow, ...]:
    """The ledger's rows of one view alone, cheap enough to be asked while a hand moves its window.

    alpha: of the canonical image, (S, S) or coarser in 0..1; without it the rows that need it end in None.
    """
    view = plan.views[index]
    shown = None if alpha is None else Shown.of(alpha, view.true.size)
    return tuple(_ViewLedger(view, plan, rig, stats, shown, subject).rows)


def write_ledger(
    plan: Plan, rig: Rig, masks: Sequence[MaskStats | None], subject_centre: SubjectCentre, canonical: F32
) -> Ledger:
    """Rows of the rig (view "") first, then of every view. canonical (V, S, S, 4) are the prepared images."""
    subject = locate_subject(plan, rig, masks, subject_centre)
    shown = [Shown.of(image[..., 3], view.true.size) for image, view in zip(canonical, plan.views, strict=True)]
    views = [
        _ViewLedger(view, plan, rig, stats, seen, subject)
        for view, stats, seen in zip(plan.views, masks, shown, strict=True)
    ]
    fed = [rig.names.index(name) for name in plan.fed]
    rows = _rig_rows(
        plan,
        rig.subset(plan.fed),
        [masks[index] for index in fed],
        subject,
        [views[index] for index in fed],
    )
    rows.extend(row for ledger in views for row in ledger.rows)
    seen = ("", *plan.fed)
    in_format = all(row.verdict.in_format for row in rows if row.quantity in _DECIDING and row.view in seen)
    return Ledger(tuple(rows), Verdict(worst_truth([ledger.truth for ledger in views]), in_format))
