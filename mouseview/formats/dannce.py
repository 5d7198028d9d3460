"""DANNCE / Label3D ``.mat``: MATLAB row vectors (K and r transposed), 1-based pixels, millimetres, 3D labels."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from mouseview.formats.capacity import Capacity, padded_distortion, renamed
from mouseview.formats.fields import image_size, mapping, matrix, mismatch, unique_names
from mouseview.formats.files import write_atomically
from mouseview.formats.matlab import Value, is_mat, read_mat
from mouseview.formats.matlab_write import mat_bytes
from mouseview.geometry.transforms import Array, Rigid
from mouseview.model.camera import Camera, Labels, Rig

NAME = "dannce"
MAX_CAMERAS = 1_000
MARKERLESS_MOUSE_SIZE = (1152, 1024)

_ONE_BASED_PX = 1.0 - 0.5  # MATLAB calls the centre of the first pixel 1; the house calls it 0.5
_CAMERAS = ("params", "camParams")
_UNWRITABLE = re.compile(r"[^\x20-\ud7ff\ue000-\uffff]")  # MATLAB counts UTF-16 units
_SIZES = "mouseview_image_sizes"  # a variable that other programs pass over
_CAPACITY = Capacity("DANNCE", radtan=5, fisheye=False, any_matrix=True, skew="held", size="own", units="mm")


def sniff(path: Path) -> bool:
    """By content: any MATLAB file (reading one without cameras says so)."""
    with open(path, "rb") as file:
        return is_mat(file.read(128))


def read(path: Path) -> Rig:
    """The rig of ``params`` (or ``camParams``), in mm. Raises ``FileFormatError``.

    The format has no image size: ``_assumed_sizes`` says what is assumed, recorded in ``Rig.assumptions``. Files that
    MouseView wrote hold it in a variable of its own.
    """
    content = read_mat(path, (*_CAMERAS, "camnames", "labelData", _SIZES))
    key = next((key for key in _CAMERAS if content.get(key) is not None), None)
    entries = _structs(content.get(key) if key else None)
    if key is None or not 1 <= len(entries) <= MAX_CAMERAS:
        raise mismatch(f"{path}, params", f"a cell of 1 to {MAX_CAMERAS} cameras (K, r, t, RDistort, TDistort)", None)
    parts = [_parts(entry, f"{path}, {key}{{{i + 1}}}") for i, entry in enumerate(entries)]
    names, naming = _names(content.get("camnames"), len(parts))
    labelled = _labels(content.get("labelData"), len(parts), path)
    stated = _stated_sizes(content.get(_SIZES), len(parts), path)
    sizes, sizing = (stated, ()) if stated else _assumed_sizes([K for K, _, _ in parts], labelled)
    cameras = tuple(
        Camera(name, *size, K=K, distortion=distortion, T_cam_world=pose.matrix)
        for name, size, (K, distortion, pose) in zip(names, sizes, parts, strict=True)
    )
    units = "the file states no unit of length; millimetres are assumed, as DANNCE and Label3D use"
    return Rig(cameras, units="mm", assumptions=(*sizing, units, *naming), source=path, format=NAME)


def labels(path: Path) -> Labels | None:
    """The labels of ``labelData``: points in mm, pixels in the house origin, video frame numbers; None without any."""
    content = read_mat(path, (*_CAMERAS, "labelData"))
    cameras = next((content[key] for key in _CAMERAS if content.get(key) is not None), None)
    return _labels(content.get("labelData"), len(_structs(cameras)), path)


def _structs(value: Value) -> list[Any]:
    """A cell of 1×1 structs, or one struct array, as a list of dicts."""
    if not isinstance(value, list):
        return []
    return [item[0] if isinstance(item, list) and len(item) == 1 else item for item in value]


def _parts(entry: Any, place: str) -> tuple[Array, Array, Rigid]:
    """K (3, 3) and distortion (5,) in the house conventions, and the pose."""
    entry = mapping(entry, place)
    K = _square(entry, "K", place).T.copy()
    K[:2, 2] -= _ONE_BASED_PX
    R = _square(entry, "r", place).T
    t = _numbers(entry, "t", (3,), place)
    radial = _numbers(entry, "RDistort", (2, 3), place)
    tangential = _numbers(entry, "TDistort", (2,), place)
    distortion = np.array([*radial[:2], *tangential, *radial[2:], 0.0])[:5]
    return K, distortion, Rigid(R, t)


def _square(entry: dict[str, Any], key: str, place: str) -> Array:
    return matrix(entry.get(key), (3, 3), f"{place}.{key}")


def _numbers(entry: dict[str, Any], key: str, counts: tuple[int, ...], place: str) -> Array:
    value = entry.get(key)
    if not isinstance(value, np.ndarray) or value.size not in counts:
        found = f"an array of shape {value.shape}" if isinstance(value, np.ndarray) else value
        raise mismatch(f"{place}.{key}", f"{' or '.join(map(str, counts))} numbers", found)
    return value.ravel()


def _names(value: Value, count: int) -> tuple[list[str], tuple[str, ...]]:
    cells = value if isinstance(value, list) else list(value) if isinstance(value, tuple) else []
    names = [cell[0] if isinstance(cell, tuple) and cell else cell for cell in cells]
    if len(names) == count and all(isinstance(name, str) and name for name in names):
        return unique_names([str(name)[:200] for name in names]), ()
    default = [f"Camera{i + 1}" for i in range(count)]
    return default, (f"camnames does not name {count} cameras: they are called Camera1 to Camera{count}",)


def _labels(value: Value, camera_count: int, path: Path) -> Labels | None:
    entries = _structs(value)
    if not entries:
        return None
    place = f"{path}, labelData"
    views = [mapping(entry, f"{place}{{{i + 1}}}") for i, entry in enumerate(entries)]
    points_world = _points(views[0].get("data_3d"), 3, f"{place}{{1}}.data_3d")
    if not points_world.size:
        return None
    frames = views[0].get("data_frame")
    numbers = frames.ravel() if isinstance(frames, np.ndarray) else np.zeros(0)
    if len(numbers) != len(points_world) or not np.all(np.isfinite(numbers)):
        raise mismatch(f"{place}{{1}}.data_frame", f"{len(points_world)} frame numbers", f"{len(numbers)} numbers")
    return Labels(
        points_world,
        points_px=_pixels(views, points_world.shape[:2], place) if len(views) == camera_count else None,
        frames=tuple(int(frame) for frame in numbers),
    )


def _points(value: Any, dimensions: int, place: str) -> Array:
    """(F, N, dimensions) of a MATLAB (F, N·dimensions)."""
    if not isinstance(value, np.ndarray) or value.ndim != 2 or value.shape[1] % dimensions:
        found = f"an array of shape {value.shape}" if isinstance(value, np.ndarray) else value
        raise mismatch(place, f"rows of {dimensions} coordinates a point", found)
    return value.reshape(len(value), -1, dimensions)


def _pixels(views: list[dict[str, Any]], shape: tuple[int, ...], place: str) -> Array | None:
    """(V, F, N, 2) in the house pixel origin; None when some view has no 2D labels of these frames."""
    pixels = [view.get("data_2d") for view in views]
    if any(not isinstance(p, np.ndarray) or p.size != 2 * np.prod(shape) for p in pixels):
        return None
    points = [_points(p, 2, f"{place}{{{i + 1}}}.data_2d") - _ONE_BASED_PX for i, p in enumerate(pixels)]
    return np.stack([p.reshape(*shape, 2) for p in points])


def _stated_sizes(value: Value, count: int, path: Path) -> list[tuple[int, int]] | None:
    """(width, height) in px of every camera; None where the file says none."""
    if value is None:
        return None
    rows = matrix(value, (count, 2), f"{path}, {_SIZES}")
    return [image_size(width, height, f"{path}, {_SIZES}({i + 1})") for i, (width, height) in enumerate(rows.tolist())]


def _assumed_sizes(intrinsics: list[Array], labelled: Labels | None) -> tuple[list[tuple[int, int]], tuple[str, ...]]:
    """Sizes (width, height) in px and what they rest on.

    The markerless-mouse size where principal points (within an eighth of the middle) and 2D labels agree with it;
    otherwise twice the principal point, to the next multiple of eight, and no smaller than the labels reach.
    """
    reach = np.zeros((len(intrinsics), 2))
    if labelled is not None and labelled.points_px is not None:
        finite = np.where(np.isfinite(labelled.points_px), labelled.points_px, 0.0)
        reach = np.ceil(finite.reshape(len(intrinsics), -1, 2).max(axis=1))
    usual = np.array(MARKERLESS_MOUSE_SIZE)
    centres = np.array([K[:2, 2] for K in intrinsics])
    off_middle = np.abs(np.where(np.isfinite(centres), centres, usual / 2) / usual - 0.5)
    if np.all(off_middle < 0.125) and np.all(reach <= usual):
        text = f"the file states no image size; {usual[0]}×{usual[1]} px is assumed, as in the markerless_mouse data"
        return [MARKERLESS_MOUSE_SIZE] * len(intrinsics), (text,)
    guess = np.maximum(2 * np.where(np.isfinite(centres), centres, usual / 2), reach)
    sizes = [(int(w), int(h)) for w, h in np.clip(8 * np.ceil(guess / 8), 8, 8192)]
    return sizes, ("the file states no image size; twice the principal point is assumed, camera by camera",)


def write(rig: Rig, path: Path) -> tuple[str, ...]:
    """Write ``params`` and ``camnames`` as Label3D does, without labels; returns what other readers will not see."""
    lost = _CAPACITY.lost(rig)
    names = unique_names([_UNWRITABLE.sub("_", camera.name).rstrip() or "_" for camera in rig])
    sizes = np.array([camera.size for camera in rig], dtype=np.float64)
    params = [_struct(camera) for camera in rig]
    write_atomically(path, mat_bytes({"params": params, "camnames": names, _SIZES: sizes}))
    return (*lost, *renamed(rig, names))


def _struct(camera: Camera) -> dict[str, Array]:
    """The camera for MATLAB's row vectors: K and r transposed, the principal point from 1."""
    K = camera.K.copy()
    K[:2, 2] += _ONE_BASED_PX
    k1, k2, p1, p2, k3 = padded_distortion(camera, 5)
    return {
        "K": K.T,
        "r": camera.T_cam_world[:3, :3].T,
        "t": camera.T_cam_world[None, :3, 3],
        "RDistort": np.array([[k1, k2, k3]]),
        "TDistort": np.array([[p1, p2]]),
    }
