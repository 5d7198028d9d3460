"""COLMAP's ``cameras.txt`` and ``images.txt``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from mouseview.formats.colmap_models import BY_NAME, KNOWN, ColmapCamera, ColmapImage
from mouseview.formats.fields import image_size, mismatch
from mouseview.formats.files import MIB, file_size, unreadable
from mouseview.model.errors import FileFormatError

MAX_CAMERAS = 10_000
MAX_IMAGES = 10_000
MAX_TEXT_BYTES = 512 * MIB  # images.txt lists every 2D point
_MAX_LINE = 32 * MIB
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,9})?|[-+]?(?:nan|inf)", re.ASCII | re.IGNORECASE)
_WHOLE = re.compile(r"\d{1,18}", re.ASCII)


def read_cameras(path: Path) -> dict[int, ColmapCamera]:
    """The cameras by their ids, which need not be contiguous. Raises ``FileFormatError`` at the line."""
    cameras: dict[int, ColmapCamera] = {}
    for number, line in _entries(path):
        place = f"{path}, line {number}"
        fields = line.split()
        if len(fields) < 4:
            raise mismatch(place, "CAMERA_ID MODEL WIDTH HEIGHT PARAMS…", line)
        model = BY_NAME.get(fields[1])
        if model is None:
            raise unknown_model(place, fields[1])
        if len(fields) != 4 + model.count:
            raise mismatch(place, f"{model.count} parameters of {model.name}", f"{len(fields) - 4} parameters")
        width, height = image_size(_whole(fields[2], place), _whole(fields[3], place), place)
        parameters = tuple(_number(field, place) for field in fields[4:])
        cameras[_whole(fields[0], place)] = ColmapCamera(model, width, height, parameters)
        if len(cameras) > MAX_CAMERAS:
            raise mismatch(str(path), f"at most {MAX_CAMERAS} cameras", "more")
    return cameras


def unknown_model(place: str, model: str) -> FileFormatError:
    return FileFormatError(
        f"camera model {model[:40]!r} is not one that can be held",
        place=place,
        remedy=f"use one of {KNOWN}, or undistort the images in COLMAP and open that model",
    )


def read_images(path: Path) -> list[ColmapImage]:
    """The images in file order. Raises ``FileFormatError`` at the line."""
    images = []
    entries = _entries(path, every_second=True)
    for number, line in entries:
        place = f"{path}, line {number}"
        fields = line.split(maxsplit=9)
        if len(fields) != 10:
            raise mismatch(place, "IMAGE_ID QW QX QY QZ TX TY TZ CAMERA_ID NAME", line)
        values = tuple(_number(field, place) for field in fields[1:8])
        images.append(ColmapImage(values[:4], values[4:], _whole(fields[8], place), fields[9], place))
        if len(images) > MAX_IMAGES:
            raise mismatch(str(path), f"at most {MAX_IMAGES} images", "more")
    return images


def _entries(path: Path, every_second: bool = False) -> Iterator[tuple[int, str]]:
    """(line number, line) of every entry; ``every_second``: each is followed by its line of 2D points, maybe empty."""
    if file_size(path) > MAX_TEXT_BYTES:
        raise FileFormatError("is larger than such a file can be", place=str(path), remedy="check the path")
    try:
        with open(path, "rb") as file:
            number = 0
            while line := file.readline(_MAX_LINE):
                number += 1
                if line.isspace() or line.lstrip().startswith(b"#"):
                    continue
                yield number, _text(line, f"{path}, line {number}")
                if every_second:
                    number += 1
                    points = file.readline(_MAX_LINE)
                    if len(points.split(maxsplit=30)) in (10, 11):  # points come in threes
                        raise FileFormatError(
                            "is an image where the 2D points of the image before are expected",
                            place=f"{path}, line {number}",
                            remedy="images.txt has two lines an image: keep the second one also where it is empty",
                        )
                    while points and not points.endswith(b"\n"):
                        points = file.readline(_MAX_LINE)
    except OSError as error:
        raise unreadable(path, error) from error


def _text(line: bytes, place: str) -> str:
    try:
        return line.decode().strip()
    except UnicodeDecodeError as error:
        raise FileFormatError("is not UTF-8 text", place=place, remedy="export the model from COLMAP again") from error


def _number(text: str, place: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise mismatch(place, "a number", text)
    return float(text)


def _whole(text: str, place: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise mismatch(place, "a whole number", text)
    return int(text)


def as_text(cameras: Sequence[ColmapCamera], images: Sequence[ColmapImage]) -> dict[str, bytes]:
    """The three files of a model; camera ids count from 1, no points."""
    camera_lines = ["# CAMERA_ID MODEL WIDTH HEIGHT PARAMS[]"]
    for number, camera in enumerate(cameras, start=1):
        parameters = " ".join(map(repr, camera.parameters))
        camera_lines.append(f"{number} {camera.model.name} {camera.width} {camera.height} {parameters}")
    image_lines = ["# two lines an image: IMAGE_ID QW QX QY QZ TX TY TZ CAMERA_ID NAME, then its 2D points"]
    for number, image in enumerate(images, start=1):
        pose = " ".join(map(repr, (*image.quaternion, *image.translation)))
        image_lines += [f"{number} {pose} {image.camera_id} {image.name}", ""]
    files = {"cameras.txt": camera_lines, "images.txt": image_lines, "points3D.txt": ["# no points"]}
    return {name: ("\n".join(lines) + "\n").encode() for name, lines in files.items()}
