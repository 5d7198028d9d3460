"""nerfstudio's and instant-ngp's ``transforms.json``: camera-to-world poses with OpenGL axes, corner pixel origin.

``read_document`` also serves the Blender synthetic scenes, which are the same file without sizes and focal lengths.
"""

from __future__ import annotations

import json
import os
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from mouseview.formats.capacity import Capacity, file_safe_names, padded_distortion
from mouseview.formats.fields import MAX_NAME, UNITS, image_size, mapping, matrix, mismatch, number, unique_names
from mouseview.formats.files import head_of, read_json, resolve_inside, write_atomically
from mouseview.formats.image_headers import read_header
from mouseview.geometry.lenses import LensModel
from mouseview.geometry.transforms import Array
from mouseview.model.camera import Camera, Rig
from mouseview.model.errors import FileFormatError

NAME = "nerfstudio"
FILE_NAME = "transforms.json"
MAX_VIEWS = 10_000
SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".PNG", ".JPG", ".JPEG")

_CAPACITY = Capacity("nerfstudio", radtan=5, fisheye=True, any_matrix=True, skew="own", size="held", units="own")
_OPENGL = np.diag([1.0, -1.0, -1.0, 1.0])  # x right, y up, z backwards
_FISHEYE_MODELS = ("OPENCV_FISHEYE", "FISHEYE")
_PERSPECTIVE_MODELS = ("OPENCV", "PINHOLE", "SIMPLE_PINHOLE", "PERSPECTIVE", "SIMPLE_RADIAL", "RADIAL")
_NO_UNITS = "the file states no unit of length, so distances are in unknown units"


def sniff(path: Path) -> bool:
    """By content: a JSON object that speaks of ``transform_matrix`` and of focal lengths or sizes."""
    head = _json_head(path)
    return b'"transform_matrix"' in head and not claims_blender(path)


def claims_blender(path: Path) -> bool:
    """Blender scenes state a field of view and nothing else of the camera."""
    head = _json_head(path)
    return (
        b'"transform_matrix"' in head
        and b'"camera_angle_x"' in head
        and not any(key in head for key in (b'"w"', b'"fl_x"', b'"cx"'))
    )


def _json_head(path: Path) -> bytes:
    head = head_of(path).lstrip(b"\xef\xbb\xbf \t\r\n")
    return head if head.startswith(b"{") else b""


def read(path: Path) -> Rig:
    """The rig of the file, one camera a frame, in file order. Raises ``FileFormatError``."""
    return read_with_images(path)[0]


def read_with_images(path: Path) -> tuple[Rig, tuple[Path | None, ...]]:
    """The rig, and parallel to its cameras where their images lie or should lie."""
    return read_document(path, NAME)


def read_document(
    path: Path, format: str, default_size: tuple[int, int] | None = None
) -> tuple[Rig, tuple[Path | None, ...]]:
    """The rig and its image paths. Sizes come from the file, the image, or are ``default_size`` (which is said)."""
    document = mapping(read_json(path), str(path))
    frames = document.get("frames")
    if not isinstance(frames, list) or not 1 <= len(frames) <= MAX_VIEWS:
        raise mismatch(f"{path}, frames", f"a list of 1 to {MAX_VIEWS} frames", frames)
    own = mapping(document.get("mouseview", {}), f"{path}, mouseview")
    units = own.get("units")
    stated = isinstance(units, str) and units in UNITS
    notes = [] if stated else [_NO_UNITS]
    cameras, images = [], []
    for index, entry in enumerate(frames):
        place = f"{path}, frames[{index}]"
        # what a frame states itself comes before what the file states for all
        frame = {**document, **mapping(entry, place)}
        image = _image_path(frame.get("file_path"), f"{place}.file_path", path.parent)
        images.append(image)
        cameras.append(_camera(frame, index, image, place, default_size, notes))
    names = unique_names([camera.name for camera in cameras])
    return Rig(
        tuple(camera.replace(name=name) for camera, name in zip(cameras, names, strict=True)),
        units=str(units) if stated else "unknown",
        assumptions=tuple(dict.fromkeys(notes)),
        source=path,
        format=format,
    ), tuple(images)


