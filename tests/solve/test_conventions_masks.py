"""Masks alone tell how a rig is read: mice at random, one wrong convention or two, and views in another order."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import pytest

from mouseview.model.camera import Rig
from mouseview.model.correction import Correction
from mouseview.phantom.dataset import phantom_of_sample
from mouseview.phantom.photographs import render_mask
from mouseview.phantom.rig import HELD_OUT, demo_rig
from mouseview.solve.conventions.cameras import Readings
from mouseview.solve.conventions.evidence import Evidence, Frame
from mouseview.solve.conventions.measure import Bench, Kind
from mouseview.solve.conventions.silhouettes import Silhouette, silhouette_gaps
from mouseview.solve.conventions.solver import Standing, solve_conventions
from mouseview.solve.conventions.views import images_of
from tests.solve.misread import misread

WHOLE = demo_rig()
RIG = WHOLE.subset(tuple(name for name in WHOLE.names if name not in HELD_OUT))
NAMES = RIG.names


def swapped(*order: int) -> tuple[tuple[str, str], ...]:
    return images_of(order, NAMES)


@cache
def masks(seed: int) -> tuple[np.ndarray, ...]:
    mouse = phantom_of_sample(seed, 0)
    return tuple(render_mask(mouse, camera) for camera in RIG)


def roughened(mask: np.ndarray, px: int) -> np.ndarray:
    """Wider by px, or narrower where that is negative: a tail is gone at −3."""
    kernel = np.ones((2 * abs(px) + 1,) * 2, np.uint8)
    change = cv2.dilate if px > 0 else cv2.erode
    return change(mask.astype(np.uint8), kernel) > 0


@cache
def frame(seed: int, rough_px: int = 0) -> Frame:
    rng = np.random.default_rng(seed)
    return tuple(
        Silhouette.of_mask(roughened(mask, int(rng.integers(-rough_px, rough_px + 1)))) for mask in masks(seed)
    )


def injected(correction: Correction, seed: int, rough_px: int = 0) -> Evidence:
    """What a reader with those wrong conventions would hand over."""
    order, seen = correction.order(NAMES), frame(seed, rough_px)
    return Evidence(misread(RIG, correction), frames=(tuple(seen[order.index(view)] for view in range(6)),))


SINGLE = {
    "none": Correction(),
    "K": Correction(transpose_K=True),
    "R": Correction(transpose_R=True),
    "c2w": Correction(camera_to_world=True),
    "axes": Correction(opengl_axes=True),
    "size": Correction(K_size=(2304, 2048)),
    "swap": Correction(images_of=swapped(0, 2, 1, 3, 4, 5)),
    "order": Correction(images_of=swapped(2, 0, 4, 1, 5, 3)),
}
PAIRS = {
    "R-c2w": Correction(transpose_R=True, camera_to_world=True),
    "c2w-axes": Correction(camera_to_world=True, opengl_axes=True),
    "K-size": Correction(transpose_K=True, K_size=(576, 512)),
    "R-swap": Correction(transpose_R=True, images_of=swapped(0, 1, 2, 5, 4, 3)),
}


@pytest.mark.parametrize("wrong", SINGLE)
def test_each_wrong_convention_is_found_by_masks_alone(wrong: str) -> None:
    solution = solve_conventions(injected(SINGLE[wrong], seed=1))
    assert solution.best.correction == SINGLE[wrong]
    assert solution.kind is Kind.SILHOUETTES
    assert solution.fits
    assert solution.agrees is (wrong == "none")
    named = {row.differs for row in solution.ranked if row.standing in (Standing.WORSE, Standing.IMPOSSIBLE)}
    turned = "R not transposed" if wrong == "R" else "R transposed"
    assert turned in named
    assert any("images" in words for words in named)
    alike = [row.differs for row in solution.ranked if row.standing is Standing.ALIKE]
    assert any("0.5 px" in words for words in alike), "half a pixel is less than masks can show"


@pytest.mark.parametrize(("seed", "wrong"), list(zip((2, 3, 4, 5), PAIRS, strict=True)))
def test_pairs_of_wrong_conventions_are_found_on_mice_at_random(seed: int, wrong: str) -> None:
    solution = solve_conventions(injected(PAIRS[wrong], seed))
    assert solution.best.correction == PAIRS[wrong]
    assert solution.fits
    assert not solution.agrees


def test_rough_masks_do_so_too() -> None:
    """Each mask up to 3 px too wide or too narrow, views in another order, axes turned."""
    wrong = Correction(opengl_axes=True, images_of=swapped(5, 3, 1, 0, 2, 4))
    solution = solve_conventions(injected(wrong, 21, rough_px=3))
    assert solution.best.correction == wrong
    assert solution.fits


def test_the_correction_in_use_is_kept_while_nothing_is_better() -> None:
    wrong = Correction(transpose_R=True)
    solution = solve_conventions(injected(wrong, seed=1), current=wrong.replace(scale=10.0, units="mm"))
    assert solution.agrees
    assert solution.best is solution.current


def test_a_reading_that_looks_away_is_no_better_for_it() -> None:
    cameras = Readings(RIG).under(Correction(opengl_axes=True))
    gaps = silhouette_gaps(cameras, frame(1))
    assert np.all(gaps >= 0.99 * Silhouette.of_mask(masks(1)[0]).cap_px)
    assert np.all(silhouette_gaps(Readings(RIG).under(Correction()), frame(1)) < 1.0)


def test_a_mouse_that_is_cut_off_by_the_image_contradicts_nothing() -> None:
    """The images end in the middle of the animal; what lies beyond is not known to be empty."""
    middle = frame(1)[2]
    assert middle is not None
    width = int(middle.centroid[0])
    cameras = (*RIG.cameras[:2], RIG[2].replace(width=width), *RIG.cameras[3:])
    cut = Silhouette.of_mask(masks(1)[2][:, :width])
    shapes = (*frame(1)[:2], cut, *frame(1)[3:])
    gaps = silhouette_gaps(Readings(Rig(cameras)).under(Correction()), shapes)
    assert np.all(gaps < 1.5)


def test_views_without_a_mask_are_left_out_and_two_are_too_few() -> None:
    some = (*frame(1)[:4], None, None)
    bench = Bench(Evidence(RIG, frames=(some,)))
    found = bench.reading(Correction()).measured[Kind.SILHOUETTES]
    assert np.isnan(found.items).sum() == 2
    assert found.score < 1.0
    gaps = silhouette_gaps(bench.cameras(Correction()), (frame(1)[0], frame(1)[1], None, None, None, None))
    assert np.isnan(gaps).all()
