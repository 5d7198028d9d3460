"""DANNCE / Label3D files: the house conventions from MATLAB's, and the real file's numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io

from mouseview.formats import open_dataset, read_labels, read_rig, write_rig
from mouseview.geometry.transforms import look_at
from mouseview.model.camera import Camera, Rig
from mouseview.model.errors import FileFormatError
from tests.formats.builders import dannce_camera, mat_cell
from tests.shared_data import shared_path


def mouse_camera(name: str = "left", cx: float = 590.0) -> Camera:
    K = np.array([[1600.0, -5.0, cx], [0.0, 1610.0, 500.0], [0.0, 0.0, 1.0]])
    pose = look_at((300.0, 20.0, 90.0), (10.0, 0.0, 5.0))
    return Camera(name, 1152, 1024, K, np.array([-0.15, 0.9, -0.001, 0.002, -2.5]), pose.matrix)


def save(path: Path, cameras: list[dict[str, Any]], key: str = "params", **more: Any) -> Path:
    scipy.io.savemat(path, {key: mat_cell(cameras), **more})
    return path


def label_data(camera: Camera, points: np.ndarray, frames: list[int]) -> dict[str, Any]:
    """One camera's labels as MATLAB holds them: 1-based pixels, x y (z) of the points in a row."""
    flat = points.reshape(len(points), -1)
    pixels = (camera.project(points)[0] + 0.5).reshape(len(points), -1)
    return {"data_3d": flat, "data_2d": pixels, "data_frame": np.array([frames])}


@pytest.mark.parametrize("key", ["params", "camParams"])
@pytest.mark.parametrize("radial", [2, 3])
def test_transposes_pixel_origin_and_lens(tmp_path: Path, key: str, radial: int) -> None:
    camera = mouse_camera()
    names = np.array([["left"], ["right"]], dtype=object)
    path = save(tmp_path / "a.mat", [dannce_camera(camera, radial), dannce_camera(camera)], key, camnames=names)
    rig = read_rig(path)
    assert rig.names == ("left", "right")
    assert (rig.units, rig.format, rig[0].size) == ("mm", "dannce", (1152, 1024))
    np.testing.assert_allclose(rig[0].K, camera.K, atol=1e-12)
    np.testing.assert_allclose(rig[0].T_cam_world, camera.T_cam_world, atol=1e-12)
    k1, k2, p1, p2, k3 = camera.distortion
    np.testing.assert_array_equal(rig[0].distortion, [k1, k2, p1, p2, k3 if radial == 3 else 0.0])
    assert any("1152×1024" in line for line in rig.assumptions)


def test_labels_keep_the_house_pixel_origin_and_their_frames(tmp_path: Path) -> None:
    camera = mouse_camera()
    points = np.random.default_rng(0).normal(0, 10, (3, 5, 3))
    points[1, 2] = np.nan
    data = mat_cell([label_data(camera, points, [7, 9, 30])])
    path = save(tmp_path / "a.mat", [dannce_camera(camera)], labelData=data)
    labels = read_labels(path)
    assert labels is not None
    assert labels.frames == (7, 9, 30)
    np.testing.assert_allclose(labels.points_world, points)
    assert labels.points_px is not None
    np.testing.assert_allclose(labels.points_px[0], camera.project(points)[0], atol=1e-9)
    assert len(labels.finite_points) == 14


def test_missing_names_and_labels_are_no_error(tmp_path: Path) -> None:
    path = save(tmp_path / "a.mat", [dannce_camera(mouse_camera())] * 2, camnames=np.array([["one"]], dtype=object))
    rig = read_rig(path)
    assert rig.names == ("Camera1", "Camera2")
    assert any("camnames" in line for line in rig.assumptions)
    assert read_labels(path) is None


def test_another_rig_is_not_given_the_mouse_rigs_size(tmp_path: Path) -> None:
    rig = read_rig(save(tmp_path / "a.mat", [dannce_camera(mouse_camera(cx=960.0))]))
    assert rig[0].size == (1920, 1000)
    assert any("twice the principal point" in line for line in rig.assumptions)


def test_labels_beyond_the_assumed_image_enlarge_it(tmp_path: Path) -> None:
    camera = mouse_camera()
    ray = camera.unproject(np.array([1400.0, 500.0]))[0]
    point = camera.pose.inverse().apply(ray * 300.0).reshape(1, 1, 3)
    data = mat_cell([label_data(camera, point, [0])])
    rig = read_rig(save(tmp_path / "a.mat", [dannce_camera(camera)], labelData=data))
    assert rig[0].width >= 1400


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("K", np.eye(4)),
        ("K", "text"),
        ("r", np.zeros((1, 9))),
        ("t", np.zeros((1, 2))),
        ("RDistort", np.zeros((1, 4))),
        ("TDistort", np.zeros((0, 0))),
    ],
)
def test_a_wrong_field_is_an_error_at_its_place(tmp_path: Path, field: str, value: Any) -> None:
    broken = {**dannce_camera(mouse_camera()), field: value}
    with pytest.raises(FileFormatError, match="expected") as caught:
        read_rig(save(tmp_path / "a.mat", [dannce_camera(mouse_camera()), broken]))
    assert f"params{{2}}.{field}" in caught.value.place


