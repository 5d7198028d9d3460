"""Every check fires on what it is for, naming place and remedy, and stays silent on a sound rig."""

from __future__ import annotations

import dataclasses
import tomllib
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from mouseview.checks import CHECKS, inspect
from mouseview.formats import open_dataset, read_rig
from mouseview.geometry.transforms import Rigid, Similarity
from mouseview.model.camera import Camera, Labels, Rig
from mouseview.model.errors import FileFormatError, MouseViewError
from mouseview.model.finding import Finding, Severity
from mouseview.model.recipe import Mode, Recipe
from mouseview.model.sample import Dataset, Image, ImageSource, Sample
from mouseview.normalise.export import straight_alpha
from mouseview.normalise.prepare import prepare
from tests.rigs import (
    SUBJECT_MM,
    conforming_ring,
    mouse_ring,
    note_camera,
    parallel_rig,
    per_camera_scaled,
    with_camera,
)
from tests.scene import Ellipsoid, photographed, sample_of
from tests.shared_data import shared_path

SIZE = (288, 256)
SUBJECT = Ellipsoid(np.array([0.03, 0.0, 0.05]), (0.45, 0.2, 0.2), 0.1)


@cache
def lab_sample() -> Sample:
    """A true rig in millimetres with a lens."""
    return photographed(mouse_ring(SIZE))


@cache
def format_sample() -> Sample:
    """A conforming rig in model units."""
    return photographed(conforming_ring(), SUBJECT, supersample=1)


def altered(sample: Sample, change: object, only: int | None = None) -> Sample:
    images = [
        change(image) if only in (None, index) else image  # type: ignore[operator]
        for index, image in enumerate(sample.images())
    ]
    return sample_of(images, sample.rig)


def codes(subject: Sample | Rig) -> set[str]:
    return {finding.code for finding in inspect(subject)}


def only(subject: Sample | Rig, code: str) -> Finding:
    """The finding of that code (the first where several cameras have it)."""
    found = [finding for finding in inspect(subject) if finding.code == code]
    assert found, f"{code} did not fire: {[finding.code for finding in inspect(subject)]}"
    assert all(finding.place and finding.message and finding.remedy for finding in found)
    return found[0]


def test_a_conforming_sample_has_no_complaint() -> None:
    assert [finding for finding in inspect(format_sample()) if finding.severity is not Severity.INFO] == []
    assert inspect(conforming_ring()) == ()


def test_a_true_lab_rig_is_out_of_format_and_nothing_else() -> None:
    loud = {finding.code for finding in inspect(lab_sample()) if finding.severity is not Severity.INFO}
    assert loud == {"units-and-distances"}
    message = only(lab_sample(), "units-and-distances").message
    assert "white" in message
    assert "mm" in message


def test_worst_first() -> None:
    findings = inspect(with_camera(mouse_ring(), 0, T_cam_world=np.full((4, 4), np.nan)))
    order = [[Severity.ERROR, Severity.WARNING, Severity.INFO].index(finding.severity) for finding in findings]
    assert order == sorted(order)
    assert findings[0].severity is Severity.ERROR


def test_checks_are_one_visible_tuple() -> None:
    assert len(CHECKS) == len(set(CHECKS)) >= 20


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"K": np.full((3, 3), np.nan)}, "non-finite-intrinsics"),
        ({"distortion": np.array([np.inf, 0.0])}, "non-finite-intrinsics"),
        ({"K": np.diag([-1600.0, 1600.0, 1.0])}, "impossible-intrinsics"),
        ({"K": np.array([[1600.0, 0, 0], [0, 1600, 0], [600, 500, 1]])}, "impossible-intrinsics"),
        ({"K": np.array([[1600.0, 0, 9000], [0, 1600, 500], [0, 0, 1]])}, "impossible-intrinsics"),
        ({"T_cam_world": np.full((4, 4), np.nan)}, "non-finite-pose"),
        ({"T_cam_world": np.diag([1.0, 1.0, -1.0, 1.0])}, "mirrored-rotation"),
        ({"T_cam_world": np.diag([2.0, 2.0, 2.0, 1.0])}, "rotation-not-orthonormal"),
    ],
)
def test_impossible_values_name_the_camera(change: dict[str, object], code: str) -> None:
    finding = only(with_camera(mouse_ring(), 3, **change), code)
    assert finding.camera == "cam3"
    assert finding.severity is Severity.ERROR
    assert code not in codes(mouse_ring())


