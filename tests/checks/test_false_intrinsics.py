"""K that looks right and is not: squashed on paper alone, or the format's own written over crops."""

from __future__ import annotations

import cv2

from mouseview.checks import inspect
from mouseview.model.camera import Rig
from mouseview.model.finding import Finding, Severity
from mouseview.model.recipe import Mode, Recipe
from mouseview.model.sample import Sample
from mouseview.normalise.export import straight_alpha
from mouseview.normalise.prepare import prepare
from tests.rigs import conforming_ring, mouse_ring, note_camera
from tests.scene import photographed, sample_of


def codes(subject: Sample | Rig) -> set[str]:
    return {finding.code for finding in inspect(subject)}


def only(subject: Sample | Rig, code: str) -> Finding:
    (found,) = [finding for finding in inspect(subject) if finding.code == code]
    return found


def _pressed(side: int, images_too: bool) -> Sample:
    """The lab's rig with K squashed to a square; its images squashed alike, or their middle cropped."""
    lab = photographed(mouse_ring((864, 768), lens=False), supersample=1)
    rig = lab.rig.replace(cameras=tuple(camera.resized(side, side) for camera in lab.rig))
    left = (864 - 768) // 2
    images = [
        cv2.resize(image if images_too else image[:, left : left + 768], (side, side), interpolation=cv2.INTER_AREA)
        for image in lab.images()
    ]
    return sample_of(images, rig)


def test_masks_tell_whether_the_image_was_squashed_with_its_k() -> None:
    false = only(_pressed(384, images_too=False), "squashed-frame")
    assert false.severity is Severity.ERROR
    assert "cropped, not squashed" in false.message
    true = only(_pressed(384, images_too=True), "squashed-frame")
    assert true.severity is Severity.INFO
    assert "squashed alike" in true.message
    assert only(Rig((note_camera(),)), "squashed-frame").severity is Severity.WARNING  # nothing here can tell


def test_the_formats_k_written_over_crops_is_named_without_masks() -> None:
    lab = photographed(mouse_ring((288, 256)))
    forced = prepare(lab, Recipe(mode=Mode.FORCED_K)).rig.replace(units="unknown")
    finding = only(forced, "intrinsics-declared")
    assert finding.severity is Severity.WARNING
    assert "548.99" in finding.message
    resampled = prepare(lab, Recipe(mode=Mode.EXACT_CENTRED))
    assert "intrinsics-declared" not in codes(resampled.rig)  # in model units: a normalisation wrote it
    theirs = resampled.rig.replace(units="unknown")  # another program's resampling is told apart by its masks
    images = [straight_alpha(image) for image in resampled.images]
    assert "intrinsics-declared" not in codes(sample_of(images, theirs))
    assert "intrinsics-declared" not in codes(conforming_ring())
