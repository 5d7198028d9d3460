"""FaceLift's ``opencv_cameras.json``: square pinhole views beside their images, corner pixel origin, w2c poses.

The file has no place for skew, lens or units. What FaceLift ignores is written under keys named ``mouseview`` (and
``units``), and read back from there.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from mouseview.formats.fields import UNITS, image_size, mapping, matrix, mismatch, number, unique_names
from mouseview.formats.files import read_json, resolve_inside, write_atomically
from mouseview.geometry.lenses import LensModel
from mouseview.model.camera import Camera, Rig
from mouseview.model.errors import FileFormatError

NAME = "facelift"
FILE_NAME = "opencv_cameras.json"
MAX_VIEWS = 10_000
_NO_UNITS = "the file states no unit of length, so distances are in unknown units"


@dataclass(frozen=True, eq=False)
class View:
    """One frame of the file: its camera, its image relative to the file's folder, its ``view_id``; None if unstated."""

    camera: Camera
    file_path: str | None
    view_id: int | None


def sniff(path: Path) -> bool:
    """By content: a JSON object that speaks of ``w2c``, also when it is broken further on; or FaceLift's file name."""
    head = _head(path)
    if not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return False
    return b'"w2c"' in head or path.name == FILE_NAME


def _head(path: Path) -> bytes:
    with open(path, "rb") as file:
        return file.read(1 << 20)


def read(path: Path) -> Rig:
    """The rig of the file, in file order. Raises ``FileFormatError``; impossible cameras are held as declared."""
    return read_views(path)[0]


def read_views(path: Path) -> tuple[Rig, tuple[View, ...]]:
    """The rig and, parallel to its cameras, the views with their image paths (already found not to climb out)."""
    document = mapping(read_json(path), str(path))
    frames = document.get("frames")
    if not isinstance(frames, list):
        raise mismatch(f"{path}, frames", "a list of views", frames)
    if not 1 <= len(frames) <= MAX_VIEWS:
        raise mismatch(f"{path}, frames", f"1 to {MAX_VIEWS} views", f"{len(frames)} views")
    views = [_view(frame, index, path) for index, frame in enumerate(frames)]
    names = unique_names([view.camera.name for view in views])
    views = [
        View(view.camera.replace(name=name), view.file_path, view.view_id)
        for view, name in zip(views, names, strict=True)
    ]
    units, assumptions = _units(document, path)
    rig = Rig(tuple(view.camera for view in views), units=units, assumptions=assumptions, source=path, format=NAME)
    return rig, tuple(views)


def _units(document: dict[str, Any], path: Path) -> tuple[str, tuple[str, ...]]:
    own = mapping(document.get("mouseview", {}), f"{path}, mouseview")
    inherited = own.get("assumptions", [])
    if not isinstance(inherited, list) or not all(isinstance(line, str) for line in inherited):
        raise mismatch(f"{path}, mouseview.assumptions", "a list of sentences", inherited)
    units = document.get("units")
    if units is None:
        return "unknown", (_NO_UNITS, *inherited)
    if units not in UNITS:
        raise mismatch(f"{path}, units", f"one of {', '.join(UNITS)}", units)
    return units, tuple(inherited)


def _view(frame: Any, index: int, path: Path) -> View:
    place = f"{path}, frames[{index}]"
    frame = mapping(frame, place)
    width, height = image_size(frame.get("w"), frame.get("h"), place)
    fx, fy, cx, cy = (number(frame.get(key), f"{place}.{key}") for key in ("fx", "fy", "cx", "cy"))
    own = mapping(frame.get("mouseview", {}), f"{place}.mouseview")
    skew = number(own.get("skew", 0.0), f"{place}.mouseview.skew")
    file_path = _file_path(frame.get("file_path"), f"{place}.file_path", path.parent)
    view_id = frame.get("view_id")
    if view_id is not None and (isinstance(view_id, bool) or not isinstance(view_id, int)):
        raise mismatch(f"{place}.view_id", "a whole number", view_id)
    camera = Camera(
        name=_name(own.get("name"), file_path, index if view_id is None else view_id, place),
        width=width,
        height=height,
        K=np.array([[fx, skew, cx], [0.0, fy, cy], [0.0, 0.0, 1.0]]),
        distortion=np.zeros(0),
        T_cam_world=matrix(frame.get("w2c"), (4, 4), f"{place}.w2c"),
    )
    return View(_with_lens(camera, own, f"{place}.mouseview"), file_path, view_id)


