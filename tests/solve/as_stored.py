"""Calibrations as their arrays stand on disk: no transpose, no pixel origin, no axes of any reader of ours."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from mouseview.formats import read_labels, read_rig
from mouseview.formats.file_storage import read_storage
from mouseview.formats.matlab import read_mat
from mouseview.model.camera import Labels, Rig


def _with_arrays(rig: Rig, arrays: list[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> Rig:
    cameras = []
    for camera, (K, R, t) in zip(rig, arrays, strict=True):
        pose = np.eye(4)
        pose[:3, :3], pose[:3, 3] = R, np.ravel(t)
        cameras.append(camera.replace(K=K, T_cam_world=pose))
    return rig.replace(cameras=tuple(cameras), units="unknown", source=None, format="")


def jarvis(folder: Path) -> tuple[Rig, Labels]:
    """The monkey rig: K and R as the YAML files hold them, keypoints as the JSON file holds them (two frames)."""
    rig = read_rig(folder)
    documents = [read_storage(folder / f"{camera.name}.yaml") for camera in rig]
    arrays = [(np.array(d["intrinsicMatrix"]), np.array(d["R"]), np.array(d["T"])) for d in documents]
    sets = json.loads((folder / "keypoints2d.json").read_text(encoding="utf-8"))
    frames = [list(sets[name].values()) for name in ("frameset_A", "frameset_B")]
    pixels = np.array(frames).reshape(2, len(rig), -1, 2).transpose(1, 0, 2, 3)
    pixels = np.where((pixels == 0).all(axis=-1, keepdims=True), np.nan, pixels)
    return _with_arrays(rig, arrays), Labels(np.full((*pixels.shape[1:3], 3), np.nan), points_px=pixels)


def dannce(path: Path) -> tuple[Rig, Labels]:
    """The mouse rig: K, r, t of ``params`` and 1-based pixels of ``labelData``."""
    rig, labels = read_rig(path), read_labels(path)
    assert labels is not None
    assert labels.points_px is not None
    entries = [entry[0] if isinstance(entry, list) else entry for entry in read_mat(path, ("params",))["params"]]
    arrays = [(np.array(entry["K"]), np.array(entry["r"]), np.array(entry["t"])) for entry in entries]
    return _with_arrays(rig, arrays), Labels(labels.points_world, labels.names, labels.points_px + 0.5, labels.frames)
