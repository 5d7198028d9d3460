"""The visual hull as evidence: silent on true rigs, in px where they are false, fair to clipped and thin subjects."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mouseview.geometry.transforms import Rigid, Similarity, look_at
from mouseview.model.camera import Camera, Rig
from mouseview.multiview.hull import SilhouetteHull, silhouette_hull
from tests.rigs import SUBJECT_MM, mouse_ring, parallel_rig, with_camera
from tests.scene import Ellipsoid

SIZE = (432, 384)


def masks_of(rig: Rig, scene: Ellipsoid | None = None) -> list[np.ndarray]:
    subject = scene or Ellipsoid()
    return [subject.render(camera, 2)[..., 3] > 0.5 for camera in rig]


def hull_of(rig: Rig, masks: list[np.ndarray]) -> SilhouetteHull:
    hull = silhouette_hull(list(rig), masks)
    assert hull is not None
    return hull


def small_ring() -> Rig:
    return mouse_ring(SIZE)


def test_a_true_rig_leaves_next_to_nothing() -> None:
    hull = hull_of(small_ring(), masks_of(small_ring()))
    assert hull.agrees
    assert hull.worst_px < 0.1
    assert hull.names == small_ring().names
    assert all(len(view.outline_px) == len(view.gap_px) == len(view.blamed) for view in hull.views)


@settings(max_examples=10, deadline=None)
@given(
    scale=st.floats(1e-3, 1e3),
    angles=st.tuples(*[st.floats(-3, 3)] * 3),
    shift=st.tuples(*[st.floats(-500, 500)] * 3),
)
def test_units_and_frame_of_the_world_change_nothing(
    scale: float, angles: tuple[float, float, float], shift: tuple[float, float, float]
) -> None:
    rig = with_camera(small_ring(), 2, K=small_ring()[2].K + np.array([[0, 0, 9.0], [0, 0, 0], [0, 0, 0]]))
    masks = masks_of(small_ring())
    R = look_at(np.array([np.cos(angles[0]), np.sin(angles[0]), angles[1] / 3.0]), np.zeros(3)).R
    moved = rig.moved(Similarity(np.array(scale), R, np.array(shift)), "unknown")
    assert hull_of(moved, masks).per_view_px == pytest.approx(hull_of(rig, masks).per_view_px, rel=0.02, abs=0.02)


@pytest.mark.parametrize("guilty", [0, 3, 5])
def test_a_shifted_principal_point_is_measured_and_its_view_told_apart(guilty: int) -> None:
    rig = small_ring()
    masks = masks_of(rig)
    K = np.array(rig[guilty].K)
    K[0, 2] += 6.0
    false = hull_of(with_camera(rig, guilty, K=K), masks)
    assert not false.agrees
    left = [false.without_px(view) for view in range(len(rig))]
    assert int(np.argmin(left)) == guilty
    assert min(left) < 0.1 * false.level_px
    assert sorted(left)[1] > 3 * min(left)


def test_exchanged_images_are_cured_by_exchanging_them_again() -> None:
    rig = small_ring()
    masks = masks_of(rig)
    masks[1], masks[4] = masks[4], masks[1]
    hull = hull_of(rig, masks)
    assert hull.level_px > 3
    assert hull.exchanged(1, 4).level_px < 0.1
    assert hull.exchanged_px(1, 4) < 0.2 < hull.exchanged_px(0, 2)


def test_a_strong_lens_that_is_left_out_shows() -> None:
    distortion = np.array([-0.6, 0.3, 0.0, 0.0, 0.0])
    bare = tuple(camera.replace(distortion=np.zeros(0)) for camera in small_ring())
    rig = small_ring().replace(cameras=tuple(camera.replace(distortion=distortion) for camera in bare))
    scene = Ellipsoid(SUBJECT_MM + np.array([35.0, 30.0, 10.0]), (34.0, 16.0, 13.0))
    hull = hull_of(rig, masks_of(rig, scene))
    assert hull.agrees
    assert not hull.seen_by(bare).agrees


def clipped_rig() -> Rig:
    """Three of six cameras look so far aside that their border cuts the subject."""
    rig = small_ring()
    for index, (dx, dy) in {0: (230, 0), 2: (-190, 0), 4: (0, 205)}.items():
        K = np.array(rig[index].K)
        K[:2, 2] += dx, dy
        rig = with_camera(rig, index, K=K)
    return rig


def test_what_a_border_cuts_off_contradicts_nothing() -> None:
    rig = clipped_rig()
    hull = hull_of(rig, masks_of(rig))
    assert sum(bool(seen.cut) for seen in hull.silhouettes) == 3
    assert hull.agrees
    assert hull.worst_px < 0.2


def test_a_former_border_inside_padding_counts_as_a_border() -> None:
    rig = clipped_rig()
    padded = [np.pad(mask, 40) for mask in masks_of(rig)]
    cameras = []
    for camera in rig:
        K = np.array(camera.K)
        K[:2, 2] += 40
        cameras.append(camera.replace(K=K, width=camera.width + 80, height=camera.height + 80))
    hull = hull_of(rig.replace(cameras=tuple(cameras)), padded)
    assert sum(bool(seen.cut) for seen in hull.silhouettes) == 3
    assert hull.agrees


def test_a_subject_wholly_outside_one_image_is_left_out_of_the_hull() -> None:
    rig = small_ring()
    masks = masks_of(rig)
    masks[3][:] = False
    hull = hull_of(rig, masks)
    assert rig[3].name not in hull.names
    assert hull.agrees


def test_whiskers_and_specks_accuse_nobody() -> None:
    rig = small_ring()
    masks = masks_of(rig)
    v, u = np.argwhere(masks[1]).min(axis=0)
    masks[1][v + 5 : v + 7, max(u - 60, 0) : u + 30] = True  # two px thick
    masks[2][10:16, 10:16] = True
    assert hull_of(rig, masks).agrees


def test_rough_masks_are_given_more_room_than_clean_ones() -> None:
    rig = mouse_ring()
    masks = masks_of(rig)
    coarse = [np.kron(mask[::8, ::8], np.ones((8, 8), bool)) for mask in masks]
    clean, rough = hull_of(rig, masks), hull_of(rig, coarse)
    assert rough.noise_px > 2 * clean.noise_px
    assert rough.tolerance_px > 3 * clean.tolerance_px
    assert clean.agrees
    assert rough.agrees


def test_two_views_bound_each_other_and_one_says_nothing() -> None:
    rig = small_ring()
    masks = masks_of(rig)
    assert silhouette_hull([rig[0]], masks[:1]) is None
    pair = Rig(rig.cameras[:2], units="mm")
    assert hull_of(pair, masks[:2]).agrees
    K = np.array(pair[1].K)
    K[1, 2] += 12.0  # across the epipolar lines of two cameras at one height
    assert not hull_of(with_camera(pair, 1, K=K), masks[:2]).agrees


def test_cameras_that_all_look_the_same_way_are_judged_across_and_open_along() -> None:
    rig = parallel_rig()
    scene = Ellipsoid(np.array([90.0, 0.0, 100.0]), (34.0, 16.0, 13.0))
    masks = masks_of(rig, scene)
    hull = hull_of(rig, masks)
    assert hull.agrees
    assert hull.spread_deg < 25
    lifted = Rigid(rig[1].pose.R, rig[1].pose.t + np.array([0.0, 4.0, 0.0]))  # across the row of cameras
    assert not hull_of(with_camera(rig, 1, T_cam_world=lifted.matrix), masks).agrees


def test_the_same_camera_twice_does_no_harm() -> None:
    rig = small_ring()
    masks = masks_of(rig)
    twin: Camera = rig[0].replace(name="twin")
    assert hull_of(rig.replace(cameras=(*rig.cameras, twin)), [*masks, masks[0]]).agrees
