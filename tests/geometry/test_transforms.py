"""Group laws of motions and similarities, and what a similarity leaves unchanged."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from scipy.spatial.transform import Rotation

from mouseview.geometry.transforms import Rigid, Similarity, look_at, part_of_rotation, rotation_between
from mouseview.model.camera import Camera
from tests.geometry.strategies import cameras, reals, rigids, similarities, vectors

POINTS = np.random.default_rng(0).normal(size=(40, 3)) * 100


@given(a=rigids, b=rigids, c=rigids)
def test_rigid_is_a_group(a: Rigid, b: Rigid, c: Rigid) -> None:
    np.testing.assert_allclose(((a @ b) @ c).matrix, (a @ (b @ c)).matrix, atol=1e-9)
    np.testing.assert_allclose((a @ a.inverse()).matrix, np.eye(4), atol=1e-9)
    np.testing.assert_allclose((a @ b).apply(POINTS), a.apply(b.apply(POINTS)), atol=1e-9)
    np.testing.assert_allclose((a @ b).matrix, a.matrix @ b.matrix, atol=1e-9)


@given(a=similarities, b=similarities)
def test_similarity_is_a_group(a: Similarity, b: Similarity) -> None:
    tolerance = 1e-9 * float(a.scale) * max(1.0, float(b.scale)) * 1e3
    np.testing.assert_allclose((a @ b).apply(POINTS), a.apply(b.apply(POINTS)), atol=tolerance)
    np.testing.assert_allclose(a.inverse().apply(a.apply(POINTS)), POINTS, atol=1e-7)
    np.testing.assert_allclose(a.matrix @ [*POINTS[0], 1], [*a.apply(POINTS[0]), 1], rtol=1e-9, atol=1e-9)


@given(camera=cameras(), similarity=similarities)
def test_a_similarity_of_the_rig_moves_no_pixel(camera: Camera, similarity: Similarity) -> None:
    in_front = camera.pose.inverse().apply(np.abs(POINTS) * [0.1, 0.1, 1] + [0, 0, 300])
    before, seen = camera.project(in_front)
    after, still_seen = camera.moved(similarity).project(similarity.apply(in_front))
    np.testing.assert_array_equal(seen, still_seen)
    np.testing.assert_allclose(after[seen], before[seen], atol=1e-5)


@given(camera=cameras(), similarity=similarities)
def test_normalise_then_invert_is_the_identity(camera: Camera, similarity: Similarity) -> None:
    back = camera.moved(similarity).moved(similarity.inverse())
    np.testing.assert_allclose(back.T_cam_world, camera.T_cam_world, atol=1e-6)
    np.testing.assert_allclose(
        camera.moved(similarity).centre, similarity.apply(camera.centre), rtol=1e-9, atol=1e-6 * float(similarity.scale)
    )


def test_about_makes_the_centre_the_origin() -> None:
    similarity = Similarity.about([10.0, 20.0, 30.0], 0.01)
    np.testing.assert_allclose(similarity.apply([10.0, 20.0, 30.0]), 0, atol=1e-15)
    np.testing.assert_allclose(similarity.centre, [10, 20, 30])


def test_transforms_are_batched() -> None:
    rng = np.random.default_rng(1)
    many = Rigid(np.broadcast_to(np.eye(3), (5, 3, 3)), rng.normal(size=(5, 3)))
    np.testing.assert_allclose((many @ many.inverse()).matrix, np.broadcast_to(np.eye(4), (5, 4, 4)), atol=1e-12)


@given(a=vectors(1.0), b=vectors(1.0))
def test_rotation_between_turns_one_into_the_other(a: np.ndarray, b: np.ndarray) -> None:
    if np.linalg.norm(a) < 1e-3 or np.linalg.norm(b) < 1e-3:
        return
    R = rotation_between(a, b)
    np.testing.assert_allclose(R @ a / np.linalg.norm(a), b / np.linalg.norm(b), atol=1e-7)
    np.testing.assert_allclose(R @ R.T, np.eye(3), atol=1e-9)
    assert np.linalg.det(R) > 0


def test_rotation_between_opposite_directions() -> None:
    np.testing.assert_allclose(rotation_between([0, 0, 1], [0, 0, -1]) @ [0, 0, 1], [0, 0, -1], atol=1e-12)


def test_look_at_puts_the_target_on_the_axis_and_up_upwards() -> None:
    pose = look_at([2.0, 1.0, 0.5], [0.1, 0.0, 0.2])
    np.testing.assert_allclose(pose.apply([0.1, 0.0, 0.2])[:2], 0, atol=1e-12)
    assert pose.apply([0.1, 0.0, 0.2])[2] > 0
    assert pose.rotate([0, 0, 1])[1] < 0  # image y points down
    np.testing.assert_allclose(np.linalg.det(pose.R), 1)


@given(axis=vectors(1.0), angle=reals(0.0, np.pi), share=reals(-1.0, 2.0))
def test_part_of_a_rotation_turns_about_the_same_axis(axis: np.ndarray, angle: float, share: float) -> None:
    if np.linalg.norm(axis) < 1e-3:
        return
    unit = axis / np.linalg.norm(axis)
    whole = Rotation.from_rotvec(angle * unit).as_matrix()
    np.testing.assert_allclose(part_of_rotation(whole, 1.0), whole, atol=1e-7)
    if angle < 3.1:  # at half a turn both directions about the axis are right
        expected = Rotation.from_rotvec(share * angle * unit).as_matrix()
        np.testing.assert_allclose(part_of_rotation(whole, share), expected, atol=1e-6)


def test_half_of_half_a_turn_is_a_quarter() -> None:
    quarter = part_of_rotation(np.diag([-1.0, -1.0, 1.0]), 0.5)
    np.testing.assert_allclose(quarter @ quarter, np.diag([-1.0, -1.0, 1.0]), atol=1e-12)
    np.testing.assert_allclose(quarter[2, 2], 1.0)
