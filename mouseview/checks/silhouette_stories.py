"""What would cure silhouettes that contradict each other: an exchange, one view less, other lenses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from mouseview.model.camera import Camera
from mouseview.model.model_format import ModelFormat
from mouseview.multiview.hull import SilhouetteHull

_CURED = 0.35  # of the contradiction may be left for an explanation to be named …
_MARGIN = 0.6  # … and its best rival must leave more than that part of what the worse of two leaves
_ALIKE = 1e-4  # relative: calibrated focal lengths differ by more
_MIDDLE_PX = 0.51  # a principal point in the very middle, in either pixel origin
_AS_WRITTEN_PX = 0.1  # labs round 548.99 to 549


@dataclass(frozen=True)
class Story:
    """An explanation.  views: those it speaks of.  left_px: ``level`` of the hull were it true."""

    views: tuple[int, ...]
    left_px: float


def cures(story: Story, before_px: float, hull: SilhouetteHull) -> bool:
    """Whether what is left is little of what was, and no more than such masks leave."""
    return story.left_px <= _CURED * before_px or story.left_px <= 0.5 * hull.tolerance_px < 0.5 * before_px


def exchange(hull: SilhouetteHull) -> Story | None:
    """The two views whose exchanged images leave least; None below three views, or where two pairs do as well."""
    if len(hull.cameras) < 3:
        return None
    pairs = list(combinations(range(len(hull.cameras)), 2))
    left = np.array([hull.exchanged_px(*pair) for pair in pairs])
    first, second = np.argsort(left)[:2]
    if left[first] > _MARGIN * left[second]:
        return None
    return Story(pairs[first], hull.exchanged(*pairs[first]).level_px)


def one_less(hull: SilhouetteHull) -> Story | None:
    """The view without which the others agree best; None below three views, or where two views do as well."""
    if len(hull.cameras) < 3:
        return None
    left = np.array([hull.without_px(view) for view in range(len(hull.cameras))])
    first, second = np.argsort(left)[:2]
    if left[first] > _MARGIN * left[second]:
        return None
    return Story((int(first),), float(left[first]))


def principal_points_are_middles(cameras: Sequence[Camera]) -> bool:
    """Whether every principal point lies in the very middle, where no lens puts it, beside focal lengths of their own.

    Where those are all the same too, more than the principal points is assumed.
    """
    focal = [camera.fx for camera in cameras]
    return max(focal) - min(focal) > _ALIKE * max(focal) and all(
        abs(camera.cx - camera.width / 2) <= _MIDDLE_PX and abs(camera.cy - camera.height / 2) <= _MIDDLE_PX
        for camera in cameras
    )


def declares_format(cameras: Sequence[Camera], model_format: ModelFormat) -> bool:
    """Whether every K is the format's own, as labs write it: then more than the principal point is assumed."""
    return all(np.allclose(camera.K, model_format.K, rtol=0, atol=_AS_WRITTEN_PX) for camera in cameras)


def without_lenses(hull: SilhouetteHull) -> Story | None:
    """As if the images were undistorted already; None where no lens is declared."""
    if all(camera.is_pinhole for camera in hull.cameras):
        return None
    ideal = [camera.replace(distortion=np.zeros(0), lens="radtan") for camera in hull.cameras]
    return Story(tuple(range(len(ideal))), hull.seen_by(ideal).level_px)
