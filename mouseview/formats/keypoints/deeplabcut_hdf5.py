"""DeepLabCut ``.h5``: a pandas table in HDF5. Its column names are pickled texts, read without running anything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from mouseview.formats.array_pickle import plain_pickle
from mouseview.formats.fields import mismatch
from mouseview.formats.keypoints.deeplabcut import NOTES, columns
from mouseview.formats.keypoints.hdf5 import Hdf5, hdf5_file, is_hdf5
from mouseview.formats.keypoints.table import KeypointTable, ascending, best_track, frame_number, pixel_rows
from mouseview.geometry.transforms import Array
from mouseview.model.errors import FileFormatError

NAME = "deeplabcut-hdf5"
_LEVELS = 4
_MAX_VALUES = 1 << 25


def sniff(path: Path) -> bool:
    """By content: HDF5 with a group that pandas wrote."""
    if not is_hdf5(path):
        return False
    with hdf5_file(path) as file:
        return _group(file) is not None


def _group(file: Hdf5) -> str | None:
    names = file.names()
    return next((name for name in names if f"{name}/table" in file or f"{name}/block0_values" in file), None)


def read(path: Path) -> KeypointTable:
    """One video's points; of several animals the one of most points. Raises ``FileFormatError``."""
    with hdf5_file(path) as file:
        group = _group(file)
        if group is None:
            raise mismatch(str(path), "a table that pandas wrote", None)
        is_table = f"{group}/table" in file
        header, frames, values = _table(file, group, path) if is_table else _blocks(file, group, path)
    if values.shape != (len(frames), len(header)):
        raise mismatch(f"{path}, {group}", f"{len(frames)} rows of {len(header)} values", f"shape {values.shape}")
    named = columns(header, path)
    if len(frames) * len(named.animals) * len(named.names) > _MAX_VALUES:
        raise mismatch(f"{path}, {group}", f"at most {_MAX_VALUES} points", None)
    numbers, rows = ascending(frames, path)
    values = values[rows].astype(np.float64)
    points = np.stack([named.points(values, animal) for animal in range(len(named.animals))])
    best, said = best_track(np.isfinite(points[..., 0]).sum(axis=(1, 2)), named.animals)
    count = len(named.names)
    return KeypointTable(named.names, ("",), numbers, count, (*NOTES, *said), pixels=pixel_rows(points[best][None]))


def _table(file: Hdf5, group: str, path: Path) -> tuple[list[tuple[str, ...]], list[int | None], Array]:
    """pandas' "table" layout: rows of an index and one block of values."""
    name = f"{group}/table"
    fields = file.fields(name)
    if fields != ("index", "values_block_0"):
        raise FileFormatError(
            f"is a table of {', '.join(fields)}, expected an index and one block of values",
            place=f"{path}, {name}",
            remedy="use the .csv that DeepLabCut writes beside it",
        )
    rows = file.records(name, ("index", "values_block_0"))
    pickled = file.attribute(name, "values_block_0_kind")
    entries = plain_pickle(_bytes(pickled), f"{path}, {name}, values_block_0_kind")
    if not isinstance(entries, list) or not all(_is_texts(entry) for entry in entries):
        raise mismatch(f"{path}, {name}, values_block_0_kind", "texts for every column", entries)
    frames = _whole(rows["index"], f"{path}, {name}, index")
    return [tuple(entry) for entry in entries], frames, np.atleast_2d(rows["values_block_0"])


def _blocks(file: Hdf5, group: str, path: Path) -> tuple[list[tuple[str, ...]], list[int | None], Array]:
    """pandas' "fixed" layout: levels and labels of the columns, the index, and one block of values."""
    levels: list[list[str]] = []
    for level in range(_LEVELS):
        texts = f"{group}/block0_items_level{level}"
        if texts not in file:
            break
        names = file.texts(texts)
        labels = file.numbers(f"{group}/block0_items_label{level}", 1)
        if labels.size and not (labels.min() >= 0 and labels.max() < len(names)):
            raise mismatch(f"{path}, {texts}", f"labels from 0 to {len(names) - 1}", None)
        levels.append([names[label] for label in labels.tolist()])
    if len({len(level) for level in levels}) != 1:
        raise mismatch(f"{path}, {group}", "as many labels in every level", None)
    index = f"{group}/axis1"
    is_numbers = file.kind(index) in "iu"
    frames = (
        _whole(file.numbers(index, 1), f"{path}, {index}")
        if is_numbers
        else [frame_number(text) for text in file.texts(index)]
    )
    return list(zip(*levels, strict=True)), frames, file.numbers(f"{group}/block0_values", 2)


def _whole(index: np.ndarray, place: str) -> list[int | None]:
    if index.dtype.kind not in "iu":
        raise mismatch(place, "frame numbers", str(index.dtype))
    return index.tolist()


def _bytes(value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode("latin1", "replace")
    return value if isinstance(value, bytes) else b""


def _is_texts(entry: Any) -> bool:
    return isinstance(entry, list) and all(isinstance(text, str) for text in entry)
