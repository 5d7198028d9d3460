"""MAMMAL's ``new_cam.pkl``: the cameras of the undistorted video, millimetres, with the maps that undistorted it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from mouseview.formats.array_pickle import read_array_pickle
from mouseview.formats.fields import image_size, mapping, matrix, mismatch
from mouseview.geometry.transforms import Array, Rigid
from mouseview.model.camera import Camera, Rig

NAME = "mammal"
MAX_CAMERAS = 1_000
ASSUMED_SIZE = (1152, 1024)

_CENTRE_ORIGIN_PX = 0.5  # OpenCV calls the centre of the first pixel 0; the house calls it 0.5
_ASSUMPTIONS = (
    "the file states no pixel origin; OpenCV's (first pixel centre at 0) is assumed, so 0.5 px is added to cx and cy",
    "the file states no unit of length; millimetres are assumed, as MAMMAL uses",
    "K belongs to the undistorted video: images must come from videos_undist, not from the raw video",
)


def sniff(path: Path) -> bool:
    """By content: a pickle of any protocol (reading one without cameras says so)."""
    with open(path, "rb") as file:
        head = file.read(2)
    return head[:1] == b"\x80" or head in (b"(l", b"]q", b"](")


def read(path: Path) -> Rig:
    """The rig of a list of {K, R, T[, mapx, mapy]}, in mm, without distortion. Raises ``FileFormatError``."""
    entries = read_array_pickle(path)
    if not isinstance(entries, list) or not 1 <= len(entries) <= MAX_CAMERAS:
        raise mismatch(str(path), f"a list of 1 to {MAX_CAMERAS} cameras (K, R, T)", type(entries).__name__)
    sized = [_camera(entry, i, f"{path}, camera {i}") for i, entry in enumerate(entries)]
    unsized = [camera.name for camera, known in sized if not known]
    sizing = f"no mapx and mapy: {ASSUMED_SIZE[0]}×{ASSUMED_SIZE[1]} px is assumed for {', '.join(unsized)}"
    return Rig(
        tuple(camera for camera, _ in sized),
        units="mm",
        assumptions=(*_ASSUMPTIONS, sizing) if unsized else _ASSUMPTIONS,
        source=path,
        format=NAME,
    )


def _camera(entry: Any, index: int, place: str) -> tuple[Camera, bool]:
    """The camera, and whether the file says its image size."""
    entry = mapping(entry, place)
    K = matrix(entry.get("K"), (3, 3), f"{place}.K")
    K[:2, 2] += _CENTRE_ORIGIN_PX
    R = matrix(entry.get("R"), (3, 3), f"{place}.R")
    size = _map_size(entry, place)
    pose = Rigid(R, _translation(entry.get("T"), f"{place}.T"))
    width, height = size or ASSUMED_SIZE
    return Camera(f"cam_{index:03d}", width, height, K, np.zeros(0), pose.matrix), size is not None


def _translation(value: Any, place: str) -> Array:
    flat = value.ravel() if isinstance(value, np.ndarray) else value
    return matrix(flat, (3,), place)


def _map_size(entry: dict[str, Any], place: str) -> tuple[int, int] | None:
    """(width, height) of the undistortion maps; None when the file has none."""
    maps = [entry[key] for key in ("mapx", "mapy") if entry.get(key) is not None]
    if not maps:
        return None
    if (
        any(not isinstance(values, np.ndarray) or values.ndim != 2 for values in maps)
        or len({values.shape for values in maps}) != 1
    ):
        raise mismatch(f"{place}.mapx", "maps of one shape (height, width)", [getattr(m, "shape", m) for m in maps])
    return image_size(maps[0].shape[1], maps[0].shape[0], f"{place}.mapx")
