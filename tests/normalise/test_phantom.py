"""The phantom in the real rig: its photographs, normalised, against itself seen directly by the normalised camera."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from mouseview.geometry.transforms import Rigid
from mouseview.model.camera import Camera
from mouseview.model.recipe import CentreSource, Mode, Recipe
from mouseview.model.sample import Sample
from mouseview.normalise.prepare import prepare
from mouseview.phantom.mouse import Mouse, make_mouse
from mouseview.phantom.photographs import render_view
from mouseview.phantom.rig import demo_rig, subject_mm
from tests.scene import sample_of

_SUPERSAMPLE = 4


@cache
def _mouse() -> Mouse:
    x, y, _ = subject_mm()
    return make_mouse(3, position_mm=(x, y))


@cache
def _photographs(lens: bool) -> Sample:
    """Two views of 1152×1024."""
    cameras = tuple(camera if lens else camera.replace(distortion=np.zeros(0)) for camera in demo_rig().cameras[:2])
    return sample_of([render_view(_mouse(), camera) for camera in cameras], demo_rig().replace(cameras=cameras))


def _direct(camera: Camera) -> np.ndarray:
    """(S, S, 4) on white: rendered at four times the size and averaged."""
    n = _SUPERSAMPLE
    image = render_view(_mouse(), camera.resized(n * camera.width, n * camera.height)).astype(np.float64) / 255
    image[..., :3] *= image[..., 3:]
    image = image.reshape(camera.height, n, camera.width, n, 4).mean(axis=(1, 3))
    image[..., :3] += 1 - image[..., 3:]
    return image


@pytest.mark.parametrize(
    ("mode", "lens", "views"),
    [(Mode.EXACT_AIMED, True, (0, 1)), (Mode.EXACT_CENTRED, True, (0,)), (Mode.EXACT_AIMED, False, (0,))],
)
def test_normalised_phantom_equals_the_direct_render(mode: Mode, lens: bool, views: tuple[int, ...]) -> None:
    prepared = prepare(_photographs(lens), Recipe(mode=mode, centre=CentreSource.MASKS))
    assert prepared.similarity is not None
    for view in views:
        camera, image = prepared.true_rig[view], prepared.images[view]
        # the same camera in millimetres: a similarity leaves every pixel where it is
        R = camera.pose.R
        in_mm = camera.replace(T_cam_world=Rigid(R, -R @ prepared.similarity.inverse().apply(camera.centre)).matrix)
        truth = _direct(in_mm)
        subject = truth[..., 3] > 0.01
        gap = (image - truth)[subject]
        psnr = -10 * np.log10(np.mean(gap[:, :3] ** 2))
        down, across = np.gradient(truth[..., :3], axis=(0, 1))
        slopes = np.stack([across[subject].ravel(), down[subject].ravel()], axis=-1)
        shift = np.linalg.norm(np.linalg.lstsq(slopes, -gap[:, :3].ravel(), rcond=None)[0])
        assert subject.sum() > 2000
        assert psnr >= 36
        assert shift <= 0.02
