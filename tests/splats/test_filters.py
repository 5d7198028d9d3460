"""Filters: each rule by hand, and laws of their combination."""

from __future__ import annotations

import numpy as np

from mouseview.model.gaussians import Gaussians
from mouseview.splats.filters import FACELIFT_HEAD, PRESETS, SplatFilter
from tests.splats.scenes import random_scene


def gaussians(xyz: list[list[float]], scale: float = 0.01, opacity: float = 0.5) -> Gaussians:
    n = len(xyz)
    return Gaussians(
        np.array(xyz), np.zeros((n, 1, 3)), np.full((n, 3), scale), np.tile([1.0, 0, 0, 0], (n, 1)), np.full(n, opacity)
    )


def test_off_by_default() -> None:
    scene = random_scene(1, 50)
    result = SplatFilter().apply(scene)
    assert result.keep.all()
    assert result.dropped_by == {}
    assert PRESETS["none"] == SplatFilter()


def test_each_rule_of_the_head_preset() -> None:
    inside, outside_x, outside_z = [0, 0, -0.5], [0.92, 0, 0], [0, 0, 1.01]
    corner, above_corner, edge = [0.7, -0.7, -0.7], [0.7, -0.7, -0.5], [0.7, 0.1, -0.7]
    result = FACELIFT_HEAD.apply(gaussians([inside, outside_x, outside_z, corner, above_corner, edge]))
    assert result.keep.tolist() == [True, False, False, False, True, True]
    assert result.dropped_by == {"opacity": 0, "scale": 0, "box": 2, "corner": 1}
    assert (result.kept, result.dropped) == (3, 3)
    big = FACELIFT_HEAD.apply(gaussians([[0, 0, -0.1], [0, 0, 0.1]], scale=0.2))
    assert big.keep.tolist() == [False, True]
    assert not FACELIFT_HEAD.apply(gaussians([[0, 0, 0]], opacity=0.04 - 1e-6)).keep.any()


def test_rules_only_ever_drop_more_and_agree_with_their_counts() -> None:
    scene = random_scene(2, 500)
    single = [
        SplatFilter(min_opacity=0.3), SplatFilter(max_scale=0.1), SplatFilter(box=(0.5, 0.6, 0.7)),
        SplatFilter(corner=(0.2, 0.1)),
    ]  # fmt: skip
    alone = [rule.apply(scene) for rule in single]
    together = SplatFilter(min_opacity=0.3, max_scale=0.1, box=(0.5, 0.6, 0.7), corner=(0.2, 0.1)).apply(scene)
    np.testing.assert_array_equal(together.keep, np.logical_and.reduce([result.keep for result in alone]))
    assert sorted(together.dropped_by.values()) == sorted(result.dropped for result in alone)
    assert 0 < together.kept < min(result.kept for result in alone)
    assert len(scene.select(together.keep)) == together.kept
