"""What a hand means, as laws: what was grabbed stays under the pointer, a roll is the angle, a step is a step."""

from __future__ import annotations

import dataclasses
from functools import cache

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mouseview.app.crop import hand
from mouseview.app.crop.hand import Held
from mouseview.app.crop.snap import Target, nearest, snapped_roll
from mouseview.model.recipe import Framing, Mode, Recipe, with_framing
from mouseview.model.sample import Sample
from mouseview.multiview.masks import MaskStats, mask_stats
from mouseview.normalise.pixel_map import PixelMap
from mouseview.normalise.plan import Plan, reframed
from mouseview.normalise.prepare import plan_sample
from tests.rigs import conforming_ring, mouse_ring

RIG = mouse_ring()
VIEW = 1
NAME = RIG.names[VIEW]
MIDDLE = np.array(RIG[VIEW].size) / 2

modes = st.sampled_from(list(Mode))
ray_modes = st.sampled_from([mode for mode in Mode if mode.follows_rays])
aims = st.tuples(st.floats(-6, 6), st.floats(-6, 6))
framings = st.builds(Framing, aims, st.floats(-170, 170), st.floats(0.7, 2.0))
inside = st.tuples(st.floats(-250, 250), st.floats(-250, 250)).map(lambda xy: MIDDLE + np.array(xy))


@cache
def discs() -> tuple[MaskStats, ...]:
    y, x = np.mgrid[:1024, :1152]
    image = np.zeros((1024, 1152, 4), np.uint8)
    image[..., 3] = 255 * (np.hypot(x - 560, y - 500) < 150)
    return (mask_stats(image),) * len(RIG)


@cache
def plan_of(mode: Mode) -> Plan:
    return plan_sample(Sample("cameras", RIG), Recipe(mode=mode), discs())[0]


def shown_by(mode: Mode, framing: Framing) -> PixelMap:
    recipe = Recipe(mode=mode, framings=with_framing((), NAME, framing))
    return reframed(plan_of(mode), VIEW, discs()[VIEW], recipe).views[VIEW].pixel_map


def held(mode: Mode, framing: Framing) -> Held:
    plan = plan_of(mode)
    return Held(RIG[VIEW], mode, plan.model_format.size, framing, shown_by(mode, framing), shown_by(mode, Framing()))


@given(modes, framings, inside, inside)
def test_what_was_grabbed_stays_under_the_pointer(
    mode: Mode, framing: Framing, grabbed: np.ndarray, pointer: np.ndarray
) -> None:
    before = held(mode, framing)
    canonical = before.pixel_map.to_canonical(grabbed)
    assume(np.all(np.isfinite(canonical)))
    after = hand.settled(before, lambda h: hand.carried(h, canonical, pointer), lambda f: shown_by(mode, f))
    assume(after is not None)
    np.testing.assert_allclose(shown_by(mode, after).to_source(canonical), pointer, atol=0.01)
    assert (after.roll_deg, after.zoom) == (framing.roll_deg, framing.zoom), "an aim is nothing else"


@given(modes, framings)
def test_bringing_the_window_back_gives_the_framing_back(mode: Mode, framing: Framing) -> None:
    before = held(mode, framing)
    home = held(mode, framing.replace(aim_deg=(0.0, 0.0)))
    there = home.pixel_map.to_source(home.middle)
    back = hand.settled(before, lambda h: hand.carried(h, h.middle, there), lambda f: shown_by(mode, f))
    assert back is not None
    np.testing.assert_allclose(back.aim_deg, (0.0, 0.0), atol=1e-6 if mode is not Mode.DISTANCE_MATCHED else 2e-3)


@given(ray_modes, framings, st.floats(-170, 170))
def test_a_roll_is_the_angle_about_the_middle(mode: Mode, framing: Framing, by_deg: float) -> None:
    before = held(mode, framing)
    turn = np.radians(by_deg)
    # two places on the photograph that the window shows by_deg apart, and near its middle
    places = before.pivot + 5.0 * np.array([[0.0, -1.0], [np.sin(turn), -np.cos(turn)]])
    from_px, to_px = before.pixel_map.to_source(places)
    after = hand.rolled(before, from_px, to_px)
    assert after is not None
    gone = np.radians(after.roll_deg - framing.roll_deg - by_deg)
    assert abs(np.sin(gone / 2)) < np.radians(0.15)
    assert after.aim_deg == framing.aim_deg
    up = shown_by(mode, after).to_canonical(to_px) - before.pivot
    if mode is not Mode.DISTANCE_MATCHED:  # its K follows the subject, and so does the pivot
        assert abs(np.degrees(np.arctan2(up[0], -up[1]))) < 0.2, "what was reached for is up now"


