"""Masks become the outermost points of their outline."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mouseview.solve.sessions.track import DIRECTIONS, support_points

_ANGLES = np.arange(DIRECTIONS) * 2 * np.pi / DIRECTIONS
_UNIT = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=-1)


def _disc(centre: tuple[float, float], radius: float, size: tuple[int, int] = (200, 160)) -> np.ndarray:
    x, y = np.meshgrid(np.arange(size[0]) + 0.5, np.arange(size[1]) + 0.5)
    return np.hypot(x - centre[0], y - centre[1]) <= radius


@pytest.mark.parametrize("centre", [(90.0, 70.0), (90.37, 70.81)])
def test_a_disc_is_as_wide_as_it_is(centre: tuple[float, float]) -> None:
    points, clipped = support_points(_disc(centre, 40.0))
    reach = np.sum((points - centre) * _UNIT, axis=-1)
    assert np.abs(reach - 40.0).max() < 0.75
    assert abs(reach.mean() - 40.0) < 0.25
    assert not clipped.any()


def test_points_on_the_border_are_clipped() -> None:
    points, clipped = support_points(_disc((10.0, 80.0), 40.0))
    leftmost = np.flatnonzero(points[:, 0] < 2)
    assert clipped[leftmost].all()
    assert leftmost.size
    assert not clipped[points[:, 0] > 20].any()


def test_specks_do_not_count_and_cut_off_limbs_do() -> None:
    mask = _disc((90.0, 70.0), 30.0)
    mask[3:5, 3:5] = True
    assert support_points(mask)[0][:, 0].min() > 50
    cv2.rectangle(mask.view(np.uint8), (150, 60), (180, 80), 1, -1)
    assert support_points(mask)[0][:, 0].max() == pytest.approx(180.7, abs=0.01)


@pytest.mark.parametrize(
    "mask", [np.zeros((50, 60), bool), np.ones((50, 60), bool), np.eye(50, 60, dtype=bool)[:, ::9]]
)
def test_what_is_no_animal_says_nothing(mask: np.ndarray) -> None:
    points, clipped = support_points(np.ascontiguousarray(mask))
    assert np.isnan(points).all()
    assert not clipped.any()
