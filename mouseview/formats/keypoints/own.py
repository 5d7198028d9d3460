"""MouseView's own ``keypoints.json``: names, frames, and for every camera [x, y] or null, from the outer corner."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mouseview.formats.fields import mapping, matrix, mismatch
from mouseview.formats.fields import name as name_of
from mouseview.formats.files import MIB, head_of, read_json, write_atomically
from mouseview.formats.keypoints.table import (
    MAX_FRAME,
    MAX_POINTS,
    MAX_VIEWS,
    KeypointTable,
    pixel_rows,
    point_names,
    usable,
    world_rows,
)
from mouseview.geometry.transforms import Array
from mouseview.model.camera import Labels

NAME = "mouseview-keypoints"
FILE_NAME = "keypoints.json"
MAX_BYTES = 128 * MIB
_VERSION = 1
_ORIGIN = "outer corner of the first pixel"
_MARK = re.compile(rb'"format"\s*:\s*"mouseview-keypoints"')


def sniff(path: Path) -> bool:
    """By content: JSON that says so."""
    return bool(_MARK.search(head_of(path)))


def write_keypoints(labels: Labels, cameras: Sequence[str], path: Path | str) -> None:
    """Write labels for these cameras (parallel to ``labels.points_px``), atomically.

    2D points in px from the outer corner of the first pixel; 3D points in the unit of the calibration, where there
    are any. Raises ``FileFormatError`` when the disk refuses, ``ValueError`` for labels of other cameras.
    """
    px = labels.points_px
    if px is not None and len(px) != len(cameras):
        raise ValueError(f"labels of {len(px)} views for {len(cameras)} cameras")
    frames = labels.frames or tuple(range(len(labels.points_world)))
    document: dict[str, Any] = {
        "format": NAME,
        "version": _VERSION,
        "pixel_origin": _ORIGIN,
        "names": list(labels.names),
        "frames": [int(frame) for frame in frames],
        "cameras": {} if px is None else {camera: _lists(view) for camera, view in zip(cameras, px, strict=True)},
    }
    if len(labels.finite_points):
        document["points_world"] = _lists(labels.points_world)
    write_atomically(path, json.dumps(document, allow_nan=False).encode())


def _lists(points: Array) -> list[list[list[float] | None]]:
    """(F, N, D) → lists; null for a point that is absent."""
    absent = ~np.all(np.isfinite(points), axis=-1)
    return [
        [None if missing else point for point, missing in zip(row, gone, strict=True)]
        for row, gone in zip(points.tolist(), absent.tolist(), strict=True)
    ]


def read(path: Path) -> KeypointTable:
    """What ``write_keypoints`` wrote. Raises ``FileFormatError``."""
    document = mapping(read_json(path, MAX_BYTES), str(path))
    if document.get("version") != _VERSION or document.get("pixel_origin") != _ORIGIN:
        found = f"{document.get('version')!r}, {document.get('pixel_origin')!r}"
        raise mismatch(str(path), f"version {_VERSION} with pixel_origin {_ORIGIN!r}", found)
    frames = document.get("frames")
    if not isinstance(frames, list) or not all(
        isinstance(frame, int) and not isinstance(frame, bool) and 0 <= frame <= MAX_FRAME for frame in frames
    ):
        raise mismatch(f"{path}, frames", "a list of frame numbers", frames)
    numbers, rows = np.unique(np.array(frames, dtype=np.int64), return_index=True)
    if len(numbers) != len(frames):
        raise mismatch(f"{path}, frames", "every frame once", frames)
    views = mapping(document.get("cameras"), f"{path}, cameras")
    if len(views) > MAX_VIEWS:
        raise mismatch(f"{path}, cameras", f"at most {MAX_VIEWS} cameras", f"{len(views)} cameras")
    pixels = [_points(value, len(frames), 2, f"{path}, cameras.{key[:100]}") for key, value in views.items()]
    stated = document.get("points_world")
    world = None if stated is None else _points(stated, len(frames), 3, f"{path}, points_world")
    counts = {points.shape[1] for points in (*pixels, *([] if world is None else [world]))}
    if len(counts) > 1:
        raise mismatch(str(path), "equally many points everywhere", f"counts {sorted(counts)}")
    count = counts.pop() if counts else 0
    stated_names = document.get("names")
    stated_names = stated_names if isinstance(stated_names, list) else []
    names = [name_of(value, f"{path}, names") for value in stated_names]
    if len(names) not in (0, count):
        raise mismatch(f"{path}, names", f"{count} names, or none", stated_names)
    return KeypointTable(
        point_names(names, f"{path}, names"),
        tuple(views),
        numbers,
        count,
        (),
        pixels=pixel_rows(usable(np.stack(pixels)[:, rows])) if pixels else None,
        world=None if world is None else world_rows(usable(world[rows])),
    )


def _points(value: Any, frames: int, dimensions: int, place: str) -> Array:
    """(F, N, dimensions), NaN for null."""
    if not isinstance(value, list) or len(value) != frames or not all(isinstance(row, list) for row in value):
        raise mismatch(place, f"{frames} lists of points", value)
    widths = {len(row) for row in value}
    if len(widths) > 1 or max(widths, default=0) > MAX_POINTS:
        raise mismatch(place, "equally many points in every frame", f"counts {sorted(widths)[:5]}")
    absent = np.full(dimensions, np.nan)
    rows = [
        [absent if point is None else matrix(point, (dimensions,), f"{place}[{at}]") for point in row]
        for at, row in enumerate(value)
    ]
    return np.array(rows, dtype=np.float64).reshape(frames, max(widths, default=0), dimensions)
