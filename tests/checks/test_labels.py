"""Labels against cameras: silent on sound ones, the false camera or exchange named, what cannot be known said."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from mouseview.checks.registry import inspect
from mouseview.formats.registry import read_labels, read_rig
from mouseview.geometry.transforms import Array, look_at
from mouseview.model.camera import Labels, Rig
from mouseview.model.finding import Finding, Severity
from mouseview.model.sample import Sample
from tests.rigs import SUBJECT_MM, mouse_ring, with_camera
from tests.shared_data import shared_path

LABEL_CODES = {
    "label-view-inconsistent",
    "label-views-swapped",
    "labels-inconsistent",
    "labels-3d-off",
    "labels-disagree",
}


def label_findings(rig: Rig, labels: Labels) -> list[Finding]:
    return [finding for finding in inspect(Sample("mouse", rig, labels=labels)) if finding.code in LABEL_CODES]


def labelled(rig: Rig, noise_px: float = 0.5, with_3d: bool = False, count: int = 20) -> Labels:
    """Points about the subject as they would be labelled in every view; with 2D alone unless ``with_3d``."""
    rng = np.random.default_rng(4)
    world = SUBJECT_MM + rng.normal(size=(1, count, 3)) * 20
    px = np.stack([camera.project(world)[0] for camera in rig]) + rng.normal(size=(len(rig), 1, count, 2)) * noise_px
    return Labels(world if with_3d else np.full_like(world, np.nan), points_px=px)


def principal(rig: Rig, index: int, dx: float) -> Rig:
    return with_camera(rig, index, K=rig[index].K + np.array([[0, 0, dx], [0, 0, -dx], [0, 0, 0]]))


@pytest.mark.parametrize("with_3d", [False, True])
def test_sound_labels_are_not_spoken_of(with_3d: bool) -> None:
    for count in (2, 3, 6):
        rig = mouse_ring().subset(mouse_ring().names[:count])
        assert not label_findings(rig, labelled(rig, with_3d=with_3d))
    assert not label_findings(mouse_ring(), Labels(np.full((1, 4, 3), np.nan)))
    nothing = Labels(np.full((1, 4, 3), np.nan), points_px=np.full((6, 1, 4, 2), np.nan))
    assert not label_findings(mouse_ring(), nothing)


@pytest.mark.parametrize("with_3d", [False, True])
@pytest.mark.parametrize("index", [0, 3, 5])
def test_one_false_camera_is_named_from_2d_labels(index: int, with_3d: bool) -> None:
    rig = mouse_ring()
    labels = labelled(rig, with_3d=with_3d)
    pose = rig[index].T_cam_world.copy()
    pose[:3] = look_at([0.0] * 3, [0.0, 1, 0.02]).R @ look_at([0.0] * 3, [0.0, 1, 0]).R.T @ pose[:3]
    for false in (principal(rig, index, 7), with_camera(rig, index, T_cam_world=pose)):
        (found,) = label_findings(false, labels)
        assert found.code == "label-view-inconsistent"
        assert found.camera == rig[index].name
        assert rig[index].name in found.message
        assert found.remedy


def test_a_false_camera_is_named_by_how_grave_it_is() -> None:
    rig = mouse_ring()
    slight, grave = (label_findings(principal(rig, 2, dx), labelled(rig))[0] for dx in (4.0, 40.0))
    assert slight.severity is Severity.WARNING
    assert grave.severity is Severity.ERROR


def test_exchanged_cameras_are_named() -> None:
    rig = mouse_ring()
    labels = labelled(rig)
    px = labels.points_px[[0, 4, 2, 3, 1, 5]]
    (found,) = label_findings(rig, dataclasses.replace(labels, points_px=px))
    assert found.code == "label-views-swapped"
    assert "cam1" in found.message
    assert "cam4" in found.message


def test_what_no_single_camera_explains_is_said_so() -> None:
    rig = mouse_ring()
    K = [np.array(camera.K) * np.array([[1 + 0.04 * i], [1 + 0.03 * i], [1]]) for i, camera in enumerate(rig)]
    all_off = rig.replace(cameras=tuple(camera.replace(K=k) for camera, k in zip(rig, K, strict=True)))
    (found,) = label_findings(all_off, labelled(rig))
    assert found.code == "labels-inconsistent"
    assert found.camera is None
    assert "no single camera explains it" in found.message


def test_two_views_do_not_tell_which_one_is_off() -> None:
    rig = mouse_ring().subset(("cam0", "cam2"))
    (found,) = label_findings(principal(rig, 1, 30), labelled(rig))
    assert found.code == "labels-inconsistent"
    assert found.camera is None
    assert "two views" in found.message


def test_3d_labels_of_another_frame_are_told_from_false_cameras() -> None:
    rig = mouse_ring()
    labels = labelled(rig, with_3d=True)
    (found,) = label_findings(rig, dataclasses.replace(labels, points_world=labels.points_world + 30))
    assert found.code == "labels-3d-off"
    assert "2D labels fit the cameras" in found.message


def test_each_point_in_one_view_alone_is_held_against_3d() -> None:
    rig = mouse_ring()
    labels = labelled(rig, with_3d=True, count=18)
    only = np.full_like(labels.points_px, np.nan)
    for view in range(6):
        only[view, :, view::6] = labels.points_px[view, :, view::6]
    only[4] += 60
    (found,) = label_findings(rig, dataclasses.replace(labels, points_px=only))
    assert found.code == "labels-disagree"
    assert found.camera == "cam4"


def dannce() -> tuple[Rig, Labels]:
    path = shared_path("data/dannce_markerless_mouse_1/label3d_demo.mat")
    return read_rig(path), read_labels(path)


def missed_px(rig: Rig, labels: Labels, px: Array) -> Array:
    gaps = np.stack([np.linalg.norm(camera.project(labels.points_world)[0] - at, axis=-1)
                     for camera, at in zip(rig, px, strict=True)])  # fmt: skip
    return gaps[np.isfinite(gaps)]


def test_labels_of_the_mouse_rig_and_what_dropping_skew_or_lens_costs_them() -> None:
    rig, labels = dannce()
    seen = np.stack([camera.project(labels.points_world)[0] for camera in rig])
    assert missed_px(rig, labels, seen).max() < 1e-9
    whole = dataclasses.replace(labels, points_px=seen)
    assert not label_findings(rig, whole)
    skewless = rig.replace(cameras=tuple(c.replace(K=c.K * np.array([[1, 0, 1], [1, 1, 1], [1, 1, 1]])) for c in rig))
    lensless = rig.replace(cameras=tuple(c.replace(distortion=np.zeros(0)) for c in rig))
    for false, median, most in ((skewless, 0.222, 1.526), (lensless, 1.420, 11.295)):
        missed = missed_px(false, labels, seen)
        assert np.median(missed) == pytest.approx(median, abs=2e-3)
        assert missed.max() == pytest.approx(most, abs=2e-3)


def test_labels_of_the_mouse_rig_name_a_moved_camera() -> None:
    rig, labels = dannce()
    assert not label_findings(rig, labels)
    seen = np.stack([camera.project(labels.points_world)[0] for camera in rig])
    seen[4] += 25.0
    for world in (labels.points_world, np.full_like(labels.points_world, np.nan)):
        (found,) = label_findings(rig, dataclasses.replace(labels, points_px=seen, points_world=world))
        assert found.code == "label-view-inconsistent"
        assert found.camera == rig[4].name
        assert found.severity is Severity.ERROR
