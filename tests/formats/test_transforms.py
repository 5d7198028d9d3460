"""transforms.json of nerfstudio, instant-ngp and the Blender scenes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mouseview.formats import open_dataset, read_rig, write_rig
from mouseview.formats.images import write_png
from mouseview.geometry.lenses import LensModel
from mouseview.geometry.transforms import look_at
from mouseview.model.errors import FileFormatError
from tests.formats.builders import noise_image, ring_rig

POSE = look_at((3.0, 1.0, 2.0), (0.0, 0.1, 0.0))
C2W = POSE.inverse().matrix @ np.diag([1.0, -1.0, -1.0, 1.0])
GLOBAL = {"fl_x": 500.0, "fl_y": 510.0, "cx": 320.5, "cy": 239.0, "w": 640, "h": 480}


def frame(name: str | None = "./images/a.png", **more: Any) -> dict[str, Any]:
    listed = {} if name is None else {"file_path": name}
    return {**listed, "transform_matrix": C2W.tolist(), **more}


def save(path: Path, *frames: dict[str, Any], **more: Any) -> Path:
    path.write_text(json.dumps({**more, "frames": list(frames)}))
    return path


def test_opengl_axes_and_corner_origin(tmp_path: Path) -> None:
    rig = read_rig(save(tmp_path / "transforms.json", frame(), **GLOBAL, aabb_scale=4))
    camera = rig[0]
    assert (rig.format, rig.units, rig.names, camera.size) == ("nerfstudio", "unknown", ("a",), (640, 480))
    assert tuple(camera.fxfycxcy) == (500.0, 510.0, 320.5, 239.0)
    np.testing.assert_allclose(camera.T_cam_world, POSE.matrix, atol=1e-12)
    assert camera.project([0.0, 0.1, 0.0])[1]


def test_a_frame_overrules_the_file_and_three_rows_suffice(tmp_path: Path) -> None:
    own = frame("b.png", fl_x=700.0, w=100, h=50, k1=0.1, p2=0.01, k3=0.2, transform_matrix=C2W[:3].tolist())
    rig = read_rig(save(tmp_path / "t.json", frame(), own, **GLOBAL))
    assert (rig[1].fx, rig[1].fy, rig[1].size) == (700.0, 510.0, (100, 50))
    np.testing.assert_array_equal(rig[1].distortion, [0.1, 0.0, 0.0, 0.01, 0.2])
    np.testing.assert_allclose(rig[1].T_cam_world, POSE.matrix, atol=1e-12)
    assert rig[0].is_pinhole


@pytest.mark.parametrize("flag", [{"camera_model": "OPENCV_FISHEYE"}, {"is_fisheye": True}])
def test_fisheye(tmp_path: Path, flag: dict[str, Any]) -> None:
    rig = read_rig(save(tmp_path / "t.json", frame(), **GLOBAL, **flag, k1=0.1, k2=0.2, k3=0.3, k4=0.4))
    assert rig[0].lens is LensModel.FISHEYE
    np.testing.assert_array_equal(rig[0].distortion, [0.1, 0.2, 0.3, 0.4])


def test_field_of_view_instead_of_focal_lengths(tmp_path: Path) -> None:
    rig = read_rig(save(tmp_path / "t.json", frame(), w=640, h=480, camera_angle_x=np.pi / 2))
    np.testing.assert_allclose(rig[0].fxfycxcy, [320, 320, 320, 240])
    rig = read_rig(save(tmp_path / "t.json", frame(), w=640, h=480, camera_angle_x=np.pi / 2, camera_angle_y=1.0))
    assert rig[0].fy == pytest.approx(240 / np.tan(0.5))


def test_extensions_may_be_missing_and_so_may_files(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    write_png(tmp_path / "images" / "a.png", noise_image((640, 480)))
    frames = (frame("./images/a"), frame("images/gone.png"), frame("../out.png"), frame(None))
    path = save(tmp_path / "transforms.json", *frames, **GLOBAL)
    write_png(tmp_path.parent / "out.png", noise_image())
    for opened in (path, tmp_path):
        (sample,) = open_dataset(opened)
        assert sample.rig.names == ("a", "gone", "out", "cam_003")
        assert [source is not None for source in sample.sources] == [True, False, False, False]
        assert sample.image(0).shape == (480, 640, 4)
        assert any("3 of 4 images" in line for line in sample.rig.assumptions)


def test_blender_scenes_take_their_size_from_the_images(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    write_png(tmp_path / "train" / "r_0.png", noise_image((24, 20)))
    path = save(tmp_path / "transforms_train.json", frame("./train/r_0"), camera_angle_x=np.pi / 2)
    (sample,) = open_dataset(path)
    assert (sample.rig.format, sample.rig[0].size) == ("blender", (24, 20))
    assert tuple(sample.rig[0].fxfycxcy) == pytest.approx((12, 12, 12, 10))
    np.testing.assert_array_equal(sample.image(0), noise_image((24, 20)))
    (tmp_path / "train" / "r_0.png").unlink()
    (sample,) = open_dataset(path)
    assert sample.rig[0].size == (800, 800)
    assert any("800×800" in line for line in sample.rig.assumptions)


def test_poses_that_cannot_be_inverted_are_held_for_the_checks(tmp_path: Path) -> None:
    rig = read_rig(save(tmp_path / "t.json", frame(transform_matrix=np.zeros((4, 4)).tolist()), **GLOBAL))
    assert np.isnan(rig[0].T_cam_world).all()
    mirrored = (C2W @ np.diag([-1.0, 1, 1, 1])).tolist()
    rig = read_rig(save(tmp_path / "t.json", frame(transform_matrix=mirrored), **GLOBAL))
    assert np.linalg.det(rig[0].T_cam_world[:3, :3]) == pytest.approx(-1)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"transform_matrix": None}, "transform_matrix"),
        ({"transform_matrix": [[1, 2], [3, 4]]}, "transform_matrix"),
        ({"fl_x": "wide"}, "fl_x"),
        ({"k4": 0.1}, "k4"),
        ({"w": 1e9}, "w"),
        ({"camera_model": "EQUIRECTANGULAR"}, "frames[1]"),
        ({"file_path": 3}, "file_path"),
        ({"mouseview": []}, "mouseview"),
    ],
)
def test_a_wrong_field_is_an_error_at_its_place(tmp_path: Path, changes: dict[str, Any], place: str) -> None:
    with pytest.raises(FileFormatError) as caught:
        read_rig(save(tmp_path / "t.json", frame(), frame(**changes), **GLOBAL))
    assert "frames[1]" in caught.value.place
    assert place in caught.value.place
    assert caught.value.remedy


@pytest.mark.parametrize("angle", [0, np.pi, "x", None])
def test_impossible_fields_of_view(tmp_path: Path, angle: Any) -> None:
    with pytest.raises(FileFormatError, match="expected"):
        read_rig(save(tmp_path / "t.json", frame(), w=640, h=480, camera_angle_x=angle))


def test_neither_size_nor_image(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match="an image that is there"):
        read_rig(save(tmp_path / "t.json", frame(), fl_x=500.0))


def test_written_files_follow_nerfstudio(tmp_path: Path) -> None:
    write_rig(ring_rig(), tmp_path / "transforms.json", "nerfstudio")
    document = json.loads((tmp_path / "transforms.json").read_text())
    assert document["camera_model"] == "OPENCV"
    first = document["frames"][0]
    assert first["file_path"] == "images/cam_000.png"
    c2w = np.array(first["transform_matrix"])
    np.testing.assert_allclose(c2w[:3, 3], ring_rig()[0].centre, atol=1e-12)
    np.testing.assert_allclose(-c2w[:3, 2], ring_rig()[0].forward, atol=1e-12)
