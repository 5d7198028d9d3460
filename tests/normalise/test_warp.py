"""The warp against supersampled direct renders, and the corners where it must show nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mouseview.geometry.rays import pixel_centres
from mouseview.geometry.transforms import rotation_between
from mouseview.model.camera import Camera
from mouseview.model.recipe import CentreSource, Mode, Recipe
from mouseview.normalise.pixel_map import CropMap, RayMap
from mouseview.normalise.prepare import prepare
from mouseview.normalise.warp import copy, source_grid, warp
from tests.rigs import mouse_ring
from tests.scene import Ellipsoid, photographed

REPOSITORY = Path(__file__).resolve().parents[2]


def against_direct_render(
    lens: bool, size: tuple[int, int], mode: Mode, dtype: type = np.uint8
) -> list[tuple[float, float]]:
    """(PSNR on subject pixels, shift in px) of two views: the normalised image against the scene seen directly."""
    scene = Ellipsoid(wavelength=4.0)
    rig = mouse_ring(size, lens)
    rig = rig.replace(cameras=rig.cameras[:2])
    recipe = Recipe(mode=mode, model="mouse-256", centre=CentreSource.MASKS)
    prepared = prepare(photographed(rig, scene, 4, dtype), recipe)
    similarity = prepared.similarity
    assert similarity is not None
    scale = float(similarity.scale)
    half_axes = (scale * scene.axes[0], scale * scene.axes[1], scale * scene.axes[2])
    there = Ellipsoid(similarity.apply(scene.centre), half_axes, scale * scene.wavelength)
    out = []
    for camera, image in zip(prepared.true_rig, prepared.images, strict=True):
        truth = there.render(camera, 6)
        truth[..., :3] += 1 - truth[..., 3:]
        subject = truth[..., 3] > 0
        gap = (image - truth)[subject]
        psnr = -10 * np.log10(np.mean(gap[:, :3] ** 2))
        down, across = np.gradient(truth[..., :3], axis=(0, 1))
        slopes = np.stack([across[subject].ravel(), down[subject].ravel()], axis=-1)
        shift = np.linalg.lstsq(slopes, -gap[:, :3].ravel(), rcond=None)[0]
        out.append((float(psnr), float(np.linalg.norm(shift))))
    return out


@pytest.mark.parametrize("lens", [True, False])
@pytest.mark.parametrize("mode", [Mode.EXACT_AIMED, Mode.EXACT_CENTRED])
def test_normalised_equals_direct_render(lens: bool, mode: Mode) -> None:
    for psnr, shift in against_direct_render(lens, (576, 512), mode):
        assert psnr >= 40
        assert shift <= 0.01


def test_zoomed_equals_direct_render() -> None:
    for psnr, shift in against_direct_render(False, (864, 768), Mode.EXACT_ZOOM):
        assert psnr >= 36
        assert shift <= 0.01


def test_magnification_interpolates_smoothly() -> None:
    def scene(pixels: np.ndarray) -> np.ndarray:
        return 0.5 + 0.4 * np.sin(pixels[..., 0] / 3.1) * np.cos(pixels[..., 1] / 4.3)

    image = np.full((96, 96, 4), 65535, np.uint16)
    image[..., :3] = np.rint(scene(pixel_centres(96, 96)) * 65535)[..., None]
    crop = CropMap(2.7, np.array([-20.3, -11.9]))
    out = warp(image, crop, 200)[8:-8, 8:-8, 0]
    expected = scene(crop.to_source(pixel_centres(200, 200)))[8:-8, 8:-8]
    assert np.abs(out - expected).max() < 0.006


def test_sixteen_bits_are_kept() -> None:
    for psnr, _ in against_direct_render(False, (576, 512), Mode.EXACT_AIMED, np.uint16):
        assert psnr >= 40


def test_colour_under_alpha_zero_never_leaks() -> None:
    rig = mouse_ring((288, 256))
    sample = photographed(rig)
    clean = [np.where(image[..., 3:] > 0, image, 0).astype(np.uint8) for image in sample.images()]
    source = rig[0]
    pixel_map = RayMap(np.array([[270.0, 0, 128], [0, 270.0, 128], [0, 0, 1]]), np.eye(3), source)
    np.testing.assert_array_equal(warp(sample.image(0), pixel_map, 256), warp(clean[0], pixel_map, 256))


def test_nothing_is_shown_beyond_the_monotone_radius() -> None:
    K = np.array([[400.0, 0, 256], [0, 400.0, 256], [0, 0, 1]])
    folding = Camera("fold", 512, 512, K, np.array([-0.6]), np.eye(4))
    limit = folding.optics.monotone_radius
    image = np.full((512, 512, 4), 255, np.uint8)
    wide = np.array([[150.0, 0, 256], [0, 150.0, 256], [0, 0, 1]])
    alpha = warp(image, RayMap(wide, np.eye(3), folding), 512)[..., 3]
    radius = np.linalg.norm((pixel_centres(512, 512) - 256) / 150, axis=-1)
    assert limit < radius.max()
    assert np.all(alpha[radius > limit] == 0)
    assert np.all(alpha[radius < limit - 0.02] > 1 - 1e-6)


@pytest.mark.parametrize("size", [256, 500])
def test_the_coarse_grid_is_exact_enough(size: int) -> None:
    for index, camera in enumerate(mouse_ring()):
        if index == 3:
            camera = camera.replace(distortion=np.array([-0.45, 0.05]))  # folds over inside the window
        K = np.array([[1.07 * size, 0, size / 2], [0, 1.07 * size, size / 2], [0, 0, 1]])
        aim = rotation_between([0.05, -0.03, 1.0], [0.0, 0.0, 1.0])
        pixel_map = RayMap(K, aim.T, camera)
        exact = pixel_map.to_source(pixel_centres(size, size))
        grid = source_grid(pixel_map, size)
        np.testing.assert_array_equal(np.isfinite(grid), np.isfinite(exact))
        assert np.nanmax(np.abs(grid - exact)) < 0.001


def test_padding_is_white_and_transparent_and_edges_are_exact() -> None:
    image = np.full((40, 60, 4), 255, np.uint8)
    image[..., :3] = (200, 100, 50)
    out = warp(image, CropMap(0.5, np.array([10.25, 20.0])), 64)
    assert out[25, 30, 3] == 1.0
    np.testing.assert_allclose(out[25, 30, :3], np.array([200, 100, 50]) / 255, atol=1e-6)
    assert out[25, 9, 3] == 0
    assert out[:, :, 3].sum() == pytest.approx(30 * 20, abs=1e-3)
    assert np.all(out[out[..., 3] == 0][:, :3] == 1)
    assert out[25, 10, 3] == pytest.approx(0.75, abs=1e-6)
    assert out[25, 40, 3] == pytest.approx(0.25, abs=1e-6)


def test_identity_map_copies_to_the_last_bit() -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 65536, (64, 64, 4), dtype=np.uint16)
    same = warp(image, CropMap(1.0, np.zeros(2)), 64)
    np.testing.assert_allclose(same, copy(image), atol=2e-6)


def test_views_may_be_warped_from_several_threads_at_once() -> None:
    """A window prepares one sample while it checks another; the threading layer that numba always has aborts there."""
    script = """
import threading
import numpy as np
from mouseview.model.recipe import Recipe
from mouseview.normalise.prepare import prepare
from tests.rigs import mouse_ring
from tests.scene import Ellipsoid, photographed

sample = photographed(mouse_ring((144, 128)), Ellipsoid())
results = [None] * 4

def work(index):
    for _ in range(3):
        results[index] = prepare(sample, Recipe(model="mouse-256")).images

threads = [threading.Thread(target=work, args=(index,)) for index in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
assert all(np.array_equal(results[0], other) for other in results[1:])
print("whole")
"""
    environment = {**os.environ, "NUMBA_THREADING_LAYER": "workqueue"}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment, cwd=REPOSITORY, timeout=200
    )
    assert (done.returncode, done.stdout) == (0, "whole\n"), done.stderr[-2000:]
