"""A calibration that is read wrongly is named by what the right reading leaves; a right one costs and says nothing."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from mouseview.checks.evidence import Evidence
from mouseview.checks.reading import reading
from mouseview.model.correction import Correction
from mouseview.model.finding import Finding, Severity
from mouseview.model.sample import Sample
from mouseview.resources import model_format
from tests.rigs import mouse_ring, parallel_rig
from tests.scene import photographed, sample_of
from tests.solve.misread import misread
from tests.solve.test_conventions_masks import RIG as ARENA
from tests.solve.test_conventions_masks import masks
from tests.workflow.misread_set import RIG, keypoints

CARD = model_format("facelift")
MISREADINGS = [
    Correction(transpose_K=True),
    Correction(transpose_R=True),
    Correction(camera_to_world=True),
    Correction(opengl_axes=True),
    Correction(transpose_K=True, transpose_R=True),
    Correction(camera_to_world=True, opengl_axes=True),
]


def found(sample: Sample) -> list[Finding]:
    return list(reading(Evidence.of_sample(sample, CARD)))


@pytest.mark.parametrize("wrong", MISREADINGS, ids=lambda wrong: " + ".join(wrong.words))
def test_keypoints_name_the_reading_that_fits(wrong: Correction) -> None:
    (finding,) = found(Sample("s", misread(RIG, wrong), labels=keypoints(RIG)))
    assert finding.code == "another-reading"
    assert finding.severity is Severity.ERROR
    assert ", ".join(wrong.words) in finding.message
    assert "keypoints" in finding.message
    assert "--apply" in finding.remedy


@pytest.mark.parametrize("wrong", MISREADINGS[1:4], ids=lambda wrong: " + ".join(wrong.words))
def test_masks_do_so_too(wrong: Correction) -> None:
    rig = mouse_ring((576, 512))
    sample = photographed(rig)
    (finding,) = found(dataclasses.replace(sample, rig=misread(rig, wrong)))
    assert finding.code == "another-reading"
    assert ", ".join(wrong.words) in finding.message
    assert "silhouettes" in finding.message


def test_cameras_alone_are_a_weaker_word() -> None:
    (finding,) = found(Sample("s", misread(RIG, Correction(opengl_axes=True))))
    assert finding.severity is Severity.WARNING
    assert "OpenGL" in finding.message


def test_right_readings_say_nothing() -> None:
    for sample in (
        Sample("labels", RIG, labels=keypoints(RIG)),
        photographed(mouse_ring((288, 256))),
        Sample("alone", RIG),
        Sample("parallel", parallel_rig()),
        Sample("two", RIG.replace(cameras=RIG.cameras[:2])),
        Sample("none", RIG.replace(cameras=())),
    ):
        assert found(sample) == []


def test_where_no_reading_fits_none_is_offered() -> None:
    """Labels of something else: every reading leaves hundreds of px."""
    labels = keypoints(RIG)
    assert labels.points_px is not None
    random = np.random.default_rng(0).uniform(0, 1000, labels.points_px.shape)
    assert found(Sample("s", RIG, labels=dataclasses.replace(labels, points_px=random))) == []


@pytest.mark.timeout(120)
@pytest.mark.parametrize("wrong", [Correction(transpose_R=True), Correction(opengl_axes=True)])
def test_rays_that_pass_a_camera_s_own_plane_come_to_an_end(wrong: Correction) -> None:
    """Such rays are endless in that camera's image: the hull must not follow them px by px."""
    images = [np.dstack([np.zeros((*mask.shape, 3), np.uint8), 255 * mask.astype(np.uint8)]) for mask in masks(1)]
    sample = sample_of(images, misread(ARENA, wrong))
    (finding,) = found(sample)
    assert finding.code == "another-reading"
