"""JARVIS annotations: COCO-like JSON whose framesets join the images that the cameras took at one moment."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from mouseview.formats.fields import mapping, matrix, mismatch, natural_key
from mouseview.formats.files import MIB, head_of, read_json
from mouseview.formats.keypoints.table import (
    CENTRE_ORIGIN_PX,
    MAX_POINTS,
    MAX_VIEWS,
    KeypointTable,
    frame_number,
    pixel_rows,
    point_names,
    usable,
)
from mouseview.geometry.transforms import Array

NAME = "jarvis-annotations"
MAX_BYTES = 128 * MIB
_MAX_VALUES = 1 << 25
_OURS = re.compile(rb'"(framesets|keypoint_names)"\s*:')
_COCO = (b'"annotations"', b'"keypoints"')


def sniff(path: Path) -> bool:
    """By content: a JSON object that speaks of framesets or names of keypoints, or of keypoints among annotations."""
    head = head_of(path)
    if not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return False
    return bool(_OURS.search(head)) or all(key in head for key in _COCO)


def read(path: Path) -> KeypointTable:
    """A frame for each frameset, a view for each camera (folder of the images). Raises ``FileFormatError``.

    Frames are called by the numbers in the names of their images where these tell them apart, else counted. Of several
    animals in an image the first one counts. Without framesets, images of one file name belong together.
    """
    document = mapping(read_json(path, MAX_BYTES), str(path))
    images = {_id(entry, f"{path}, images"): entry for entry in _entries(document, "images", path)}
    places = {key: _place(entry, f"{path}, images") for key, entry in images.items()}
    moments, sets = _moments(document, places, path)
    moments = [members for members in moments if members]
    frames = [frame_number(places[members[0]][1]) for members in moments]
    by_name = None not in frames and len(set(frames)) == len(frames)
    if by_name:
        moments = [members for _, members in sorted(zip(frames, moments, strict=True))]
    cameras = sorted({places[image][0] for members in moments for image in members}, key=natural_key)
    points = _annotations(document, path)
    count = max((len(found) for found in points.values()), default=0)
    if len(cameras) > MAX_VIEWS or count > MAX_POINTS or len(cameras) * len(moments) * count > _MAX_VALUES:
        raise mismatch(str(path), "annotations that can be held", f"{len(cameras)} cameras of {len(moments)} moments")
    view_of = {camera: index for index, camera in enumerate(cameras)}
    values = np.full((len(cameras), len(moments), count, 2), np.nan)
    for row, members in enumerate(moments):
        for image in members:
            found = points.get(image)
            if found is not None:
                values[view_of[places[image][0]], row, : len(found)] = found
    names = _names(document, path)
    notes = [
        "JARVIS's coordinates start at the first pixel's centre",
        f"{len(moments)} {sets}, numbered " + ("as their images" if by_name else "in the order of the file"),
    ]
    return KeypointTable(
        names if len(names) == count else (),
        tuple(cameras),
        np.array(sorted(frame for frame in frames if frame is not None)) if by_name else np.arange(len(moments)),
        count,
        tuple(notes),
        pixels=pixel_rows(usable(values + CENTRE_ORIGIN_PX)),
    )


def _entries(document: dict[str, Any], key: str, path: Path) -> list[dict[str, Any]]:
    value = document.get(key)
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise mismatch(f"{path}, {key}", "a list of objects", value)
    return value


def _id(entry: dict[str, Any], place: str, key: str = "id") -> int:
    value = entry.get(key)
    if isinstance(value, bool) or not isinstance(value, int):
        raise mismatch(f"{place}.{key}", "a whole number", value)
    return value


def _place(entry: dict[str, Any], place: str) -> tuple[str, str]:
    """The camera (the image's folder) and the name of the image."""
    name = entry.get("file_name")
    if not isinstance(name, str) or not name.strip():
        raise mismatch(f"{place}.file_name", "the path of an image", name)
    parts = name.replace("\\", "/").strip("/").split("/")
    return (parts[-2] if len(parts) > 1 else "")[:200], parts[-1][:200]


def _moments(document: dict[str, Any], places: dict[int, tuple[str, str]], path: Path) -> tuple[list[list[int]], str]:
    """The images of each moment, and what the moments are."""
    framesets = document.get("framesets")
    if framesets is None:
        together: dict[str, list[int]] = {}
        for image, (_, name) in places.items():
            together.setdefault(name, []).append(image)
        return [together[name] for name in sorted(together, key=natural_key)], "groups of images of one name"
    moments = []
    for name, entry in mapping(framesets, f"{path}, framesets").items():
        place = f"{path}, framesets.{name[:100]}"
        members = mapping(entry, place).get("frames")
        if not isinstance(members, list) or len(members) > MAX_VIEWS:
            raise mismatch(f"{place}.frames", "a list of image ids", members)
        known = [image for image in members if isinstance(image, int) and image in places]
        if len(known) != len(members):
            raise mismatch(f"{place}.frames", "ids of images in this file", members)
        moments.append(known)
    return moments, "framesets"


def _annotations(document: dict[str, Any], path: Path) -> dict[int, Array]:
    """Image id → (N, 2) as they stand in the file, NaN where not labelled."""
    found: dict[int, Array] = {}
    for index, entry in enumerate(_entries(document, "annotations", path)):
        place = f"{path}, annotations[{index}]"
        flat = entry.get("keypoints")
        if not isinstance(flat, list) or not flat or len(flat) % 3 or len(flat) > 3 * MAX_POINTS:
            raise mismatch(f"{place}.keypoints", "x, y and visibility of every point", flat)
        values = matrix(flat, (len(flat),), f"{place}.keypoints").reshape(-1, 3)
        image = _id(entry, place, "image_id")
        found.setdefault(image, np.where(values[:, 2:] > 0, values[:, :2], np.nan))
    return found


def _names(document: dict[str, Any], path: Path) -> tuple[str, ...]:
    names = document.get("keypoint_names")
    if names is None:
        categories = document.get("categories")
        first = categories[0] if isinstance(categories, list) and categories else None
        names = first.get("keypoints") if isinstance(first, dict) else None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return ()
    return point_names(names, f"{path}, keypoint_names")