def test_duplicate_cameras_are_named() -> None:
    rig = mouse_ring()
    finding = only(with_camera(rig, 4, T_cam_world=rig[1].T_cam_world, K=rig[1].K), "duplicate-cameras")
    assert "cam1 and cam4" in finding.message
    assert "same K" in finding.message
    assert "another K" in only(with_camera(rig, 4, T_cam_world=rig[1].T_cam_world), "duplicate-cameras").message
    assert "duplicate-names" in codes(with_camera(rig, 2, name="cam0"))
    assert not {"duplicate-cameras", "duplicate-names"} & codes(rig)


def test_of_many_equal_cameras_each_is_named_once() -> None:
    rig = mouse_ring()
    for index in (2, 3, 4):
        rig = with_camera(rig, index, T_cam_world=rig[0].T_cam_world)
    named = [finding.camera for finding in inspect(rig) if finding.code == "duplicate-cameras"]
    assert named == ["cam2", "cam3", "cam4"]


def test_the_session_whose_side_is_its_top_is_named() -> None:
    document = tomllib.loads(shared_path("data/sleap_anipose_minimal_session/calibration.toml").read_text())
    cameras = []
    for section in (value for key, value in document.items() if key != "metadata"):
        pose = Rigid(cv2.Rodrigues(np.array(section["rotation"]))[0], section["translation"])
        K, distortion = np.array(section["matrix"]), np.array(section["distortions"])
        cameras.append(Camera(section["name"], *section["size"], K, distortion, pose.matrix))
    finding = only(Rig(tuple(cameras)), "duplicate-cameras")
    assert "side" in finding.message
    assert "top" in finding.message


def test_subject_behind_a_camera() -> None:
    rig = mouse_ring()
    turned = Rigid(np.diag([-1.0, 1.0, -1.0]), np.zeros(3)) @ rig[2].pose
    assert only(with_camera(rig, 2, T_cam_world=turned.matrix), "facing").camera == "cam2"
    inverted = rig.replace(cameras=tuple(camera.replace(T_cam_world=camera.T_world_cam) for camera in rig))
    assert {"facing", "axes-do-not-meet"} & codes(inverted)
    assert "facing" not in codes(rig)


def test_axes() -> None:
    assert only(parallel_rig(), "axes-parallel").severity is Severity.WARNING
    rig = mouse_ring()
    angle = np.radians(50)
    yaw = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
    turned = Rigid(yaw, np.zeros(3)) @ rig[5].pose
    assert only(with_camera(rig, 5, T_cam_world=turned.matrix), "axes-do-not-meet").camera == "cam5"
    assert not {"axes-parallel", "axes-do-not-meet"} & codes(rig)


def test_per_camera_scaling() -> None:
    rig = mouse_ring()
    assert only(per_camera_scaled(rig), "per-camera-scaling").severity is Severity.ERROR
    similar = rig.moved(Similarity.about(SUBJECT_MM, 0.0087), "model")
    for innocent in (rig, similar, conforming_ring()):
        assert "per-camera-scaling" not in codes(innocent)


def test_per_camera_scaling_of_the_real_rig() -> None:
    rig = read_rig(shared_path("data/dannce_markerless_mouse_1/label3d_demo.mat"))
    assert "per-camera-scaling" in codes(per_camera_scaled(rig))
    assert "per-camera-scaling" not in codes(rig)
    assert "per-camera-scaling" not in codes(read_rig(shared_path("data/markerless_mouse_cameras/m5_cameras.json")))


def test_the_notes_camera_is_a_squashed_frame() -> None:
    finding = only(Rig((note_camera(),)), "squashed-frame")
    for part in ("1152×1024", "1632.3", "1639.3", "×0.444", "×0.500", "0.4 %"):
        assert part in finding.message
    assert "squashed-frame" not in codes(mouse_ring())
    odd = note_camera().replace(K=np.array([[500.0, 0, 256], [0, 900.0, 256], [0, 0, 1]]))
    assert "not square" in only(Rig((odd,)), "squashed-frame").message


def test_intrinsics_against_the_format() -> None:
    finding = only(Rig((note_camera(),)), "intrinsics-against-format")
    assert finding.severity is Severity.WARNING
    assert "1.14" in finding.message or "1.15" in finding.message
    assert "intrinsics-against-format" not in codes(conforming_ring())


def test_a_bare_calibration_is_named_by_its_file() -> None:
    rig = mouse_ring().replace(source=Path("lab/calibration.mat"))
    assert "lab/calibration.mat" in only(Sample("calibration", rig), "units-and-distances").place


