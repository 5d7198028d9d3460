"""Rigs whose file formats are read elsewhere: here their raw numbers, as a check on transposes and pixel origins."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from mouseview.geometry.transforms import Rigid
from mouseview.geometry.triangulation import triangulate_dlt
from mouseview.model.camera import Camera, Rig
from tests.shared_data import shared_path


def _matrix(text: str, name: str, rows: int) -> np.ndarray:
    body = re.search(name + r":.*?data:\s*\[(.*?)\]", text, re.DOTALL)
    assert body is not None
    return np.array([float(value) for value in body.group(1).replace("\n", " ").split(",")]).reshape(rows, -1)


def jarvis_rig(folder: Path, shift_px: float, transpose_R: bool = True) -> Rig:
    cameras = []
    for path in sorted(folder.glob("*.yaml")):
        text = path.read_text()
        K = _matrix(text, "intrinsicMatrix", 3).T.copy()
        K[:2, 2] += shift_px
        R = _matrix(text, "\nR", 3)
        pose = Rigid(R.T if transpose_R else R, _matrix(text, "\nT", 3).ravel())
        distortion = _matrix(text, "distortionCoefficients", 1)
        cameras.append(Camera(path.stem, 1280, 1024, K, distortion, pose.matrix))
    return Rig(tuple(cameras), units="mm")


def reprojection_px(rig: Rig, keypoints: np.ndarray) -> float:
    """Median over views and points (V, N, 2) of how far triangulated points miss their pixels; inf behind."""
    directions = np.stack([camera.unproject(px)[0] for camera, px in zip(rig, keypoints, strict=True)])
    points = triangulate_dlt(directions[..., :2] / directions[..., 2:], [camera.T_cam_world for camera in rig])
    gaps = np.linalg.norm(np.stack([camera.project(points)[0] for camera in rig]) - keypoints, axis=-1)
    behind = np.isfinite(keypoints).all(axis=-1) & ~np.isfinite(gaps)
    return float(np.nanmedian(np.where(behind, np.inf, gaps)))


@pytest.fixture(scope="module")
def keypoints() -> tuple[Path, dict[str, np.ndarray]]:
    folder = shared_path("data/jarvis_12cam_monkey")
    sets = {}
    for name, views in json.loads((folder / "keypoints2d.json").read_text()).items():
        if not name.startswith("frameset"):
            continue
        points = np.array([views[key] for key in sorted(views, key=int)], dtype=np.float64).reshape(12, -1, 2)
        sets[name] = np.where(np.any(points == 0, axis=-1, keepdims=True), np.nan, points)
    return folder, sets


def test_keypoints_and_K_keep_one_pixel_origin(keypoints: tuple[Path, dict[str, np.ndarray]]) -> None:
    folder, sets = keypoints
    together = [reprojection_px(jarvis_rig(folder, 0.5), points + 0.5) for points in sets.values()]
    np.testing.assert_allclose(together, [0.725, 0.762], atol=2e-3)
    alone = [reprojection_px(jarvis_rig(folder, 0.5), points) for points in sets.values()]
    np.testing.assert_allclose(alone, [1.19, 1.21], atol=1e-2)


def test_untransposed_rotations_are_far_off(keypoints: tuple[Path, dict[str, np.ndarray]]) -> None:
    folder, sets = keypoints
    assert all(reprojection_px(jarvis_rig(folder, 0.5, False), points + 0.5) > 600 for points in sets.values())