def _file_path(value: Any, place: str, folder: Path) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise mismatch(place, "a relative path", value)
    try:
        return resolve_inside(folder, value).relative_to(folder).as_posix()
    except FileFormatError as error:
        raise FileFormatError(error.message, place=place, remedy=error.remedy) from error


def _name(own: Any, file_path: str | None, number_in_file: int, place: str) -> str:
    if own is not None:
        if not isinstance(own, str) or not own:
            raise mismatch(f"{place}.mouseview.name", "a name", own)
        return own[:200]
    return PurePosixPath(file_path).stem if file_path else f"cam_{number_in_file:03d}"


def _with_lens(camera: Camera, own: dict[str, Any], place: str) -> Camera:
    values, lens = own.get("distortion", []), own.get("lens", LensModel.RADTAN.value)
    if lens not in list(LensModel):
        raise mismatch(f"{place}.lens", f"one of {', '.join(LensModel)}", lens)
    if not isinstance(values, list):
        raise mismatch(f"{place}.distortion", "a list of coefficients", values)
    try:
        return camera.replace(distortion=matrix(values, (len(values),), f"{place}.distortion"), lens=LensModel(lens))
    except ValueError as error:
        raise mismatch(f"{place}.distortion", f"coefficients of a {lens} lens ({error})", values) from error


def write(rig: Rig, path: Path) -> tuple[str, ...]:
    """Write the rig alone, naming no images. Returns what other readers of the format will not see."""
    return write_views(rig, path)


def write_views(rig: Rig, path: Path, file_paths: Sequence[str] | None = None, name: str = "") -> tuple[str, ...]:
    """Write the rig with one image path (relative to the file's folder, POSIX) for each camera.

    name: of the sample (``id`` in the file). Returns sentences on what other readers of the format will not see.
    Raises ``FileFormatError`` when the file cannot be written.
    """
    if file_paths is not None and len(file_paths) != len(rig):
        raise ValueError(f"{len(file_paths)} image paths for {len(rig)} cameras")
    frames = [_frame(camera, index) for index, camera in enumerate(rig)]
    for frame, file_path in zip(frames, file_paths or (), strict=False):
        frame["file_path"] = file_path
    document: dict[str, Any] = {"id": name} if name else {}
    document["units"] = rig.units
    assumptions = [line for line in rig.assumptions if line != _NO_UNITS]
    if assumptions:
        document["mouseview"] = {"assumptions": assumptions}
    document["frames"] = frames
    write_atomically(path, json.dumps(document, indent=1).encode())
    return _lost(rig)


def _frame(camera: Camera, index: int) -> dict[str, Any]:
    own: dict[str, Any] = {"name": camera.name}
    if camera.skew != 0:
        own["skew"] = camera.skew
    if camera.distortion.size:
        own["distortion"] = camera.distortion.tolist()
        own["lens"] = camera.lens.value
    return {
        "w": camera.width,
        "h": camera.height,
        "fx": camera.fx,
        "fy": camera.fy,
        "cx": camera.cx,
        "cy": camera.cy,
        "w2c": camera.T_cam_world.tolist(),
        "view_id": index,
        "mouseview": own,
    }


def _lost(rig: Rig) -> tuple[str, ...]:
    lost = []
    if skewed := [camera.name for camera in rig if camera.skew != 0]:
        lost.append(f"skew of {', '.join(skewed)}: kept where only MouseView reads it")
    if bent := [camera.name for camera in rig if not camera.is_pinhole]:
        lost.append(f"lens distortion of {', '.join(bent)}: kept where only MouseView reads it")
    if rig.units != "unknown":
        lost.append(f"the unit of length ({rig.units}): kept where only MouseView reads it")
    return tuple(lost)
