"""OpenCV FileStorage calibrations: one camera, a stereo pair, or many; key names vary, so the usual ones are known."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from mouseview.formats import file_storage
from mouseview.formats.capacity import Capacity, padded_distortion, renamed
from mouseview.formats.fields import (
    UNITS,
    image_size,
    lens_coefficients,
    matrix,
    mismatch,
    rotation,
    unique_names,
    vector,
)
from mouseview.formats.file_storage import claims_storage, read_storage
from mouseview.formats.file_storage_text import as_xml, as_yaml, plain_text
from mouseview.formats.files import head_of, write_atomically
from mouseview.formats.sizes import filled_sizes
from mouseview.geometry.lenses import LensModel
from mouseview.geometry.transforms import Array, Rigid
from mouseview.model.camera import Camera, Rig
from mouseview.model.errors import FileFormatError

NAME = "opencv"
MAX_CAMERAS = 1_000
CENTRE_ORIGIN_PX = 0.5  # OpenCV calls the centre of the first pixel 0; the house calls it 0.5

_CAPACITY = Capacity("OpenCV", radtan=8, fisheye=True, any_matrix=True, skew="own", size="held", units="own")
_MATRICES = (
    "camera_matrix",
    "cameraMatrix",
    "Camera_Matrix",
    "intrinsicMatrix",
    "intrinsics",
    "cam_K",
    "mtx",
    "K",
    "M",
)
_LENSES = (
    "distortion_coefficients",
    "Distortion_Coefficients",
    "distortionCoefficients",
    "distCoeffs",
    "dist_coeffs",
    "dist",
    "D",
)
_ROTATIONS = ("rotation_matrix", "R", "Rot", "rvec")
_TRANSLATIONS = ("translation_vector", "T", "t", "tvec")
_WIDTHS, _HEIGHTS = ("image_width", "image_Width", "width"), ("image_height", "image_Height", "height")
_SIZES = ("image_size", "imageSize", "size")
_INTRINSIC = re.compile(rf"({'|'.join(_MATRICES)})(_?)(\w{{0,100}})")
_ROS = re.compile(rb"^camera_matrix\s*:", re.MULTILINE)


def sniff(path: Path) -> bool:
    """By content: a FileStorage document of any content (reading one without cameras says so), or ROS's plain YAML."""
    head = head_of(path)
    return claims_storage(head) or bool(_ROS.search(head))


def read(path: Path) -> Rig:
    """The cameras of the file in its order.

    A camera is a block (an item of a list, or a mapping of its own) or a group of keys with one ending (``K_left``,
    ``M1``). A single camera without a pose is the world's origin; of a stereo pair (``M1``, ``M2``, ``R``, ``T``) the
    first one is. R and T without endings serve no other rig. Raises ``FileFormatError``.
    """
    document = read_storage(path)
    notes: list[str] = []
    blocks = _blocks(document, path)
    if len({name for name, _, _ in blocks}) > MAX_CAMERAS:
        raise mismatch(str(path), f"at most {MAX_CAMERAS} cameras", f"{len(blocks)}")
    if len(blocks) == 2 and all("R" not in keys and "T" not in keys for _, keys, _ in blocks) and "R" in document:
        _make_stereo(blocks, document, notes)
    elif len(blocks) == 1 and _first(blocks[0][1], _ROTATIONS) is None and _first(blocks[0][1], _TRANSLATIONS) is None:
        blocks[0][1].update(R=np.eye(3), T=np.zeros(3))
        notes.append("the file states no pose: the world is taken to be the camera's own frame")
    names = unique_names([plain[:200] for plain, _, _ in blocks])
    intrinsics = [_intrinsics(keys, place) for _, keys, place in blocks]
    sizes, sizing = filled_sizes([stated_size(keys, place) for _, keys, place in blocks], intrinsics)
    cameras = tuple(
        _camera(name, size, K, keys, place)
        for name, size, K, (_, keys, place) in zip(names, sizes, intrinsics, blocks, strict=True)
    )
    units = document.get("units")
    stated = isinstance(units, str) and units in UNITS
    if not stated:
        notes.append("the file states no unit of length, so it is unknown")
    notes.extend(sizing)
    return Rig(cameras, units=str(units) if stated else "unknown", assumptions=tuple(notes), source=path, format=NAME)


_Block = tuple[str, dict[str, Any], str]


def _blocks(document: dict[str, Any], path: Path) -> list[_Block]:
    """(name, keys without their endings, place) of every camera."""
    blocks: list[_Block] = []
    for key, value in document.items():
        items = value if isinstance(value, list) else [value]
        for index, item in enumerate(items):
            if isinstance(item, dict) and _first(item, _MATRICES) is not None:
                place = f"{path}, {key[:80]}" + (f"[{index}]" if isinstance(value, list) else "")
                own = item.get("name")
                default = f"cam_{index:03d}" if isinstance(value, list) else key
                blocks.append((own if isinstance(own, str) and own.strip() else default, dict(item), place))
    for key, value in document.items():
        found = _INTRINSIC.fullmatch(key)
        if found and isinstance(value, np.ndarray):
            ending = found[2] + found[3]
            name = found[3] if found[2] else f"cam_{found[3]}"
            named = document.get("camera_name")
            if not ending:
                name = named if isinstance(named, str) and named.strip() else path.stem
            blocks.append((name, _ended(document, found[1], ending), f"{path}, {key[:80]}"))
    if not blocks:
        raise FileFormatError(
            "holds no camera matrix under a name that is known",
            place=str(path),
            remedy=f"name it {', '.join(_MATRICES[:4])}, K or M1",
        )
    return blocks


