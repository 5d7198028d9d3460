"""The fast rasteriser against its plain float64 twin, and laws of the rendered image."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mouseview.geometry.lenses import LensModel
from mouseview.geometry.transforms import Similarity, rotation_between
from mouseview.model.camera import Camera
from mouseview.model.errors import MouseViewError
from mouseview.model.gaussians import Gaussians
from mouseview.splats import reference
from mouseview.splats.definition import LOW_PASS_PX2
from mouseview.splats.rasterise import blend, project, render, render_depth
from tests.splats.scenes import FISHEYE, RADTAN_5, RADTAN_8, camera_around, random_scene

CAMERAS = {
    "pinhole": camera_around(1),
    "skew": camera_around(2, skew=7.0),
    "off-centre": camera_around(3, shift=(-31.0, 17.5)),
    "radtan 5": camera_around(4, distortion=RADTAN_5),
    "radtan 8 with skew": camera_around(5, distortion=RADTAN_8, skew=-3.0, shift=(5.0, 2.0)),
    "fisheye": camera_around(6, lens=LensModel.FISHEYE, distortion=FISHEYE),
}


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    return float(-10 * np.log10(np.mean((a.astype(np.float64) - b) ** 2)))


@pytest.mark.parametrize("name", CAMERAS)
def test_agrees_with_the_plain_twin(name: str) -> None:
    camera = CAMERAS[name]
    scene = random_scene(11, 600)
    truth = reference.render(scene, camera, (0.2, 0.5, 1.0))
    image = render(scene, camera, (0.2, 0.5, 1.0))
    assert image.dtype == np.float32
    assert truth[..., 3].mean() > 0.2
    assert psnr(image, truth[..., :4]) > 75


@pytest.mark.parametrize("degree", [0, 1, 2, 3])
def test_every_harmonic_degree_in_millimetres(degree: int) -> None:
    """A rig in mm at 300 mm: the near plane and the covariances must not care about the unit."""
    unit = 110.0
    scene = random_scene(12 + degree, 500, degree=degree, unit=unit)
    camera = camera_around(20 + degree, unit=unit, distortion=RADTAN_5)
    truth = reference.render(scene, camera)
    image = render(scene, camera)
    assert truth[..., 3].mean() > 0.2
    assert psnr(image, truth[..., :4]) > 75
    depth = render_depth(scene, camera)
    covered = truth[..., 3] > 0.01
    np.testing.assert_allclose(depth[covered], truth[covered, 4], rtol=2e-3)
    assert np.all(np.isnan(depth[truth[..., 3] == 0]))


def test_long_lists_cross_the_radix_sort() -> None:
    """More Gaussians in one tile than the insertion sort takes, faint enough that none hides the rest."""
    scene = random_scene(31, 3000)
    faint = Gaussians(scene.xyz, scene.sh, scene.scale, scene.rotation, 0.02 * scene.opacity)
    camera = camera_around(32, width=40, height=33)
    assert psnr(render(faint, camera), reference.render(faint, camera)[..., :4]) > 75


def test_a_single_gaussian_is_the_formula() -> None:
    """At the pixel under the centre alpha is the opacity; one low-pass width away it is exp(−½) of it."""
    K = np.array([[100.0, 0, 20.5], [0, 100.0, 16.5], [0, 0, 1]])
    camera = Camera("front", 41, 33, K, np.zeros(0), np.eye(4))
    sigma = 0.05
    scene = Gaussians(
        np.array([[0, 0, 2.0]]),
        np.zeros((1, 1, 3)),
        np.full((1, 3), sigma),
        np.array([[1.0, 0, 0, 0]]),
        np.array([0.6]),
    )
    image = render(scene, camera, (0.0, 0.0, 0.0))
    variance = (100.0 / 2.0 * sigma) ** 2 + LOW_PASS_PX2
    assert image[16, 20, 3] == pytest.approx(0.6, abs=1e-5)
    assert image[16, 23, 3] == pytest.approx(0.6 * np.exp(-0.5 * 9 / variance), abs=1e-5)
    np.testing.assert_allclose(image[16, 20, :3], 0.5 * 0.6, atol=1e-5)
    assert render_depth(scene, camera)[16, 20] == pytest.approx(2.0, abs=1e-5)


@settings(max_examples=15, deadline=None)
@given(
    scale=st.floats(0.003, 400.0),
    offset=st.tuples(*[st.floats(-3.0, 3.0)] * 3),
    axis=st.tuples(st.floats(-1, 1), st.floats(-1, 1), st.floats(0.1, 1)),
)
def test_one_similarity_of_scene_and_camera_changes_nothing(
    scale: float, offset: tuple[float, float, float], axis: tuple[float, float, float]
) -> None:
    scene, camera = random_scene(41, 150), camera_around(42, width=48, height=40, skew=2.0)
    R = rotation_between((0, 0, 1), axis)
    moved = Similarity(np.array(scale), R, scale * np.array(offset))
    w = np.sqrt(1 + np.trace(R)) / 2
    turn = np.array([w, *(np.array([R[2, 1] - R[1, 2], R[0, 2] - R[2, 0], R[1, 0] - R[0, 1]]) / (4 * w))])
    other = Gaussians(
        moved.apply(scene.xyz), scene.sh, scale * scene.scale, quaternion_product(turn, scene.rotation), scene.opacity
    )
    assert psnr(render(scene, camera), render(other, camera.moved(moved))) > 60


def quaternion_product(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """wxyz (4,) times (N, 4)."""
    w, v = left[0], left[1:]
    return np.concatenate(
        [
            w * right[:, :1] - right[:, 1:] @ v[:, None],
            w * right[:, 1:] + right[:, :1] * v + np.cross(v, right[:, 1:]),
        ],
        axis=-1,
    )


def test_order_in_the_scene_does_not_matter() -> None:
    scene, camera = random_scene(51, 400), camera_around(52)
    shuffled = scene.select(np.random.default_rng(0).permutation(len(scene)))
    np.testing.assert_array_equal(render(scene, camera), render(shuffled, camera))


def test_background_shows_through_alpha_only() -> None:
    scene, camera = random_scene(61, 200), camera_around(62)
    white, black = render(scene, camera, (1, 1, 1)), render(scene, camera, (0, 0, 0))
    np.testing.assert_allclose(white[..., :3] - black[..., :3], (1 - black[..., 3:]).repeat(3, -1), atol=1e-6)
    np.testing.assert_array_equal(white[..., 3], black[..., 3])


def test_nothing_is_drawn_beyond_the_monotone_radius() -> None:
    """A fold-over lens (k1 = −0.5) turns back at 0.816: a Gaussian at radius 1.2 would reappear inside the image."""
    K = np.array([[50.0, 0, 40], [0, 50.0, 40], [0, 0, 1]])
    camera = Camera("fold", 80, 80, K, np.array([-0.5]), np.eye(4))
    assert camera.optics.monotone_radius == pytest.approx(np.sqrt(2 / 3))

    def at(radius: float) -> float:
        scene = Gaussians(
            np.array([[radius, 0, 1.0]]),
            np.zeros((1, 1, 3)),
            np.full((1, 3), 0.02),
            np.array([[1.0, 0, 0, 0]]),
            np.ones(1),
        )
        return float(render(scene, camera)[..., 3].max())

    assert at(0.7) > 0.5
    assert at(1.2) == 0


def test_what_cannot_be_drawn_is_left_out() -> None:
    scene, camera = random_scene(71, 120, degree=1), camera_around(72)
    clean = render(scene, camera)
    spoiled = {}
    for field, value in (("xyz", np.nan), ("sh", np.inf), ("scale", np.nan), ("rotation", 0.0), ("opacity", np.nan)):
        array = getattr(scene, field).copy()
        array[:10] = value
        spoiled[field] = array
        broken = Gaussians(**{**{k: getattr(scene, k) for k in vars(scene)}, field: array})
        image = render(broken, camera)
        assert np.all(np.isfinite(image)), field
        np.testing.assert_array_equal(image, render(scene.select(np.arange(10, 120)), camera), err_msg=field)
    assert np.any(clean != render(scene.select(np.arange(10, 120)), camera))


def test_empty_scene_and_scene_behind_the_camera() -> None:
    scene, camera = random_scene(81, 50), camera_around(82)
    none = render(scene.select(np.zeros(50, bool)), camera, (0.1, 0.2, 0.3))
    np.testing.assert_allclose(none[..., :3], np.broadcast_to(np.float32([0.1, 0.2, 0.3]), none[..., :3].shape))
    assert np.all(none[..., 3] == 0)
    turned = camera.replace(T_cam_world=np.diag([1.0, -1.0, -1.0, 1.0]) @ camera.T_cam_world)
    assert render(scene, turned)[..., 3].max() == 0


def test_projected_says_where_every_gaussian_went() -> None:
    scene, camera = random_scene(91, 9000), camera_around(92, distortion=RADTAN_5)
    projected = project(scene, camera)
    assert 0 < len(projected) < 9000
    assert np.all(np.diff(projected.source) > 0)
    expected, valid = camera.project(scene.xyz[projected.source])
    assert valid.all()
    np.testing.assert_allclose(projected.centre_px, expected, atol=1e-5)
    np.testing.assert_allclose(projected.depth, camera.pose.apply(scene.xyz[projected.source])[:, 2], rtol=1e-6)


def test_threads_agree_and_may_render_at_once() -> None:
    scene, camera = random_scene(101, 6000), camera_around(102)
    expected = render(scene, camera, threads=1)
    results: list[np.ndarray] = []
    renderers = [threading.Thread(target=lambda: results.append(render(scene, camera, threads=3))) for _ in range(4)]
    for renderer in renderers:
        renderer.start()
    for renderer in renderers:
        renderer.join()
    assert len(results) == 4
    for image in results:
        np.testing.assert_array_equal(image, expected)


def test_wrong_use_is_refused() -> None:
    scene, camera = random_scene(111, 5), camera_around(112)
    with pytest.raises(MouseViewError, match="CPU"):
        render(scene, camera, device="tpu")
    with pytest.raises(ValueError, match="background"):
        render(scene, camera, (1, 1))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="at least one thread"):
        render(scene, camera, threads=0)
    with pytest.raises(ValueError, match="projected for"):
        blend(project(scene, camera), 10, 10)
    with pytest.raises(ValueError, match="cannot render"):
        render(scene, camera.replace(width=0))
