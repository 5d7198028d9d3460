"""The ledger's rows: of one view alone, of the fed views, and what is measured at fewer places than there are."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from mouseview.geometry.rays import pixel_centres
from mouseview.model.recipe import CentreSource, Mode, Recipe
from mouseview.multiview.masks import all_mask_stats
from mouseview.normalise.ledger import RAY_MAX, view_rows
from mouseview.normalise.measure import hull_gap_px, padding_share
from mouseview.normalise.prepare import plan_sample, prepare
from mouseview.normalise.subject import locate_subject
from tests.rigs import mouse_ring, with_camera
from tests.scene import photographed

SAMPLE = photographed(mouse_ring((288, 256)))


@pytest.mark.parametrize("mode", [Mode.EXACT_AIMED, Mode.PIXEL_BASED])
def test_rows_of_one_view_are_those_of_the_whole_ledger(mode: Mode) -> None:
    recipe = Recipe(mode=mode, model="mouse-256")
    whole = prepare(SAMPLE, recipe)
    masks = all_mask_stats(SAMPLE, SAMPLE.images())
    plan, guess = plan_sample(SAMPLE, recipe, masks)
    subject = locate_subject(plan, SAMPLE.rig, masks, guess)
    alpha = whole.images[2][..., 3]
    rows = view_rows(plan, 2, SAMPLE.rig, masks[2], alpha, subject)
    assert rows == whole.ledger.of(SAMPLE.rig.names[2])
    coarse = {row.quantity: row for row in view_rows(plan, 2, SAMPLE.rig, masks[2], alpha[::2, ::2], subject)}
    unknown = {row.quantity: row for row in view_rows(plan, 2, SAMPLE.rig, masks[2], None, subject)}
    for row in rows:
        if row.quantity in ("occupancy", "centre-of-mass offset"):
            assert row.after is not None
            assert coarse[row.quantity].after == pytest.approx(row.after, rel=0.05, abs=1.0)
            assert unknown[row.quantity].after is None
        else:
            assert unknown[row.quantity] == row


def test_rows_of_the_rig_speak_of_the_fed_views() -> None:
    fed = SAMPLE.rig.names[:5]
    recipe = Recipe(mode=Mode.RAW, model="mouse-256", views=fed, centre=CentreSource.MASKS)
    bent = SAMPLE.rig[5].replace(distortion=np.array([-0.4, 0.1]))
    lens = dataclasses.replace(SAMPLE, rig=with_camera(SAMPLE.rig, 5, distortion=bent.distortion))
    moved = np.array(SAMPLE.rig[5].T_cam_world)
    moved[0, 3] += 40.0
    astray = dataclasses.replace(SAMPLE, rig=with_camera(SAMPLE.rig, 5, T_cam_world=moved))
    before = prepare(SAMPLE, recipe).ledger
    for other in (prepare(lens, recipe).ledger, prepare(astray, recipe).ledger):
        assert other.of("") == before.of("")
        assert other.of(SAMPLE.rig.names[5]) != before.of(SAMPLE.rig.names[5])
    rays = {row.quantity: row.after for row in prepare(lens, recipe).ledger.of(SAMPLE.rig.names[5])}
    assert rays[RAY_MAX] != {row.quantity: row.after for row in before.of("")}[RAY_MAX]


def test_a_hull_of_every_other_pixel_tells_about_the_same() -> None:
    large = photographed(mouse_ring((1152, 1024), lens=False))
    rig, masks = large.rig, [stats.mask for stats in all_mask_stats(large, large.images()) if stats is not None]
    true = hull_gap_px(list(rig), masks)
    assert true is not None
    assert true < 0.1
    turned = np.array(rig[1].T_cam_world)
    angle = np.radians(0.5)
    turned[:3] = (
        np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]]) @ turned[:3]
    )
    wrong = list(with_camera(rig, 1, T_cam_world=turned))
    halves = [mask.reshape(512, 2, 576, 2).mean(axis=(1, 3)) > 0.5 for mask in masks]
    half = hull_gap_px([camera.resized(576, 512) for camera in wrong], halves)
    found = hull_gap_px(wrong, masks)
    assert half is not None
    assert found is not None
    assert found > 2
    assert found == pytest.approx(2 * half, rel=0.04)
    assert hull_gap_px(list(rig), [masks[0], *[None] * 5]) is None


@pytest.mark.parametrize("mode", [Mode.EXACT_AIMED, Mode.PIXEL_BASED, Mode.RAW])
def test_padding_is_counted_well_enough(mode: Mode) -> None:
    folding = with_camera(SAMPLE.rig, 0, distortion=np.array([-0.9]))
    plan, _ = plan_sample(
        dataclasses.replace(SAMPLE, rig=folding),
        Recipe(mode=mode, model="mouse-256"),
        all_mask_stats(SAMPLE, SAMPLE.images()),
    )
    for view in plan.views:
        at = view.pixel_map.to_source(pixel_centres(*view.true.size))
        with np.errstate(invalid="ignore"):
            inside = np.all((at >= 0) & (at <= np.array(view.source.size)), axis=-1)
        assert padding_share(view) == pytest.approx(1 - inside.mean(), abs=0.01)
