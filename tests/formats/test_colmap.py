"""COLMAP models, text and binary: ids, empty lines, models, images beside them."""

from __future__ import annotations

import struct
from pathlib import Path

import cv2
import numpy as np
import pytest

from mouseview.formats import open_dataset, read_rig, write_rig
from mouseview.formats.images import write_png
from mouseview.geometry.lenses import LensModel
from mouseview.model.errors import FileFormatError
from tests.formats.builders import noise_image, ring_rig

VECTOR = np.array([0.1, -2.0, 0.4])
_HALF = np.linalg.norm(VECTOR) / 2
QUATERNION = (np.cos(_HALF), *(np.sin(_HALF) * VECTOR / np.linalg.norm(VECTOR)))
POSE = " ".join(map(repr, (*map(float, QUATERNION), 1.0, 2.0, 300.0)))
CAMERAS = """# Camera list
7 PINHOLE 24 20 30.5 31.5 12.25 10.75
  3 OPENCV 1280 1024 800 810 640 512 -0.1 0.02 0.001 -0.002
"""
IMAGES = f"""# Image list
12 {POSE} 3 sub/b.jpg
10.5 20.5 -1 30 40 7

5 {POSE} 7 a.png

"""


def model(folder: Path, cameras: str = CAMERAS, images: str = IMAGES) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cameras.txt").write_text(cameras)
    (folder / "images.txt").write_text(images)
    return folder


@pytest.mark.parametrize("name", [".", "cameras.txt", "images.txt"])
def test_a_text_model_in_the_house_conventions(tmp_path: Path, name: str) -> None:
    (sample,) = open_dataset(model(tmp_path / "m") / name)
    rig = sample.rig
    assert (sample.name, rig.format, rig.units, rig.names) == ("m", "colmap", "unknown", ("b", "a"))
    np.testing.assert_allclose(rig["b"].T_cam_world[:3, :3], cv2.Rodrigues(VECTOR)[0], atol=1e-14)
    np.testing.assert_array_equal(rig["b"].T_cam_world[:3, 3], [1, 2, 300])
    assert (rig["b"].cx, rig["b"].size) == (640.0, (1280, 1024))  # the corner origin is the house's own
    np.testing.assert_array_equal(rig["b"].distortion, [-0.1, 0.02, 0.001, -0.002])
    assert (rig["a"].fx, rig["a"].fy, rig["a"].cx, rig["a"].cy) == (30.5, 31.5, 12.25, 10.75)


@pytest.mark.parametrize(
    ("line", "K", "lens", "distortion"),
    [
        ("SIMPLE_PINHOLE 24 20 30 12 10", (30, 30, 12, 10), "radtan", []),
        ("PINHOLE 24 20 30 31 12 10", (30, 31, 12, 10), "radtan", []),
        ("SIMPLE_RADIAL 24 20 30 12 10 0.1", (30, 30, 12, 10), "radtan", [0.1]),
        ("RADIAL 24 20 30 12 10 0.1 0.2", (30, 30, 12, 10), "radtan", [0.1, 0.2]),
        ("OPENCV 24 20 30 31 12 10 1 2 3 4", (30, 31, 12, 10), "radtan", [1, 2, 3, 4]),
        ("FULL_OPENCV 24 20 30 31 12 10 1 2 3 4 5 6 7 8", (30, 31, 12, 10), "radtan", [1, 2, 3, 4, 5, 6, 7, 8]),
        ("OPENCV_FISHEYE 24 20 30 31 12 10 .1 .2 .3 .4", (30, 31, 12, 10), "fisheye", [0.1, 0.2, 0.3, 0.4]),
        ("RADIAL_FISHEYE 24 20 30 12 10 .1 .2", (30, 30, 12, 10), "fisheye", [0.1, 0.2]),
    ],
)
def test_every_camera_model(tmp_path: Path, line: str, K: tuple[int, ...], lens: str, distortion: list[float]) -> None:
    camera = read_rig(model(tmp_path / "m", f"3 {line}\n", f"1 {POSE} 3 a.png\n\n"))[0]
    assert tuple(camera.fxfycxcy) == K
    assert camera.lens is LensModel(lens)
    np.testing.assert_array_equal(camera.distortion, distortion)


def test_equal_file_names_in_different_folders_and_repeated_ones(tmp_path: Path) -> None:
    images = "".join(f"{i} {POSE} 7 {name}\n\n" for i, name in enumerate(("l/0.png", "r/0.png", "r/0.png")))
    assert read_rig(model(tmp_path / "m", images=images)).names == ("l/0", "r/0", "r/0_2")


def test_images_without_their_empty_second_line_are_named(tmp_path: Path) -> None:
    images = "".join(f"{i} {POSE} 7 {i}.png\n" for i in range(4))
    with pytest.raises(FileFormatError, match="2D points") as caught:
        read_rig(model(tmp_path / "m", images=images))
    assert caught.value.place.endswith("images.txt, line 2")
    assert "two lines an image" in caught.value.remedy


def test_the_last_image_may_lack_its_second_line(tmp_path: Path) -> None:
    assert len(read_rig(model(tmp_path / "m", images=IMAGES.rstrip("\n")))) == 2


def test_unnormalised_quaternions_are_said_and_zero_ones_held(tmp_path: Path) -> None:
    images = f"1 2 0 0 0 1 2 3 7 a.png\n\n2 0 0 0 0 1 2 3 7 b.png\n\n3 {POSE} 7 c.png\n"
    rig = read_rig(model(tmp_path / "m", images=images))
    np.testing.assert_array_equal(rig["a"].T_cam_world[:3, :3], np.eye(3))
    assert np.isnan(rig["b"].T_cam_world[:3, :3]).all()
    assert sum("quaternion" in line for line in rig.assumptions) == 2


