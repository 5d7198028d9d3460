"""Where the eye is: projection, fitting, flying into a camera."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mouseview.app.scene3d import geometry
from mouseview.app.scene3d.viewpoint import Orbit, between, ease, inside_camera
from tests.app.scene3d.test_geometry import state

SIZE = (1000.0, 640.0)
orbits = st.builds(
    Orbit,
    pivot=st.tuples(*[st.floats(-2, 2)] * 3),
    distance=st.floats(2, 50),
    azimuth_deg=st.floats(-360, 360),
    elevation_deg=st.floats(-89, 89),
)


@given(orbits, st.tuples(st.floats(0, 1000), st.floats(0, 640)))
def test_a_ray_through_a_pixel_projects_to_that_pixel(orbit: Orbit, place: tuple[float, float]) -> None:
    view = orbit.viewpoint
    origin, direction = view.ray(place, SIZE)
    np.testing.assert_allclose(view.project(origin + 3.0 * direction, SIZE)[:2], place, atol=1e-6)


@given(orbits)
def test_the_matrix_of_the_gpu_agrees_with_project(orbit: Orbit) -> None:
    view = orbit.viewpoint
    points = np.asarray(orbit.pivot) + np.array([[0, 0, 0], [0.3, -0.2, 0.4], [-0.5, 0.1, 0.2]])
    clip = np.concatenate([points, np.ones((3, 1))], axis=1) @ view.matrix(SIZE[0] / SIZE[1], 1000.0).T
    ndc = clip[:, :3] / clip[:, 3:]
    expected = view.project(points, SIZE)
    np.testing.assert_allclose((0.5 + 0.5 * ndc[:, 0]) * SIZE[0], expected[:, 0], atol=1e-6)
    np.testing.assert_allclose((0.5 - 0.5 * ndc[:, 1]) * SIZE[1], expected[:, 1], atol=1e-6)
    assert np.all(np.abs(ndc[:, 2]) < 1)


@given(orbits)
def test_the_pivot_is_in_the_middle_and_up_is_up(orbit: Orbit) -> None:
    view = orbit.viewpoint
    pivot = view.project(np.asarray(orbit.pivot), SIZE)
    np.testing.assert_allclose(pivot[:2], [500, 320], atol=1e-6)
    above = view.project(np.add(orbit.pivot, [0, 0, 0.1]), SIZE)
    assert above[1] < pivot[1]


@pytest.mark.parametrize("aspect", [0.6, 1.0, 2.2])
@pytest.mark.parametrize("elevation", [-20.0, 29.0, 85.0])
def test_fitting_shows_every_point_and_wastes_little(aspect: float, elevation: float) -> None:
    points = geometry.scene_points(state(), geometry.shown_cameras(state()))
    size = (640 * aspect, 640.0)
    orbit = Orbit(elevation_deg=elevation).fitted(points, aspect)
    screen = orbit.viewpoint.project(points, size) / [*size, 1.0]
    assert screen[:, :2].min() > 0
    assert screen[:, :2].max() < 1
    assert max(np.ptp(screen[:, 0]), np.ptp(screen[:, 1])) > 0.6


def test_inside_a_camera_the_image_fills_the_widget_with_true_angles() -> None:
    shown = geometry.shown_cameras(state())[4]
    view = inside_camera(shown, SIZE[0] / SIZE[1], 2.7)
    np.testing.assert_allclose(view.eye, shown.centre, atol=1e-12)
    image = view.project(shown.surface(1.3).reshape(-1, 3), SIZE)
    assert 0 < image[:, 1].min() < 0.06 * SIZE[1]
    assert 0.94 * SIZE[1] < image[:, 1].max() < SIZE[1]
    pixel = np.array([700.0, 300.0])
    direction = shown.camera.unproject(pixel)[0]
    other = shown.camera.unproject(np.add(pixel, [100.0, 0]))[0]
    place, next_to = (view.project(shown.pose.apply(2.0 * d), SIZE)[:2] for d in (direction, other))
    plane = np.linalg.norm(other[:2] / other[2] - direction[:2] / direction[2])
    assert np.linalg.norm(next_to - place) == pytest.approx(plane * view.focal * SIZE[1])


def test_a_flight_starts_and_ends_exactly_and_goes_round_the_subject() -> None:
    shown = geometry.shown_cameras(state())[2]
    start, end = Orbit().viewpoint, inside_camera(shown, 1.5, 2.7)
    np.testing.assert_allclose(between(start, end, 1e-9, np.zeros(3)).pose.matrix, start.pose.matrix, atol=1e-6)
    np.testing.assert_allclose(between(start, end, 1 - 1e-9, np.zeros(3)).pose.matrix, end.pose.matrix, atol=1e-6)
    for t in np.linspace(0, 1, 21):
        middle = between(start, end, t, np.zeros(3))
        assert np.linalg.norm(middle.eye) > 2.6
        np.testing.assert_allclose(middle.pose.R @ middle.pose.R.T, np.eye(3), atol=1e-9)
        assert middle.pose.apply(np.zeros(3))[2] > 0  # the subject stays before the eye


def test_pan_moves_what_is_under_the_cursor_with_it() -> None:
    orbit = Orbit(pivot=(0.2, -0.1, 0.3))
    before = orbit.viewpoint.project(np.asarray(orbit.pivot), SIZE)
    after = orbit.panned(37.0, -12.0, SIZE[1]).viewpoint.project(np.asarray(orbit.pivot), SIZE)
    np.testing.assert_allclose(after[:2] - before[:2], [37.0, -12.0], atol=1e-6)


def test_ease_is_slow_at_both_ends() -> None:
    assert (ease(-1), ease(0), ease(1), ease(2)) == (0, 0, 1, 1)
    assert ease(0.5) == pytest.approx(0.5)
    assert ease(0.1) < 0.02