def _ended(document: dict[str, Any], intrinsic: str, ending: str) -> dict[str, Any]:
    """The keys of one ending, without it; size and lens model may stand without ending for all cameras."""
    keys: dict[str, Any] = {intrinsic: document[intrinsic + ending]}
    for usual in (*_LENSES, *_ROTATIONS, *_TRANSLATIONS, *_WIDTHS, *_HEIGHTS, *_SIZES, "fisheye_model"):
        shared = (*_WIDTHS, *_HEIGHTS, *_SIZES, "fisheye_model", "distortion_model")
        value = document.get(usual + ending, document.get(usual) if usual in shared else None)
        if value is not None:
            keys[usual] = value
    if "distortion_model" in document:
        keys["distortion_model"] = document["distortion_model"]
    rectifying = _first(keys, _ROTATIONS) is not None and _first(keys, _TRANSLATIONS) is None
    if ending and rectifying:  # stereoRectify's R1 and R2 are no poses
        for usual in _ROTATIONS:
            keys.pop(usual, None)
    return keys


def _make_stereo(blocks: list[_Block], document: dict[str, Any], notes: list[str]) -> None:
    blocks[0][1].update(R=np.eye(3), T=np.zeros(3))
    blocks[1][1].update(R=document["R"], T=document.get("T"))
    notes.append(f"R and T lead from {blocks[0][0]} to {blocks[1][0]}: the world is taken to be the frame of the first")


def _first(keys: dict[str, Any], usual: tuple[str, ...]) -> Any:
    return next((keys[key] for key in usual if keys.get(key) is not None), None)


def _intrinsics(keys: dict[str, Any], place: str) -> Array:
    """K (3, 3) with the house's pixel origin."""
    K = matrix(_first(keys, _MATRICES), (3, 3), f"{place}, camera matrix")
    K[:2, 2] += CENTRE_ORIGIN_PX
    return K


def _camera(name: str, size: tuple[int, int], K: Array, keys: dict[str, Any], place: str) -> Camera:
    lens = _lens(keys, place)
    distortion = lens_coefficients(_first(keys, _LENSES), lens, f"{place}, distortion")
    R = rotation(_first(keys, _ROTATIONS), f"{place}, R")
    t = vector(_first(keys, _TRANSLATIONS), 3, f"{place}, T")
    return Camera(name, *size, K, distortion, Rigid(R, t).matrix, lens)


def _lens(keys: dict[str, Any], place: str) -> LensModel:
    flag = keys.get("fisheye_model", "0")
    if flag not in ("0", "1"):
        raise mismatch(f"{place}, fisheye_model", "0 or 1", flag)
    named = keys.get("distortion_model")
    return LensModel.FISHEYE if flag == "1" or named in ("fisheye", "equidistant") else LensModel.RADTAN


def stated_size(keys: dict[str, Any], place: str) -> tuple[int, int] | None:
    """(width, height) in px where the keys say it."""
    size = _first(keys, _SIZES)
    sides = size if isinstance(size, list) and len(size) == 2 else [_first(keys, _WIDTHS), _first(keys, _HEIGHTS)]
    if all(side is None for side in sides):
        return None
    width, height = (scalar(side, f"{place}, image size") for side in sides)
    return image_size(width, height, f"{place}, image size")


def scalar(value: Any, place: str) -> float:
    """A number that stands as text in a FileStorage document."""
    try:
        return file_storage.number(value if isinstance(value, str) else "")
    except ValueError as error:
        raise mismatch(place, "a number", value) from error


def write(rig: Rig, path: Path) -> tuple[str, ...]:
    """Write the rig as a list ``cameras``: XML where the path ends in ``.xml``, else YAML."""
    lost = _CAPACITY.lost(rig)
    names = [plain_text(camera.name) for camera in rig]
    document: dict[str, Any] = {} if rig.units == "unknown" else {"units": rig.units}
    document["cameras"] = [_keys(camera, name) for camera, name in zip(rig, names, strict=True)]
    write_atomically(path, as_xml(document) if path.suffix.lower() == ".xml" else as_yaml(document))
    return (*lost, *renamed(rig, names))


def _keys(camera: Camera, name: str) -> dict[str, Any]:
    fisheye = camera.lens is LensModel.FISHEYE
    return {
        "name": name,
        "image_width": camera.width,
        "image_height": camera.height,
        "fisheye_model": int(fisheye),
        "camera_matrix": centred(camera.K),
        "distortion_coefficients": np.array(
            padded_distortion(camera, 4 if fisheye else max(5, camera.distortion.size))
        ),
        "R": camera.T_cam_world[:3, :3],
        "T": camera.T_cam_world[:3, 3][:, None],
    }


def centred(K: Array) -> Array:
    """K (3, 3) with OpenCV's pixel origin."""
    moved = K.copy()
    moved[:2, 2] -= CENTRE_ORIGIN_PX
    return moved
