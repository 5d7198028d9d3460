"""Calibrations in OpenCV's FileStorage: OpenCV's own, JARVIS and EasyMocap."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from mouseview.formats import open_dataset, read_rig, write_rig
from mouseview.formats.sizes import assumed_sizes
from mouseview.geometry.lenses import LensModel
from mouseview.geometry.triangulation import triangulate_dlt
from mouseview.model.errors import FileFormatError
from tests.formats.builders import ring_rig
from tests.shared_data import shared_path

K = np.array([[800.0, 0.0, 640.0], [0.0, 810.0, 512.0], [0.0, 0.0, 1.0]])
D = np.array([[-0.1, 0.02, 0.001, -0.002, 0.3]])
VECTOR = np.array([[0.1], [-2.0], [0.4]])
R = cv2.Rodrigues(VECTOR)[0]
T = np.array([[1.0], [2.0], [300.0]])


def store(path: Path, **values: Any) -> Path:
    """Written by OpenCV itself."""
    storage = cv2.FileStorage(str(path), cv2.FILE_STORAGE_WRITE)
    for key, value in values.items():
        if isinstance(value, list):
            storage.startWriteStruct(key, cv2.FILE_NODE_SEQ)
            for item in value:
                storage.write("", item)
            storage.endWriteStruct()
        elif isinstance(value, dict):
            storage.startWriteStruct(key, cv2.FILE_NODE_MAP)
            for name, item in value.items():
                storage.write(name, item)
            storage.endWriteStruct()
        else:
            storage.write(key, value)
    storage.release()
    return path


# --- OpenCV


@pytest.mark.parametrize("suffix", [".yml", ".xml"])
@pytest.mark.parametrize("keys", [("camera_matrix", "distortion_coefficients"), ("K", "D"), ("cam_K", "dist")])
def test_one_camera_under_the_usual_names(tmp_path: Path, suffix: str, keys: tuple[str, str]) -> None:
    path = store(tmp_path / f"a{suffix}", **{keys[0]: K, keys[1]: D}, R=R, T=T, image_width=1280, image_height=1024)
    rig = read_rig(path)
    camera = rig[0]
    assert (rig.format, rig.names, camera.size) == ("opencv", ("a",), (1280, 1024))
    assert (camera.cx, camera.cy) == (640.5, 512.5)
    np.testing.assert_array_equal(camera.distortion, D[0])
    np.testing.assert_allclose(camera.T_cam_world[:3], np.hstack([R, T]), atol=1e-15)
    assert rig.assumptions == ("the file states no unit of length, so it is unknown",)


def test_intrinsics_alone_say_what_is_assumed(tmp_path: Path) -> None:
    rig = read_rig(store(tmp_path / "a.yml", camera_matrix=K, distortion_coefficients=D))
    np.testing.assert_array_equal(rig[0].T_cam_world, np.eye(4))
    assert rig[0].size == (1280, 1024)
    for word in ("no pose", "1280×1024", "unit"):
        assert any(word in line for line in rig.assumptions), word


def test_a_stereo_pair_is_not_posed_by_its_rectification(tmp_path: Path) -> None:
    rectifying = {"R1": np.eye(3), "R2": np.eye(3)}
    path = store(tmp_path / "a.yml", M1=K, D1=D, M2=K + np.eye(3), D2=D, R=R, T=T, **rectifying)
    rig = read_rig(path)
    assert rig.names == ("cam_1", "cam_2")
    np.testing.assert_array_equal(rig[0].T_cam_world, np.eye(4))
    np.testing.assert_allclose(rig[1].T_cam_world[:3], np.hstack([R, T]), atol=1e-15)
    assert any("from cam_1 to cam_2" in line for line in rig.assumptions)


def test_many_cameras_as_groups_and_as_blocks(tmp_path: Path) -> None:
    groups = {f"{key}_{side}": value for side in ("left", "up") for key, value in (("K", K), ("R", VECTOR), ("T", T))}
    block = {"camera_matrix": K, "distortion_coefficients": D[:, :4], "R": VECTOR, "T": T, "fisheye_model": 1}
    for path in (store(tmp_path / "a.yml", **groups), store(tmp_path / "b.yml", left=block, up=block)):
        rig = read_rig(path)
        assert rig.names == ("left", "up")
        np.testing.assert_allclose(rig[1].T_cam_world[:3], np.hstack([R, T]), atol=1e-14)
    assert {camera.lens for camera in rig} == {LensModel.FISHEYE}


def test_plain_yaml_of_ros(tmp_path: Path) -> None:
    text = "image_width: 640\nimage_height: 480\ncamera_name: head\ncamera_matrix:\n  rows: 3\n  cols: 3\n"
    (tmp_path / "a.yaml").write_text(
        text + "  data: [500, 0, 320, 0, 500, 240, 0, 0, 1]\ndistortion_model: plumb_bob\n"
    )
    rig = read_rig(tmp_path / "a.yaml")
    assert (rig.names, rig[0].size, rig[0].cx) == (("head",), (640, 480), 320.5)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"camera_matrix": np.eye(2)}, "camera matrix"),
        ({"distortion_coefficients": np.ones((1, 12))}, "distortion"),
        ({"distortion_coefficients": np.ones((1, 15))}, "distortion"),
        ({"R": np.eye(2)}, "R"),
        ({"T": np.zeros((1, 2))}, "T"),
        ({"image_width": -4, "image_height": 2}, "image size"),
        ({"image_width": 4}, "image size"),
        ({"fisheye_model": 3}, "fisheye_model"),
    ],
)
def test_a_wrong_field_is_an_error_at_its_place(tmp_path: Path, changes: dict[str, Any], place: str) -> None:
    good = {"camera_matrix": K, "distortion_coefficients": D, "R": R, "T": T}
    with pytest.raises(FileFormatError) as caught:
        read_rig(store(tmp_path / "a.yml", **{**good, **changes}))
    assert place in caught.value.place
    assert caught.value.remedy


def test_a_document_without_cameras_says_which_names_are_known(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match="no camera matrix") as caught:
        read_rig(store(tmp_path / "a.yml", Q=np.eye(4)))
    assert "camera_matrix" in caught.value.remedy


# --- JARVIS


def jarvis(folder: Path, name: str = "Camera_T", **changes: Any) -> Path:
    folder.mkdir(exist_ok=True)
    good = {"intrinsicMatrix": K.T.copy(), "distortionCoefficients": D, "R": R.T.copy(), "T": T}
    return store(folder / f"{name}.yaml", **{**good, **changes})


def test_jarvis_is_transposed_and_its_folder_is_one_rig(tmp_path: Path) -> None:
    folder = tmp_path / "rig"
    for name in ("Camera_T", "Camera_B", "Camera_A"):
        path = jarvis(folder, name)
    store(folder / "other.yaml", board=np.eye(2))
    for opened in (folder, path):
        (sample,) = open_dataset(opened)
        rig = sample.rig
        assert (rig.format, rig.units, rig.names) == ("jarvis", "mm", ("Camera_A", "Camera_B", "Camera_T"))
    assert sample.name == "Camera_A"
    np.testing.assert_allclose(rig[0].T_cam_world[:3], np.hstack([R, T]), atol=1e-15)
    np.testing.assert_array_equal(rig[0].K - [[0, 0, 0.5], [0, 0, 0.5], [0, 0, 0]], K)
    assert open_dataset(folder).names == ("rig",)


def test_an_upright_matrix_under_jarvis_names_is_not_guessed(tmp_path: Path) -> None:
    path = jarvis(tmp_path, intrinsicMatrix=K)
    with pytest.raises(FileFormatError, match="upright") as caught:
        read_rig(path)
    assert "opencv" in caught.value.remedy
    assert read_rig(path, "opencv")[0].cx == 640.5


def test_a_written_folder_is_whole_or_not_there(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "Camera_X.yaml").write_text("mine")
    with pytest.raises(FileFormatError, match="not empty"):
        write_rig(ring_rig(), tmp_path / "taken", "jarvis")
    assert [path.name for path in (tmp_path / "taken").iterdir()] == ["Camera_X.yaml"]
    with pytest.raises(FileFormatError, match="cannot be written"):
        write_rig(ring_rig(), tmp_path / "missing" / "rig", "jarvis")
    (tmp_path / "empty").mkdir()
    write_rig(ring_rig(), tmp_path / "empty", "jarvis")
    assert len(list((tmp_path / "empty").iterdir())) == 4
    assert {path.name for path in tmp_path.iterdir()} == {"taken", "empty"}


def test_names_that_differ_only_in_case_do_not_overwrite_each_other(tmp_path: Path) -> None:
    rig = ring_rig(3)
    names = ("Cam", "cam", "con")
    lost = write_rig(
        rig.replace(cameras=tuple(c.replace(name=n) for c, n in zip(rig, names, strict=True))), tmp_path / "r", "jarvis"
    )
    assert {path.stem for path in (tmp_path / "r").iterdir()} == {"Cam", "cam_2", "_con"}
    assert any("names:" in line for line in lost)


@pytest.fixture(scope="module")
def monkey() -> Path:
    return shared_path("data/jarvis_12cam_monkey")


def test_the_real_twelve_cameras_see_their_keypoints(monkey: Path) -> None:
    (sample,) = open_dataset(monkey)
    rig = sample.rig
    assert (len(rig), rig.units) == (12, "mm")
    assert {camera.size for camera in rig} == {(1280, 1024)}
    medians = []
    for key, views in json.loads((monkey / "keypoints2d.json").read_text()).items():
        if not key.startswith("frameset"):
            continue
        pixels = np.array([views[view] for view in sorted(views, key=int)], dtype=float).reshape(12, -1, 2)
        pixels = np.where(np.any(pixels == 0, axis=-1, keepdims=True), np.nan, pixels + 0.5)
        rays = np.stack([camera.unproject(px)[0] for camera, px in zip(rig, pixels, strict=True)])
        points = triangulate_dlt(rays[..., :2] / rays[..., 2:], [camera.T_cam_world for camera in rig])
        projected = [camera.project(points) for camera in rig]
        assert all(np.all(valid[np.isfinite(points).all(axis=-1)]) for _, valid in projected)  # 12 of 12 in front
        medians.append(float(np.nanmedian(np.linalg.norm(np.stack([p for p, _ in projected]) - pixels, axis=-1))))
    np.testing.assert_allclose(medians, [0.725, 0.762], atol=2e-3)


def test_twelve_cameras_open_in_150_ms(monkey: Path) -> None:
    times = []
    for _ in range(5):
        start = time.perf_counter()
        open_dataset(monkey)
        times.append(time.perf_counter() - start)
    assert min(times) < 0.15


# --- EasyMocap


def easymocap(folder: Path, intrinsic: list[str], extrinsic: list[str], **changes: Any) -> Path:
    folder.mkdir(exist_ok=True)
    intri: dict[str, Any] = {"names": intrinsic}
    extri: dict[str, Any] = {"names": extrinsic}
    for name in intrinsic:
        intri |= {f"K_{name}": K, f"dist_{name}": D}
    for name in extrinsic:
        extri |= {f"R_{name}": VECTOR, f"Rot_{name}": R, f"T_{name}": T}
    for key, value in changes.items():
        for document in (intri, extri):
            if key in document:
                document[key] = value
    store(folder / "intri.yml", **intri)
    store(folder / "extri.yml", **extri)
    return folder


@pytest.mark.parametrize("name", [".", "intri.yml", "extri.yml"])
def test_easymocap_opens_by_folder_and_by_either_file(tmp_path: Path, name: str) -> None:
    folder = easymocap(tmp_path / "s", ["left", "up", "spare"], ["up", "left"])
    (sample,) = open_dataset(folder / name)
    rig = sample.rig
    assert (sample.name, rig.format, rig.units, rig.names) == ("s", "easymocap", "m", ("up", "left"))
    np.testing.assert_allclose(rig[0].T_cam_world[:3], np.hstack([R, T]), atol=1e-14)
    assert rig[0].cx == 640.5
    assert any("left out" in line and line.endswith("spare") for line in rig.assumptions)


def test_easymocap_rotations_that_disagree_are_said(tmp_path: Path) -> None:
    rig = read_rig(easymocap(tmp_path / "s", ["a"], ["a"], Rot_a=np.eye(3)))
    np.testing.assert_allclose(rig[0].T_cam_world[:3, :3], R, atol=1e-14)
    assert any("Rot_a differ" in line for line in rig.assumptions)


def test_half_an_easymocap_calibration_names_the_other_half(tmp_path: Path) -> None:
    folder = easymocap(tmp_path / "s", ["a"], ["a"])
    (folder / "extri.yml").unlink()
    for opened in (folder, folder / "intri.yml"):
        with pytest.raises(FileFormatError, match="does not exist") as caught:
            open_dataset(opened)
        assert "extri.yml" in caught.value.place


@pytest.mark.parametrize(
    ("intrinsic", "extrinsic", "changes"),
    [
        (["a"], ["b"], {}),
        (["a"], ["a"], {"names": ["a", "a"]}),
        (["a"], ["a"], {"K_a": np.eye(2)}),
        (["a"], ["a"], {"T_a": np.eye(2)}),
        (["a"], ["a"], {"names": "a"}),
    ],
)
def test_broken_easymocap(tmp_path: Path, intrinsic: list[str], extrinsic: list[str], changes: dict[str, Any]) -> None:
    with pytest.raises(FileFormatError) as caught:
        read_rig(easymocap(tmp_path / "s", intrinsic, extrinsic, **changes))
    assert "tri.yml" in caught.value.place


def test_two_calibrations_in_one_folder_ask_which(tmp_path: Path) -> None:
    folder = easymocap(tmp_path / "s", ["a"], ["a"])
    jarvis(folder)
    with pytest.raises(FileFormatError, match="holds 2 calibrations: JARVIS, EasyMocap"):
        open_dataset(folder)
    assert open_dataset(folder, "jarvis").format == "jarvis"
    assert open_dataset(folder / "intri.yml").format == "easymocap"


def test_sizes_are_guessed_only_near_usual_ones() -> None:
    off = K.copy()
    off[:2, 2] = 333.0, 177.0
    assert assumed_sizes([K, K])[0] == [(1280, 1024)] * 2
    assert assumed_sizes([off])[0] == [(672, 360)]
    assert assumed_sizes([np.full((3, 3), np.nan)])[0] == [(1024, 1024)]
