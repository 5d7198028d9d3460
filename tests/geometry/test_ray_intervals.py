"""Rays through boxes and balls: inside between entry and exit, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mouseview.geometry.ray_intervals import ball_interval, box_interval, window_share

COORDINATE = st.floats(-3, 3)
VECTOR = st.tuples(COORDINATE, COORDINATE, COORDINATE).map(np.array)
DIRECTION = VECTOR.filter(lambda v: np.linalg.norm(v) > 0.1).map(lambda v: v / np.linalg.norm(v))


@given(VECTOR, DIRECTION, st.floats(0.2, 2))
@settings(max_examples=60, deadline=None)
def test_between_entry_and_exit_a_ray_is_in_the_box_and_nowhere_else(
    origin: np.ndarray, direction: np.ndarray, half: float
) -> None:
    near, far = (float(value) for value in box_interval(origin, direction, half))
    depths = np.linspace(0, 12, 200)
    inside = np.max(np.abs(origin + depths[:, None] * direction), axis=-1) < half - 1e-9
    if np.isnan(near):
        assert not inside.any()
    else:
        assert np.all((depths[inside] >= near - 1e-6) & (depths[inside] <= far + 1e-6))
        middle = origin + 0.5 * (near + far) * direction
        assert np.max(np.abs(middle)) <= half + 1e-9


@given(VECTOR, DIRECTION, VECTOR, st.floats(0.2, 2))
@settings(max_examples=50, deadline=None)
def test_a_ray_enters_and_leaves_the_ball_on_its_surface(
    origin: np.ndarray, direction: np.ndarray, centre: np.ndarray, radius: float
) -> None:
    near, far = (float(value) for value in ball_interval(origin, direction, centre, radius))
    if np.isfinite(near):
        leaves = origin + far * direction
        assert np.linalg.norm(leaves - centre) == pytest.approx(radius, rel=1e-6)
        outside = np.linalg.norm(origin - centre) > radius
        if outside:
            assert np.linalg.norm(origin + near * direction - centre) == pytest.approx(radius, rel=1e-6)
        share = float(window_share(origin, direction, 100.0, np.array(near), np.array(far)))
        assert share == pytest.approx(1.0)


def test_rays_along_a_face_of_the_box() -> None:
    direction = np.array([[0.0, 0.0, 1.0]])
    assert np.isnan(box_interval(np.array([1.5, 0.0, -5.0]), direction, 1.0)[0]).all()
    near, far = box_interval(np.array([0.5, 0.0, -5.0]), direction, 1.0)
    assert (near[0], far[0]) == (4.0, 6.0)
