"""Two rigs of the same cameras: what a similarity does is no difference, and what was done is measured exactly."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mouseview.formats.registry import read_rig
from mouseview.geometry.rotations import rotation_of
from mouseview.geometry.transforms import Rigid, Similarity
from mouseview.model.camera import Rig
from mouseview.multiview.alignment import align
from mouseview.multiview.matching import MatchedBy
from mouseview.multiview.rig_difference import NothingToCompare, RigDifference, compare_rigs, magnification
from tests.rigs import conforming_ring, mouse_ring, parallel_rig, per_camera_scaled, with_camera
from tests.shared_data import shared_path

RING = mouse_ring()
METRES = Similarity(np.array(1e-3), rotation_of([0.3, -0.8, 1.9]), np.array([0.4, -2.0, 0.7]))

similarities = st.builds(
    lambda scale, vector, t: Similarity(np.array(10.0**scale), rotation_of(np.array(vector)), np.array(t)),
    st.floats(-4, 4),
    st.tuples(*[st.floats(-3, 3)] * 3),
    st.tuples(*[st.floats(-500, 500)] * 3),
)


def moved(rig: Rig, index: int, by: tuple[float, float, float] = (0, 0, 0), turn: tuple = (0, 0, 0)) -> Rig:
    """Camera ``index`` shifted along and turned about its own axes (radians), its centre being turned about."""
    pose = rig[index].pose
    R = rotation_of(np.array(turn, float)).T @ pose.R
    centre = rig[index].centre + pose.R.T @ np.array(by, float)
    return with_camera(rig, index, T_cam_world=Rigid(R, -R @ centre).matrix)


def poses(rig: Rig) -> Rigid:
    return Rigid.from_matrix(np.array([camera.T_cam_world for camera in rig]))


def renamed(rig: Rig, names: list[str]) -> Rig:
    return rig.replace(cameras=tuple(c.replace(name=n) for c, n in zip(rig, names, strict=True)))


def said(difference: RigDifference) -> str:
    return " | ".join(difference.notes)


@settings(max_examples=20)
@given(similarity=similarities)
def test_a_similarity_of_a_rig_is_no_difference(similarity: Similarity) -> None:
    difference = compare_rigs(RING, RING.moved(similarity, "unknown"))
    assert difference.largest_px < 1e-7
    undone = difference.alignment.similarity @ similarity
    np.testing.assert_allclose(undone.scale, 1, rtol=1e-9)
    np.testing.assert_allclose(undone.R, np.eye(3), atol=1e-9)
    assert max(camera.moved for camera in difference.cameras) < 1e-8
    assert max(camera.turned_deg for camera in difference.cameras) < 1e-9
    assert difference.alignment.ratio_spread == pytest.approx(1, abs=1e-8)
    assert difference.alignment.certain
    assert not difference.alignment.mirrored
    assert difference.equal_within(1e-6)


@settings(max_examples=25)
@given(
    index=st.integers(0, 5),
    by=st.tuples(*[st.floats(-40, 40)] * 3),
    turn=st.tuples(*[st.floats(-0.2, 0.2)] * 3),
    similarity=similarities,
)
def test_one_moved_camera_is_measured_exactly_and_pulls_nothing(
    index: int, by: tuple, turn: tuple, similarity: Similarity
) -> None:
    difference = compare_rigs(RING, moved(RING, index, by, turn).moved(similarity, "unknown"))
    np.testing.assert_allclose(difference.cameras[index].move, by, atol=1e-7)
    np.testing.assert_allclose(difference.cameras[index].turn_deg, np.degrees(turn), atol=1e-8)
    for other in difference.cameras[:index] + difference.cameras[index + 1 :]:
        assert other.moved < 1e-7
        assert other.total.maximum < 1e-6
    if np.linalg.norm(by) > 0.01 or np.linalg.norm(turn) > 1e-4:
        assert difference.alignment.odd == (index,)
        assert RING[index].name in said(difference)


def test_one_millimetre_is_one_millimetre_in_metres_too() -> None:
    difference = compare_rigs(RING, moved(RING, 2, (1.0, 0, 0)).moved(METRES, "m"))
    assert difference.cameras[2].moved == pytest.approx(1.0, abs=1e-9)
    np.testing.assert_allclose(difference.cameras[2].move, [1, 0, 0], atol=1e-9)
    # seen from about 310 mm by a focal length of about 1630 px
    assert 4.0 < difference.cameras[2].pose.rms < 6.5
    assert difference.alignment.similarity.scale == pytest.approx(1000, rel=1e-9)
    assert "as their units say" in said(difference)


@pytest.mark.parametrize(
    ("units", "words"),
    [("unknown", "the second in metres, the first in millimetres"), ("mm", "wrong unit"), ("m", "as their units say")],
)
def test_a_scale_of_a_thousand_is_told_as_units(units: str, words: str) -> None:
    # a ring of millimetres whose own unit is told, against one in metres
    first = RING if units != "unknown" else RING.replace(units="unknown")
    assert words in said(compare_rigs(first, RING.moved(METRES, units)))


def test_parts_of_the_intrinsics_are_told_apart() -> None:
    K = np.array(RING[1].K)
    K[0, 0] *= 1.01
    difference = compare_rigs(RING, with_camera(RING, 1, K=K))
    camera = difference.cameras[1]
    assert camera.change["fx"] == pytest.approx(0.01 * RING[1].fx)
    assert camera.total.rms == pytest.approx(camera.intrinsics.rms, rel=1e-12)
    assert camera.effect_px["fx"] == pytest.approx(camera.total.rms, rel=1e-12)
    assert camera.pose.maximum == camera.lens.maximum == camera.effect_px["cy"] == 0.0
    # one hundredth of a pixel's distance from the principal point, along x alone
    shift = 0.01 * (camera.field_px[:, 0] - K[0, 2] - K[0, 1] * (camera.field_px[:, 1] - K[1, 2]) / K[1, 1])
    np.testing.assert_allclose(camera.arrows_px[:, 0], shift, atol=1e-8)
    np.testing.assert_allclose(camera.arrows_px[:, 1], 0, atol=1e-8)
    K = np.array(RING[4].K)
    K[1, 2] += 3.0
    camera = compare_rigs(RING, with_camera(RING, 4, K=K)).cameras[4]
    assert camera.total.mean == pytest.approx(3.0)
    assert camera.total.maximum == pytest.approx(3.0)
    np.testing.assert_allclose(camera.arrows_px, np.broadcast_to([0.0, 3.0], camera.arrows_px.shape), atol=1e-8)


def test_a_dropped_lens_is_the_lens_alone() -> None:
    difference = compare_rigs(RING, RING.replace(cameras=tuple(c.replace(distortion=np.zeros(0)) for c in RING)))
    for camera in difference.cameras:
        assert camera.lens.rms == camera.total.rms > 0.2
        assert camera.pose.rms == camera.intrinsics.rms == 0.0
        np.testing.assert_array_equal(camera.field_parts["lens"], camera.arrows_px)


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000), similarity=similarities)
def test_backwards_is_the_inverse_also_with_noise(seed: int, similarity: Similarity) -> None:
    rng = np.random.default_rng(seed)
    noisy = RING
    for index in range(len(RING)):
        noisy = moved(noisy, index, tuple(rng.normal(0, 0.5, 3)), tuple(rng.normal(0, 2e-3, 3)))
    noisy = noisy.moved(similarity, "unknown")
    there, back = align(poses(RING), poses(noisy)), align(poses(noisy), poses(RING))
    both = there.similarity @ back.similarity
    assert both.scale == pytest.approx(1, abs=1e-9)
    np.testing.assert_allclose(both.R, np.eye(3), atol=1e-8)
    np.testing.assert_allclose(there.misfit, back.misfit, rtol=1e-5, atol=1e-9)
    # noise of half a millimetre and a tenth of a degree is not made worse by aligning
    assert there.rms_offset < 1.5
    assert there.rms_deg < 0.35


def test_two_and_three_of_twelve_may_be_lost() -> None:
    rig = RING.replace(cameras=(*RING.cameras, *(c.replace(name=f"far_{c.name}") for c in conforming_mm())))
    bad = moved(moved(moved(rig, 1, (8, 0, 0)), 7, (0, -5, 3), (0, 0.05, 0)), 10, (0, 0, 25))
    difference = compare_rigs(rig, bad.moved(METRES, "m"))
    assert difference.alignment.odd == (1, 7, 10)
    np.testing.assert_allclose([difference.cameras[i].moved for i in (1, 10)], [8, 25], atol=1e-7)
    assert max(c.moved for i, c in enumerate(difference.cameras) if i not in (1, 7, 10)) < 1e-7


def conforming_mm() -> Rig:
    return conforming_ring().moved(Similarity(np.array(150.0), np.eye(3), np.array([46.0, 50.0, 30.0])), "mm")


def test_two_cameras_align_by_their_orientations_and_blame_nobody() -> None:
    pair = RING.replace(cameras=RING.cameras[:2])
    assert compare_rigs(pair, pair.moved(METRES, "m")).largest_px < 1e-7
    difference = compare_rigs(pair, moved(pair, 0, (0, 6, 0)).moved(METRES, "m"))
    assert "with two cameras" in said(difference)
    assert difference.alignment.odd == ()
    assert all(camera.total.rms > 1 for camera in difference.cameras)


def test_three_cameras_name_the_moved_one_where_it_can_be_told() -> None:
    three = RING.replace(cameras=RING.cameras[:3])
    difference = compare_rigs(three, moved(three, 1, (0, 9, 0)))
    assert difference.alignment.odd == (1,)
    assert difference.alignment.certain
    # moved along the line to a neighbour, it agrees with that neighbour at another scale: nobody can tell
    pose, other = three[1], three[0]
    along = pose.pose.R @ (other.centre - pose.centre)
    ambiguous = compare_rigs(three, moved(three, 1, tuple(0.1 * along)))
    assert not ambiguous.alignment.certain
    assert "not certain" in said(ambiguous)


def test_cameras_on_one_line_and_at_one_point() -> None:
    line = parallel_rig()
    difference = compare_rigs(line, line.moved(METRES, "m"))
    assert difference.largest_px < 1e-7
    assert difference.alignment.similarity.scale == pytest.approx(1000, rel=1e-9)
    assert "name a point" in difference.volume.told
    R = [rotation_of([0, angle, 0]) for angle in (0.0, 0.5, 1.0, 1.5)]
    spun = line.replace(cameras=tuple(c.replace(T_cam_world=Rigid(r, np.zeros(3)).matrix) for c, r in zip(line, R)))  # noqa: B905
    still = compare_rigs(spun, spun.moved(Similarity(np.array(3.0), np.eye(3), np.array([9.0, 0, 0])), "mm"))
    assert not still.alignment.scale_known
    assert "scale" in said(still)
    assert still.alignment.similarity.scale == pytest.approx(1)
    assert still.largest_px < 1e-7
    one = RING.replace(cameras=RING.cameras[:1])
    assert compare_rigs(one, one.moved(METRES, "m")).alignment.similarity.scale == pytest.approx(1)


@pytest.mark.parametrize("images", [False, True])
@pytest.mark.parametrize("axis", [0, 2])
def test_a_mirror_image_is_no_similarity(images: bool, axis: int) -> None:
    flip = np.eye(4)
    flip[axis, axis] = -1
    image = np.diag([-1.0, 1, 1, 1]) if images else np.eye(4)
    mirrored = RING.replace(cameras=tuple(c.replace(T_cam_world=image @ c.T_cam_world @ flip) for c in RING))
    difference = compare_rigs(RING, mirrored.moved(METRES, "mm"))
    assert difference.alignment.mirrored
    assert "mirror image" in said(difference)
    assert not compare_rigs(RING, RING.moved(METRES, "m")).alignment.mirrored


def test_a_per_camera_scaled_rig_is_no_similarity() -> None:
    difference = compare_rigs(RING, per_camera_scaled(RING))
    assert difference.alignment.ratio_spread > 1.05
    assert "no single scale" in said(difference)
    assert difference.largest_px > 5
    assert not difference.alignment.mirrored


def test_cameras_are_matched_by_name_order_or_pose() -> None:
    names = [f"view{index}" for index in range(6)]
    shuffled = RING.replace(cameras=tuple(RING[i] for i in (3, 5, 0, 1, 4, 2)))
    by_name = compare_rigs(RING, shuffled)
    assert by_name.matching.by is MatchedBy.NAME
    assert by_name.largest_px < 1e-7
    assert compare_rigs(RING, renamed(RING, names)).matching.by is MatchedBy.ORDER
    by_pose = compare_rigs(RING, renamed(shuffled, names).moved(METRES, "m"))
    assert by_pose.matching.by is MatchedBy.POSE
    assert [j for _, j in by_pose.matching.pairs] == [2, 3, 5, 0, 4, 1]
    assert by_pose.largest_px < 1e-6
    fewer = compare_rigs(RING, renamed(shuffled, names).subset(("view0", "view1", "view4", "view5")))
    assert [(c.name, c.other_name) for c in fewer.cameras] == [
        ("cam2", "view5"), ("cam3", "view0"), ("cam4", "view4"), ("cam5", "view1")]  # fmt: skip
    assert sum("no counterpart" in text for text in fewer.left_out) == 2
    assert not fewer.equal_within(1.0)  # two cameras were compared with nothing


def test_a_regular_rig_says_that_its_poses_are_ambiguous() -> None:
    ring = conforming_ring()
    turned = ring.replace(cameras=(*ring.cameras[2:5],))
    difference = compare_rigs(ring, renamed(turned, ["x", "y", "z"]))
    assert difference.matching.ambiguous
    assert "another assignment" in said(difference)


def test_exchanged_names_are_named() -> None:
    exchanged = RING.replace(
        cameras=(RING[0], RING[2].replace(name="cam1"), RING[1].replace(name="cam2"), *RING.cameras[3:])
    )
    difference = compare_rigs(RING, exchanged)
    assert "cam1 and cam2 have changed places" in said(difference)


def test_impossible_cameras_are_left_out_by_name() -> None:
    broken = with_camera(RING, 3, T_cam_world=np.full((4, 4), np.nan))
    broken = with_camera(broken, 4, K=np.diag([-1.0, 1.0, 1.0]))
    broken = with_camera(broken, 5, T_cam_world=np.diag([2.0, 2.0, 2.0, 1.0]))
    difference = compare_rigs(RING, broken)
    assert [camera.name for camera in difference.cameras] == ["cam0", "cam1", "cam2"]
    assert sum("second rig: its" in text for text in difference.left_out) == 3
    with pytest.raises(NothingToCompare, match="not finite"):
        compare_rigs(RING, RING.replace(cameras=(broken[3],)))
    with pytest.raises(NothingToCompare):
        compare_rigs(RING, RING.replace(cameras=()))


def test_images_of_another_size_are_resized_and_said() -> None:
    half = mouse_ring(size=(576, 512))
    difference = compare_rigs(RING, half)
    assert difference.largest_px < 1e-9
    assert "image sizes differ" in said(difference)
    assert "shapes differ" not in said(difference)
    assert "shapes differ" in said(compare_rigs(RING, mouse_ring(size=(512, 512))))


def test_the_working_volume_is_where_the_cameras_look_and_can_be_given() -> None:
    found = compare_rigs(RING, RING).volume
    assert np.linalg.norm(found.centre - [46, 50, 30]) < 12
    assert 60 < found.radius < 110  # the short side of the image at the animal's distance
    given_one = compare_rigs(RING, moved(RING, 0, (5, 0, 0)), about=[40, 50, 30], radius=20)
    np.testing.assert_array_equal(given_one.volume.centre, [40, 50, 30])
    assert given_one.volume.radius == 20
    assert given_one.cameras[0].field_inside.sum() < found.points().shape[0]
    # half as far away, a shift displaces twice as much
    near = RING[0].centre + 0.5 * (found.centre - RING[0].centre)
    far = compare_rigs(RING, moved(RING, 0, (1, 0, 0)), about=found.centre, radius=0.01).cameras[0].total.rms
    closer = compare_rigs(RING, moved(RING, 0, (1, 0, 0)), about=near, radius=0.01).cameras[0].total.rms
    assert closer == pytest.approx(2 * far, rel=0.05)


def test_points_behind_a_turned_camera_are_counted_and_not_measured() -> None:
    camera = compare_rigs(RING, moved(RING, 2, turn=(0, np.pi, 0))).cameras[2]
    assert camera.total.count == 0
    assert camera.total.lost > 100
    assert np.isnan(camera.total.rms)
    assert np.all(np.isnan(camera.arrows_px))


def test_arrows_are_magnified_to_be_seen() -> None:
    assert magnification(compare_rigs(RING, RING)) == 0
    small = compare_rigs(RING, moved(RING, 0, (0.01, 0, 0)))
    large = compare_rigs(RING, RING.replace(cameras=tuple(moved(RING, i, (30, 0, 0))[i] for i in range(6))))
    # round numbers, and the smaller the displacement the larger
    for factor in (magnification(small, "total"), magnification(large, "pose")):
        assert f"{factor:e}"[0] in "125"
    assert magnification(small) > 100 * magnification(large)
    assert magnification(small, "lens") == 0


def test_the_lab_rig_and_its_normalised_copy_are_one_similarity() -> None:
    dannce = read_rig(shared_path("data/dannce_markerless_mouse_1/label3d_demo.mat"))
    m5 = read_rig(shared_path("data/markerless_mouse_cameras/m5_cameras.json"))
    difference = compare_rigs(dannce, m5)
    assert difference.matching.by is MatchedBy.ORDER
    assert 1 / difference.alignment.similarity.scale == pytest.approx(0.008772346768218, rel=1e-13)
    assert max(camera.pose.maximum for camera in difference.cameras) < 1e-9
    # its poses are true and its intrinsics are not: 549 is declared over a squashed frame
    assert min(camera.intrinsics.rms for camera in difference.cameras) > 50
    assert "shapes differ" in said(difference)


def test_the_lab_rig_scaled_camera_by_camera_is_none() -> None:
    dannce = read_rig(shared_path("data/dannce_markerless_mouse_1/label3d_demo.mat"))
    path = shared_path("data/markerless_mouse_cameras/bad_per_camera_normalisation_v3.json")
    positions = np.array(json.loads(path.read_text(encoding="utf-8"))["positions"])
    bad = tuple(
        camera.replace(T_cam_world=Rigid(camera.pose.R, -camera.pose.R @ place).matrix)
        for camera, place in zip(dannce, positions, strict=True)
    )
    difference = compare_rigs(dannce, dannce.replace(cameras=bad, units="unknown"))
    assert difference.alignment.ratio_spread == pytest.approx(1.41, abs=0.005)
    assert "no single scale" in said(difference)
    assert min(camera.pose.rms for camera in difference.cameras) > 20


def test_the_lab_rig_and_its_undistorted_intrinsics() -> None:
    dannce = read_rig(shared_path("data/dannce_markerless_mouse_1/label3d_demo.mat"))
    path = shared_path("data/markerless_mouse_cameras/newcam_K_and_mask_centroids.json")
    undistorted = [
        dataclasses.replace(
            camera,
            K=np.array([[k["fx"], 0, k["cx"] + 0.5], [0, k["fy"], k["cy"] + 0.5], [0, 0, 1]]),
            distortion=np.zeros(0),
        )
        for camera, k in zip(dannce, json.loads(path.read_text(encoding="utf-8"))["K_new"], strict=True)
    ]
    difference = compare_rigs(dannce, dannce.replace(cameras=tuple(undistorted)))
    for camera in difference.cameras:
        assert camera.pose.maximum < 1e-9
        assert 0.5 < camera.lens.rms < 5
        assert camera.intrinsics.rms > 5  # the new K was chosen for the new image: both change at once
