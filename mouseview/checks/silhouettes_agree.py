"""Silhouettes belong to one rig: swapped views, cameras copied after crops and false intrinsics contradict the hull."""

from __future__ import annotations

from collections.abc import Iterator

from mouseview.checks.evidence import Evidence
from mouseview.checks.silhouette_stories import (
    cures,
    exchange,
    one_less,
    principal_points_are_middles,
    without_lenses,
)
from mouseview.model.finding import Finding, Severity
from mouseview.multiview.hull import SilhouetteHull

_GRAVE = 4.0  # times the tolerance
_DRAFTS = 4.0  # times the tolerance that drafts of masks are given: they miss parts, and take shadows for the subject


def silhouettes_agree(evidence: Evidence) -> Iterator[Finding]:
    hull = evidence.hull
    if hull is None or hull.agrees or (evidence.drafts and hull.worst_px <= _DRAFTS * hull.tolerance_px):
        return
    worst = max(range(len(hull.views)), key=lambda view: hull.views[view].worst_px)
    measured = (
        f"silhouettes contradict each other: a tenth of {hull.names[worst]}'s outline lies {hull.worst_px:.1f} px "
        f"outside what the other views allow (masks this rough leave {hull.tolerance_px:.1f} px), "
        f"{hull.mean_px:.1f} px on average"
    )
    grave = _GRAVE * (_DRAFTS if evidence.drafts else 1.0) * hull.tolerance_px
    severity = Severity.ERROR if hull.worst_px > grave else Severity.WARNING
    if evidence.drafts:
        measured += f" (masks of {len(evidence.drafts)} views are drafts: correct them before the cameras are blamed)"
    yield _explained(evidence, hull, measured, severity)


def _explained(evidence: Evidence, hull: SilhouetteHull, measured: str, severity: Severity) -> Finding:
    before = hull.level_px
    without = without_lenses(hull)
    swapped = exchange(hull)
    guilty = one_less(hull)
    stories = [story for story in (without, swapped, guilty) if story is not None and cures(story, before, hull)]
    best = min(stories, key=lambda story: story.left_px, default=None)
    if best is not None and best is without:
        return evidence.finding(
            "lens-already-undone",
            Severity.ERROR,
            f"{measured}; without the declared lenses {best.left_px:.1f} px are left: the images were undistorted "
            "already, and undistorting them again bends them",
            "declare no distortion for these images, or open the original ones",
        )
    if best is not None and best is swapped:
        first, second = (hull.names[view] for view in best.views)
        return evidence.finding(
            "views-swapped",
            Severity.ERROR,
            f"{measured}; with the images of {first} and {second} exchanged {best.left_px:.1f} px are left: they are "
            "swapped",
            f"exchange the images (or names) of {first} and {second}",
            evidence.rig[first],
        )
    each = ", ".join(f"{name} {view.worst_px:.1f}" for name, view in zip(hull.names, hull.views, strict=True))
    if principal_points_are_middles(hull.cameras):  # in every camera: no chance, even where one view less would do
        return evidence.finding(
            "principal-points-assumed",
            Severity.ERROR,
            f"{measured} ({each} px), and every principal point is declared in the very middle of its image, where no "
            "lens has it: it was assumed, not calibrated, or the images were cropped about another point",
            "open the calibration as it was computed, with its own cx and cy",
        )
    lens = ""
    if all(camera.is_pinhole for camera in hull.cameras):
        lens = "; no camera declares a lens, and leaving one out bends outlines too"
    if best is not None:
        name = hull.names[best.views[0]]
        return evidence.finding(
            "view-inconsistent",
            severity,
            f"{measured}; without {name} {best.left_px:.1f} px are left: its camera does not fit its image{lens}",
            f"recalibrate {name}, check that its image belongs to this frame, was not cropped and is masked well, or "
            "leave it out",
            evidence.rig[name],
        )
    whose = "two views cannot tell whose fault it is" if len(hull.names) < 3 else "no single view explains it"
    return evidence.finding(
        "silhouettes-disagree",
        severity,
        f"{measured} ({each} px), and {whose}: the declared cameras are not the images'{lens}",
        "images were cropped or scaled, or poses altered, after calibration: go back to the original files",
    )
