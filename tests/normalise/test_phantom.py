"""The phantom in the real rig: its photographs, normalised, against itself seen directly by the normalised camera."""

from __future__ import annotations

import numpy as np
import pytest

from mouseview.geometry.transforms import Rigid
from mouseview.model.camera import Camera
from mouseview.model.recipe import CentreSource, Recipe
from mouseview.normalise.prepare import prepare
from mouseview.phantom.mouse import Mouse, make_mouse
from mouseview.phantom.photographs import render_view
from mouseview.phantom.rig import demo_rig, subject_mm
from tests.scene import sample_of

_SUPERSAMPLE = 4


def _direct(mouse: Mouse, camera: Camera) -> np.ndarray:
    """(S, S, 4) premultiplied: rendered at four times the size and averaged."""
    n = _SUPERSAMPLE
    image = render_view(mouse, camera.resized(n * camera.width, n * camera.height)).astype(np.float64) / 255
    image[..., :3] *= image[..., 3:]
    return image.reshape(camera.height, n, camera.width, n, 4).mean(axis=(1, 3))


@pytest.mark.parametrize("lens", [True, False])
def test_normalised_phantom_equals_the_direct_render(lens: bool) -> None:
    x, y, _ = subject_mm()
    mouse = make_mouse(3, position_mm=(x, y))
    rig = demo_rig()
    cameras = tuple(camera if lens else camera.replace(distortion=np.zeros(0)) for camera in rig.cameras[:2])
    rig = rig.replace(cameras=cameras)
    sample = sample_of([render_view(mouse, camera) for camera in rig], rig)
    prepared = prepare(sample, Recipe(centre=CentreSource.MASKS))
    assert prepared.similarity is not None
    for camera, image in zip(prepared.true_rig, prepared.images, strict=True):
        # the same camera in millimetres: a similarity leaves every pixel where it is
        R = camera.pose.R
        in_mm = camera.replace(T_cam_world=Rigid(R, -R @ prepared.similarity.inverse().apply(camera.centre)).matrix)
        truth = _direct(mouse, in_mm)
        truth[..., :3] += 1 - truth[..., 3:]
        subject = truth[..., 3] > 0.01
        gap = (image - truth)[subject]
        psnr = -10 * np.log10(np.mean(gap[:, :3] ** 2))
        down, across = np.gradient(truth[..., :3], axis=(0, 1))
        slopes = np.stack([across[subject].ravel(), down[subject].ravel()], axis=-1)
        shift = np.linalg.norm(np.linalg.lstsq(slopes, -gap[:, :3].ravel(), rcond=None)[0])
        assert psnr >= 36
        assert shift <= 0.02
