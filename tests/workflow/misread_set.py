"""Calibrations on disk that are read wrongly, with keypoints that can tell."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mouseview.formats import write_rig
from mouseview.formats.facelift import FILE_NAME, write_views
from mouseview.formats.keypoints import write_keypoints
from mouseview.model.camera import Labels, Rig
from mouseview.model.correction import Correction
from tests.rigs import SUBJECT_MM, mouse_ring
from tests.solve.misread import misread

RIG = mouse_ring()
WRONG = Correction(transpose_R=True)
NOSE_TO_TAIL_MM = 60.0


def keypoints(rig: Rig) -> Labels:
    """Nose and tail 60 mm apart and a dozen points, in 2D alone; marks are 0.3 px off."""
    rng = np.random.default_rng(8)
    world = SUBJECT_MM + rng.normal(size=(14, 3)) * 25
    world[1] = world[0] + [0.0, NOSE_TO_TAIL_MM, 0.0]
    pixels = np.stack([camera.project(world)[0] for camera in rig])[:, None]
    pixels += rng.normal(size=pixels.shape) * 0.3
    names = ("nose", "tail", *(f"p{index}" for index in range(12)))
    return Labels(np.full((1, 14, 3), np.nan), names, pixels, (0,))


def calibration_folder(folder: Path, wrong: Correction = WRONG, rig: Rig = RIG) -> Path:
    """A DANNCE file and a keypoint file; ``wrong`` is what its reader would have to be told."""
    folder.mkdir(parents=True)
    write_rig(misread(rig, wrong), folder / "calibration.mat", "dannce")
    write_keypoints(keypoints(rig), rig.names, folder / "keypoints.json")
    return folder


def sample_folders(folder: Path, count: int, wrong: Correction = WRONG) -> Path:
    """Samples in FaceLift's layout without images, keypoints in each."""
    pinholes = RIG.replace(cameras=tuple(camera.replace(distortion=np.zeros(0)) for camera in RIG))
    for index in range(count):
        home = folder / f"sample_{index:06d}"
        home.mkdir(parents=True)
        write_views(misread(pinholes, wrong), home / FILE_NAME, [f"images/{name}.png" for name in RIG.names], home.name)
        write_keypoints(keypoints(pinholes), RIG.names, home / "keypoints.json")
    return folder
