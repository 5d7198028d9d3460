"""Triangulated points: exact, with the uncertainty that repeated measuring shows, and honest about what is off."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mouseview.formats.registry import read_rig
from mouseview.geometry.lenses import LensModel
from mouseview.geometry.transforms import Array, look_at
from mouseview.geometry.triangulation import triangulate_directions
from mouseview.model.camera import Camera, Rig
from mouseview.multiview.agreement import agreement
from mouseview.multiview.points import triangulate_pixels
from tests.geometry.strategies import similarities
from tests.rigs import SUBJECT_MM, conforming_ring, mouse_ring, parallel_rig, with_camera
from tests.shared_data import shared_path


def cloud(count: int, seed: int = 0, spread: float = 20.0) -> Array:
    return SUBJECT_MM + np.random.default_rng(seed).normal(size=(count, 3)) * spread


def project(rig: Rig, points: Array) -> Array:
    return np.stack([camera.project(points)[0] for camera in rig])


def shifted(rig: Rig, index: int, dx: float, dy: float) -> Rig:
    return with_camera(rig, index, K=rig[index].K + np.array([[0, 0, dx], [0, 0, dy], [0, 0, 0]]))


def fisheye_ring() -> Rig:
    """Wide cameras that see points beyond 90° of their axes."""
    K = np.array([[320.0, 0, 640], [0, 320, 640], [0, 0, 1]])
    lens = np.array([-0.02, 0.003, -0.001, 0.0])
    eyes = [[120.0, 0, 40], [-60, 100, 60], [-60, -100, 50], [0, 0, 160]]
    return Rig(
        tuple(
            Camera(f"wide{i}", 1280, 1280, K, lens, look_at(eye, [0, 1.0, -3 * i]).matrix, LensModel.FISHEYE)
            for i, eye in enumerate(eyes)
        ),
        units="mm",
    )


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_noise_free_pixels_give_the_very_points(seed: int) -> None:
    for rig, points in ((mouse_ring(), cloud(8, seed)), (conforming_ring(), (cloud(8, seed) - SUBJECT_MM) / 60),
                        (fisheye_ring(), cloud(8, seed, 100.0) - SUBJECT_MM)):  # fmt: skip
        found = triangulate_pixels(rig, project(rig, points))
        seen = found.seen.sum(axis=0) >= 2
        np.testing.assert_allclose(found.points_world[seen], points[seen], atol=1e-9)
        assert np.nanmax(found.residual_px) < 1e-7
        np.testing.assert_allclose(found.without.points_world[0][found.seen[0]], points[found.seen[0]], atol=1e-8)


def test_the_linear_start_sees_points_behind_the_plane_of_the_image() -> None:
    rig = fisheye_ring()
    points = np.array([[60.0, 90, 150], [-200, 30, 90]])
    rays = np.stack([camera.unproject(camera.project(points)[0])[0] for camera in rig])
    assert (rays[..., 2] < 0).any()
    np.testing.assert_allclose(triangulate_directions(rays, [c.T_cam_world for c in rig]), points, atol=1e-5)


@pytest.mark.parametrize("noise_px", [0.5, 2.0])
@pytest.mark.parametrize("views", [(0, 1), (0, 2, 3), (0, 1, 2, 3, 4, 5)])
def test_the_covariance_is_that_of_repeated_measurements(views: tuple[int, ...], noise_px: float) -> None:
    rig = mouse_ring().subset(tuple(f"cam{view}" for view in views))
    point = cloud(1, 5)
    exact = np.repeat(project(rig, point), 12_000, axis=1)
    noise = np.random.default_rng(3).normal(0, noise_px, exact.shape)
    found = triangulate_pixels(rig, exact + noise, noise_px, leave_one_out=False)
    told = triangulate_pixels(rig, exact[:, :1], noise_px)
    assert told.assumed_noise_px == noise_px
    measured = np.cov(found.points_world.T)
    inverse_root = np.linalg.inv(np.linalg.cholesky(told.covariance[0]))
    np.testing.assert_allclose(inverse_root @ measured @ inverse_root.T, np.eye(3), atol=0.05)
    radii, axes = told.ellipsoid
    np.testing.assert_allclose(axes[0].T * radii[0] ** 2 @ axes[0], told.covariance[0], rtol=1e-9)
    assert np.all(np.diff(radii[0]) <= 0)
    assert np.sqrt(np.mean(found.misfit_px**2)) == pytest.approx(noise_px, rel=0.03), "the residuals tell the noise"


@settings(max_examples=25, deadline=None)
@given(similarity=similarities, seed=st.integers(0, 2**31))
def test_a_similarity_of_the_world_moves_points_and_ellipsoids_along(similarity, seed: int) -> None:  # type: ignore[no-untyped-def]
    rig = mouse_ring()
    pixels = project(rig, cloud(5, seed)) + np.random.default_rng(seed).normal(0, 0.7, (6, 5, 2))
    here, there = triangulate_pixels(rig, pixels), triangulate_pixels(rig.moved(similarity, "model"), pixels)
    scale, size = float(similarity.scale), float(similarity.scale) * 300
    np.testing.assert_allclose(there.points_world, similarity.apply(here.points_world), atol=1e-6 * size)
    turned = scale**2 * similarity.R @ here.covariance @ similarity.R.T
    np.testing.assert_allclose(there.covariance, turned, atol=1e-5 * np.abs(turned).max())
    np.testing.assert_allclose(there.residual_px, here.residual_px, atol=1e-5)
    np.testing.assert_allclose(there.without.moved, scale * here.without.moved, rtol=1e-3, atol=1e-6 * size)
    np.testing.assert_array_equal(there.reliable, here.reliable)


def test_least_squares_beats_the_linear_start() -> None:
    rig = mouse_ring()
    pixels = project(rig, cloud(50)) + np.random.default_rng(1).normal(0, 2, (6, 50, 2))
    found = triangulate_pixels(rig, pixels)
    rays = np.stack([camera.unproject(px)[0] for camera, px in zip(rig, pixels, strict=True)])
    linear = triangulate_directions(rays, [camera.T_cam_world for camera in rig])
    missed = np.linalg.norm(project(rig, linear) - pixels, axis=-1)
    assert np.all(np.sum(found.residual_px**2, axis=0) <= np.sum(missed**2, axis=0) + 1e-9)
    nudged = found.points_world + np.random.default_rng(2).normal(0, 0.02, (50, 3))
    missed = np.linalg.norm(project(rig, nudged) - pixels, axis=-1)
    assert np.all(np.sum(found.residual_px**2, axis=0) < np.sum(missed**2, axis=0))


def test_what_is_not_seen_takes_no_part() -> None:
    rig = mouse_ring()
    pixels = project(rig, cloud(4))
    pixels[3:, 0] = np.nan
    pixels[2:, 1] = np.nan
    pixels[1:, 2] = np.nan
    pixels[:, 3] = np.nan
    found = triangulate_pixels(rig, pixels)
    np.testing.assert_array_equal(np.isfinite(found.points_world).all(axis=1), [True, True, False, False])
    np.testing.assert_array_equal(np.isfinite(found.covariance).all(axis=(1, 2)), [True, True, False, False])
    np.testing.assert_array_equal(np.isfinite(found.without.residual_px).sum(axis=0), [3, 0, 0, 0])
    np.testing.assert_array_equal(np.isfinite(found.residual_px).sum(axis=0), [3, 2, 0, 0])
    np.testing.assert_array_equal(found.reliable, [True, True, False, False])
    one = triangulate_pixels(rig, pixels[:, 0])
    np.testing.assert_allclose(one.points_world, found.points_world[:1], atol=1e-12)
    assert triangulate_pixels(rig, np.zeros((6, 0, 2))).points_world.shape == (0, 3)


def test_nearly_parallel_rays_are_not_reliable() -> None:
    rig = parallel_rig()
    near, far = triangulate_pixels(rig, project(rig, np.array([[90.0, 0, 100], [90.0, 1e5, 100]]))), None
    np.testing.assert_array_equal(near.reliable, [True, False])
    assert near.ellipsoid[0][1, 0] > 1e4, "and its uncertainty says by how much"
    np.testing.assert_allclose(np.abs(near.ellipsoid[1][1, 0]), [0, 1, 0], atol=0.01)
    same = np.repeat(rig[0].project(SUBJECT_MM)[0][None], 4, axis=0)
    far = triangulate_pixels(rig, same)  # parallel to the last digit
    assert not far.reliable[0]


def test_a_point_that_a_view_cannot_show_is_infinitely_off_there() -> None:
    rig = mouse_ring()
    turned = with_camera(rig, 2, T_cam_world=np.diag([-1.0, 1, -1, 1]) @ rig[2].T_cam_world)
    found = triangulate_pixels(turned, project(rig, cloud(6)))
    assert np.isinf(found.residual_px[2]).all()
    assert np.isinf(found.misfit_px).all()
    assert not found.reliable.any()
    assert agreement(turned, project(rig, cloud(30))).guilty == 2


def test_a_broken_camera_spoils_nothing_but_its_own_view() -> None:
    rig, points = mouse_ring(), cloud(3)
    pixels = project(rig, points)
    for change in ({"K": np.full((3, 3), np.nan)}, {"T_cam_world": np.full((4, 4), np.inf)},
                   {"distortion": np.array([np.nan])}):  # fmt: skip
        found = triangulate_pixels(with_camera(rig, 3, **change), pixels)
        np.testing.assert_allclose(found.points_world, points, atol=1e-9)
        assert not (found.residual_px[3] < 100).any()
        np.testing.assert_allclose(found.without.points_world[0], points, atol=1e-8)
    nothing = rig.replace(cameras=tuple(camera.replace(T_cam_world=np.full((4, 4), np.nan)) for camera in rig))
    assert np.isnan(triangulate_pixels(nothing, pixels).points_world).all()


def test_shapes_that_do_not_fit_are_refused() -> None:
    rig = mouse_ring()
    for pixels in (np.zeros((5, 2)), np.zeros((6, 3)), np.zeros((6, 2, 2, 2))):
        with pytest.raises(ValueError, match="must be"):
            triangulate_pixels(rig, pixels)
    with pytest.raises(ValueError, match="noise"):
        triangulate_pixels(rig, np.zeros((6, 2)), noise_px=0.0)


def test_many_points_are_solved_in_parts_with_the_same_result() -> None:
    rig = mouse_ring().subset(("cam0", "cam2"))
    points = np.repeat(cloud(1), 70_000, axis=0)
    found = triangulate_pixels(rig, project(rig, points), leave_one_out=False)
    np.testing.assert_allclose(found.points_world, points, atol=1e-9)


@pytest.mark.parametrize("index", range(6))
def test_leaving_one_out_names_the_shifted_camera(index: int) -> None:
    rig = mouse_ring()
    pixels = project(rig, cloud(12)) + np.random.default_rng(index).normal(0, 0.7, (6, 12, 2))
    assert agreement(rig, pixels).guilty is None
    found = agreement(shifted(rig, index, 6, 4), pixels)
    assert found.guilty == index
    assert found.swapped is None
    assert found.left_out_px[index] == pytest.approx(np.hypot(6, 4), rel=0.35)
    assert found.without_px[index] == pytest.approx(0.7, rel=0.5)
    assert np.argmin(found.without_px) == index
    single = triangulate_pixels(shifted(rig, index, 6, 4), project(rig, cloud(1)))
    assert np.argmin(single.without.misfit_px[:, 0]) == index
    assert np.argmax(single.without.moved[:, 0]) == index
    assert single.without.residual_px[index, 0] > single.residual_px[index, 0], "the point does not follow it"


@pytest.mark.parametrize("change", ["K", "lens", "turned", "moved"])
def test_other_errors_of_one_camera_name_it_too(change: str) -> None:
    rig = mouse_ring()
    pose = rig[3].T_cam_world.copy()
    if change == "turned":
        turned = look_at([0.0, 0, 0], [0.0, 1, 0.012], (0.01, 0, 1)).R
        pose[:3] = turned @ look_at([0.0] * 3, [0.0, 1, 0]).R.T @ pose[:3]
    if change == "moved":
        pose[:3, 3] += [4.0, -2, 0]
    K = rig[3].K * np.array([[1.03], [1.03], [1]]) if change == "K" else rig[3].K
    distortion = np.zeros(0) if change == "lens" else rig[3].distortion
    false = with_camera(rig, 3, K=K, distortion=distortion, T_cam_world=pose)
    noise = np.random.default_rng(7).normal(0, 0.15, (6, 60, 2))
    found = agreement(false, project(rig, cloud(60, spread=50)) + noise)
    assert found.guilty == 3


@pytest.mark.parametrize("count", [4, 6])
def test_exchanged_views_are_found(count: int) -> None:
    rig = mouse_ring().subset(mouse_ring().names[:count])
    pixels = project(rig, cloud(15)) + np.random.default_rng(0).normal(0, 0.7, (count, 15, 2))
    pixels[[1, 3]] = pixels[[3, 1]]
    found = agreement(rig, pixels)
    assert found.swapped == (1, 3)
    assert found.guilty is None
    assert found.swapped_px < 2 < found.misfit_px


def test_what_few_views_cannot_tell_is_said() -> None:
    rig = mouse_ring()
    for count, word in ((2, "two views"), (3, "three views"), (6, "")):
        views = rig.subset(rig.names[:count])
        found = agreement(shifted(views, 1, 9, 5), project(views, cloud(30)))
        assert word in found.limits
        assert bool(found.limits) == bool(word)
        assert found.guilty == (None if count == 2 else 1)
    assert "no point" in agreement(rig, np.full((6, 3, 2), np.nan)).limits


def test_two_bad_cameras_are_not_blamed_on_one() -> None:
    rig = mouse_ring().subset(("cam0", "cam1", "cam2", "cam3"))
    false = shifted(shifted(rig, 0, 9, -7), 2, -8, 9)
    found = agreement(false, project(rig, cloud(30)))
    assert found.guilty is None
    assert found.swapped is None
    assert found.misfit_px > 2


def test_sound_rigs_are_not_blamed() -> None:
    rng = np.random.default_rng(11)
    for count in (3, 4, 6):
        rig = mouse_ring().subset(mouse_ring().names[:count])
        for points in (1, 2, 5, 20):
            for trial in range(3):
                pixels = project(rig, cloud(points, trial)) + rng.standard_t(4, (count, points, 2))
                found = agreement(rig, pixels)
                assert found.guilty is None
                assert found.swapped is None


def monkey() -> tuple[Rig, dict[str, Array]]:
    folder = shared_path("data/jarvis_12cam_monkey")
    sets = {}
    for name, views in json.loads((folder / "keypoints2d.json").read_text()).items():
        if name.startswith("frameset"):
            raw = np.array([views[key] for key in sorted(views, key=int)], dtype=np.float64).reshape(12, -1, 2)
            sets[name] = np.where(np.any(raw == 0, axis=-1, keepdims=True), np.nan, raw + 0.5)
    return read_rig(folder), sets


def test_monkey_keypoints_meet_when_rig_and_labels_have_one_pixel_origin() -> None:
    rig, sets = monkey()
    together = [triangulate_pixels(rig, px) for px in sets.values()]
    medians = [float(np.nanmedian(found.residual_px)) for found in together]
    np.testing.assert_allclose(medians, [0.745, 0.780], atol=3e-3)  # of least squares; 0.725 and 0.762 by DLT
    for found, px, expected in zip(together, sets.values(), (0.725, 0.762), strict=True):
        rays = np.stack([camera.unproject(at)[0] for camera, at in zip(rig, px, strict=True)])
        linear = triangulate_directions(rays, [camera.T_cam_world for camera in rig])
        missed = np.linalg.norm(project(rig, linear) - px, axis=-1)
        assert np.nanmedian(missed) == pytest.approx(expected, abs=0.03)
        assert np.nansum(found.residual_px**2) <= np.nansum(missed**2)
        assert found.reliable[np.isfinite(found.points_world).all(axis=1)].all()
    alone = [float(np.nanmedian(triangulate_pixels(rig, px - 0.5).residual_px)) for px in sets.values()]
    np.testing.assert_allclose(alone, [1.157, 1.235], atol=3e-3)  # 1.19 and 1.21 by DLT


def test_a_false_monkey_camera_is_named() -> None:
    rig, sets = monkey()
    for px in sets.values():
        assert agreement(rig, px).guilty is None
        for index in (4, 11):
            assert agreement(shifted(rig, index, 8, -6), px).guilty == index
        exchanged = px[[0, 5, 2, 3, 4, 1, *range(6, 12)]]
        assert agreement(rig, exchanged).swapped == (1, 5)
