"""Thousands of damaged files: whatever a byte becomes, only errors meant for users come out."""

from __future__ import annotations

import contextlib
import json
import pickle
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import scipy.io

from mouseview.formats import open_dataset, write_rig
from mouseview.formats.image_headers import MAX_PIXELS, MAX_SIDE_PX
from mouseview.formats.images import read_image
from mouseview.formats.registry import sniff
from mouseview.model.camera import Rig
from mouseview.model.errors import MouseViewError
from tests.formats.builders import dannce_camera, mat_cell, noise_image, ring_rig, write_sample
from tests.formats.mutate import mutants
from tests.formats.test_dannce import label_data, mouse_camera
from tests.formats.test_mammal import camera as mammal_camera
from tests.formats.test_opencv_formats import easymocap

MUTANTS = 300
SECONDS = 6.0  # of one kind, on a machine that is far too slow


def facelift_json(path: Path) -> None:
    folder = write_sample(path.parent / "template")
    path.write_bytes((folder / "opencv_cameras.json").read_bytes())


def matlab(path: Path, compressed: bool) -> None:
    labels = mat_cell([label_data(mouse_camera(), np.zeros((2, 3, 3)), [1, 2])])
    content = {"params": mat_cell([dannce_camera(mouse_camera())]), "labelData": labels, "camnames": np.array(["left"])}
    scipy.io.savemat(path, content, do_compression=compressed)


def blender_scene() -> dict[str, object]:
    return {
        "camera_angle_x": 0.7,
        "frames": [{"file_path": f"./train/r_{i}", "transform_matrix": np.eye(4).tolist()} for i in range(3)],
    }


def jarvis_file(folder: Path) -> bytes:
    write_rig(ring_rig(2), folder, "jarvis")
    return (folder / "cam_001.yaml").read_bytes()


WRITERS: dict[str, Callable[[Path], object]] = {
    "opencv_cameras.json": facelift_json,
    "packed.mat": lambda path: matlab(path, True),
    "plain.mat": lambda path: matlab(path, False),
    "written.mat": lambda path: write_rig(ring_rig(2), path, "dannce"),
    "protocol_0.pkl": lambda path: path.write_bytes(pickle.dumps([mammal_camera((2, 3))], 0)),
    "protocol_2.pkl": lambda path: path.write_bytes(pickle.dumps([mammal_camera((2, 3))], 2)),
    "protocol_5.pkl": lambda path: path.write_bytes(pickle.dumps([mammal_camera((2, 3))], 5)),
    "calibration.toml": lambda path: write_rig(ring_rig(3), path, "anipose"),
    "camera_array.toml": lambda path: write_rig(ring_rig(3), path, "caliscope"),
    "rig.yml": lambda path: write_rig(ring_rig(3), path, "opencv"),
    "rig.xml": lambda path: write_rig(ring_rig(3), path, "opencv"),
    "Camera_A.yaml": lambda path: path.write_bytes(jarvis_file(path.parent / "rig")),
    "transforms.json": lambda path: write_rig(ring_rig(3), path, "nerfstudio"),
    "transforms_train.json": lambda path: path.write_text(json.dumps(blender_scene())),
    "list.txt": lambda path: path.write_text("\n".join(str(write_sample(path.parent / n)) for n in ("a", "b"))),
}


def open_all(path: Path) -> None:
    if path.is_file():
        sniff(path)
    for sample in open_dataset(path):
        assert len(sample.rig) >= 1
        assert all(1 <= side <= MAX_SIDE_PX for camera in sample.rig for side in camera.size)
        with contextlib.suppress(MouseViewError):
            sample.images()


@pytest.mark.parametrize("name", WRITERS)
def test_damaged_calibrations_and_lists(tmp_path: Path, name: str) -> None:
    (tmp_path / "original").mkdir()
    original = tmp_path / "original" / name
    WRITERS[name](original)
    open_all(original)
    assert_only_user_errors(tmp_path / name, original.read_bytes(), open_all)


FOLDER_FILES = [
    ("colmap", "cameras.txt"),
    ("colmap", "images.txt"),
    ("colmap-bin", "cameras.bin"),
    ("colmap-bin", "images.bin"),
    ("easymocap", "intri.yml"),
    ("easymocap", "extri.yml"),
]


@pytest.mark.parametrize(("format", "file"), FOLDER_FILES)
def test_damaged_files_of_a_folder(tmp_path: Path, format: str, file: str) -> None:
    folder = tmp_path / "rig"
    write_calibration_folder(folder, format)
    whole = (folder / file).read_bytes()
    open_all(folder)
    assert_only_user_errors(folder / file, whole, lambda damaged: open_all(damaged.parent))


def write_calibration_folder(folder: Path, format: str) -> None:
    if format == "easymocap":
        easymocap(folder, ["a", "b", "c"], ["a", "b"])
    else:
        rig = ring_rig(3)
        write_rig(Rig((*rig.cameras[:2], rig[2].replace(distortion=np.full(8, 0.01)))), folder, format)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tiff", ".bmp"])
def test_damaged_images(tmp_path: Path, suffix: str) -> None:
    whole = cv2.imencode(suffix, noise_image(channels=3))[1].tobytes()

    def read(path: Path) -> None:
        image = read_image(path)
        assert image.shape[2] == 4
        assert image.shape[0] * image.shape[1] <= MAX_PIXELS

    assert_only_user_errors(tmp_path / f"a{suffix}", whole, read)


def assert_only_user_errors(path: Path, whole: bytes, use: Callable[[Path], None]) -> None:
    """Every mutant is either usable or refused with a place and a remedy; some of each kind must occur."""
    refusals: list[MouseViewError] = []
    start = time.monotonic()
    for data in mutants(whole, MUTANTS):
        path.write_bytes(data)
        try:
            use(path)
        except MouseViewError as error:
            refusals.append(error)
        if time.monotonic() - start > SECONDS:
            break
    assert refusals
    assert all(error.place and error.remedy for error in refusals)


def test_the_mutants_differ_from_the_original() -> None:
    whole = bytes(range(256)) * 8 + b"x = [1.0, 2.0]"
    assert sum(mutant != whole for mutant in mutants(whole, MUTANTS)) > 0.9 * MUTANTS
