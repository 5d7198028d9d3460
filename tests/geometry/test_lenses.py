"""Laws of the lens models, and OpenCV as the peer."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mouseview.geometry.lenses import Lens, LensModel
from tests.geometry.strategies import fisheye_lenses, lenses, radtan_lenses, reals


def directions_inside(lens: Lens, seed: int, share: float = 0.98) -> np.ndarray:
    rng = np.random.default_rng(seed)
    angle = min(lens.monotone_angle, np.radians(60)) * share * np.sqrt(rng.random(200))
    turn = 2 * np.pi * rng.random(200)
    depth = rng.uniform(0.1, 900, 200)[:, None]
    return depth * np.stack([np.sin(angle) * np.cos(turn), np.sin(angle) * np.sin(turn), np.cos(angle)], axis=-1)


def tangential_keeps_order(lens: Lens, points: np.ndarray) -> np.ndarray:
    """Tangential terms can fold the plane a little inside the radial limit; a law about inverses stops there."""
    determinant = np.linalg.det(lens.jacobian(points)[..., :2])
    return determinant * points[:, 2] ** 2 > 0.05


@given(lens=lenses, seed=st.integers(0, 2**31))
def test_unproject_inverts_project(lens: Lens, seed: int) -> None:
    points = directions_inside(lens, seed, share=0.9)
    points = points[tangential_keeps_order(lens, points)]
    plane, valid = lens.project(points)
    back, reached = lens.unproject(plane)
    assert valid.all()
    assert reached.all()
    expected = points / np.linalg.norm(points, axis=-1, keepdims=True)
    again, _ = lens.project(back)
    np.testing.assert_allclose(again, plane, atol=1e-9)
    np.testing.assert_allclose(back, expected, atol=1e-7)


@given(lens=lenses, seed=st.integers(0, 2**31))
def test_jacobian_is_the_derivative(lens: Lens, seed: int) -> None:
    points = directions_inside(lens, seed, share=0.8)
    jacobian = lens.jacobian(points)
    for axis in range(3):
        step = 1e-6 * np.linalg.norm(points, axis=-1, keepdims=True) * np.eye(3)[axis]
        difference = (lens.project(points + step)[0] - lens.project(points - step)[0]) / (2 * step[:, axis : axis + 1])
        scale = np.abs(jacobian).max(axis=(1, 2))[:, None]
        np.testing.assert_allclose(jacobian[..., axis] / scale, difference / scale, atol=2e-5)


@given(lens=radtan_lenses, seed=st.integers(0, 2**31))
def test_radtan_agrees_with_opencv(lens: Lens, seed: int) -> None:
    points = directions_inside(lens, seed)
    expected, _ = cv2.projectPoints(points, np.zeros(3), np.zeros(3), np.eye(3), lens.coefficients)
    np.testing.assert_allclose(lens.project(points)[0], expected.reshape(-1, 2), rtol=1e-9, atol=1e-11)


@given(lens=fisheye_lenses, seed=st.integers(0, 2**31))
def test_fisheye_agrees_with_opencv(lens: Lens, seed: int) -> None:
    points = directions_inside(lens, seed)
    expected, _ = cv2.fisheye.projectPoints(points[:, None], np.zeros(3), np.zeros(3), np.eye(3), lens.coefficients)
    np.testing.assert_allclose(lens.project(points)[0], expected.reshape(-1, 2), rtol=1e-8, atol=1e-10)


@given(k1=reals(-0.6, -0.1), k2=reals(-0.2, 0.2))
def test_nothing_is_projected_beyond_the_monotone_radius(k1: float, k2: float) -> None:
    lens = Lens(LensModel.RADTAN, np.array([k1, k2]))
    limit = lens.monotone_radius
    if not np.isfinite(limit):
        return
    radius = np.array([0.5, 0.999, 1.001, 1.5, 4.0]) * limit
    points = np.stack([radius, np.zeros(5), np.ones(5)], axis=-1)
    plane, valid = lens.project(points)
    assert valid.tolist() == [True, True, False, False, False]
    assert np.isnan(plane[2:]).all()
    rising = np.linspace(0, limit * 0.9999, 200)
    profile = lens.project(np.stack([rising, 0 * rising, 1 + 0 * rising], axis=-1))[0][:, 0]
    assert (np.diff(profile) > 0).all()


def test_points_out_of_the_lens_reach_have_no_ray() -> None:
    lens = Lens(LensModel.RADTAN, np.array([-0.3]))
    farthest = lens.project(np.array([lens.monotone_radius, 0, 1]))[0][0]
    _, reached = lens.unproject(np.array([[farthest * 0.999, 0], [farthest * 1.01, 0]]))
    assert reached.tolist() == [True, False]


def test_fisheye_sees_behind_ninety_degrees() -> None:
    lens = Lens(LensModel.FISHEYE, np.zeros(4))
    point = np.array([np.sin(2.0), 0, np.cos(2.0)])
    plane, valid = lens.project(point)
    assert valid
    np.testing.assert_allclose(plane, [2.0, 0])
    np.testing.assert_allclose(lens.unproject(plane)[0], point, atol=1e-12)


@pytest.mark.parametrize("model", list(LensModel))
def test_non_finite_coefficients_project_nothing(model: LensModel) -> None:
    lens = Lens(model, np.array([np.nan, 0.1]))
    assert not lens.project(np.array([0.1, 0, 1]))[1]
    assert not lens.unproject(np.array([0.1, 0.0]))[1]


def test_too_many_coefficients_are_refused() -> None:
    with pytest.raises(ValueError, match="at most 8"):
        Lens(LensModel.RADTAN, np.zeros(12))
