"""Ray fields, the nine values of a ray, and picking by the cursor."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from mouseview import resources
from mouseview.app.scene3d import geometry
from mouseview.app.scene3d.label_places import place_apart
from mouseview.app.scene3d.picking import pick_camera, pick_ray
from mouseview.app.scene3d.ray_fields import (
    MISSED,
    angular_error_deg,
    field_pixels,
    picked_ray,
    ray_field,
    sequential,
)
from mouseview.app.scene3d.state import Ball, RayColour, RayField
from mouseview.app.scene3d.viewpoint import Orbit
from mouseview.geometry.rays import RayEncoding, pixel_centres
from mouseview.geometry.transforms import Rigid, rotation_between
from tests.app.scene3d.test_geometry import state
from tests.rigs import note_camera

SIZE = (1000.0, 700.0)


def test_angular_error_of_the_note_camera() -> None:
    card = resources.model_format("facelift")
    camera = note_camera()
    errors = angular_error_deg(camera, card, pixel_centres(512, 512))
    assert float(errors.mean()) == pytest.approx(5.3235, abs=1e-4)
    assert float(errors.max()) == pytest.approx(9.2517, abs=1e-4)
    assert float(angular_error_deg(camera, card, [256.0, 256.0])) == pytest.approx(1.149, abs=1e-3)
    assert float(angular_error_deg(camera, card, [0.0, 0.0])) == pytest.approx(8.496, abs=1e-3)


def test_a_conforming_camera_has_no_angular_error_and_the_field_says_so() -> None:
    card = resources.model_format("facelift")
    shown = geometry.shown_cameras(state(1.0))[0]
    field = ray_field(shown, RayField("cam_0", colour=RayColour.ANGULAR_ERROR), card)
    assert field.full_scale == pytest.approx(1e-3)
    assert np.ptp(field.rgb, axis=0).max() < 1e-6


def test_field_covers_the_image_at_the_wanted_density() -> None:
    pixels = field_pixels(1152, 1024, 12)
    assert len(pixels) == 12 * 11
    assert pixels.min() > 0
    assert pixels[:, 0].max() < 1152


@pytest.mark.parametrize("colour", list(RayColour))
def test_field_rays_are_those_of_the_camera(colour: RayColour) -> None:
    shown = geometry.shown_cameras(state())[1]
    field = ray_field(shown, RayField("cam_1", density=9, colour=colour), resources.model_format("facelift"))
    pixels, valid = shown.camera.project(field.origin + 2.2 * field.directions)
    assert valid.all()
    np.testing.assert_allclose(pixels, field.pixels, atol=1e-6)
    assert field.rgb.min() >= 0
    assert field.rgb.max() <= 1


@pytest.mark.parametrize("encoding", list(RayEncoding))
def test_the_values_fed_for_a_pixel(encoding: RayEncoding) -> None:
    camera = geometry.shown_cameras(state(1.0))[2].camera
    texture = np.zeros((64, 64, 4), np.uint8)
    texture[16, 48] = (255, 0, 51, 255)
    ray = picked_ray(camera, (48.5 * 8, 16.5 * 8), encoding, texture)
    assert len(ray.values) == len(ray.channels) == (12 if encoding is RayEncoding.AUG else 9)
    np.testing.assert_allclose(ray.values[:3], [1.0, -1.0, -0.6])
    named = dict(zip(ray.channels, ray.values, strict=True))
    np.testing.assert_allclose([named[f"d{axis}"] for axis in "xyz"], ray.direction)
    np.testing.assert_allclose(ray.moment, np.cross(ray.origin, ray.direction))
    assert abs(ray.nearest_point @ ray.direction) < 1e-12
    if encoding is not RayEncoding.NEAREST:
        np.testing.assert_allclose([named[f"m{axis}"] for axis in "xyz"], ray.moment)
    # outside the mask the network is fed white, without an image nothing is claimed
    np.testing.assert_allclose(picked_ray(camera, (10, 10), encoding, texture).values[:3], 1.0)
    assert np.isnan(picked_ray(camera, (10, 10), encoding, None).values[:3]).all()


def test_picking_an_image_gives_the_pixel_under_the_cursor() -> None:
    view = Orbit(distance=9.0).viewpoint
    cameras = geometry.shown_cameras(state())
    depths = [0.6] * 6
    target = cameras[5]
    pixel = np.array([300.0, 640.0])
    direction = target.camera.unproject(pixel)[0]
    place = view.project(target.pose.apply(direction / direction[2] * 0.6), SIZE)
    hit = pick_camera((place[0], place[1]), view, SIZE, cameras, depths)
    assert hit is not None
    assert hit.name == "cam_5"
    assert hit.pixel == pytest.approx(pixel, abs=3.0)  # the mesh is flat between its vertices
    assert hit.depth == pytest.approx(place[2], rel=1e-3)


def test_picking_takes_the_front_image_and_near_lines_and_nothing_far_away() -> None:
    view = Orbit(distance=9.0).viewpoint
    cameras = geometry.shown_cameras(state())
    for index, camera in enumerate(cameras):
        apex = view.project(camera.centre, SIZE)
        hit = pick_camera((apex[0] + 2, apex[1]), view, SIZE, cameras, [0.6] * 6)
        assert hit is not None, index
    assert pick_camera((2.0, 2.0), view, SIZE, cameras, [0.6] * 6) is None
    twice = (cameras[5], cameras[5])
    place = view.project(cameras[5].pose.apply([0, 0, 0.4]), SIZE)
    hit = pick_camera((place[0], place[1]), view, SIZE, twice, [0.8, 0.4])
    assert hit is not None
    assert hit.depth == pytest.approx(place[2], rel=0.02)


def test_picking_a_ray_of_the_field() -> None:
    view = Orbit(distance=9.0).viewpoint
    field = ray_field(geometry.shown_cameras(state())[1], RayField("cam_1", density=5), None)
    ends = field.origin + 3.0 * field.directions
    starts = np.broadcast_to(field.origin, ends.shape)
    for index in (0, 7, len(ends) - 1):
        tip = view.project(ends[index], SIZE)
        assert pick_ray((tip[0], tip[1]), view, SIZE, starts, ends) == index
    assert pick_ray((1.0, 1.0), view, SIZE, starts, ends) is None


def test_labels_move_up_until_none_covers_another() -> None:
    unit = np.array([(0, 10), (40, 10), (40, 0), (0, 0)], float)
    start = np.array([(0, 0), (5, 3), (10, -2), (200, 0)], float)[:, None] + unit
    boxes = start.copy()
    assert place_apart(boxes, np.array([2, 1, 0, 3])).all()
    np.testing.assert_allclose(boxes[2], start[2])
    np.testing.assert_allclose(boxes[3], start[3])
    low, high = boxes.min(axis=1), boxes.max(axis=1)
    for a in range(4):
        for b in range(a):
            assert np.any(high[a] <= low[b]) or np.any(high[b] <= low[a])


def test_labels_that_would_move_too_far_give_way() -> None:
    unit = np.array([(0, 10), (40, 10), (40, 0), (0, 0)], float)
    crowd = np.repeat(unit[None], 20, axis=0)
    found = place_apart(crowd, np.arange(20))
    assert found[:3].all()
    assert not found[-3:].any()
    np.testing.assert_allclose(crowd[:3, 0, 0], 0.0, err_msg="the first go straight up")
    assert np.abs(crowd[found] - unit).max() <= 26


def test_labels_keep_clear_of_what_lies_over_the_scene_and_stay_in_the_picture() -> None:
    unit = np.array([(0, 10), (40, 10), (40, 0), (0, 0)], float)
    plate = (10.0, 170.0, 120.0, 195.0)
    start = np.array([(100, 172), (30, 168), (60, 165), (180, 193), (-15, 80)], float)[:, None] + unit
    boxes = start.copy()
    assert place_apart(boxes, np.arange(5), (plate,), (200.0, 200.0)).all()
    low, high = boxes.min(axis=1), boxes.max(axis=1)
    assert low.min() >= 0
    assert high.max() <= 200
    everything = [*zip(low, high, strict=True), (np.array(plate[:2]), np.array(plate[2:]))]
    for index, (a_low, a_high) in enumerate(everything):
        for b_low, b_high in everything[:index]:
            assert np.any(a_high <= b_low) or np.any(b_high <= a_low)
    assert np.abs(boxes - start).max() < 40, "a label stays near its camera"


def test_rays_that_miss_the_box_are_grey_and_the_others_are_not() -> None:
    card = resources.model_format("facelift")
    wide = geometry.shown_cameras(state(1.0))[0]
    camera = wide.camera.replace(K=np.array([[120.0, 0, 256], [0, 120.0, 256], [0, 0, 1]]))
    shown = dataclasses.replace(wide, camera=camera)
    field = ray_field(shown, RayField("cam_0", density=24, colour=RayColour.BOX), card)
    depths = np.linspace(0, 8, 400)[:, None, None]
    inside = np.any(np.all(np.abs(field.origin + depths * field.directions) < card.box, axis=-1), axis=0)
    grey = np.all(field.rgb == MISSED, axis=-1)
    assert inside.any()
    assert grey.any()
    assert not np.any(inside & grey)
    assert np.mean(inside == ~grey) > 0.98  # those that touch an edge fall between the samples


def test_the_window_needs_the_subject_and_holds_it_after() -> None:
    card = resources.model_format("facelift")
    shown = geometry.shown_cameras(state(1.0))[0]
    wanted = RayField("cam_0", colour=RayColour.WINDOW)
    assert np.all(ray_field(shown, wanted, card).rgb == MISSED)
    field = ray_field(shown, wanted, card, Ball(np.zeros(3), 0.5))
    meets = np.linalg.norm(np.cross(field.directions, field.origin), axis=-1) < 0.5
    assert meets.any()
    np.testing.assert_allclose(field.rgb[meets], np.broadcast_to(sequential(1.0), field.rgb[meets].shape))
    assert np.all(field.rgb[~meets] == MISSED)


def test_rays_against_the_truth_show_the_turn_between_declared_and_true() -> None:
    shown = geometry.shown_cameras(state(1.0))[0]
    wanted = RayField("cam_0", colour=RayColour.UNTRUTH)
    assert ray_field(shown, wanted, None).full_scale == pytest.approx(1e-3)
    turn = rotation_between([0.0, 0.0, 1.0], [0.0, np.sin(0.1), np.cos(0.1)])
    pose = shown.camera.pose
    true = shown.camera.replace(T_cam_world=Rigid(turn @ pose.R, turn @ pose.t))
    field = ray_field(shown, wanted, None, true=true)
    expected = np.degrees(np.max(np.linalg.norm(field.directions - true.rays(field.pixels)[1], axis=-1)))
    assert field.full_scale == pytest.approx(expected, rel=1e-2)
