"""anipose, Pose2Sim and Caliscope: section order, names, units, poses that are missing."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from mouseview.checks import inspect
from mouseview.formats import open_dataset, read_rig, write_rig
from mouseview.formats.toml_file import MAX_TOML_BYTES
from mouseview.geometry.lenses import LensModel
from mouseview.model.errors import FileFormatError
from tests.formats.builders import ring_rig
from tests.shared_data import shared_path

VECTOR = [0.1, -2.0, 0.4]


def section(head: str, **changes: str | None) -> str:
    values: dict[str, str | None] = {
        "name": '"left"',
        "size": "[1280, 1024]",
        "matrix": "[[800.0, 0.0, 640.0], [0.0, 810.0, 512.0], [0.0, 0.0, 1.0]]",
        "distortions": "[-0.1, 0.02, 0.001, -0.002, 0.3]",
        "rotation": str(VECTOR),
        "translation": "[1.0, 2.0, 300.0]",
        **changes,
    }
    return "\n".join([f"[{head}]", *(f"{key} = {value}" for key, value in values.items() if value is not None), ""])


def write(path: Path, *sections: str) -> Path:
    path.write_text("\n".join(sections))
    return path


def test_anipose_in_the_house_conventions(tmp_path: Path) -> None:
    rig = read_rig(write(tmp_path / "a.toml", section("cam_0"), "[metadata]\nadjusted = false"))
    camera = rig[0]
    assert (rig.format, rig.units, camera.name, camera.size) == ("anipose", "unknown", "left", (1280, 1024))
    assert (camera.fx, camera.fy, camera.cx, camera.cy) == (800, 810, 640.5, 512.5)
    np.testing.assert_allclose(camera.T_cam_world[:3, :3], cv2.Rodrigues(np.array(VECTOR))[0], atol=1e-14)
    np.testing.assert_array_equal(camera.T_cam_world[:3, 3], [1, 2, 300])
    points = np.array([[10.0, 20.0, 30.0], [-5.0, 8.0, 0.0]])
    K = camera.K - [[0, 0, 0.5], [0, 0, 0.5], [0, 0, 0]]
    seen, _ = cv2.projectPoints(points, np.array(VECTOR), np.array([1.0, 2.0, 300.0]), K, camera.distortion)
    np.testing.assert_allclose(camera.project(points)[0], seen[:, 0] + 0.5, atol=1e-9)


def test_sections_count_as_numbers_and_cameras_are_called_by_name(tmp_path: Path) -> None:
    names = ["k", "a", "b"]
    sections = [section(f"cam_{i}", name=f'"{name}"') for i, name in zip((10, 2, 0), names, strict=True)]
    assert read_rig(write(tmp_path / "a.toml", *sections)).names == ("b", "a", "k")


def test_equal_and_missing_names(tmp_path: Path) -> None:
    sections = [section("cam_0"), section("cam_1"), section("cam_2", name=None)]
    assert read_rig(write(tmp_path / "a.toml", *sections)).names == ("left", "left_2", "cam_2")


def test_anipose_fisheye(tmp_path: Path) -> None:
    lens = {"fisheye": "true", "distortions": "[0.1, 0.02, -0.01, 0.003]"}
    rig = read_rig(write(tmp_path / "a.toml", section("cam_0", **lens)))
    assert (rig.format, rig[0].lens) == ("anipose", LensModel.FISHEYE)
    np.testing.assert_array_equal(rig[0].distortion, [0.1, 0.02, -0.01, 0.003])


def test_four_distortion_values_are_pose2sims_and_metres(tmp_path: Path) -> None:
    values = {"distortions": "[-0.1, 0.02, 0.001, -0.002]", "size": "[1280.0, 1024.0]", "fisheye": "false"}
    rig = read_rig(write(tmp_path / "Calib.toml", section("cam_01", **values), "[metadata]\nerror = 0.0"))
    assert (rig.format, rig.units, rig[0].size) == ("pose2sim", "m", (1280, 1024))
    assert (rig[0].cx, len(rig[0].distortion)) == (640.5, 4)
    assert any("metres" in line for line in rig.assumptions)


def test_caliscope_cameras_without_a_pose_are_named(tmp_path: Path) -> None:
    matrix = str(cv2.Rodrigues(np.array(VECTOR))[0].tolist())
    path = write(
        tmp_path / "camera_array.toml",
        section("cameras.10", rotation=matrix, rotation_count="1"),
        section("cameras.2", name=None, port="2"),
        section("cameras.3", rotation=None, translation='"null"'),
        section("cameras.4", matrix=None),
        section("cameras.5", ignore="true"),
        section("cameras.6", fisheye="true", distortions="[0.1, 0.0, 0.0, 0.0]", error='"null"'),
    )
    rig = read_rig(path)
    assert (rig.format, rig.units, rig.names) == ("caliscope", "m", ("port_2", "cam_6", "cam_10"))
    np.testing.assert_allclose(rig["port_2"].T_cam_world, rig["cam_10"].T_cam_world, atol=1e-12)
    assert rig["cam_6"].lens is LensModel.FISHEYE
    notes = " ".join(rig.assumptions)
    assert "cam_3 (no rotation, translation), cam_4 (no matrix), cam_5 (ignored)" in notes
    assert "rotation_count of cam_10" in notes


def test_caliscope_without_any_pose_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match="none of its 1 cameras has a pose"):
        read_rig(write(tmp_path / "a.toml", section("cameras.0", rotation=None)))


@pytest.mark.parametrize("head", ["cam_0", "cameras.0"])
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("size", "[1280]"),
        ("size", "[1e9, 3]"),
        ("size", "[-1, 3]"),
        ("matrix", "[[1, 2], [3, 4]]"),
        ("matrix", '"no"'),
        ("rotation", "[1, 2]"),
        ("rotation", "[[1, 2, 3], [1, 2, 3], [1, 2]]"),
        ("translation", "[true, 1, 1]"),
        ("distortions", '[1, "a", 1, 1, 1]'),
        ("distortions", "[0, 0, 0, 0, 0, 0, 0, 0, 0.1]"),
    ],
)
def test_a_wrong_field_is_an_error_at_its_place(tmp_path: Path, head: str, field: str, value: str) -> None:
    path = write(tmp_path / "a.toml", section(head, **{field: value}))
    with pytest.raises(FileFormatError) as caught:
        read_rig(path)
    assert f"[{head}].{field}" in caught.value.place
    assert caught.value.remedy


def test_thin_prism_terms_that_are_zero_are_dropped(tmp_path: Path) -> None:
    rig = read_rig(write(tmp_path / "a.toml", section("cam_0", distortions=str([0.1] * 8 + [0.0] * 6))))
    assert len(rig[0].distortion) == 8


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 100_000,
        ".".join("a" * 300_000) + " = 1",
        "matrix = 1e999999",
        "matrix = " + "9" * 100_000,
        "[cam_0]\nmatrix = ",
        "[cam_0]\nmatrix = 1\nmatrix = 2",
        "#" * (MAX_TOML_BYTES + 1),
        "\ud800".encode("utf-8", "surrogatepass").decode("latin1"),
    ],
)
def test_hostile_toml_is_refused_at_once(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.toml").write_bytes(text.encode("latin1"))
    with pytest.raises(FileFormatError) as caught:
        read_rig(tmp_path / "a.toml", "anipose")
    assert caught.value.place
    assert caught.value.remedy


def test_broken_toml_names_the_line(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError) as caught:
        read_rig(write(tmp_path / "a.toml", section("cam_0"), "x = ]"))
    assert re.search(r"line \d+, column \d+", caught.value.place)


def test_written_sections_keep_their_order_where_they_are_sorted_as_text(tmp_path: Path) -> None:
    write_rig(ring_rig(12), tmp_path / "a.toml", "anipose")
    heads = re.findall(r"^\[(cam_\d+)\]", (tmp_path / "a.toml").read_text(), re.MULTILINE)
    assert heads == sorted(heads)
    assert len(heads) == 12


def test_caliscope_keeps_rising_numbers(tmp_path: Path) -> None:
    rig = ring_rig(3)
    named = rig.replace(cameras=tuple(c.replace(name=f"cam_{i}") for i, c in zip((2, 3, 11), rig, strict=True)))
    assert not [line for line in write_rig(named, tmp_path / "a.toml", "caliscope") if "names" in line]
    assert read_rig(tmp_path / "a.toml").names == ("cam_2", "cam_3", "cam_11")


# --- the real session


def test_the_real_session_and_its_twin_cameras() -> None:
    sample = open_dataset(shared_path("data/sleap_anipose_minimal_session"))[0]
    assert sample.rig.names == ("back", "mid", "side", "top")
    assert {camera.size for camera in sample.rig} == {(1280, 1024)}
    assert sample.rig["back"].cx == 640.0
    twins = [finding for finding in inspect(sample) if finding.code == "duplicate-cameras"]
    assert len(twins) == 1
    assert "side" in twins[0].message + twins[0].place
    assert "top" in twins[0].message + twins[0].place
