"""Channel maps, the subject's ball and the verdict beside them: laws, and agreement with the ledger."""

from __future__ import annotations

import dataclasses
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mouseview.geometry.transforms import Similarity
from mouseview.model.prepared import Prepared
from mouseview.model.recipe import Mode, Recipe
from mouseview.model.sample import Sample
from mouseview.multiview.masks import MaskStats
from mouseview.normalise.centres import sample_masks
from mouseview.normalise.encoding_maps import ray_maps, spread_pixels, view_maps
from mouseview.normalise.ledger import PROJECTION
from mouseview.normalise.plan import Plan
from mouseview.normalise.prepare import plan_sample, prepare
from mouseview.normalise.subject import Subject, locate_subject
from mouseview.normalise.subject_ball import ball_picture, moved_subject, silhouette
from mouseview.normalise.understanding import plan_truth
from mouseview.resources import model_format
from tests.rigs import mouse_ring
from tests.scene import photographed

FORMAT = model_format("mouse-256")
COORDINATE = st.floats(-3, 3)
VECTOR = st.tuples(COORDINATE, COORDINATE, COORDINATE).map(np.array)


@cache
def sample() -> Sample:
    return photographed(mouse_ring((288, 256)))


@cache
def masks() -> tuple[MaskStats | None, ...]:
    return sample_masks(sample())


@cache
def planned(mode: Mode) -> tuple[Plan, Subject]:
    plan, guess = plan_sample(sample(), Recipe(mode=mode, model="mouse-256"), masks())
    return plan, locate_subject(plan, sample().rig, masks(), guess)


@cache
def prepared(mode: Mode) -> Prepared:
    return prepare(sample(), Recipe(mode=mode, model="mouse-256"))


def test_millimetres_leave_box_and_window_empty() -> None:
    plan, subject = planned(Mode.EXACT_AIMED)
    in_file = moved_subject(subject, plan.similarity.inverse())
    maps = view_maps(plan.views[0], subject, in_file, FORMAT.box, FORMAT.depth_window, 24)
    assert np.nanmean(maps.after.window) == pytest.approx(1.0)
    assert np.mean(maps.after.box > 0) > 0.5
    assert np.nanmean(maps.before.window) < 0.05
    assert np.mean(maps.before.box > 0) < 0.05


def test_p_lies_on_the_ray_nearest_the_origin_and_the_moment_is_as_long() -> None:
    plan, subject = planned(Mode.RAW)
    camera = plan.views[1].source
    maps = ray_maps(camera, spread_pixels(*camera.size, 12), subject, 1.0, 1.8)
    np.testing.assert_allclose(np.sum(maps.p * maps.d, axis=-1), 0, atol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(maps.p, axis=-1), np.linalg.norm(maps.moment, axis=-1), rtol=1e-9)


@pytest.mark.parametrize("mode", [Mode.EXACT_AIMED, Mode.EXACT_CENTRED, Mode.EXACT_ZOOM])
def test_exact_modes_leave_every_ray_where_it_was(mode: Mode) -> None:
    plan, subject = planned(mode)
    in_file = moved_subject(subject, plan.similarity.inverse())
    for view in plan.views:
        maps = view_maps(view, subject, in_file, 1.0, 1.8, 16)
        seen = np.all(np.isfinite(maps.before_there.d), axis=-1)
        assert seen.any()
        turned = maps.before_there.d[seen] @ plan.similarity.R.T
        np.testing.assert_allclose(maps.after.d[seen], turned, atol=1e-7)
        assert maps.true is maps.after


def test_the_window_on_the_source_holds_the_canonical_border() -> None:
    plan, subject = planned(Mode.FORCED_K)
    view = plan.views[2]
    maps = view_maps(view, subject, subject, 1.0, 1.8, 8)
    corners = view.pixel_map.to_canonical(maps.window_px[::16])
    np.testing.assert_allclose(corners, [[0, 0], [256, 0], [256, 256], [0, 256]], atol=1e-9)


@given(st.floats(0.3, 3.0), VECTOR)
@settings(max_examples=25, deadline=None)
def test_a_moved_subject_is_the_same_ball_elsewhere(scale: float, shift: np.ndarray) -> None:
    _, subject = planned(Mode.EXACT_AIMED)
    similarity = Similarity(np.array(scale), np.eye(3)[[1, 2, 0]], shift)
    moved = moved_subject(subject, similarity)
    np.testing.assert_allclose(moved.centre, similarity.apply(subject.centre), atol=1e-9)
    assert moved.radius == pytest.approx(scale * subject.radius)
    back = moved_subject(moved, similarity.inverse())
    np.testing.assert_allclose(back.seen, subject.seen, atol=1e-9)


def test_the_outline_touches_the_ball_and_is_seen_edge_on() -> None:
    _, subject = planned(Mode.EXACT_AIMED)
    eye = np.array([2.0, -1.0, 0.7])
    ring = silhouette(subject, eye)
    np.testing.assert_allclose(np.linalg.norm(ring - subject.centre, axis=-1), subject.radius, rtol=1e-9)
    np.testing.assert_allclose(np.sum((ring - subject.centre) * (ring - eye), axis=-1), 0, atol=1e-9)
    assert np.isnan(silhouette(subject, subject.centre + 0.5 * subject.radius)).all()


def test_exact_outlines_are_one_and_false_ones_lie_apart() -> None:
    exact, subject = planned(Mode.EXACT_AIMED)
    ball = ball_picture(exact.views[0], subject)
    np.testing.assert_array_equal(ball.declared_px, ball.true_px)
    assert ball.rms_px == 0
    forced, subject = planned(Mode.FORCED_K)
    ball = ball_picture(forced.views[0], subject)
    apart = np.linalg.norm(ball.ends_px - ball.starts_px, axis=-1)
    assert ball.rms_px > 1
    assert np.mean(apart) == pytest.approx(ball.rms_px, rel=0.5)  # 13 of its points against 200


@pytest.mark.parametrize("mode", list(Mode))
def test_verdict_and_numbers_are_the_ledgers(mode: Mode) -> None:
    plan, subject = planned(mode)
    found = plan_truth(plan, subject, 9)
    ledger = prepared(mode).ledger
    assert found.truth is ledger.verdict.truth
    rows = {row.view: row.after for row in ledger.rows if row.quantity == PROJECTION}
    assert found.rms_px == pytest.approx(rows[""], rel=1e-9)
    for view in found.views:
        assert view.ball.rms_px == pytest.approx(rows[view.name], rel=1e-9)
    assert found.worst.ball.rms_px == max(view.ball.rms_px for view in found.views)


def test_a_view_that_does_not_see_the_ball_is_the_worst() -> None:
    plan, subject = planned(Mode.FORCED_K)
    found = plan_truth(plan, subject, 5, views=(0, 1))
    blind = dataclasses.replace(found.views[1].ball, rms_px=float("nan"))
    views = (found.views[0], dataclasses.replace(found.views[1], ball=blind))
    assert dataclasses.replace(found, views=views).worst is views[1]