def test_lens() -> None:
    assert "px" in only(mouse_ring(), "lens-left-in").message
    assert "lens-left-in" not in codes(mouse_ring(lens=False))
    folding = with_camera(mouse_ring(), 1, distortion=np.array([-3.0]))
    assert only(folding, "lens-folds-over").camera == "cam1"
    assert "lens-folds-over" not in codes(mouse_ring())


def test_view_count() -> None:
    rig = mouse_ring()
    assert only(rig.replace(cameras=rig.cameras[:3]), "view-count").severity is Severity.WARNING
    assert only(rig.replace(cameras=rig.cameras[:1]), "view-count").severity is Severity.ERROR
    assert "view-count" not in codes(rig)


def test_centre_says_how_far_candidates_lie_apart() -> None:
    finding = only(lab_sample(), "centre")
    assert finding.severity is Severity.INFO
    for part in ("masks", "axes", "origin", "centroid", "CV"):
        assert part in finding.message
    labels = Labels((SUBJECT_MM + np.array([90.0, 0.0, 0.0])).reshape(1, 1, 3))
    assert only(dataclasses.replace(lab_sample(), labels=labels), "centre").severity is Severity.WARNING
    assert "centre" not in codes(format_sample())


def test_uneven_distances() -> None:
    far = lab_sample().rig
    moved = with_camera(far, 0, T_cam_world=Rigid(far[0].pose.R, far[0].pose.t + np.array([0, 0, 400.0])).matrix)
    assert "uneven-distances" in codes(moved)
    assert "uneven-distances" not in codes(far)


def test_images_that_cannot_be_read_are_findings(tmp_path: Path) -> None:
    def refuse() -> Image:
        raise FileFormatError("the file is empty (0 bytes)", place="cam1.png", remedy="copy it again")

    sample = lab_sample()
    sources = list(sample.sources)
    sources[1], sources[2] = ImageSource(tmp_path / "cam1.png", refuse), None
    broken = Sample("broken", sample.rig, tuple(sources))
    finding = only(broken, "image-unreadable")
    assert (finding.place, finding.camera, finding.severity) == ("cam1.png", "cam1", Severity.ERROR)
    assert only(broken, "image-missing").camera == "cam2"
    assert not {"image-unreadable", "image-missing"} & codes(sample)


def test_image_size() -> None:
    finding = only(altered(lab_sample(), lambda image: image[:-16], only=3), "image-size")
    assert finding.camera == "cam3"
    assert "288×240" in finding.message
    assert "image-size" not in codes(lab_sample())


def test_masks_missing_empty_full_inverted() -> None:
    sample = lab_sample()
    bare = sample_of(sample.images(), sample.rig, has_mask=False)
    assert "6 of 6" in only(bare, "no-mask").message

    def with_alpha(value: int) -> object:
        return lambda image: np.dstack([image[..., :3], np.full(image.shape[:2], value, np.uint8)])

    assert only(altered(sample, with_alpha(0), only=1), "mask-empty").camera == "cam1"
    assert only(altered(sample, with_alpha(255), only=1), "mask-covers-all").camera == "cam1"
    flipped = altered(sample, lambda image: np.dstack([image[..., :3], 255 - image[..., 3]]))
    assert only(flipped, "mask-inverted").severity is Severity.ERROR
    assert not {"no-mask", "mask-empty", "mask-covers-all", "mask-inverted"} & codes(sample)


def test_subject_clipped() -> None:
    sample = lab_sample()
    K = np.array(sample.rig[2].K)
    K[0, 2] += 130
    rig = with_camera(sample.rig, 2, K=K)
    assert only(photographed(rig), "subject-clipped").camera == "cam2"
    assert "subject-clipped" not in codes(sample)


def test_cage_under_alpha() -> None:
    rng = np.random.default_rng(1)

    def with_cage(image: np.ndarray) -> np.ndarray:
        colours = rng.integers(0, 256, (*image.shape[:2], 3), dtype=np.uint8)
        return np.dstack([np.where(image[..., 3:] == 0, colours, image[..., :3]), image[..., 3]])

    assert only(altered(lab_sample(), with_cage), "cage-under-alpha").severity is Severity.INFO
    assert "cage-under-alpha" not in codes(lab_sample())


