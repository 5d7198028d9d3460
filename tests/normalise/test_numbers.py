"""The numbers of real files: rigs, centres, modes and what the lab's variants did to them."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pytest

from mouseview.formats import open_dataset, read_labels, read_rig
from mouseview.geometry.rays import angle_between_deg
from mouseview.model.camera import Camera, Rig
from mouseview.model.prepared import SubjectCentre
from mouseview.model.recipe import CentreSource, Mode, Recipe
from mouseview.model.sample import Sample
from mouseview.normalise import prepare, subject_centres
from mouseview.normalise.conformance import rig_conforms
from mouseview.normalise.plan import make_plan
from mouseview.normalise.ray_error import ray_error
from mouseview.resources import model_format
from tests.rigs import note_camera
from tests.shared_data import shared_path

FORMAT = model_format("facelift")
AXES_MM = (46.9455, 49.1770, 59.6116)


@cache
def mouse_sample() -> Sample:
    path = shared_path("data/dannce_markerless_mouse_1/label3d_demo.mat")
    return Sample("mouse", read_rig(path), labels=read_labels(path))


def centre_of(sample: Sample, source: CentreSource) -> SubjectCentre:
    return next(centre for centre in subject_centres(sample) if centre.source is source)


def test_note_camera_rays() -> None:
    note = note_camera()
    declared = note.replace(K=FORMAT.K)
    centre = note.unproject([256.0, 256.0])[0]
    np.testing.assert_allclose(centre, [-0.01553, 0.01267, 0.99980], atol=5e-6)
    error = ray_error(declared, note)
    assert error.mean_deg == pytest.approx(5.3235, abs=5e-5)
    assert error.max_deg == pytest.approx(9.2517, abs=5e-5)
    origin = np.zeros(2)
    corner = angle_between_deg(declared.unproject(origin)[0], note.unproject(origin)[0])
    assert corner == pytest.approx(8.496, abs=5e-4)
    middle = angle_between_deg(declared.unproject([256.0, 256.0])[0], centre)
    assert middle == pytest.approx(1.149, abs=5e-4)


def test_note_camera_needs_padding_not_cropping() -> None:
    note = note_camera()
    plan = make_plan(
        Rig((note, note.replace(name="other"))),
        (None, None),
        SubjectCentre(CentreSource.ORIGIN, np.zeros(3), None, ""),
        Recipe(mode=Mode.EXACT_CENTRED),
        FORMAT,
    )
    corners = plan.views[0].pixel_map.to_source([[0.0, 0.0], [512.0, 512.0]])
    np.testing.assert_allclose(corners, [[-71.0, -136.6], [605.6, 627.8]], atol=0.05)


def test_axes_of_the_mouse_rig() -> None:
    sample = mouse_sample()
    axes = centre_of(sample, CentreSource.AXES)
    np.testing.assert_allclose(axes.point, AXES_MM, atol=5e-5)
    assert axes.residual == pytest.approx(12.5, abs=0.05)
    assert "22.4 at most" in axes.note
    distances = sample.rig.distances(axes.point)
    np.testing.assert_allclose(distances, [304.3, 333.2, 307.7, 303.2, 312.6, 309.0], atol=0.05)
    assert distances.mean() == pytest.approx(311.652, abs=5e-4)
    assert distances.std() / distances.mean() == pytest.approx(0.0325, abs=5e-5)


def test_aiming_the_mouse_rig_at_its_axes() -> None:
    sample = mouse_sample()
    axes = centre_of(sample, CentreSource.AXES)
    plan = make_plan(sample.rig, (None,) * 6, axes, Recipe(), FORMAT)
    assert float(plan.similarity.scale) == pytest.approx(0.00866350, abs=5e-9)
    declared = np.array([np.linalg.norm(view.declared.centre) for view in plan.views])
    np.testing.assert_allclose(declared, [2.636, 2.887, 2.666, 2.626, 2.708, 2.677], atol=5e-4)
    tilts = [view.tilt_deg for view in plan.views]
    np.testing.assert_allclose(tilts, [1.63, 2.36, 1.62, 1.19, 1.36, 4.16], atol=6e-3)


def test_a_wrong_origin_is_not_a_bad_rig() -> None:
    distances = mouse_sample().rig.distances(np.zeros(3))
    assert distances.std() / distances.mean() == pytest.approx(0.1565, abs=5e-5)
    about_origin = distances * FORMAT.distance / distances.mean()
    assert about_origin.min() == pytest.approx(2.00, abs=5e-3)
    assert about_origin.max() == pytest.approx(3.38, abs=5e-3)


def test_labels_are_the_most_trusted_centre() -> None:
    sample = mouse_sample()
    first = subject_centres(sample)[0]
    assert first.source is CentreSource.LABELS
    np.testing.assert_allclose(first.point, [73.24, 63.61, 33.31], atol=5e-3)
    distances = sample.rig.distances(first.point)
    assert distances.std() / distances.mean() == pytest.approx(0.0602, abs=5e-5)
    plan = make_plan(sample.rig, (None,) * 6, first, Recipe(), FORMAT)
    assert float(plan.similarity.scale) == pytest.approx(0.00852882, abs=5e-9)


def _reprojection(change: dict[str, object] | str) -> np.ndarray:
    sample = mouse_sample()
    points = sample.labels.finite_points
    gaps = []
    for camera in sample.rig:
        K = np.array(camera.K)
        if change == "skew":
            K[0, 1] = 0.0
        altered = camera.replace(K=K, distortion=np.zeros(0) if change == "lens" else camera.distortion)
        gaps.append(np.linalg.norm(camera.project(points)[0] - altered.project(points)[0], axis=-1))
    return np.concatenate(gaps)


def test_what_dropping_skew_and_lens_costs_the_labels() -> None:
    skew, lens = _reprojection("skew"), _reprojection("lens")
    assert np.median(skew) == pytest.approx(0.222, abs=2e-3)
    assert skew.max() == pytest.approx(1.526, abs=2e-3)
    assert np.median(lens) == pytest.approx(1.420, abs=2e-3)
    assert lens.max() == pytest.approx(11.295, abs=2e-3)


def _ratios(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    pairs = np.triu_indices(len(first), 1)
    gaps = [np.linalg.norm(points[pairs[0]] - points[pairs[1]], axis=-1) for points in (first, second)]
    return gaps[1] / gaps[0]


def test_m5_is_one_similarity_about_the_camera_centroid() -> None:
    m5 = read_rig(shared_path("data/markerless_mouse_cameras/m5_cameras.json"))
    sample = mouse_sample()
    ratios = _ratios(sample.rig.centres, m5.centres)
    np.testing.assert_allclose(ratios, 0.008772346768218, rtol=1e-6)
    centroid = centre_of(sample, CentreSource.CENTROID)
    plan = make_plan(sample.rig, (None,) * 6, centroid, Recipe(mode=Mode.EXACT_CENTRED), FORMAT)
    assert float(plan.similarity.scale) == pytest.approx(0.008772346768218, rel=1e-6)
    for view, theirs in zip(plan.views, m5, strict=True):
        np.testing.assert_allclose(view.declared.T_cam_world, theirs.T_cam_world, atol=2e-6)
    assert m5[0].fx == 549.0
    assert not rig_conforms(m5, FORMAT)


def test_v3_is_per_camera_scaling_and_so_is_distance_only() -> None:
    path = shared_path("data/markerless_mouse_cameras/bad_per_camera_normalisation_v3.json")
    positions = np.array(json.loads(path.read_text())["positions"])
    rig = mouse_sample().rig
    ratios = _ratios(rig.centres, positions)
    assert ratios.max() / ratios.min() == pytest.approx(1.41, abs=5e-3)
    origin = SubjectCentre(CentreSource.ORIGIN, np.zeros(3), None, "")
    plan = make_plan(rig, (None,) * 6, origin, Recipe(mode=Mode.DISTANCE_ONLY), FORMAT)
    ours = np.array([view.declared.centre for view in plan.views])
    np.testing.assert_allclose(ours, positions, atol=2e-6)
    assert not plan.is_similarity


def test_facelift_sample_conforms_and_is_copied() -> None:
    sample = open_dataset(shared_path("data/facelift_sample"))[0]
    assert sample.image(0).dtype == np.uint16
    prepared = prepare(sample, Recipe())
    assert not prepared.resampled
    assert prepared.similarity is not None
    assert float(prepared.similarity.scale) == 1.0
    assert prepared.ledger.verdict.in_format
    for mine, theirs in zip(prepared.rig, sample.rig, strict=True):
        np.testing.assert_allclose(mine.K, theirs.K, atol=1e-6)
        np.testing.assert_allclose(mine.T_cam_world, theirs.T_cam_world, atol=1e-6)
    for image, original in zip(prepared.images, sample.images(), strict=True):
        straight = original.astype(np.float64) / 65535
        white = straight[..., :3] * straight[..., 3:] + 1 - straight[..., 3:]
        np.testing.assert_allclose(image[..., :3], white, atol=1e-6)
        np.testing.assert_array_equal(image[..., 3], (original[..., 3] / 65535).astype(np.float32))


def test_other_centres_would_scale_the_facelift_sample() -> None:
    sample = open_dataset(shared_path("data/facelift_sample"))[0]
    scales = {
        centre.source: FORMAT.distance / sample.rig.distances(centre.point).mean() for centre in subject_centres(sample)
    }
    assert scales[CentreSource.CENTROID] == pytest.approx(1.0642, abs=5e-5)
    assert scales[CentreSource.MASKS] == pytest.approx(0.937, abs=2e-3)


def test_inference_rig_conforms() -> None:
    rig = read_rig(shared_path("data/facelift_sample/inference_rig.json"))
    assert rig_conforms(rig, FORMAT)
    assert not rig_conforms(rig.replace(cameras=tuple(_shifted(camera) for camera in rig)), FORMAT)


def _shifted(camera: Camera) -> Camera:
    K = np.array(camera.K)
    K[0, 2] += 0.02
    return camera.replace(K=K)
