"""Small rigs, sample folders and MATLAB structures that the format tests share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from mouseview.formats.facelift import write_views
from mouseview.formats.images import write_png
from mouseview.geometry.transforms import look_at
from mouseview.model.camera import Camera, Rig


def ring_rig(count: int = 4, size: tuple[int, int] = (24, 20), units: str = "model") -> Rig:
    cameras = []
    for i in range(count):
        angle = 2 * np.pi * i / count
        pose = look_at((2.7 * np.cos(angle), 2.7 * np.sin(angle), 0.7), (0.0, 0.0, 0.0))
        K = np.array([[30.0 + i, 0.0, 12.0], [0.0, 31.0, 10.0], [0.0, 0.0, 1.0]])
        cameras.append(Camera(f"cam_{i:03d}", *size, K, np.zeros(0), pose.matrix))
    return Rig(tuple(cameras), units=units)


def noise_image(
    size: tuple[int, int] = (24, 20), channels: int = 4, dtype: type = np.uint8, seed: int = 0
) -> np.ndarray:
    shape = (size[1], size[0], channels) if channels > 1 else (size[1], size[0])
    return np.random.default_rng(seed).integers(0, np.iinfo(dtype).max, shape, dtype=dtype, endpoint=True)


def write_sample(folder: Path, rig: Rig | None = None, channels: int = 4) -> Path:
    """A FaceLift sample folder with one noise image a camera."""
    rig = rig or ring_rig()
    (folder / "images").mkdir(parents=True)
    paths = [f"images/{camera.name}.png" for camera in rig]
    for i, (camera, path) in enumerate(zip(rig, paths, strict=True)):
        write_png(folder / path, noise_image(camera.size, channels, seed=i))
    write_views(rig, folder / "opencv_cameras.json", paths, name=folder.name)
    return folder


def edit_json(path: Path, **changes: Any) -> None:
    """Replace keys of the first frame."""
    document = json.loads(path.read_text())
    document["frames"][0].update(changes)
    path.write_text(json.dumps(document))


def mat_cell(entries: list[dict[str, Any]]) -> np.ndarray:
    """An N×1 MATLAB cell of structs, as ``scipy.io.savemat`` takes it."""
    cell = np.empty((len(entries), 1), dtype=object)
    for i, entry in enumerate(entries):
        cell[i, 0] = entry
    return cell


def dannce_camera(camera: Camera, radial: int = 3) -> dict[str, Any]:
    """The MATLAB struct of a camera: transposed, 1-based."""
    K = camera.K.copy()
    K[:2, 2] += 0.5
    k = np.zeros(5)
    k[: camera.distortion.size] = camera.distortion
    return {
        "K": K.T,
        "r": camera.T_cam_world[:3, :3].T,
        "t": camera.T_cam_world[:3, 3][None],
        "RDistort": np.array([[k[0], k[1], k[4]][:radial]]),
        "TDistort": np.array([[k[2], k[3]]]),
    }