@pytest.mark.parametrize(
    ("cameras", "images", "place"),
    [
        ("7 FOV 24 20 30 31 12 10 0.1\n", IMAGES, "cameras.txt, line 1"),
        ("# x\n\n7 PINHOLE 24 20 30 31 12\n", IMAGES, "cameras.txt, line 3"),
        ("7 PINHOLE 24 20 30 31 12 ten\n", IMAGES, "cameras.txt, line 1"),
        ("7 PINHOLE 0 20 30 31 12 10\n", IMAGES, "cameras.txt, line 1"),
        (CAMERAS, f"1 {POSE} 99 a.png\n", "images.txt, line 1"),
        (CAMERAS, "1 0 0 7 a.png\n", "images.txt, line 1"),
        (CAMERAS, f"1 {POSE} x a.png\n", "images.txt, line 1"),
        (CAMERAS, "# none\n", "images.txt"),
    ],
)
def test_broken_lines_are_errors_at_their_place(tmp_path: Path, cameras: str, images: str, place: str) -> None:
    with pytest.raises(FileFormatError) as caught:
        read_rig(model(tmp_path / "m", cameras, images))
    assert place in caught.value.place
    assert caught.value.remedy


# --- binary


def binary(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    camera = struct.pack("<IiQQ4d", 7, 1, 24, 20, 30.5, 31.5, 12.25, 10.75)
    (folder / "cameras.bin").write_bytes(struct.pack("<Q", 1) + camera)
    image = struct.pack("<I7dI", 12, *QUATERNION, 1.0, 2.0, 300.0, 7) + b"a.png\0" + struct.pack("<Q", 2)
    points = struct.pack("<ddq", 1.0, 2.0, -1) * 2
    other = struct.pack("<I7dI", 3, *QUATERNION, 1.0, 2.0, 300.0, 7) + b"b.png\0" + struct.pack("<Q", 0)
    (folder / "images.bin").write_bytes(struct.pack("<Q", 2) + image + points + other)
    return folder


@pytest.mark.parametrize("name", [".", "cameras.bin", "images.bin"])
def test_a_binary_model(tmp_path: Path, name: str) -> None:
    rig = open_dataset(binary(tmp_path / "m") / name)[0].rig
    assert (rig.format, rig.names, rig[0].fy) == ("colmap-bin", ("a", "b"), 31.5)
    np.testing.assert_allclose(rig[1].T_cam_world[:3, :3], cv2.Rodrigues(VECTOR)[0], atol=1e-14)


def test_where_both_exist_the_binary_one_is_read_and_said(tmp_path: Path) -> None:
    folder = binary(model(tmp_path / "m"))
    dataset = open_dataset(folder)
    assert dataset.format == "colmap-bin"
    assert any("text model too" in line for line in dataset[0].rig.assumptions)
    assert open_dataset(folder, "colmap").format == "colmap"
    assert open_dataset(folder / "images.txt").format == "colmap"


@pytest.mark.parametrize("file", ["cameras.bin", "images.bin"])
@pytest.mark.parametrize("change", [lambda d: d[:-1], lambda d: d + b"x", lambda d: b"\xff" * 8 + d[8:], lambda d: b""])
def test_broken_binary_files(tmp_path: Path, file: str, change: object) -> None:
    path = binary(tmp_path / "m") / file
    path.write_bytes(change(path.read_bytes()))  # type: ignore[operator]
    with pytest.raises(FileFormatError) as caught:
        read_rig(tmp_path / "m")
    assert file in caught.value.place


def test_a_declared_number_of_points_is_not_believed(tmp_path: Path) -> None:
    path = binary(tmp_path / "m") / "images.bin"
    path.write_bytes(path.read_bytes()[:-8] + struct.pack("<Q", 1 << 62))
    with pytest.raises(FileFormatError, match="truncated"):
        read_rig(tmp_path / "m")


# --- images and folders


def test_a_project_opens_with_the_images_that_are_there(tmp_path: Path) -> None:
    project = tmp_path / "project"
    model(project / "sparse" / "0")
    (project / "images" / "sub").mkdir(parents=True)
    write_png(project / "images" / "a.png", noise_image())
    for opened in (project, project / "sparse", project / "sparse" / "0"):
        (sample,) = open_dataset(opened)
        assert [source is not None for source in sample.sources] == [False, True]
        np.testing.assert_array_equal(sample.image(1), noise_image())
        assert any("1 of 2 images" in line and line.endswith("b") for line in sample.rig.assumptions)
    assert sample.folder is not None


def test_an_image_name_that_climbs_out_is_not_followed(tmp_path: Path) -> None:
    write_png(tmp_path / "secret.png", noise_image())
    images = f"1 {POSE} 7 ../../secret.png\n\n2 {POSE} 7 {tmp_path}/secret.png\n\n"
    (sample,) = open_dataset(model(tmp_path / "data" / "m", images=images))
    assert sample.sources == (None, None)


@pytest.mark.parametrize(("format", "first"), [("colmap", "cameras.txt"), ("colmap-bin", "cameras.bin")])
def test_written_models_hold_three_files(tmp_path: Path, format: str, first: str) -> None:
    lost = write_rig(ring_rig(12, units="mm"), tmp_path / "m", format)
    assert len(list((tmp_path / "m").iterdir())) == 3
    assert (tmp_path / "m" / first).is_file()
    assert any("unit" in line for line in lost)
    assert read_rig(tmp_path / "m").names == ring_rig(12).names
