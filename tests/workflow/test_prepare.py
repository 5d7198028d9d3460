"""The target window drawn on source images, and normalising for scripts."""

from __future__ import annotations

import numpy as np
import pytest

import mouseview as mv
from mouseview.geometry.lenses import Lens, LensModel
from mouseview.model.camera import Camera
from mouseview.model.prepared import Prepared
from mouseview.model.recipe import CentreSource, Mode, Recipe
from mouseview.model.sample import Sample
from mouseview.normalise.prepare import canonical_to_source, source_to_canonical
from mouseview.workflow.prepare import centre_candidates, prepare_sample, target_window
from tests.rigs import mouse_ring
from tests.scene import photographed

SIZE = (288, 256)


@pytest.fixture(scope="module")
def sample() -> Sample:
    return photographed(mouse_ring(SIZE), supersample=1)


def by_hand(prepared: Prepared, index: int, camera: Camera, pixel: tuple[float, float]) -> np.ndarray:
    """Canonical pixel → ray of the normalised camera → direction in millimetre space → the lens, term by term."""
    window = prepared.true_rig[index]
    x = (pixel[0] - window.cx) / window.fx
    y = (pixel[1] - window.cy) / window.fy
    in_world = window.T_cam_world[:3, :3].T @ np.array([x, y, 1.0])
    in_camera = camera.T_cam_world[:3, :3] @ in_world
    u, v = in_camera[:2] / in_camera[2]
    k1, k2, p1, p2, k3 = camera.distortion if len(camera.distortion) else np.zeros(5)
    r2 = u * u + v * v
    radial = 1 + k1 * r2 + k2 * r2**2 + k3 * r2**3
    bent = np.array(
        [
            u * radial + 2 * p1 * u * v + p2 * (r2 + 2 * u * u),
            v * radial + p1 * (r2 + 2 * v * v) + 2 * p2 * u * v,
            1.0,
        ]
    )
    return (camera.K @ bent)[:2]


@pytest.mark.parametrize("mode", [Mode.EXACT_AIMED, Mode.EXACT_CENTRED, Mode.EXACT_ZOOM, Mode.DISTANCE_MATCHED])
def test_corners_of_the_window_are_where_their_rays_end(sample: Sample, mode: Mode) -> None:
    prepared = prepare_sample(sample, Recipe(mode=mode), "mouse-256")
    for index, camera in enumerate(sample.rig):
        curve = target_window(prepared, index, camera, per_side=8)
        assert curve.shape == (32, 2)
        for corner, pixel in enumerate([(0.0, 0.0), (256.0, 0.0), (256.0, 256.0), (0.0, 256.0)]):
            np.testing.assert_allclose(curve[8 * corner], by_hand(prepared, index, camera, pixel), atol=1e-9)


@pytest.mark.parametrize("mode", [Mode.RAW, Mode.FORCED_K, Mode.PIXEL_BASED, Mode.DISTANCE_ONLY])
def test_the_window_of_a_crop_is_an_upright_rectangle(sample: Sample, mode: Mode) -> None:
    prepared = prepare_sample(sample, Recipe(mode=mode), "mouse-256")
    curve = target_window(prepared, 2, sample.rig[2], per_side=4)
    top_left, top_right, bottom_right, bottom_left = curve[::4]
    side = top_right[0] - top_left[0]
    np.testing.assert_allclose(top_right, np.add(top_left, [side, 0]), atol=1e-5)
    np.testing.assert_allclose(bottom_right, np.add(top_left, [side, side]), atol=1e-5)
    np.testing.assert_allclose(bottom_left, np.add(top_left, [0, side]), atol=1e-5)
    if mode is Mode.FORCED_K:
        np.testing.assert_allclose([*top_left, side], [16, 0, 256], atol=1e-5)  # the middle square of 288×256
    if mode in (Mode.RAW, Mode.DISTANCE_ONLY):
        np.testing.assert_allclose([*top_left, side], [0, -16, 288], atol=1e-5)


def bend_px(curve: np.ndarray, per_side: int) -> float:
    """How far the first side leaves the straight line between its corners."""
    side, along = curve[: per_side + 1], curve[per_side] - curve[0]
    normal = np.array([-along[1], along[0]]) / np.linalg.norm(along)
    return float(np.abs((side - curve[0]) @ normal).max())


def test_the_window_is_curved_where_the_lens_is() -> None:
    bends = {}
    for lens in (True, False):
        rig = mouse_ring(SIZE, lens=lens)
        prepared = prepare_sample(photographed(rig, supersample=1), Recipe(), "mouse-256")
        bends[lens] = bend_px(target_window(prepared, 0, rig[0]), 24)
    assert bends[False] < 1e-9
    assert bends[True] > 0.5


def test_nothing_is_drawn_beyond_where_the_lens_folds_over(sample: Sample) -> None:
    strong = np.array([-0.45, 0.0, 0.0, 0.0, 0.0])
    rig = sample.rig.replace(cameras=tuple(camera.replace(distortion=strong) for camera in sample.rig))
    radius = Lens(LensModel.RADTAN, strong).monotone_radius
    prepared = prepare_sample(photographed(rig, supersample=1), Recipe(zoom=0.3, mode=Mode.EXACT_ZOOM), "mouse-256")
    assert 128 / prepared.true_rig[0].fx > radius  # the window reaches that far
    assert np.isnan(target_window(prepared, 0, rig[0])).any()


@pytest.mark.parametrize("mode", list(Mode))
def test_there_and_back(sample: Sample, mode: Mode) -> None:
    prepared = prepare_sample(sample, Recipe(mode=mode), "mouse-256")
    pixels = np.random.default_rng(0).uniform(100, 156, (50, 2))
    there = source_to_canonical(prepared, 1, sample.rig[1], pixels)
    np.testing.assert_allclose(canonical_to_source(prepared, 1, sample.rig[1], there), pixels, atol=1e-6)


def test_the_format_given_overrides_the_recipe_and_candidates_are_ordered(sample: Sample) -> None:
    assert prepare_sample(sample, Recipe(model="facelift"), "mouse-256").images.shape[1:3] == (256, 256)
    sources = [centre.source for centre in centre_candidates(sample)]
    assert sources == [CentreSource.MASKS, CentreSource.AXES, CentreSource.ORIGIN, CentreSource.CENTROID]


def test_scripts_name_modes_by_text(sample: Sample) -> None:
    prepared = mv.prepare(sample, mode="exact-centred", model="mouse-256", centre=CentreSource.AXES)
    assert prepared.mode is Mode.EXACT_CENTRED
    assert prepared.centre.source is CentreSource.AXES
    for wrong in ({"mode": "magic"}, {"model": "magic"}):
        with pytest.raises(mv.MouseViewError) as caught:
            mv.prepare(sample, **wrong)
        assert "one of" in caught.value.remedy
