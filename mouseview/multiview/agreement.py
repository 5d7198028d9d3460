"""Which camera does not go with the others, judged by marks of many points: each left out in turn, views exchanged.

A camera is named only where the rest agrees without it far better than without any other. What two or three views
cannot tell stays unsaid by ``guilty`` and is said by ``limits``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from mouseview.geometry.transforms import Array
from mouseview.geometry.triangulation import triangulate_directions
from mouseview.model.camera import Camera
from mouseview.multiview.points import TriangulatedPoints, misfit_px, triangulate_pixels
from mouseview.multiview.refine import Marks

_CURED = 0.6  # what may be left of the misfit for one explanation to be named, were there endless evidence
_CHANCE = 2.2  # over √(equations beyond the unknowns): how much less little evidence must leave, so that chance
# alone names a camera of a sound rig less than once in a thousand times (heavy-tailed noise, 3 to 6 views, measured)
_MARGIN = 1.5  # how much worse the second best explanation must be
_SWAP_CURED = 0.35
_LEAST_PX = 0.5  # a left-out camera that misses by less is as good as marks can be
_MOST_POINTS, _MOST_SWAP_POINTS = 400, 60


@dataclass(frozen=True, eq=False)
class Agreement:
    """Medians over points, in px, of V views. NaN where too few views see the same points.

    residual_px (V,): from marks to the point of all views.  left_out_px (V,): from marks to the point of the others.
    misfit_px: noise per coordinate that the residuals tell.  without_px (V,): the same of the others, without a view.
    counts (V,): points judged.  guilty: the view without which the others agree, or None.
    swapped: two views whose marks, exchanged, agree, with the misfit that is left, or None.  limits: what so few
    views cannot tell, "" where nothing is withheld.
    """

    points: TriangulatedPoints
    residual_px: Array
    left_out_px: Array
    misfit_px: float
    without_px: Array
    counts: tuple[int, ...]
    guilty: int | None
    swapped: tuple[int, int] | None
    swapped_px: float
    limits: str


def agreement(cameras: Iterable[Camera], pixels: Array, look_for_swaps: bool = True) -> Agreement:
    """Judge V cameras by marks (V, N, 2), NaN where unseen; at most 400 of the points, evenly chosen, are used."""
    views = tuple(cameras)
    marks = evenly(pixels, _MOST_POINTS)
    points = triangulate_pixels(views, marks)
    without = points.without
    assert without is not None
    misfit = _median(points.misfit_px)
    without_px = np.array([_median(row) for row in without.misfit_px])
    left_out_px = np.array([_median(row) for row in without.residual_px])
    # degrees of freedom that are left when the view is out: 2 equations a mark, 3 unknowns a point
    excess = np.sum(np.where(np.isnan(without.misfit_px), 0, 2 * (points.seen.sum(axis=0) - 1) - 3), axis=1)
    guilty = _guilty(misfit, without_px, left_out_px, excess)
    swapped, swapped_px = None, np.nan
    if look_for_swaps and len(views) > 2 and misfit > _LEAST_PX:
        swapped, swapped_px = _swapped(views, evenly(marks, _MOST_SWAP_POINTS), misfit)
    if swapped is not None and guilty is not None:
        # leaving one of two exchanged views out may cure a small rig as well: the better explanation counts
        swapped, guilty = (swapped, None) if swapped_px < without_px[guilty] else (None, guilty)
    return Agreement(
        points,
        np.array([_median(row) for row in points.residual_px]),
        left_out_px,
        misfit,
        without_px,
        tuple(int(count) for count in (points.seen & ~np.isnan(points.misfit_px)).sum(axis=1)),
        guilty,
        swapped,
        swapped_px,
        _limits(points),
    )


def evenly(pixels: Array, most: int) -> Array:
    """At most ``most`` of the points (V, N, 2) that two or more views see, spread evenly over all of them."""
    shared = np.flatnonzero(np.all(np.isfinite(pixels), axis=-1).sum(axis=0) >= 2)
    if len(shared) > most:
        shared = shared[np.linspace(0, len(shared) - 1, most).astype(int)]
    return pixels[:, shared]


def _guilty(misfit: float, without_px: Array, left_out_px: Array, excess: Array) -> int | None:
    judged = np.flatnonzero(~np.isnan(without_px) & (excess > 0))
    if len(judged) < 3:
        return None
    best, second = judged[np.argsort(without_px[judged])[:2]]
    allowed = _CURED * (1 - _CHANCE / np.sqrt(excess[best]))
    cured = without_px[best] <= allowed * misfit and without_px[second] >= _MARGIN * without_px[best]
    return int(best) if cured and left_out_px[best] > _LEAST_PX else None


def _swapped(views: tuple[Camera, ...], marks: Array, misfit: float) -> tuple[tuple[int, int] | None, float]:
    poses = np.array([camera.T_cam_world for camera in views])
    rays = np.stack([camera.unproject(px)[0] for camera, px in zip(views, marks, strict=True)])
    found = []
    for pair in combinations(range(len(views)), 2):
        exchanged, turned = marks.copy(), rays.copy()
        for view, other in (pair, pair[::-1]):
            exchanged[view] = marks[other]
            turned[view] = views[view].unproject(marks[other])[0]
        seen = np.all(np.isfinite(exchanged), axis=-1)
        # the linear start is good enough to tell an exchange from what is none
        points = triangulate_directions(turned, poses)
        found.append((_median(misfit_px(Marks(views, exchanged, turned, seen).residuals(points), seen)), pair))
    found = sorted((left, pair) for left, pair in found if np.isfinite(left))
    if not found or found[0][0] > _SWAP_CURED * misfit or (len(found) > 1 and found[1][0] < _MARGIN * found[0][0]):
        return None, np.nan
    return found[0][1], found[0][0]


def _limits(points: TriangulatedPoints) -> str:
    most = int(points.seen.sum(axis=0).max(initial=0))
    if most < 2:
        return "no point is marked in two views"
    if most == 2:
        return "two views tell only how far apart their rays pass; which of them is off cannot be known"
    if most == 3:
        return "with three views an error along the epipolar lines of the other two stays unseen"
    return ""


def _median(values: Array) -> float:
    """Of what is known; inf counts, NaN does not."""
    known = values[~np.isnan(values)]
    return float(np.median(known)) if known.size else np.nan
