"""One view framed anew: the same as planning the whole rig, and nothing to the other views."""

from __future__ import annotations

import numpy as np
import pytest

from mouseview.model.camera import Rig
from mouseview.model.recipe import Framing, Mode, Recipe
from mouseview.model.sample import Sample
from mouseview.multiview.masks import MaskStats, mask_stats
from mouseview.normalise.plan import Plan, ViewPlan, reframed
from mouseview.normalise.prepare import plan_sample
from tests.rigs import conforming_ring, mouse_ring

FRAMING = Framing((4.0, -3.0), 25.0, 1.4)


def discs(rig: Rig) -> list[MaskStats]:
    """A disc of the subject's size about the middle of every image."""
    out = []
    for camera in rig:
        y, x = np.mgrid[: camera.height, : camera.width]
        image = np.zeros((camera.height, camera.width, 4), np.uint8)
        image[..., 3] = 255 * (np.hypot(x - camera.width / 2, y - camera.height / 2) < 0.15 * camera.height)
        out.append(mask_stats(image))
    return out


def plan_of(rig: Rig, recipe: Recipe) -> Plan:
    return plan_sample(Sample("cameras", rig), recipe, discs(rig))[0]


def assert_same(one: ViewPlan, other: ViewPlan) -> None:
    pixels = np.array([[10.0, 20.0], [256.0, 256.0], [300.0, 480.0]])
    for a, b in ((one.declared, other.declared), (one.true, other.true)):
        np.testing.assert_allclose(a.K, b.K, atol=1e-9)
        np.testing.assert_allclose(a.T_cam_world, b.T_cam_world, atol=1e-12)
    np.testing.assert_allclose(one.pixel_map.to_source(pixels), other.pixel_map.to_source(pixels), atol=1e-9)
    assert (one.copied, one.tilt_deg, one.zoom) == (other.copied, other.tilt_deg, other.zoom)


@pytest.mark.parametrize("mode", list(Mode))
def test_framing_one_view_anew_is_planning_all_of_them(mode: Mode) -> None:
    rig = mouse_ring()
    before, after = Recipe(mode=mode), Recipe(mode=mode, framings=((rig.names[1], FRAMING),))
    plan, quick = plan_of(rig, after), reframed(plan_of(rig, before), 1, discs(rig)[1], after)
    for view, other in zip(plan.views, quick.views, strict=True):
        assert_same(view, other)
    assert quick.views[0] is not plan.views[0]


@pytest.mark.parametrize("mode", [Mode.EXACT_AIMED, Mode.EXACT_CENTRED])
def test_a_hand_on_one_view_of_a_conforming_rig_leaves_the_others_copied(mode: Mode) -> None:
    rig = conforming_ring()
    framed = Recipe(mode=mode, framings=((rig.names[1], Framing((4.0, -3.0), 25.0)),))
    plan = plan_of(rig, framed)
    assert [view.copied for view in plan.views] == [index != 1 for index in range(len(rig))]
    assert rig.names[1] in plan.notes[0]
    np.testing.assert_array_equal(plan.similarity.matrix, np.eye(4))
    view = plan.views[1]
    assert view.tilt_deg == pytest.approx(5.0, abs=0.01)
    np.testing.assert_allclose(view.true.centre, rig[1].centre, atol=1e-12)
    assert_same(view, reframed(plan_of(rig, Recipe(mode=mode)), 1, discs(rig)[1], framed).views[1])


def test_the_fitted_zoom_of_the_rig_does_not_follow_one_hand() -> None:
    rig = mouse_ring()
    framed = Recipe(mode=Mode.EXACT_ZOOM, framings=((rig.names[1], Framing((4.0, -3.0))),))
    zooms = [plan_of(rig, recipe).zoom for recipe in (framed, Recipe(mode=Mode.EXACT_ZOOM))]
    assert zooms[0] == zooms[1] != 1.0
