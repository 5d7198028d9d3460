"""SLEAP labels ``.slp``: frames of one or more videos, labelled by hand or predicted, in HDF5 tables."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from mouseview.formats.fields import mapping, mismatch, unique_names
from mouseview.formats.fields import name as name_of
from mouseview.formats.keypoints.hdf5 import Hdf5, hdf5_file, is_hdf5
from mouseview.formats.keypoints.sleap_analysis import THRESHOLD
from mouseview.formats.keypoints.table import (
    CENTRE_ORIGIN_PX,
    MAX_FRAME,
    MAX_VIEWS,
    KeypointTable,
    pixel_rows,
    point_names,
    usable,
)
from mouseview.geometry.transforms import Array
from mouseview.model.errors import FileFormatError

NAME = "sleap-labels"
_TABLES = ("frames", "instances", "points", "pred_points", "metadata")
_FROM_CENTRE = 1.1  # the file version from which coordinates count from the first pixel's centre
_MAX_VALUES = 1 << 25


def sniff(path: Path) -> bool:
    """By content: HDF5 with SLEAP's tables."""
    if not is_hdf5(path):
        return False
    with hdf5_file(path) as file:
        return set(_TABLES) <= set(file.names())


def read(path: Path) -> KeypointTable:
    """One view for each video that has labelled frames, called as its file.

    Of several instances in a frame one labelled by hand is taken, else that of the highest score. Raises
    ``FileFormatError``.
    """
    with hdf5_file(path) as file:
        names = _nodes(file, path)
        videos = _videos(file, path)
        frames = file.records("frames", ("video", "frame_idx", "instance_id_start", "instance_id_end"))
        instances = file.records("instances", ("instance_type", "score", "point_id_start", "point_id_end"))
        by_hand = _points(file, "points")
        predicted = _points(file, "pred_points")
        version = file.attribute("metadata", "format_id")
    shift = CENTRE_ORIGIN_PX if isinstance(version, int | float) and version >= _FROM_CENTRE else 0.0
    numbers, rows = np.unique(frames["frame_idx"].astype(np.int64), return_inverse=True)
    used, views = np.unique(frames["video"].astype(np.int64), return_inverse=True)
    if len(numbers) and not (numbers[0] >= 0 and numbers[-1] <= MAX_FRAME):
        raise mismatch(f"{path}, frames", "frame numbers from 0", f"{numbers[0]} to {numbers[-1]}")
    if len(used) > MAX_VIEWS or 2 * len(used) * len(numbers) * len(names) > _MAX_VALUES:
        raise FileFormatError(
            f"has {len(used)} videos of {len(numbers)} frames and {len(names)} points, more than can be held",
            place=str(path),
            remedy="export one analysis file for each video in SLEAP",
        )
    points = np.full((len(used), len(numbers), len(names), 2), np.nan)
    several = 0
    for frame, row, view in zip(frames, rows.tolist(), views.tolist(), strict=True):
        start, end = int(frame["instance_id_start"]), int(frame["instance_id_end"])
        candidates = instances[max(0, start) : max(0, end)]
        if not len(candidates):
            continue
        several += len(candidates) > 1
        hand = candidates["instance_type"] == 0
        chosen = candidates[np.argmax(np.where(hand, np.inf, np.nan_to_num(candidates["score"].astype(float))))]
        table = by_hand if chosen["instance_type"] == 0 else predicted
        found = table[max(0, int(chosen["point_id_start"])) : max(0, int(chosen["point_id_end"]))]
        if len(found) != len(names):
            raise mismatch(f"{path}, instances", f"{len(names)} points an instance", f"{len(found)} points")
        points[view, row] = found + shift
    called = unique_names([videos[index] if index < len(videos) else f"video {index}" for index in used.tolist()])
    origin = "the first pixel's centre" if shift else "the outer corner of the first pixel (an early version)"
    notes = [f"SLEAP's coordinates start at {origin}", f"predictions with a score below {THRESHOLD} are left out"]
    if several:
        notes.append(f"{several} frames have several instances: one labelled by hand or the highest score counts")
    return KeypointTable(names, tuple(called), numbers, len(names), tuple(notes), pixels=pixel_rows(usable(points)))


def _nodes(file: Hdf5, path: Path) -> tuple[str, ...]:
    """Names of the points, in the order that instances have them."""
    place = f"{path}, metadata"
    text = file.attribute("metadata", "json")
    try:
        document = mapping(json.loads(text), place)
    except (TypeError, ValueError, RecursionError) as error:
        raise mismatch(place, "SLEAP's description of the skeleton as JSON", text) from error
    entries = document.get("nodes")
    if not isinstance(entries, list) or not entries:
        raise mismatch(f"{place}.nodes", "a list of nodes", entries)
    names = [name_of(node.get("name") if isinstance(node, dict) else node, f"{place}.nodes") for node in entries]
    skeletons = document.get("skeletons")
    ids = _ids(skeletons[0]) if isinstance(skeletons, list) and len(skeletons) == 1 else []
    if sorted(ids) != list(range(len(names))):
        raise mismatch(f"{place}.skeletons", "one skeleton of all nodes", skeletons)
    return point_names([names[index] for index in ids], place)


def _ids(skeleton: Any) -> list[int]:
    nodes = skeleton.get("nodes") if isinstance(skeleton, dict) else None
    ids = [node.get("id") if isinstance(node, dict) else None for node in nodes or ()]
    return [index for index in ids if isinstance(index, int) and not isinstance(index, bool)]


def _videos(file: Hdf5, path: Path) -> list[str]:
    """What the videos are called: the path that SLEAP remembers; where they lie is not asked."""
    texts = file.texts("videos_json") if "videos_json" in file else ()
    names = []
    for text in texts:
        try:
            entry = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise mismatch(f"{path}, videos_json", "a description of a video as JSON", text) from error
        backend = entry.get("backend") if isinstance(entry, dict) else None
        name = backend.get("filename") if isinstance(backend, dict) else None
        names.append(str(PurePosixPath(str(name or "video").replace("\\", "/")))[-200:])
    return names


def _points(file: Hdf5, name: str) -> Array:
    """(n, 2); NaN where a point is not visible or a prediction too weak."""
    table = file.records(name, ("x", "y", "visible"))
    good = table["visible"].astype(bool)
    if "score" in (table.dtype.names or ()):
        good &= ~(table["score"] < THRESHOLD)
    points = np.stack([table["x"], table["y"]], axis=-1).astype(np.float64)
    return np.where(good[:, None], points, np.nan)
