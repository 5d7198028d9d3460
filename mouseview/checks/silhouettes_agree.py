"""Silhouettes belong to one rig: swapped views, cameras copied after crops and false intrinsics contradict the hull."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations

from mouseview.checks.evidence import Evidence
from mouseview.model.camera import Camera
from mouseview.model.finding import Finding, Severity
from mouseview.multiview.hull import SilhouetteHull

_NOISE_PX = 1.0  # of good masks at 1152×1024; smaller images have less
_NOISE_SHARE = 0.0015  # of the image's longer side, where that is more
_GRAVE = 4.0  # times the noise
_CURED = 0.35  # what must be left of the contradiction for one explanation to be named


def _swap(hull: SilhouetteHull) -> tuple[int, int] | None:
    """The two views whose exchange cures the others' contradictions."""
    best, left = None, _CURED
    for first, second in combinations(range(len(hull.names)), 2):
        exchanged, before = hull.swapped_px(first, second)
        if before > 0 and exchanged / before < left:
            best, left = (first, second), exchanged / before
    return best


def _guilty(hull: SilhouetteHull, mean: float) -> int | None:
    """The view without which the others agree."""
    remaining = [hull.without_px(view) for view in range(len(hull.names))]
    view = min(range(len(remaining)), key=remaining.__getitem__)
    return view if remaining[view] < _CURED * mean else None


def noise_px(cameras: Iterable[Camera]) -> float:
    """What good masks of one rig leave at most, at these cameras' image sizes."""
    return max(_NOISE_PX, _NOISE_SHARE * max(max(camera.size) for camera in cameras))


def silhouettes_agree(evidence: Evidence) -> Iterator[Finding]:
    hull = evidence.hull
    if hull is None:
        return
    mean, noise = hull.mean_px, noise_px([camera for camera, _ in evidence.silhouettes])
    if mean <= noise:
        return
    severity = Severity.ERROR if mean > _GRAVE * noise else Severity.WARNING
    measured = (
        f"silhouettes contradict each other by {mean:.1f} px on average (masks of one rig leave below {noise:.1f})"
    )
    swapped, guilty = _swap(hull), _guilty(hull, mean)
    if swapped is not None and (guilty is None or len(hull.names) > 4):
        first, second = hull.names[swapped[0]], hull.names[swapped[1]]
        left, _ = hull.swapped_px(*swapped)
        yield evidence.finding(
            "views-swapped",
            Severity.ERROR,
            f"{measured}; with the images of {first} and {second} exchanged {left:.1f} px are left: they are swapped",
            f"exchange the images (or names) of {first} and {second}",
            evidence.rig[first],
        )
    elif guilty is not None:
        name = hull.names[guilty]
        yield evidence.finding(
            "view-inconsistent",
            severity,
            f"{measured}; without {name} {hull.without_px(guilty):.1f} px are left: its camera does not fit its image",
            f"recalibrate {name}, check that its image belongs to this frame and was not cropped, or leave it out",
            evidence.rig[name],
        )
    else:
        worst = ", ".join(f"{name} {px:.1f}" for name, px in zip(hull.names, hull.per_view_px, strict=True))
        yield evidence.finding(
            "silhouettes-disagree",
            severity,
            f"{measured} ({worst} px), and no single view explains it: the declared cameras are not the images'",
            "images were cropped or scaled, or poses altered, after calibration: go back to the original files",
        )
