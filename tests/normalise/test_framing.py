"""A hand's aim, roll and zoom: where the window's middle goes, and that exact modes stay exact."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mouseview.geometry.transforms import rotation_between
from mouseview.model.recipe import Framing, Mode, Recipe
from mouseview.model.sample import Sample
from mouseview.normalise.framing import aim_towards, framed_turn
from mouseview.normalise.plan import Plan
from mouseview.normalise.prepare import plan_sample
from tests.rigs import mouse_ring

ANGLES = st.floats(-30.0, 30.0)
DIRECTIONS = st.tuples(st.floats(-0.6, 0.6), st.floats(-0.6, 0.6)).map(lambda xy: np.array([*xy, 1.0]))


def plan_of(recipe: Recipe) -> Plan:
    sample = Sample("cameras", mouse_ring())
    return plan_sample(sample, recipe, [None] * len(sample.rig))[0]


@given(DIRECTIONS, DIRECTIONS)
def test_aiming_brings_a_direction_to_the_middle(base: np.ndarray, wanted: np.ndarray) -> None:
    R = rotation_between(base, [0.0, 0.0, 1.0])
    turned = framed_turn(R, Framing(aim_towards(R, wanted))) @ wanted
    assert np.allclose(turned / np.linalg.norm(turned), [0.0, 0.0, 1.0], atol=1e-12)


@given(ANGLES, ANGLES, st.floats(-180.0, 180.0))
def test_it_is_a_rotation_and_roll_keeps_the_middle(right: float, down: float, roll: float) -> None:
    R = framed_turn(np.eye(3), Framing((right, down), roll))
    assert np.allclose(R @ R.T, np.eye(3), atol=1e-12)
    assert np.isclose(np.linalg.det(R), 1.0)
    assert np.allclose(R[2], framed_turn(np.eye(3), Framing((right, down)))[2], atol=1e-12)


def test_a_positive_roll_turns_the_window_clockwise_on_the_photograph() -> None:
    R_canonical_source = framed_turn(np.eye(3), Framing(roll_deg=30.0))
    to_the_right = R_canonical_source.T @ np.array([1.0, 0.0, 0.0])  # the window's right side, in the photograph
    assert np.allclose(to_the_right, [np.cos(np.pi / 6), np.sin(np.pi / 6), 0.0])  # y is down


@pytest.mark.parametrize("mode", [Mode.EXACT_AIMED, Mode.EXACT_CENTRED, Mode.EXACT_ZOOM])
def test_exact_modes_declare_what_the_pixels_show(mode: Mode) -> None:
    rig = mouse_ring()
    framing = Framing((4.0, -3.0), 25.0, 1.4)
    plan = plan_of(Recipe(mode=mode, framings=((rig.names[0], framing),)))
    view = plan.views[0]
    assert view.declared is view.true
    point = plan.similarity.apply(plan.centre.point + np.array([5.0, -8.0, 3.0]))
    seen = view.declared.project(point)[0]
    shown = view.pixel_map.to_canonical(rig[0].project(plan.similarity.inverse().apply(point))[0])
    assert np.allclose(seen, shown, atol=1e-6)
    zoomed = view.declared.fx / plan_of(Recipe(mode=mode)).views[0].declared.fx
    assert np.isclose(zoomed, 1.4 if mode is Mode.EXACT_ZOOM else 1.0)
    assert plan.views[1].tilt_deg == plan_of(Recipe(mode=mode)).views[1].tilt_deg


def test_matching_distances_keeps_the_subject_where_it_is_seen() -> None:
    rig = mouse_ring()
    plan = plan_of(Recipe(mode=Mode.DISTANCE_MATCHED, framings=((rig.names[0], Framing((6.0, 2.0))),)))
    view = plan.views[0]
    assert np.allclose(view.declared.project(np.zeros(3))[0], view.true.project(np.zeros(3))[0], atol=1e-6)
    assert np.isclose(np.linalg.norm(view.declared.centre), plan.model_format.distance)


@pytest.mark.parametrize("mode", [Mode.RAW, Mode.FORCED_K])
def test_crops_move_by_the_same_angle_and_say_that_they_cannot_roll(mode: Mode) -> None:
    rig = mouse_ring()
    moved = plan_of(Recipe(mode=mode, framings=((rig.names[0], Framing((5.0, 0.0), 10.0, 2.0)),)))
    middle, size = np.full(2, moved.model_format.size / 2), moved.model_format.size
    before = plan_of(Recipe(mode=mode)).views[0]
    gone = moved.views[0].pixel_map.to_source(middle) - before.pixel_map.to_source(middle)
    assert np.allclose(gone, [rig[0].fx * np.tan(np.radians(5.0)), 0.0], atol=1e-9)
    width = np.ptp(moved.views[0].pixel_map.to_source([[0, 0], [size, 0]])[:, 0])
    assert np.isclose(2 * width, np.ptp(before.pixel_map.to_source([[0, 0], [size, 0]])[:, 0]))
    assert any("cannot roll" in note for note in moved.notes)
