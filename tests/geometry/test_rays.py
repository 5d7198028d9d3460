"""Pixels, rays and the three encodings."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mouseview.geometry.rays import (
    RayEncoding,
    angle_between_deg,
    encode_rays,
    moment,
    nearest_point,
    pixel_centres,
    to_pixels,
    to_plane,
)
from mouseview.model.camera import Camera
from tests.geometry.strategies import cameras


def rays(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    d = rng.normal(size=(30, 3))
    return rng.normal(size=(30, 3)) * 3, d / np.linalg.norm(d, axis=-1, keepdims=True)


@given(camera=cameras(), seed=st.integers(0, 2**31))
def test_every_point_of_a_pixels_ray_projects_to_the_pixel(camera: Camera, seed: int) -> None:
    pixels = np.random.default_rng(seed).uniform([200, 200], [900, 800], (50, 2))
    origin, directions = camera.rays(pixels)
    reached = np.isfinite(directions[:, 0])
    for depth in (1.0, 300.0):
        projected, valid = camera.project(origin + depth * directions[reached])
        np.testing.assert_allclose(projected[valid], pixels[reached][valid], atol=1e-6)


def test_pixel_centres_and_k_round_trip() -> None:
    grid = pixel_centres(3, 2)
    assert grid.shape == (2, 3, 2)
    np.testing.assert_array_equal(grid[1, 2], [2.5, 1.5])
    K = np.array([[700.0, 3.0, 300.0], [0, 800.0, 200.0], [0, 0, 1]])
    np.testing.assert_allclose(to_pixels(K, to_plane(K, grid)), grid, atol=1e-12)
    homogeneous = np.linalg.inv(K) @ [2.5, 1.5, 1]
    np.testing.assert_allclose(to_plane(K, grid[1, 2]), homogeneous[:2])


@given(seed=st.integers(0, 2**31))
def test_encodings_describe_the_ray_and_not_its_origin(seed: int) -> None:
    o, d = rays(seed)
    shifted = o + np.random.default_rng(seed + 1).normal(size=(30, 1)) * d
    for encoding in RayEncoding:
        np.testing.assert_allclose(encode_rays(o, d, encoding), encode_rays(shifted, d, encoding), atol=1e-9)


@given(seed=st.integers(0, 2**31))
def test_encoding_parts_are_geometry(seed: int) -> None:
    o, d = rays(seed)
    p = nearest_point(o, d)
    np.testing.assert_allclose(np.sum(p * d, axis=-1), 0, atol=1e-9)
    np.testing.assert_allclose(np.cross(p, d), moment(o, d), atol=1e-9)
    np.testing.assert_allclose(encode_rays(o, d, RayEncoding.NEAREST), np.concatenate([d, p], axis=-1))
    np.testing.assert_allclose(encode_rays(o, d, RayEncoding.PLUCKER), np.concatenate([np.cross(o, d), d], axis=-1))
    assert encode_rays(o, d, RayEncoding.AUG).shape == (30, 9)


def test_angles_are_exact_when_tiny() -> None:
    tiny = 1e-9
    np.testing.assert_allclose(
        angle_between_deg([0, 0, 1], [np.sin(tiny), 0, np.cos(tiny)]), np.degrees(tiny), rtol=1e-6
    )


def test_the_original_notes_camera() -> None:
    """Figures of the note that the project grew from: how far its declared rays are from the true ones."""
    size = 512
    true_K = np.array([[725.47, 0, 267.27], [0, 819.65, 245.61], [0, 0, 1]])
    declared_K = np.array([[548.9937744140625, 0, 256], [0, 548.9937744140625, 256], [0, 0, 1]])
    true = Camera("note", size, size, true_K, np.zeros(0), np.eye(4))
    declared = Camera("declared", size, size, declared_K, np.zeros(0), np.eye(4))
    centre = np.array([256.0, 256.0])
    ray = true.unproject(centre)[0]
    np.testing.assert_allclose(ray, [-0.01553, 0.01267, 0.99980], atol=5e-6)
    np.testing.assert_allclose(angle_between_deg(ray, declared.unproject(centre)[0]), 1.149, atol=5e-4)
    corner = np.array([0.0, 0.0])
    np.testing.assert_allclose(
        angle_between_deg(true.unproject(corner)[0], declared.unproject(corner)[0]), 8.496, atol=5e-4
    )
    error = angle_between_deg(true.pixel_rays()[1], declared.pixel_rays()[1])
    np.testing.assert_allclose(error.mean(), 5.3235, atol=5e-5)
    np.testing.assert_allclose(error.max(), 9.2517, atol=5e-5)
