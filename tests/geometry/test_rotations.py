"""Rotation vectors: exponential and logarithm undo each other, from rounding up to half a turn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mouseview.geometry.rotations import nearest_rotation, rotation_of, rotation_vector, skew

unit = (
    st.tuples(*[st.floats(-1, 1)] * 3).filter(lambda v: np.linalg.norm(v) > 1e-2).map(lambda v: v / np.linalg.norm(v))
)


@given(axis=unit, angle=st.floats(0, np.pi - 1e-6))
def test_logarithm_undoes_exponential(axis: np.ndarray, angle: float) -> None:
    vector = angle * np.asarray(axis)
    R = rotation_of(vector)
    np.testing.assert_allclose(R @ R.T, np.eye(3), atol=1e-14)
    np.testing.assert_allclose(rotation_vector(R), vector, atol=1e-9)


@pytest.mark.parametrize("angle", [0.0, 1e-300, 1e-15, 1e-9, 1e-4])
def test_tiny_angles_keep_their_digits(angle: float) -> None:
    vector = angle * np.array([0.6, 0.0, -0.8])
    np.testing.assert_allclose(rotation_vector(rotation_of(vector)), vector, rtol=1e-7, atol=1e-30 if angle else 0)


@given(axis=unit)
def test_half_a_turn_has_its_axis(axis: np.ndarray) -> None:
    vector = rotation_vector(rotation_of(np.pi * np.asarray(axis)))
    assert np.linalg.norm(vector) == pytest.approx(np.pi, abs=1e-7)
    assert abs(vector @ np.asarray(axis)) == pytest.approx(np.pi, abs=1e-6)  # either end of the axis


def test_stacks_are_taken_as_they_are() -> None:
    vectors = np.random.default_rng(0).normal(0, 0.7, (4, 5, 3))
    R = rotation_of(vectors)
    assert R.shape == (4, 5, 3, 3)
    np.testing.assert_allclose(rotation_vector(R), vectors, atol=1e-12)
    np.testing.assert_allclose(skew(vectors) @ np.ones(3), np.cross(vectors, np.ones(3)), atol=1e-15)


def test_the_nearest_rotation_is_one_and_leaves_rotations_alone() -> None:
    rng = np.random.default_rng(1)
    R = rotation_of(rng.normal(size=(20, 3)))
    np.testing.assert_allclose(nearest_rotation(R), R, atol=1e-14)
    near = nearest_rotation(R + rng.normal(0, 0.05, R.shape))
    np.testing.assert_allclose(np.linalg.det(near), 1, atol=1e-12)
    assert np.linalg.norm(rotation_vector(near @ np.swapaxes(R, -1, -2)), axis=-1).max() < 0.3
    np.testing.assert_allclose(np.linalg.det(nearest_rotation(np.diag([1.0, 1.0, -0.2]))), 1)
