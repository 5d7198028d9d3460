"""EasyMocap's ``intri.yml`` and ``extri.yml``: K_x and dist_x in the one, R_x or Rot_x and T_x in the other."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from mouseview.formats.fields import (
    image_size,
    lens_coefficients,
    matrix,
    mismatch,
    name,
    rotation,
    unique_names,
    vector,
)
from mouseview.formats.file_storage import read_storage
from mouseview.formats.files import head_of
from mouseview.formats.opencv import CENTRE_ORIGIN_PX, scalar
from mouseview.formats.sizes import filled_sizes
from mouseview.geometry.lenses import LensModel
from mouseview.geometry.transforms import Array, Rigid
from mouseview.model.camera import Camera, Rig
from mouseview.model.errors import FileFormatError

NAME = "easymocap"
FILE_NAMES = ("intri.yml", "extri.yml")
MAX_CAMERAS = 1_000

_DISAGREEMENT_RAD = 1e-3
_LISTED = re.compile(rb"^names\s*:", re.MULTILINE)
_PER_CAMERA = re.compile(rb"^(?:K|Rot|R)_[^\s:]+\s*:\s*!!opencv-matrix", re.MULTILINE)
_UNITS = "the files state no unit of length; metres are assumed, as EasyMocap's boards use"


def sniff(path: Path) -> bool:
    """By content: ``names`` and matrices called K_x, R_x or Rot_x."""
    head = head_of(path)
    return bool(_LISTED.search(head) and _PER_CAMERA.search(head))


def sniff_folder(folder: Path) -> bool:
    """Whether both files lie in it."""
    return all((folder / file_name).is_file() for file_name in FILE_NAMES)


def read(path: Path) -> Rig:
    """The cameras that both files hold, in the order of ``names`` of the extrinsics; others are named.

    path: the folder, or either file. Raises ``FileFormatError``.
    """
    intrinsic_path, extrinsic_path = _pair(path)
    intrinsic, extrinsic = read_storage(intrinsic_path), read_storage(extrinsic_path)
    with_K = _names(intrinsic, intrinsic_path)
    posed = _names(extrinsic, extrinsic_path)
    both = [own for own in posed if own in set(with_K)]
    if not both:
        raise mismatch(f"{extrinsic_path}, names", f"cameras that {intrinsic_path.name} holds too", posed[:10])
    notes = [_UNITS]
    for missing, where in (
        ([own for own in with_K if own not in set(posed)], extrinsic_path),
        ([own for own in posed if own not in set(with_K)], intrinsic_path),
    ):
        if missing:
            notes.append(f"left out, because {where.name} does not hold them: {', '.join(missing)}")
    intrinsics = [_intrinsics(intrinsic, own, intrinsic_path) for own in both]
    sizes, sizing = filled_sizes([_size(intrinsic, own, intrinsic_path) for own in both], intrinsics)
    cameras = []
    for own, size, K in zip(both, sizes, intrinsics, strict=True):
        distortion = lens_coefficients(intrinsic.get(f"dist_{own}"), LensModel.RADTAN, f"{intrinsic_path}, dist_{own}")
        pose = Rigid(
            _rotation(extrinsic, own, extrinsic_path, notes),
            vector(extrinsic.get(f"T_{own}"), 3, f"{extrinsic_path}, T_{own}"),
        )
        cameras.append(Camera(own, *size, K, distortion, pose.matrix))
    return Rig(tuple(cameras), units="m", assumptions=(*sizing, *notes), source=path, format=NAME)


def files(path: Path) -> tuple[Path, ...]:
    """Intrinsics and extrinsics, from the folder or either file."""
    return _pair(path)


def _pair(path: Path) -> tuple[Path, Path]:
    """The paths of intrinsics and extrinsics, from the folder or from either of them."""
    if path.is_dir():
        return path / FILE_NAMES[0], path / FILE_NAMES[1]
    for kind, other in (("intri", "extri"), ("extri", "intri")):
        if kind in path.name:
            partner = path.with_name(path.name.replace(kind, other))
            return (path, partner) if kind == "intri" else (partner, path)
    raise FileFormatError(
        "is half of an EasyMocap calibration, but its name does not say which",
        place=str(path),
        remedy=f"call the two files {' and '.join(FILE_NAMES)} and put them into one folder",
    )


def _names(document: dict[str, Any], path: Path) -> list[str]:
    listed = document.get("names")
    if not isinstance(listed, list) or not 1 <= len(listed) <= MAX_CAMERAS:
        raise mismatch(f"{path}, names", f"a list of 1 to {MAX_CAMERAS} names", listed)
    names = [name(item, f"{path}, names[{index}]") for index, item in enumerate(listed)]
    if names != unique_names(names):
        raise mismatch(f"{path}, names", "names that differ", names[:10])
    return names


def _intrinsics(document: dict[str, Any], own: str, path: Path) -> Array:
    """K (3, 3) with the house's pixel origin."""
    K = matrix(document.get(f"K_{own}"), (3, 3), f"{path}, K_{own}")
    K[:2, 2] += CENTRE_ORIGIN_PX
    return K


def _size(document: dict[str, Any], own: str, path: Path) -> tuple[int, int] | None:
    sides = [document.get(f"{side}_{own}") for side in "WH"]
    if sides == [None, None]:
        return None
    width, height = (scalar(side, f"{path}, {key}_{own}") for side, key in zip(sides, "WH", strict=True))
    return image_size(width, height, f"{path}, {own}")


def _rotation(document: dict[str, Any], own: str, path: Path, notes: list[str]) -> Array:
    """(3, 3): R_x, from which EasyMocap itself reads, else Rot_x; says so where the two differ."""
    found = {key: document[f"{key}_{own}"] for key in ("R", "Rot") if document.get(f"{key}_{own}") is not None}
    if not found:
        raise mismatch(f"{path}, R_{own}", "a rotation R or Rot", None)
    matrices = {key: rotation(value, f"{path}, {key}_{own}") for key, value in found.items()}
    if len(matrices) == 2:
        off = float(np.max(np.abs(matrices["R"] - matrices["Rot"])))
        if not off <= _DISAGREEMENT_RAD:
            notes.append(f"R_{own} and Rot_{own} differ by {off:.2g}; R_{own} is used, as EasyMocap does")
    return next(iter(matrices.values()))
