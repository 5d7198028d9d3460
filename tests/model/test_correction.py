"""Corrections are an algebra: what a reader got wrong is undone exactly, arrays and cameras alike."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mouseview.model.camera import Labels
from mouseview.model.correction import Correction
from mouseview.model.sample import ImageSource, Sample
from tests.rigs import mouse_ring
from tests.solve.misread import misread

RIG = mouse_ring()
INVOLUTIONS = ("transpose_K", "transpose_R", "camera_to_world", "opengl_axes")

corrections = st.builds(
    Correction,
    transpose_K=st.booleans(),
    transpose_R=st.booleans(),
    camera_to_world=st.booleans(),
    opengl_axes=st.booleans(),
    pixel_shift_px=st.sampled_from([0.0, -1.0, -0.5, 0.5, 1.0]),
    K_size=st.sampled_from([None, (2304, 2048), (576, 512), (640, 480)]),
    scale=st.sampled_from([1.0, 10.0, 1000.0, 0.001]),
)


def assert_same_cameras(rig, other, tolerance: float = 1e-9) -> None:  # type: ignore[no-untyped-def]
    for one, two in zip(rig, other, strict=True):
        np.testing.assert_allclose(one.K, two.K, atol=tolerance * 1000)
        np.testing.assert_allclose(one.T_cam_world, two.T_cam_world, atol=tolerance * 300)
        assert one.size == two.size


@given(corrections)
@settings(max_examples=50, deadline=None)
def test_a_correction_gives_back_the_rig_that_was_misread_so(correction: Correction) -> None:
    assert_same_cameras(correction.apply(misread(RIG, correction)), RIG)


@pytest.mark.parametrize("switch", INVOLUTIONS)
def test_each_switch_undoes_itself(switch: str) -> None:
    one = Correction(**{switch: True})
    assert_same_cameras(one.apply(one.apply(RIG)), RIG)
    assert not np.allclose(one.apply(RIG)[0].K, RIG[0].K) or not np.allclose(
        one.apply(RIG)[0].T_cam_world, RIG[0].T_cam_world
    )


def test_poses_stay_rigid_and_their_eight_readings_all_differ() -> None:
    poses = []
    for a, b, c in itertools.product((False, True), repeat=3):
        rig = Correction(transpose_R=a, camera_to_world=b, opengl_axes=c).apply(RIG)
        for camera in rig:
            R = camera.T_cam_world[:3, :3]
            np.testing.assert_allclose(R @ R.T, np.eye(3), atol=1e-12)
            assert np.linalg.det(R) > 0
        poses.append(rig[0].T_cam_world)
    assert all(not np.allclose(one, other) for one, other in itertools.combinations(poses, 2))


def test_the_plain_correction_changes_nothing_and_says_nothing() -> None:
    plain = Correction()
    assert plain.is_identity
    assert plain.words == ()
    assert plain.changes == 0
    assert_same_cameras(plain.apply(RIG), RIG, 0.0)


def test_scale_moves_centres_and_labels_and_no_ray() -> None:
    scaled = Correction(scale=1000.0, units="mm").apply(RIG)
    assert scaled.units == "mm"
    np.testing.assert_allclose(scaled.centres, 1000 * RIG.centres)
    np.testing.assert_allclose(scaled[0].rays([10.0, 20.0])[1], RIG[0].rays([10.0, 20.0])[1])
    points = np.array([[[1.0, 2.0, 3.0]]])
    labels = Correction(scale=1000.0).apply_to_labels(Labels(points), RIG.names)
    np.testing.assert_allclose(labels.points_world, 1000 * points)


def test_K_of_larger_frames_is_that_of_the_resized_camera() -> None:
    small = RIG.replace(cameras=tuple(camera.replace(width=288, height=256) for camera in RIG))
    corrected = Correction(K_size=(1152, 1024)).apply(small)
    assert_same_cameras(corrected, RIG.replace(cameras=tuple(camera.resized(288, 256) for camera in RIG)))
    stated = Correction(size=(288, 256), K_size=(1152, 1024)).apply(RIG)
    assert_same_cameras(stated, corrected)


def test_exchanged_images_take_their_labels_along() -> None:
    names = RIG.names
    sources = tuple(ImageSource(None, lambda index=index: np.full((2, 2, 4), index, np.uint8)) for index in range(6))
    pixels = np.broadcast_to(np.arange(6.0)[:, None, None, None], (6, 1, 2, 2))
    sample = Sample("s", RIG, sources, labels=Labels(np.full((1, 2, 3), np.nan), points_px=pixels))
    swap = Correction(images_of=((names[1], names[4]), (names[4], names[1])), label_shift_px=0.25)
    mended = swap.apply_to_sample(sample)
    assert [int(image[0, 0, 0]) for image in mended.images()] == [0, 4, 2, 3, 1, 5]
    assert mended.labels is not None
    assert mended.labels.points_px is not None
    np.testing.assert_allclose(mended.labels.points_px[:, 0, 0, 0], [0.25, 4.25, 2.25, 3.25, 1.25, 5.25])
    assert mended.rig.names == names
    again = swap.replace(label_shift_px=-0.25).apply_to_sample(mended)
    assert [int(image[0, 0, 0]) for image in again.images()] == list(range(6))


@pytest.mark.parametrize(
    ("pairs", "fits"),
    [
        ((), True),
        ((("cam0", "cam1"), ("cam1", "cam0")), True),
        ((("cam0", "cam1"),), False),
        ((("cam0", "cam1"), ("cam0", "cam1")), False),
        ((("cam0", "nobody"), ("nobody", "cam0")), False),
    ],
)
def test_only_whole_exchanges_of_cameras_that_are_there_fit(pairs: tuple[tuple[str, str], ...], fits: bool) -> None:
    assert Correction(images_of=pairs).fits(RIG.names) is fits
