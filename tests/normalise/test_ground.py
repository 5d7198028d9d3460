"""The ground: found under a walking subject in any frame of reference, refused where it cannot be told."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mouseview.geometry.rays import angle_between_deg
from mouseview.geometry.transforms import Array
from mouseview.normalise.ground import LINE, ROUGH, STILL, Ground, NoGround, fit_ground
from tests.geometry.strategies import rotations

Z = np.array([0.0, 0.0, 1.0])
ABOVE = np.array([[200.0, 0, 180], [-150, 90, 200], [30, -220, 160]])


def walk(frames: int, along: float = 80.0, across: float = 60.0, seed: int = 0) -> Array:
    """(F, 3) mm: where an animal stands on z = 0 of an arena."""
    rng = np.random.default_rng(seed)
    return np.stack([rng.uniform(-along, along, frames), rng.uniform(-across, across, frames), np.zeros(frames)], -1)


def bodies(places: Array, seed: int = 1) -> list[Array]:
    """Paws on the ground to half a millimetre, the rest of the body at any height: it rears."""
    rng = np.random.default_rng(seed)
    made = []
    for place in places:
        paws = rng.uniform([-30, -12, 0], [30, 12, 1.0], (4, 3))
        rest = rng.uniform([-40, -15, 5], [40, 15, 70], (12, 3))
        made.append(place + np.concatenate([rest, paws]))
    return made


def fitted(points: list[Array], R: Array, sure: bool = True, guess: Array = Z) -> Ground | NoGround:
    centres = np.array([body.mean(axis=0) for body in points]) @ R.T
    return fit_ground(centres, [body @ R.T for body in points], R @ guess, sure, ABOVE @ R.T)


@given(rotations, st.integers(0, 1000))
def test_the_ground_is_found_under_labels_in_any_frame(R: Array, seed: int) -> None:
    leaning = np.array([0.25, -0.15, 1.0]) / np.linalg.norm([0.25, -0.15, 1.0])  # the first guess is 16° off
    found = fitted(bodies(walk(20, seed=seed), seed), R, guess=leaning)
    assert isinstance(found, Ground)
    assert found.lowest
    assert angle_between_deg(found.normal, R @ Z) < 0.6
    assert found.residual < 0.6
    assert abs((R.T @ found.point)[2]) < 1.0


@given(st.integers(0, 1000))
def test_the_uncertainty_is_of_the_size_of_the_error(seed: int) -> None:
    found = fitted(bodies(walk(20, seed=seed), seed), np.eye(3))
    assert isinstance(found, Ground)
    assert angle_between_deg(found.normal, Z) < 5 * found.uncertainty_deg
    assert found.uncertainty_deg < 1.0


def test_without_labels_the_centres_tell_it_and_leaps_count_little() -> None:
    rng = np.random.default_rng(3)
    places = walk(24) + np.array([0, 0, 25.0]) + rng.normal(0, 1.0, (24, 3)) * [0, 0, 1]
    places[[3, 11]] += [0, 0, 60.0]
    found = fit_ground(places, [], Z, True, ABOVE)
    assert isinstance(found, Ground)
    assert not found.lowest
    assert found.outliers == 2
    assert angle_between_deg(found.normal, Z) < 1.0
    assert "2 left out" in found.words("mm")


def test_the_normal_lies_on_the_cameras_side_where_up_is_not_sure() -> None:
    found = fitted(bodies(walk(20)), np.eye(3), sure=False, guess=Z)
    assert isinstance(found, Ground)
    assert found.normal[2] > 0.99
    below = fit_ground(walk(20), [], Z, False, ABOVE * [1, 1, -1])
    assert isinstance(below, Ground)
    assert below.normal[2] < -0.99


@pytest.mark.parametrize(
    ("places", "reason"),
    [
        (np.random.default_rng(0).normal(0, 2.0, (24, 3)), STILL),
        (walk(24, across=0.5) + np.random.default_rng(1).normal(0, 2.0, (24, 3)), LINE),
        (np.random.default_rng(2).uniform(-50, 50, (24, 3)), ROUGH),
        (np.zeros((24, 3)), STILL),
        (walk(5), "takes"),
        (np.zeros((0, 3)), "no frame"),
    ],
)
def test_it_is_refused_where_the_points_cannot_tell_it(places: Array, reason: str) -> None:
    found = fit_ground(places, [], Z, True, ABOVE)
    assert isinstance(found, NoGround)
    assert reason in found.reason
    assert found.remedy


def test_a_wall_is_no_ground() -> None:
    found = fit_ground(walk(24) @ np.array([[0, 0, 1.0], [0, 1, 0], [1, 0, 0]]), [], Z, True, ABOVE)
    assert isinstance(found, NoGround)
    assert "90°" in found.reason