def _image_path(value: Any, place: str, folder: Path) -> Path | None:
    """Where the image lies, its extension added where the file leaves it out; where it should lie; None: nowhere."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise mismatch(place, "a relative path", value)
    try:
        image = resolve_inside(folder, value)
    except FileFormatError:  # the camera is usable, and its image is said to be missing
        return None
    candidates = (image, *(image.with_name(image.name + suffix) for suffix in SUFFIXES))
    return next((candidate for candidate in candidates if os.path.isfile(candidate)), image)


def _camera(
    frame: dict[str, Any],
    index: int,
    image: Path | None,
    place: str,
    default_size: tuple[int, int] | None,
    notes: list[str],
) -> Camera:
    width, height = _size(frame, image, place, default_size, notes)
    lens = _lens_model(frame, place)
    own = mapping(frame.get("mouseview", {}), f"{place}.mouseview")
    K = np.array([[0.0, number(own.get("skew", 0.0), f"{place}.mouseview.skew"), 0.0], [0.0] * 3, [0.0, 0.0, 1.0]])
    K[0, 0] = _focal(frame, "x", width, place)
    K[1, 1] = K[0, 0] if not {"fl_y", "camera_angle_y"} & frame.keys() else _focal(frame, "y", height, place)
    K[0, 2] = number(frame.get("cx", width / 2), f"{place}.cx")
    K[1, 2] = number(frame.get("cy", height / 2), f"{place}.cy")
    pose = _pose(frame.get("transform_matrix"), f"{place}.transform_matrix")
    return Camera(_name(frame, own, index), width, height, K, _distortion(frame, lens, place), pose, lens)


def _size(
    frame: dict[str, Any],
    image: Path | None,
    place: str,
    default_size: tuple[int, int] | None,
    notes: list[str],
) -> tuple[int, int]:
    if "w" in frame or "h" in frame:
        return image_size(frame.get("w"), frame.get("h"), place)
    if image is not None and os.path.isfile(image):
        header = read_header(image)
        return header.width, header.height
    if default_size is None:
        raise mismatch(f"{place}.w", "w and h, or an image that is there", None)
    notes.append(
        f"neither the file nor an image states the size of some views; {default_size[0]}×{default_size[1]} px assumed"
    )
    return default_size


def _focal(frame: dict[str, Any], axis: str, side: int, place: str) -> float:
    """In px: stated, or from the field of view in radians."""
    if f"fl_{axis}" in frame:
        return number(frame[f"fl_{axis}"], f"{place}.fl_{axis}")
    angle = number(frame.get(f"camera_angle_{axis}"), f"{place}.camera_angle_{axis}")
    if not 0 < angle < np.pi:
        raise mismatch(f"{place}.camera_angle_{axis}", "an angle between 0 and π", angle)
    return float(side / (2 * np.tan(angle / 2)))


def _lens_model(frame: dict[str, Any], place: str) -> LensModel:
    declared = frame.get("camera_model", "OPENCV")
    if declared in _FISHEYE_MODELS or frame.get("is_fisheye") is True:
        return LensModel.FISHEYE
    if declared not in _PERSPECTIVE_MODELS:
        raise FileFormatError(
            f"camera_model {str(declared)[:40]!r} is not one that can be held",
            place=place,
            remedy=f"use one of {', '.join((*_PERSPECTIVE_MODELS[:3], _FISHEYE_MODELS[0]))}",
        )
    return LensModel.RADTAN


def _distortion(frame: dict[str, Any], lens: LensModel, place: str) -> Array:
    values = {key: number(frame.get(key, 0.0), f"{place}.{key}") for key in ("k1", "k2", "k3", "k4", "p1", "p2")}
    if lens is LensModel.FISHEYE:
        return np.array([values[key] for key in ("k1", "k2", "k3", "k4")])
    if values["k4"] != 0:  # here it is the term of r⁸; OpenCV's k4 stands in a denominator
        raise FileFormatError(
            "a perspective lens with a term of r⁸ cannot be held",
            place=f"{place}.k4",
            remedy="calibrate again without k4, or undistort the images first",
        )
    coefficients = np.array([values[key] for key in ("k1", "k2", "p1", "p2", "k3")])
    return coefficients if np.any(coefficients != 0) else np.zeros(0)


def _pose(value: Any, place: str) -> Array:
    """T_cam_world (4, 4) of a camera-to-world matrix with OpenGL axes; NaN where it cannot be inverted."""
    if isinstance(value, list) and len(value) == 3:
        value = [*value, [0.0, 0.0, 0.0, 1.0]]
    T_world_gl = matrix(value, (4, 4), place)
    try:
        with np.errstate(all="ignore"):
            return np.asarray(np.linalg.inv(T_world_gl @ _OPENGL), dtype=np.float64)
    except np.linalg.LinAlgError:
        return np.full((4, 4), np.nan)


def _name(frame: dict[str, Any], own: dict[str, Any], index: int) -> str:
    stated, listed = own.get("name"), frame.get("file_path")
    if isinstance(stated, str) and stated.strip():
        return stated[:MAX_NAME]
    stem = PurePosixPath(listed.replace("\\", "/")).stem if isinstance(listed, str) else ""
    return stem[:MAX_NAME] if stem.strip() else f"cam_{index:03d}"


def write(rig: Rig, path: Path) -> tuple[str, ...]:
    """Write the rig with the intrinsics in every frame; images are called ``images/NAME.png``, none is written."""
    lost = _CAPACITY.lost(rig)
    stems, _ = file_safe_names(rig)
    document: dict[str, Any] = {} if rig.units == "unknown" else {"mouseview": {"units": rig.units}}
    # nerfstudio takes one camera model for all frames
    models = {camera.lens for camera in rig}
    if len(models) == 1:
        document["camera_model"] = _model_name(models.pop())
    document["frames"] = [_frame(camera, stem) for camera, stem in zip(rig, stems, strict=True)]
    write_atomically(path, json.dumps(document, indent=1).encode())
    return lost


def _model_name(lens: LensModel) -> str:
    return "OPENCV_FISHEYE" if lens is LensModel.FISHEYE else "OPENCV"


def _frame(camera: Camera, stem: str) -> dict[str, Any]:
    own: dict[str, Any] = {"name": camera.name}
    if camera.skew != 0:
        own["skew"] = camera.skew
    keys = ("k1", "k2", "k3", "k4") if camera.lens is LensModel.FISHEYE else ("k1", "k2", "p1", "p2", "k3")
    return {
        "file_path": f"images/{stem}.png",
        "camera_model": _model_name(camera.lens),
        "w": camera.width,
        "h": camera.height,
        "fl_x": camera.fx,
        "fl_y": camera.fy,
        "cx": camera.cx,
        "cy": camera.cy,
        **dict(zip(keys, padded_distortion(camera, len(keys)), strict=True)),
        "transform_matrix": (np.linalg.inv(camera.T_cam_world) @ _OPENGL).tolist(),
        "mouseview": own,
    }
