"""Anipose's ``calibration.toml``: one table a camera, Rodrigues vectors, pixel origin at the first pixel's centre."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mouseview.formats.capacity import Capacity, padded_distortion
from mouseview.formats.fields import (
    UNITS,
    image_size,
    lens_coefficients,
    mapping,
    matrix,
    mismatch,
    name,
    natural_key,
    rotation,
    unique_names,
    vector,
)
from mouseview.formats.files import head_of
from mouseview.formats.toml_file import read_toml, write_toml
from mouseview.geometry.lenses import LensModel
from mouseview.geometry.rotations import rotation_vector
from mouseview.geometry.transforms import Rigid
from mouseview.model.camera import Camera, Rig

NAME = "anipose"
FILE_NAME = "calibration.toml"
MAX_CAMERAS = 1_000
CENTRE_ORIGIN_PX = 0.5  # OpenCV calls the centre of the first pixel 0; the house calls it 0.5
NO_UNITS = "the file states no unit of length (anipose takes that of the calibration board), so it is unknown"

_CAPACITY = Capacity("anipose", radtan=8, fisheye=True, any_matrix=False, skew="own", size="held", units="own")
_METADATA = "metadata"
_KEYS = re.compile(rb"^\s*(?:matrix|rotation|translation)\s*=", re.MULTILINE)
_CALISCOPE = re.compile(rb"^\s*\[\s*cameras\s*[.\]]", re.MULTILINE)
_LENSES = re.compile(rb"^\s*distortions\s*=\s*\[([^\]]{0,2000})\]", re.MULTILINE)
_FISHEYE = re.compile(rb"^\s*fisheye\s*=\s*true", re.MULTILINE)


def sniff(path: Path) -> bool:
    """By content: TOML with ``matrix`` and poses that is neither Caliscope's nor Pose2Sim's."""
    return _claims(path) and not claims_pose2sim(path)


def claims_pose2sim(path: Path) -> bool:
    """Pose2Sim writes the same tables, but always with four distortion values; anipose with five."""
    head = head_of(path)
    lenses = [values.strip().rstrip(b",").count(b",") + 1 for values in _LENSES.findall(head)]
    return _claims(path) and bool(lenses) and set(lenses) == {4} and not _FISHEYE.search(head)


def _claims(path: Path) -> bool:
    head = head_of(path)
    return bool(_KEYS.search(head)) and not _CALISCOPE.search(head)


def read(path: Path) -> Rig:
    """The rig in the numeric order of the sections, called by their ``name``. Raises ``FileFormatError``."""
    document = read_toml(path)
    metadata = document.get(_METADATA)
    units = metadata.get("units") if isinstance(metadata, dict) else None
    known = isinstance(units, str) and units in UNITS
    return Rig(
        read_tables(document, path),
        units=str(units) if known else "unknown",
        assumptions=() if known else (NO_UNITS,),
        source=path,
        format=NAME,
    )


def read_tables(document: dict[str, Any], path: Path) -> tuple[Camera, ...]:
    """The camera of every table that holds a matrix; sections count as numbers do (``cam_2`` before ``cam_10``)."""
    sections = [key for key, table in document.items() if isinstance(table, dict) and key != _METADATA]
    if not 1 <= len(sections) <= MAX_CAMERAS:
        raise mismatch(str(path), f"1 to {MAX_CAMERAS} sections of cameras", f"{len(sections)} sections")
    cameras = [_camera(document[key], key, f"{path}, [{key[:80]}]") for key in sorted(sections, key=natural_key)]
    names = unique_names([camera.name for camera in cameras])
    return tuple(camera.replace(name=unique) for camera, unique in zip(cameras, names, strict=True))


def _camera(table: Any, section: str, place: str) -> Camera:
    table = mapping(table, place)
    size = table.get("size")
    if not isinstance(size, list) or len(size) != 2:
        raise mismatch(f"{place}.size", "[width, height] in px", size)
    width, height = image_size(size[0], size[1], f"{place}.size")
    K = matrix(table.get("matrix"), (3, 3), f"{place}.matrix")
    K[:2, 2] += CENTRE_ORIGIN_PX
    fisheye = table.get("fisheye", False)
    if not isinstance(fisheye, bool):
        raise mismatch(f"{place}.fisheye", "true or false", fisheye)
    lens = LensModel.FISHEYE if fisheye else LensModel.RADTAN
    R = rotation(table.get("rotation"), f"{place}.rotation")
    t = vector(table.get("translation"), 3, f"{place}.translation")
    return Camera(
        name(table.get("name", section), f"{place}.name"),
        width,
        height,
        K,
        lens_coefficients(table.get("distortions"), lens, f"{place}.distortions"),
        Rigid(R, t).matrix,
        lens,
    )


def write(rig: Rig, path: Path) -> tuple[str, ...]:
    """Write the rig; sections are padded with zeros, so that readers that sort them as text keep the order."""
    lost = _CAPACITY.lost(rig)
    digits = len(str(len(rig) - 1))
    document: dict[str, Any] = {f"cam_{index:0{digits}d}": _table(camera) for index, camera in enumerate(rig)}
    document[_METADATA] = {} if rig.units == "unknown" else {"units": rig.units}
    write_toml(path, document)
    return lost


def _table(camera: Camera) -> dict[str, Any]:
    K = camera.K.copy()
    K[:2, 2] -= CENTRE_ORIGIN_PX
    fisheye = camera.lens is LensModel.FISHEYE
    table: dict[str, Any] = {
        "name": camera.name,
        "size": list(camera.size),
        "matrix": K.tolist(),
        "distortions": padded_distortion(camera, 4 if fisheye else max(5, len(camera.distortion))),
        "rotation": rotation_vector(camera.T_cam_world[:3, :3]).tolist(),
        "translation": camera.T_cam_world[:3, 3].tolist(),
    }
    return {**table, "fisheye": True} if fisheye else table