def test_wrong_labels_are_an_error_at_their_place(tmp_path: Path) -> None:
    entry = {"data_3d": np.zeros((2, 7)), "data_2d": np.zeros((2, 4)), "data_frame": np.zeros((1, 2))}
    path = save(tmp_path / "a.mat", [dannce_camera(mouse_camera())], labelData=mat_cell([entry]))
    with pytest.raises(FileFormatError, match="3 coordinates") as caught:
        read_labels(path)
    assert "labelData{1}.data_3d" in caught.value.place


def test_a_matlab_file_without_cameras_says_so(tmp_path: Path) -> None:
    scipy.io.savemat(tmp_path / "a.mat", {"x": np.eye(2)})
    with pytest.raises(FileFormatError, match="cell of 1 to") as caught:
        read_rig(tmp_path / "a.mat")
    assert "params" in caught.value.place


def test_nan_and_mirrored_poses_are_held_as_declared(tmp_path: Path) -> None:
    entry = dannce_camera(mouse_camera())
    entry["r"] = np.diag([1.0, 1.0, -1.0])
    entry["t"] = np.array([[np.nan, 0.0, 1.0]])
    rig = read_rig(save(tmp_path / "a.mat", [entry]))
    assert np.linalg.det(rig[0].T_cam_world[:3, :3]) == pytest.approx(-1.0)
    assert np.isnan(rig[0].T_cam_world[0, 3])


# --- the real file


@pytest.fixture(scope="module")
def real() -> Path:
    return shared_path("data/dannce_markerless_mouse_1") / "label3d_demo.mat"


def test_the_real_rig(real: Path) -> None:
    rig = read_rig(real)
    assert rig.names == ("Camera1", "Camera2", "Camera3", "Camera4", "Camera5", "Camera6")
    for camera in rig:
        assert np.linalg.det(camera.T_cam_world[:3, :3]) == pytest.approx(1.0, abs=1e-12)
    assert rig[0].skew == pytest.approx(-5.81529732, abs=1e-8)
    assert rig[0].cx == pytest.approx(603.88180414 - 0.5, abs=1e-6)


def reprojection_px(rig: Rig, real: Path) -> np.ndarray:
    labels = read_labels(real)
    assert labels is not None
    assert labels.points_px is not None
    known = np.isfinite(labels.points_world).all(axis=-1)
    assert known.sum() == 214
    pairs = zip(rig, labels.points_px, strict=True)
    errors = [np.linalg.norm(c.project(labels.points_world)[0] - px, axis=-1) for c, px in pairs]
    return np.array([error[known] for error in errors])


def test_the_real_labels_reproject_exactly_only_with_skew_and_lens(real: Path) -> None:
    rig = read_rig(real)
    assert reprojection_px(rig, real).max() < 1e-9
    upright = [camera.K * np.where(np.arange(9).reshape(3, 3) == 1, 0.0, 1.0) for camera in rig]
    no_skew = rig.replace(cameras=tuple(c.replace(K=K) for c, K in zip(rig, upright, strict=True)))
    no_lens = rig.replace(cameras=tuple(c.replace(distortion=np.zeros(0)) for c in rig))
    for wrong, median, worst in ((no_skew, 0.222, 1.526), (no_lens, 1.420, 11.295)):
        errors = reprojection_px(wrong, real)
        assert np.median(errors) == pytest.approx(median, abs=1e-3)
        assert errors.max() == pytest.approx(worst, abs=1e-3)


def test_the_real_file_opens_as_one_sample_and_converts(real: Path, tmp_path: Path) -> None:
    (sample,) = open_dataset(real)
    assert not sample.has_images
    assert sample.labels is not None
    np.testing.assert_allclose(sample.labels.finite_points.mean(axis=0), [73.24, 63.61, 33.31], atol=0.005)
    lost = write_rig(sample.rig, tmp_path / "opencv_cameras.json", "facelift")
    assert len(lost) == 3
    assert reprojection_px(read_rig(tmp_path / "opencv_cameras.json"), real).max() < 1e-9


# --- writing


def test_matlab_sees_what_label3d_writes(tmp_path: Path) -> None:
    camera = mouse_camera()
    lost = write_rig(Rig((camera, mouse_camera("right")), units="mm"), tmp_path / "a.mat", "dannce")
    assert lost == ("the image sizes: kept where only MouseView reads it",)
    content = scipy.io.loadmat(tmp_path / "a.mat")
    assert content["params"].shape == (2, 1)
    entry = content["params"][0, 0]
    expected = dannce_camera(camera)
    assert set(entry.dtype.names) == set(expected)
    for key, value in expected.items():
        np.testing.assert_allclose(entry[key][0, 0], value, atol=1e-12)
    assert [str(name[0]) for name in content["camnames"][:, 0]] == ["left", "right"]


def test_the_real_rig_comes_back_with_its_skew_and_lens(tmp_path: Path, real: Path) -> None:
    rig = read_rig(real)
    write_rig(rig, tmp_path / "a.mat", "dannce")
    back = read_rig(tmp_path / "a.mat")
    assert back.names == rig.names
    assert reprojection_px(back, real).max() < 1e-9


def test_wrong_sizes_are_an_error_at_their_place(tmp_path: Path) -> None:
    path = save(tmp_path / "a.mat", [dannce_camera(mouse_camera())], mouseview_image_sizes=np.array([[1e9, 2.0]]))
    with pytest.raises(FileFormatError) as caught:
        read_rig(path)
    assert "mouseview_image_sizes" in caught.value.place
