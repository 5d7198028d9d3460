"""Plain JSON of labelled moments: {set: {camera's name or number: [x, y, x, y, …]}}, from the first pixel's centre."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from mouseview.formats.fields import mismatch, natural_key, number
from mouseview.formats.files import MIB, head_of, read_json
from mouseview.formats.keypoints.table import (
    CENTRE_ORIGIN_PX,
    MAX_POINTS,
    MAX_VIEWS,
    KeypointTable,
    pixel_rows,
    usable,
)
from mouseview.geometry.transforms import Array

NAME = "point-sets"
MAX_BYTES = 64 * MIB
_MAX_VALUES = 1 << 24
_BEGIN = re.compile(rb'^\s*\{\s*"[^"]*"\s*:\s*\{\s*"[^"]*"\s*:\s*\[\s*(-?\d|null|NaN)')


def sniff(path: Path) -> bool:
    """By content: an object of objects of flat lists of numbers."""
    return bool(_BEGIN.match(head_of(path).lstrip(b"\xef\xbb\xbf")))


def read(path: Path) -> KeypointTable:
    """A frame for each set, in the order of the file. Raises ``FileFormatError``.

    Cameras called by whole numbers are numbered anew within each set, in ascending order, so that a set may count on
    from the one before it. Other values beside the sets (a note) are passed over.
    """
    document = read_json(path, MAX_BYTES)
    if not isinstance(document, dict):
        raise mismatch(str(path), "an object of sets", document)
    sets = {name: entry for name, entry in document.items() if isinstance(entry, dict)}
    parsed = [_set(entry, f"{path}, {name[:100]}") for name, entry in sets.items()]
    cameras = list(dict.fromkeys(camera for entry in parsed for camera in entry))
    counts = {len(points) for entry in parsed for points in entry.values()}
    if len(counts) != 1:
        raise mismatch(str(path), "sets of equally many points in every camera", f"counts {sorted(counts)[:5]}")
    count = counts.pop()
    if len(cameras) > MAX_VIEWS or count > MAX_POINTS or len(cameras) * len(parsed) * count > _MAX_VALUES:
        raise mismatch(str(path), "sets that can be held", f"{len(parsed)} sets of {len(cameras)} cameras")
    values = np.full((len(cameras), len(parsed), count, 2), np.nan)
    for row, entry in enumerate(parsed):
        for camera, points in entry.items():
            values[cameras.index(camera), row] = points
    nowhere = np.all(values == 0, axis=-1)
    notes = ["the file states no pixel origin; the first pixel's centre is assumed, as in JARVIS"]
    notes.append(f"sets {', '.join(name[:40] for name in list(sets)[:8])} are frames 0 to {len(sets) - 1}")
    if np.any(nowhere):
        notes.append(f"{int(nowhere.sum())} points at exactly 0, 0 count as not labelled")
    points_px = usable(np.where(nowhere[..., None], np.nan, values) + CENTRE_ORIGIN_PX)
    return KeypointTable((), tuple(cameras), np.arange(len(parsed)), count, tuple(notes), pixels=pixel_rows(points_px))


def _set(entry: dict[str, Any], place: str) -> dict[str, Array]:
    """Camera → (N, 2) as in the file; cameras called by numbers are counted from 0."""
    names = sorted(entry, key=natural_key)
    numbered = bool(names) and all(name.isdecimal() for name in names)
    return {
        str(index) if numbered else name[:200]: _points(entry[name], f"{place}.{name[:100]}")
        for index, name in enumerate(names)
    }


def _points(flat: Any, place: str) -> Array:
    if not isinstance(flat, list) or len(flat) % 2 or not 2 <= len(flat) <= 2 * MAX_POINTS:
        raise mismatch(place, "a flat list x, y, x, y, …", flat)
    values = [np.nan if value is None else number(value, place) for value in flat]
    return np.array(values).reshape(-1, 2)
