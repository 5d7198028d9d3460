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

_GAIN = 4.0  # how much more a mark of the guilty view misses than the others' noise explains (in squares), at least
_FEW, _FEW_OF_THREE = 400.0, 6000.0  # over points²: how much more of it few points need, so that chance alone names a
# camera of a sound rig less than once in a thousand times (measured: 3 to 12 views, normal and heavy-tailed noise);
# of three views two are left, with one equation a point
_MARGIN = 0.3  # how much worse the next best explanation must be, less where many views dilute one
_SWAP_MARGIN = 1.5
_CURED = 0.3  # of the misfit is left without a camera that is named although others are not sound either
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
    guilty = _standing_out(points)
    if guilty is not None and len(views) > 3:
        rest = [view for view in range(len(views)) if view != guilty]
        cured = without_px[guilty] < _CURED * misfit
        if not cured and _standing_out(triangulate_pixels([views[view] for view in rest], marks[rest])) is not None:
            guilty = None  # then it is not the only one, and none of them is the worst by far
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


def _standing_out(points: TriangulatedPoints) -> int | None:
    """The view without which the others agree best, where its marks miss far more than the others' noise explains.

    Leaving a view out takes two equations from a point. What its two residuals add to the sum of squares is held
    against what the remaining equations have left each: medians over points, so that single bad labels do not count.
    """
    without = points.without
    assert without is not None
    judged = ~np.isnan(without.misfit_px)
    if judged.any(axis=1).sum() < 3:
        return None
    equations = 2.0 * points.seen.sum(axis=0) - 3
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        left = without.misfit_px**2
        added = (points.misfit_px**2 * equations - left * (equations - 2)) / 2
        spread = np.array([_median(row) for row in left])
        best, second = np.argsort(np.where(np.isnan(spread), np.inf, spread))[:2]
        spare = float(np.median(equations[judged[best]] - 2))
        noise = spread[best] / (1 - 2 / (9 * spare)) ** 3  # the median of a mean of squares lies below it
        gain = _median(added[best]) / np.log(2) / noise
        margin = np.sqrt(spread[second] / spread[best])
    count = int(judged[best].sum())
    needed = _GAIN + (_FEW_OF_THREE if spare < 2 else _FEW) / count**2
    stands_out = gain > needed and margin > 1 + min(_MARGIN, 2 / spare)
    return int(best) if stands_out and _median(without.residual_px[best]) > _LEAST_PX else None


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
    if not found or found[0][0] > _SWAP_CURED * misfit or (len(found) > 1 and found[1][0] < _SWAP_MARGIN * found[0][0]):
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
