"""The fast warp against the slow one, its oracle, and the corners where it must show nothing."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mouseview.geometry.rays import pixel_centres
from mouseview.geometry.rotations import rotation_of
from mouseview.model.camera import Camera
from mouseview.normalise.area_filter import area_kernel, judge_blocks, occupied_tiles
from mouseview.normalise.pixel_grid import node_grid
from mouseview.normalise.pixel_map import CropMap, PixelMap, RayMap
from mouseview.normalise.warp import warp, warp_by_subsamples

SIZE = 256
LENS = np.array([-0.12, 0.15, 4e-4, -3e-4, -0.2])
FOLDING = np.array([0.0, 0.0, 0.0, 0.0, -40.0])  # steeply, inside the image


def noise(opaque: bool, dtype: type = np.uint8) -> np.ndarray:
    """(512, 576, 4): fur as a lens would show it, on a blob or everywhere; another colour hides under alpha 0."""
    rng = np.random.default_rng(0)
    top = np.iinfo(dtype).max
    fur = cv2.GaussianBlur(rng.normal(size=(512, 576, 3)), (0, 0), 1.0)
    image = np.empty((512, 576, 4), dtype)
    image[..., :3] = np.clip(0.5 + 0.15 * fur / fur.std(), 0, 1) * top
    image[..., 3] = top
    if not opaque:
        at = pixel_centres(576, 512) - (300, 240)
        outside = at[..., 0] ** 2 / 90**2 + at[..., 1] ** 2 / 60**2 > 1
        image[outside] = (top, 0, top // 2, 0)
    return image


def aimed(lens: np.ndarray, turn_deg: tuple[float, float, float], focal: float = 274.0) -> RayMap:
    K = np.array([[816.0, 0.6, 300.0], [0, 819.0, 245.0], [0, 0, 1]])
    camera = Camera("c", 576, 512, K, lens, np.eye(4))
    window = np.array([[focal, 0, 128], [0, focal, 128], [0, 0, 1]])
    return RayMap(window, rotation_of(np.radians(turn_deg)), camera)


def smooth_share(image: np.ndarray, pixel_map: PixelMap) -> float:
    """Of the blocks that are seen, those that the filter serves."""
    step = SIZE // 64
    nodes = node_grid(pixel_map.to_source, SIZE, SIZE, step)
    blocks = judge_blocks(nodes, step, occupied_tiles(image))
    return float((blocks.smooth & blocks.seen).sum() / max(blocks.seen.sum(), 1))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("opaque", [True, False])
@pytest.mark.parametrize("turn_deg", [(2.0, -3.0, 0.0), (1.0, 2.0, 37.0)])
def test_filter_and_sub_samples_agree(opaque: bool, turn_deg: tuple[float, float, float], dtype: type) -> None:
    image, pixel_map = noise(opaque, dtype), aimed(LENS, turn_deg)
    assert smooth_share(image, pixel_map) > 0.95
    fast, slow = warp(image, pixel_map, SIZE), warp_by_subsamples(image, pixel_map, SIZE)
    subject = slow[..., 3] > 0.01
    psnr = -10 * np.log10(np.mean((fast - slow)[subject][:, :3] ** 2))
    assert psnr > 44  # of noise, the worst there is
    assert np.abs(fast - slow)[..., 3].max() < 0.1  # at outlines
    assert np.all(fast[slow[..., 3] == 0][:, :3] > 0.97)  # what hides under alpha 0 stays there


def test_what_differs_too_much_is_left_to_the_sub_samples() -> None:
    image, steep = noise(True), aimed(LENS, (0.0, 25.0, 0.0), 130.0)
    assert 0 < smooth_share(image, steep) < 0.95
    fast, slow = warp(image, steep, SIZE), warp_by_subsamples(image, steep, SIZE)
    assert -10 * np.log10(np.mean((fast - slow)[slow[..., 3] > 0.01] ** 2)) > 40
    few = CropMap(0.55, np.array([-20.0, 3.0]))  # less than two source px to one
    assert smooth_share(image, few) == 0
    np.testing.assert_array_equal(warp(image, few, SIZE), warp_by_subsamples(image, few, SIZE))


def test_a_window_that_looks_past_the_horizon_is_warped_as_ever() -> None:
    image, beyond = noise(True), aimed(np.zeros(0), (0.0, 45.0, 5.0), 90.0)
    fast, slow = warp(image, beyond, SIZE), warp_by_subsamples(image, beyond, SIZE)
    assert slow[..., 3].max() == 1
    assert np.isnan(beyond.to_source(pixel_centres(SIZE, SIZE))).any()
    assert np.abs(fast - slow).max() < 0.15
    tiny = CropMap(1 / 40, np.array([100.0, 120.0]))
    assert smooth_share(image, tiny) == 0
    np.testing.assert_array_equal(warp(image, tiny, SIZE), warp_by_subsamples(image, tiny, SIZE))


def test_a_folding_lens_in_an_aimed_window_leaves_no_ghosts() -> None:
    folding = aimed(FOLDING, (2.0, -3.0, 10.0))
    limit = folding.source.optics.monotone_radius
    image = np.full((512, 576, 4), 255, np.uint8)
    assert smooth_share(image, folding) > 0.3
    alpha = warp(image, folding, SIZE)[..., 3]
    rays = np.concatenate([(pixel_centres(SIZE, SIZE) - 128) / 274, np.ones((SIZE, SIZE, 1))], axis=-1)
    turned = rays @ folding.R_source_canonical.T
    radius = np.hypot(turned[..., 0], turned[..., 1]) / turned[..., 2]
    at = folding.to_source(pixel_centres(SIZE, SIZE))
    inside = np.all((at > 8) & (at < np.array([568, 504])), axis=-1)
    assert (radius > limit).mean() > 0.1
    assert np.all(alpha[radius > limit] == 0)
    assert np.all(alpha[inside & (radius < limit - 0.02)] > 0.999)


@pytest.mark.parametrize("ratio", [2.01, 2.5, 3.0, 3.1, 6.7, 30.0])
def test_the_kernel_has_the_spread_of_a_pixel_area(ratio: float) -> None:
    kernel = area_kernel(ratio).astype(float)
    taps = np.arange(len(kernel)) - len(kernel) // 2
    assert kernel.sum() == pytest.approx(1, abs=1e-6)
    assert kernel @ taps**2 == pytest.approx((ratio**2 - 1) / 12, rel=1e-5)
    assert np.all(kernel >= 0)
    assert kernel @ taps == pytest.approx(0, abs=1e-6)


def test_many_points_map_as_few_do() -> None:
    pixel_map = aimed(FOLDING, (2.0, -3.0, 10.0))
    pixels = pixel_centres(SIZE, SIZE)[::8, ::8].reshape(-1, 2)
    one_by_one = np.concatenate([pixel_map.to_source(part) for part in np.split(pixels, 8)])
    np.testing.assert_allclose(pixel_map.to_source(pixels), one_by_one, atol=1e-9)
    source = pixel_centres(576, 512)[::16, ::16].reshape(-1, 2)
    back = np.concatenate([pixel_map.to_canonical(part) for part in np.array_split(source, 12)])
    np.testing.assert_allclose(pixel_map.to_canonical(source), back, atol=1e-7)
