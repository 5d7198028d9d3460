"""COLMAP's ``cameras.bin`` and ``images.bin``: little-endian, read record by record; points are stepped over."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

from mouseview.formats.colmap_models import BY_ID, OTHER_MODELS, ColmapCamera, ColmapImage
from mouseview.formats.colmap_text import MAX_CAMERAS, MAX_IMAGES, unknown_model
from mouseview.formats.fields import image_size, mismatch
from mouseview.formats.files import file_size, unreadable
from mouseview.model.errors import FileFormatError

_POINT_BYTES = 24
_MAX_NAME_BYTES = 4096
_CAMERA = "<IiQQ"
_IMAGE = "<I7dI"


def read_cameras(path: Path) -> dict[int, ColmapCamera]:
    """The cameras by their ids. Raises ``FileFormatError`` with the entry where the file breaks."""
    cameras: dict[int, ColmapCamera] = {}
    size = file_size(path)
    try:
        with open(path, "rb") as file:
            for index in range(_count(file, path, MAX_CAMERAS, "cameras")):
                place = f"{path}, camera {index + 1}"
                camera_id, model_id, width, height = _unpack(file, _CAMERA, place)
                model = BY_ID.get(model_id)
                if model is None:
                    raise unknown_model(place, OTHER_MODELS.get(model_id, str(model_id)))
                parameters = _unpack(file, f"<{model.count}d", place)
                cameras[camera_id] = ColmapCamera(model, *image_size(width, height, place), parameters)
            _refuse_rest(file, size, path)
    except OSError as error:
        raise unreadable(path, error) from error
    return cameras


def read_images(path: Path) -> list[ColmapImage]:
    """The images in file order. Raises ``FileFormatError`` with the entry where the file breaks."""
    images = []
    size = file_size(path)
    try:
        with open(path, "rb") as file:
            for index in range(_count(file, path, MAX_IMAGES, "images")):
                place = f"{path}, image {index + 1}"
                _, *pose, camera_id = _unpack(file, _IMAGE, place)
                name = _name(file, place)
                (points,) = _unpack(file, "<Q", place)
                if points * _POINT_BYTES > size - file.tell():
                    raise _truncated(place)
                file.seek(points * _POINT_BYTES, 1)
                images.append(ColmapImage(tuple(pose[:4]), tuple(pose[4:]), camera_id, name, place))
            _refuse_rest(file, size, path)
    except OSError as error:
        raise unreadable(path, error) from error
    return images


def _count(file: BinaryIO, path: Path, limit: int, what: str) -> int:
    (count,) = _unpack(file, "<Q", str(path))
    if not 1 <= count <= limit:
        raise mismatch(str(path), f"1 to {limit} {what}", count)
    return int(count)


def _unpack(file: BinaryIO, layout: str, place: str) -> tuple[Any, ...]:
    data = file.read(struct.calcsize(layout))
    if len(data) < struct.calcsize(layout):
        raise _truncated(place)
    return struct.unpack(layout, data)


def _name(file: BinaryIO, place: str) -> str:
    start = file.tell()
    data = file.read(_MAX_NAME_BYTES)
    end = data.find(b"\0")
    if end < 0:
        raise mismatch(place, f"a name of at most {_MAX_NAME_BYTES} bytes", None)
    file.seek(start + end + 1)
    try:
        return data[:end].decode()
    except UnicodeDecodeError as error:
        raise FileFormatError(
            "has a name that is not UTF-8 text", place=place, remedy="export the model from COLMAP again"
        ) from error


def _truncated(place: str) -> FileFormatError:
    return FileFormatError("the file ends here: it is truncated", place=place, remedy="copy the model again")


def _refuse_rest(file: BinaryIO, size: int, path: Path) -> None:
    if file.tell() != size:
        raise FileFormatError(
            f"{size - file.tell()} bytes follow the last entry", place=str(path), remedy="copy the model again"
        )


def as_binary(cameras: Sequence[ColmapCamera], images: Sequence[ColmapImage]) -> dict[str, bytes]:
    """The three files of a model; camera ids count from 1, no points."""
    camera_parts = [struct.pack("<Q", len(cameras))]
    for number, camera in enumerate(cameras, start=1):
        camera_parts.append(struct.pack(_CAMERA, number, camera.model.id, camera.width, camera.height))
        camera_parts.append(struct.pack(f"<{len(camera.parameters)}d", *camera.parameters))
    image_parts = [struct.pack("<Q", len(images))]
    for number, image in enumerate(images, start=1):
        image_parts.append(struct.pack(_IMAGE, number, *image.quaternion, *image.translation, image.camera_id))
        image_parts.append(image.name.encode() + b"\0" + struct.pack("<Q", 0))
    none = struct.pack("<Q", 0)
    return {"cameras.bin": b"".join(camera_parts), "images.bin": b"".join(image_parts), "points3D.bin": none}