def test_swapped_views_are_named() -> None:
    rig = conforming_ring()
    images = photographed(rig, Ellipsoid(np.array([0.2, -0.1, 0.1]), (0.6, 0.2, 0.15), 0.1), 1).images()
    sound = sample_of(images, rig)
    assert "views-swapped" not in codes(sound)
    images[1], images[4] = images[4], images[1]
    message = only(sample_of(images, rig), "views-swapped").message
    assert rig[1].name in message
    assert rig[4].name in message


def test_one_bad_camera_is_named() -> None:
    sample = lab_sample()
    K = np.array(sample.rig[3].K)
    K[:2, 2] += 18
    wrong = dataclasses.replace(sample, rig=with_camera(sample.rig, 3, K=K))
    assert only(wrong, "view-inconsistent").camera == "cam3"
    assert not {"view-inconsistent", "silhouettes-disagree", "views-swapped"} & codes(sample)


@pytest.mark.parametrize("mode", [Mode.PIXEL_BASED, Mode.DISTANCE_ONLY, Mode.FORCED_K])
def test_what_the_false_modes_write_is_found_out(mode: Mode) -> None:
    prepared = prepare(lab_sample(), Recipe(mode=mode, model="mouse-256"))
    written = sample_of([straight_alpha(image) for image in prepared.images], prepared.rig)
    found = codes(written)
    assert found & {"silhouettes-disagree", "view-inconsistent"}
    assert ("images-shifted" in found) == (mode is Mode.PIXEL_BASED)
    assert ("per-camera-scaling" in found) == (mode is Mode.DISTANCE_ONLY)


def test_what_exact_modes_write_is_sound() -> None:
    prepared = prepare(lab_sample(), Recipe(model="mouse-256"))
    written = sample_of([straight_alpha(image) for image in prepared.images], prepared.rig)
    assert {finding.code for finding in inspect(written, "mouse-256") if finding.severity is not Severity.INFO} == set()


def test_subject_outside_box_and_window() -> None:
    large = photographed(conforming_ring(), Ellipsoid(np.zeros(3), (1.3, 0.3, 0.3), 0.3), 1)
    assert "subject-outside-box" in codes(large)
    far = photographed(conforming_ring(), Ellipsoid(np.array([0.0, 0.0, 0.95]), (0.3, 0.3, 0.25), 0.3), 1)
    assert "subject-outside-box" in codes(far)
    assert not {"subject-outside-box", "subject-outside-window"} & codes(format_sample())


def test_up_axis() -> None:
    rig = mouse_ring()
    tipped = rig.moved(Similarity(np.array(1.0), np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]), np.zeros(3)), "mm")
    assert "-Y" in only(tipped, "up-axis").message
    assert "up-axis" not in codes(rig)


def test_the_facelift_sample_has_no_complaint() -> None:
    findings = inspect(open_dataset(shared_path("data/facelift_sample"))[0])
    assert [finding for finding in findings if finding.severity is not Severity.INFO] == []


def test_a_dataset_is_inspected_through_its_first_readable_sample() -> None:
    problem = Finding("missing-folder", Severity.ERROR, "list.txt, line 2", "missing", "correct the list")

    def read(index: int) -> Sample:
        if index == 0:
            raise MouseViewError("truncated", place="a/opencv_cameras.json", remedy="export it again")
        return format_sample()

    dataset = Dataset("set", Path("list.txt"), "list", ("a", "b"), read, (problem,))
    findings = inspect(dataset)
    assert {"missing-folder", "sample-unreadable"} <= {finding.code for finding in findings}
    assert next(finding for finding in findings if finding.code == "sample-unreadable").place == "a/opencv_cameras.json"


@pytest.mark.parametrize("count", [0, 1, 2, 6])
def test_rigs_of_nothing_but_nonsense_give_findings_not_exceptions(count: int) -> None:
    nothing = np.full((4, 4), np.nan)
    cameras = tuple(
        camera.replace(T_cam_world=nothing, K=nothing[:3, :3], distortion=nothing[0]) for camera in mouse_ring()
    )
    rig = Rig(cameras[:count])
    assert any(finding.severity is Severity.ERROR for finding in inspect(rig))
    images = lab_sample().images()[:count]
    assert any(finding.severity is Severity.ERROR for finding in inspect(sample_of(images, rig)))


def test_cameras_at_one_place_give_findings_not_exceptions() -> None:
    zero = np.eye(4)
    rig = Rig(tuple(camera.replace(T_cam_world=zero) for camera in lab_sample().rig))
    assert "duplicate-cameras" in codes(sample_of(lab_sample().images(), rig))
