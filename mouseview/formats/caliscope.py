"""Caliscope's ``camera_array.toml``: tables ``[cameras.N]``, some without a pose, pixel origin at the first centre."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

from mouseview.formats.anipose import CENTRE_ORIGIN_PX
from mouseview.formats.capacity import Capacity, padded_distortion, renamed
from mouseview.formats.fields import (
    image_size,
    lens_coefficients,
    mapping,
    matrix,
    mismatch,
    natural_key,
    rotation,
    vector,
)
from mouseview.formats.files import head_of
from mouseview.formats.toml_file import read_toml, write_toml
from mouseview.geometry.lenses import LensModel
from mouseview.geometry.transforms import Rigid
from mouseview.model.camera import Camera, Rig
from mouseview.model.errors import FileFormatError

NAME = "caliscope"
FILE_NAME = "camera_array.toml"
MAX_CAMERAS = 1_000

_CAPACITY = Capacity("Caliscope", radtan=5, fisheye=True, any_matrix=True, skew="own", size="held", units="m")
_CAMERAS = re.compile(rb"^\s*\[\s*cameras\s*[.\]]", re.MULTILINE)
_UNITS = "the file states no unit of length; metres are assumed, as Caliscope's boards use"
_NUMBERED = re.compile(r"(?:cam|port)_(\d{1,9})", re.ASCII)


def sniff(path: Path) -> bool:
    """By content: TOML with tables ``[cameras.N]``."""
    return bool(_CAMERAS.search(head_of(path)))


def read(path: Path) -> Rig:
    """The posed cameras in numeric order; those without K or pose, and ignored ones, are named in the assumptions.

    Raises ``FileFormatError``, also when no camera at all has a pose.
    """
    tables = mapping(read_toml(path).get("cameras"), f"{path}, cameras")
    if not 1 <= len(tables) <= MAX_CAMERAS:
        raise mismatch(f"{path}, cameras", f"1 to {MAX_CAMERAS} tables", f"{len(tables)} tables")
    cameras, left_out, rotated = [], [], []
    for key in sorted(tables, key=natural_key):
        place = f"{path}, [cameras.{key[:80]}]"
        table = {name: value for name, value in mapping(tables[key], place).items() if value != "null"}
        label = f"{'port' if 'port' in table else 'cam'}_{key[:80]}"
        missing = [name for name in ("matrix", "rotation", "translation") if table.get(name) is None]
        if missing or table.get("ignore") is True:
            left_out.append(f"{label} ({'no ' + ', '.join(missing) if missing else 'ignored'})")
            continue
        cameras.append(_camera(table, label, place))
        if table.get("rotation_count"):
            rotated.append(label)
    if not cameras:
        raise FileFormatError(
            f"none of its {len(tables)} cameras has a pose",
            place=str(path),
            remedy="calibrate the extrinsic parameters in Caliscope, then open the file again",
        )
    notes = [_UNITS]
    if left_out:
        notes.append(f"left out: {', '.join(left_out)}")
    if rotated:
        notes.append(
            f"rotation_count of {', '.join(rotated)} only turns what Caliscope shows: the calibration is taken to "
            "belong to the frames as recorded"
        )
    return Rig(tuple(cameras), units="m", assumptions=tuple(notes), source=path, format=NAME)


def _camera(table: dict[str, Any], label: str, place: str) -> Camera:
    size = table.get("size")
    if not isinstance(size, list) or len(size) != 2:
        raise mismatch(f"{place}.size", "[width, height] in px", size)
    width, height = image_size(size[0], size[1], f"{place}.size")
    K = matrix(table["matrix"], (3, 3), f"{place}.matrix")
    K[:2, 2] += CENTRE_ORIGIN_PX
    lens = LensModel.FISHEYE if table.get("fisheye") is True else LensModel.RADTAN
    distortion = lens_coefficients(table.get("distortions"), lens, f"{place}.distortions")
    R = rotation(table["rotation"], f"{place}.rotation")
    t = vector(table["translation"], 3, f"{place}.translation")
    return Camera(label, width, height, K, distortion, Rigid(R, t).matrix, lens)


def write(rig: Rig, path: Path) -> tuple[str, ...]:
    """Write the rig; Caliscope calls cameras by number, so other names than ``cam_N`` are lost."""
    lost = _CAPACITY.lost(rig)
    numbers = _numbers(rig)
    write_toml(
        path, {"cameras": {str(number): _table(camera, number) for camera, number in zip(rig, numbers, strict=True)}}
    )
    return (*lost, *renamed(rig, [f"cam_{number}" for number in numbers]))


def _numbers(rig: Rig) -> list[int]:
    """The numbers in the cameras' names where all have one and they rise; else their places in the rig."""
    found = [_NUMBERED.fullmatch(camera.name) for camera in rig]
    numbers = [int(match[1]) for match in found if match]
    rising = all(a < b for a, b in itertools.pairwise(numbers))
    return numbers if len(numbers) == len(rig) and rising else list(range(len(rig)))


def _table(camera: Camera, number: int) -> dict[str, Any]:
    K = camera.K.copy()
    K[:2, 2] -= CENTRE_ORIGIN_PX
    fisheye = camera.lens is LensModel.FISHEYE
    return {
        "cam_id": number,
        "size": list(camera.size),
        "rotation_count": 0,
        "ignore": False,
        "fisheye": fisheye,
        "matrix": K.tolist(),
        "distortions": padded_distortion(camera, 4 if fisheye else 5),
        "rotation": camera.T_cam_world[:3, :3].tolist(),
        "translation": camera.T_cam_world[:3, 3].tolist(),
    }
