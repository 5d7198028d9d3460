"""What silhouettes make the checks say: which fault it is, and what such evidence cannot see."""

from __future__ import annotations

import dataclasses

import numpy as np

from mouseview.checks import inspect
from mouseview.model.camera import Rig
from mouseview.model.finding import Finding, Severity
from mouseview.model.sample import Sample
from tests.rigs import SUBJECT_MM, mouse_ring, parallel_rig, with_camera
from tests.scene import Ellipsoid, photographed

SIZE = (288, 256)


def said(subject: Sample | Rig, code: str) -> list[Finding]:
    return [finding for finding in inspect(subject) if finding.code == code]


def seen_by(sample: Sample, rig: Rig) -> Sample:
    return dataclasses.replace(sample, rig=rig)


def first_views(sample: Sample, count: int) -> Sample:
    return sample.subset(sample.rig.names[:count])


def test_what_silhouettes_cannot_see_is_said() -> None:
    (finding,) = said(photographed(mouse_ring(SIZE)), "silhouette-evidence")
    assert finding.severity is Severity.INFO
    for words in ("6 silhouettes agree", "scale of the whole rig", "distance"):
        assert words in finding.message
    assert said(mouse_ring(SIZE), "silhouette-evidence") == []


def test_few_views_one_side_and_one_direction_are_said() -> None:
    ring = photographed(mouse_ring(SIZE))
    assert "two views only bound" in said(first_views(ring, 2), "silhouette-evidence")[0].message
    three = said(first_views(ring, 3), "silhouette-evidence")[0].message
    assert "three views allow much" in three
    side = photographed(parallel_rig(), Ellipsoid(np.array([90.0, 0.0, 100.0]), (34.0, 16.0, 13.0)))
    message = said(side, "silhouette-evidence")[0].message
    assert "nearly the same way" in message
    assert "cannot be separated" in message
    assert said(side, "silhouettes-disagree") == []


def test_of_two_views_that_contradict_each_other_none_is_accused() -> None:
    pair = first_views(photographed(mouse_ring(SIZE)), 2)
    K = np.array(pair.rig[1].K)
    K[1, 2] += 15.0
    wrong = seen_by(pair, with_camera(pair.rig, 1, K=K))
    assert "two views cannot tell" in said(wrong, "silhouettes-disagree")[0].message
    assert said(wrong, "view-inconsistent") == []


def test_lenses_that_were_undone_already_are_named() -> None:
    bare = mouse_ring(SIZE, lens=False)
    scene = Ellipsoid(SUBJECT_MM + np.array([35.0, 30.0, 10.0]), (34.0, 16.0, 13.0))
    declared = tuple(camera.replace(distortion=np.array([-0.6, 0.3, 0, 0, 0])) for camera in bare)
    wrong = seen_by(photographed(bare, scene), bare.replace(cameras=declared))
    (finding,) = said(wrong, "lens-already-undone")
    assert finding.severity is Severity.ERROR
    assert said(photographed(bare, scene), "lens-already-undone") == []


def test_principal_points_in_every_middle_are_named_only_when_masks_contradict() -> None:
    rig = mouse_ring(SIZE)
    focal = np.linspace(0.98, 1.02, len(rig))

    def centred(camera_index: int) -> np.ndarray:
        camera = rig[camera_index]
        return np.array([[camera.fx * focal[camera_index], 0, SIZE[0] / 2], [0, camera.fy, SIZE[1] / 2], [0, 0, 1]])

    assumed = rig.replace(cameras=tuple(camera.replace(K=centred(index)) for index, camera in enumerate(rig)))
    (finding,) = said(seen_by(photographed(rig), assumed), "principal-points-assumed")
    assert finding.severity is Severity.ERROR
    assert said(photographed(assumed), "principal-points-assumed") == []


def test_one_cameras_pixels_that_are_less_square_are_named_without_images() -> None:
    rig = mouse_ring(SIZE)
    K = np.array(rig[4].K)
    K[0, 0] *= 1.02
    (finding,) = said(with_camera(rig, 4, K=K), "pixel-aspect")
    assert finding.camera == "cam4"
    assert "+2.0 %" in finding.message
    assert said(rig, "pixel-aspect") == []
    assert said(Rig(rig.cameras[:3]), "pixel-aspect") == []