@given(inside, inside)
def test_a_rig_that_needs_nothing_is_taken_hold_of_without_a_jump(grabbed: np.ndarray, pointer: np.ndarray) -> None:
    rig = conforming_ring()
    grabbed, pointer = grabbed - MIDDLE + 256, pointer - MIDDLE + 256
    plan = plan_sample(Sample("cameras", rig), Recipe(), [None] * len(rig))[0]
    own = plan.views[0].pixel_map
    assert plan.views[0].copied
    before = Held(rig[0], Mode.EXACT_AIMED, 512, Framing(), own, own)
    after = hand.carried(before, own.to_canonical(grabbed), pointer)
    assert after is not None
    framed = reframed(plan, 0, None, Recipe(framings=with_framing((), rig.names[0], after)))
    np.testing.assert_allclose(framed.views[0].pixel_map.to_source(grabbed), pointer, atol=0.02)
    assert [view.copied for view in framed.views[1:]] == [True] * (len(rig) - 1)


def test_a_positive_roll_is_clockwise_on_the_photograph() -> None:
    before = held(Mode.EXACT_AIMED, Framing())
    pivot = before.pixel_map.to_source(before.pivot)
    after = hand.rolled(before, pivot + np.array([0.0, -80.0]), pivot + np.array([80.0, 0.0]))  # y is down
    assert after is not None
    assert after.roll_deg == pytest.approx(90, abs=1)


def test_a_handle_beyond_the_reach_of_the_lens_still_rolls() -> None:
    before = held(Mode.EXACT_AIMED, Framing())
    far = before.pixel_map.to_source(before.pivot) + np.array([[0.0, -9000.0], [9000.0, 0.0]])
    assert not np.isfinite(before.pixel_map.to_canonical(far)).any()
    assert hand.rolled(before, *far).roll_deg == pytest.approx(90, abs=1)


@given(modes, framings, st.sampled_from([(1, 0), (-1, 0), (0, 1), (0, -10)]))
def test_a_nudge_moves_the_window_by_its_own_pixels(mode: Mode, framing: Framing, step: tuple[int, int]) -> None:
    before = held(mode, framing)
    goal = hand.nudge_goal(before, *step)
    after = hand.settled(before, lambda h: hand.carried(h, h.middle, goal), lambda f: shown_by(mode, f))
    assert after is not None
    was = shown_by(mode, after).to_canonical(before.pixel_map.to_source(before.middle))
    np.testing.assert_allclose(was, before.middle - np.array(step), atol=0.05)


@given(modes, framings, st.floats(0.5, 2.0))
def test_the_wheel_zooms_where_the_mode_allows_it(mode: Mode, framing: Framing, factor: float) -> None:
    before = held(mode, framing)
    after = hand.zoomed(before, factor)
    if not mode.zooms:
        assert after is None
        return
    assert after is not None
    assert after.zoom == pytest.approx(framing.zoom * factor)
    assert dataclasses.replace(after, zoom=framing.zoom) == framing
    for q in (before.pivot, before.pivot + 40.0):
        there = shown_by(mode, after).to_canonical(before.pixel_map.to_source(q))
        np.testing.assert_allclose(there, before.pivot + factor * (q - before.pivot), atol=1e-4)


def test_zooms_end_somewhere_and_crops_do_not_roll() -> None:
    zoom = held(Mode.RAW, Framing(zoom=hand.MOST_ZOOM))
    assert hand.zoomed(zoom, 5.0) == zoom.framing
    assert hand.rolled(zoom, MIDDLE + 10, MIDDLE + np.array([10, -10])) is None


def test_no_ray_no_framing() -> None:
    before = held(Mode.EXACT_AIMED, Framing())
    assert hand.carried(before, before.middle, MIDDLE + 5000.0) is None, "beyond the reach of the lens"
    crop = held(Mode.FORCED_K, Framing())
    assert hand.carried(crop, crop.middle, MIDDLE + 20_000.0) is None, "far off to the side"


@given(inside, st.floats(0.5, 30))
def test_snapping_takes_the_nearest_within_reach(pixel: np.ndarray, reach: float) -> None:
    places = (Target("a", MIDDLE), Target("b", MIDDLE + 20.0))
    found = nearest(places, pixel, reach)
    distances = [np.linalg.norm(place.pixel - pixel) for place in places]
    assert (found is None) == (min(distances) > reach)
    if found is not None:
        assert found is places[int(np.argmin(distances))]
    assert nearest((), pixel, reach) is None


@pytest.mark.parametrize(("roll", "snapped"), [(1.2, 0.0), (-1.4, 0.0), (3.0, 3.0), (89.0, 90.0), (-179.5, -180.0)])
def test_rolls_snap_to_quarter_turns(roll: float, snapped: float) -> None:
    assert snapped_roll(roll) == snapped
