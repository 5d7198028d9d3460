"""Triangulation and the meeting point of optical axes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mouseview.geometry.transforms import look_at
from mouseview.geometry.triangulation import meeting_point, triangulate_dlt, triangulate_rays, triangulate_two


def ring(seed: int, count: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """Camera centres about the origin and their poses, all looking somewhere near it."""
    rng = np.random.default_rng(seed)
    azimuth = 2 * np.pi * (np.arange(count) + rng.uniform(-0.2, 0.2, count)) / count
    eyes = 300 * np.stack([np.cos(azimuth), np.sin(azimuth), rng.uniform(0.1, 0.8, count)], axis=-1)
    return eyes, np.array([look_at(eye, rng.normal(size=3) * 5).matrix for eye in eyes])


@given(seed=st.integers(0, 2**31))
def test_all_triangulations_find_an_exact_point(seed: int) -> None:
    eyes, poses = ring(seed)
    points = np.random.default_rng(seed).normal(size=(20, 3)) * 40
    directions = points[None] - eyes[:, None]
    in_camera = np.einsum("vij,nj->vni", poses[:, :3, :3], points) + poses[:, None, :3, 3]
    plane = in_camera[..., :2] / in_camera[..., 2:]
    np.testing.assert_allclose(triangulate_rays(eyes[:, None], directions), points, atol=1e-7)
    np.testing.assert_allclose(triangulate_dlt(plane, poses), points, atol=1e-6)
    midpoint, gap = triangulate_two(eyes[:2, None], directions[:2])
    np.testing.assert_allclose(midpoint, points, atol=1e-6)
    np.testing.assert_allclose(gap, 0, atol=1e-6)


def test_views_that_do_not_see_a_point_are_left_out() -> None:
    eyes, poses = ring(3)
    point = np.array([1.0, 2.0, 3.0])
    in_camera = poses[:, :3, :3] @ point + poses[:, :3, 3]
    plane = in_camera[:, :2] / in_camera[:, 2:]
    plane[[0, 4]] = np.nan
    np.testing.assert_allclose(triangulate_dlt(plane, poses), point, atol=1e-8)
    directions = point - eyes
    directions[[0, 4]] = np.nan
    np.testing.assert_allclose(triangulate_rays(eyes, directions), point, atol=1e-8)
    directions[1:] = np.nan
    assert np.isnan(triangulate_rays(eyes, directions)).all()


def test_two_skew_rays_meet_halfway() -> None:
    point, gap = triangulate_two([[0.0, 0, 0], [0, 0, 2]], [[1.0, 0, 0], [0, 1, 0]])
    np.testing.assert_allclose(point, [0, 0, 1], atol=1e-12)
    np.testing.assert_allclose(gap, 2)


@given(seed=st.integers(0, 2**31))
def test_axes_meet_where_they_were_aimed(seed: int) -> None:
    rng = np.random.default_rng(seed)
    target = rng.normal(size=3) * 50
    eyes, _ = ring(seed)
    met = meeting_point(eyes, target - eyes)
    np.testing.assert_allclose(met.point, target, atol=1e-8)
    assert met.rms < 1e-8
    assert met.reliable


def test_nearly_parallel_axes_say_so() -> None:
    eyes = np.array([[0.0, 0, 0], [10, 0, 0], [0, 10, 0]])
    directions = np.array([[0.0, 0, 1], [0.001, 0, 1], [0, -0.001, 1]])
    assert not meeting_point(eyes, directions).reliable
    exactly = meeting_point(eyes, np.array([[0.0, 0, 1]] * 3))
    assert not exactly.reliable
    assert np.isfinite(exactly.point).all()


def test_one_line_has_no_meeting_point() -> None:
    with pytest.raises(ValueError, match="two lines"):
        meeting_point([[0.0, 0, 0]], [[0.0, 0, 1]])
