"""anipose ``pose-3d/*.csv``: 3D points a line a frame, turned back from the body into the calibration's frame."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mouseview.formats.fields import mismatch
from mouseview.formats.files import MIB, head_of, read_bytes
from mouseview.formats.keypoints.table import KeypointTable, ascending, point_names, usable, world_rows
from mouseview.geometry.transforms import Array

NAME = "anipose-3d"
MAX_BYTES = 512 * MIB
_ENDINGS = ("_x", "_y", "_z")
_TURN = [f"M_{row}{column}" for row in range(3) for column in range(3)]
_CENTRE = [f"center_{axis}" for axis in range(3)]


def sniff(path: Path) -> bool:
    """By content: the first line names ``…_x``, ``…_y``, ``…_z`` and ``fnum``."""
    cells = _cells(head_of(path))
    return "fnum" in cells and any(cell.endswith("_z") for cell in cells)


def _cells(data: bytes) -> list[str]:
    line = data.lstrip(b"\xef\xbb\xbf").split(b"\n", 1)[0]
    return [cell.strip() for cell in line.decode("utf-8", "replace").split(",")]


def read(path: Path) -> KeypointTable:
    """Points of all frames in the world and the unit of the calibration. Raises ``FileFormatError``."""
    data = read_bytes(path, MAX_BYTES)
    header = _cells(data)
    at = {cell: column for column, cell in enumerate(header)}
    names = [cell[:-2] for cell in header if cell.endswith("_x") and all(cell[:-2] + end in at for end in _ENDINGS)]
    values = _numbers(data, len(header), path)
    if not names or "fnum" not in at or not np.all(np.isfinite(values[:, at["fnum"]])):
        raise mismatch(f"{path}, line 1", "columns NAME_x, NAME_y, NAME_z and frame numbers in fnum", None)
    numbers = [int(value) if value == int(value) else None for value in values[:, at["fnum"]].tolist()]
    frames, rows = ascending(numbers, path)
    wanted = [at[name + end] for name in names for end in _ENDINGS]
    points = values[rows][:, wanted].reshape(len(frames), len(names), 3)
    notes = ["3D points are taken to be in the unit of the calibration"]
    if all(key in at for key in (*_TURN, *_CENTRE)) and len(values):
        points = _turned_back(points, values[:, [at[key] for key in (*_TURN, *_CENTRE)]].mean(axis=0), path)
        notes.append("anipose's turn into the body's frame (M, center) is undone")
    return KeypointTable(
        point_names(names, str(path)), (), frames, len(names), tuple(notes), world=world_rows(usable(points))
    )


def _turned_back(points: Array, frame: Array, path: Path) -> Array:
    """The points as they were before anipose wrote M p − center."""
    M = frame[:9].reshape(3, 3)
    if not np.all(np.isfinite(frame)) or abs(np.linalg.det(M)) < 1e-9:
        raise mismatch(f"{path}, M_00 to center_2", "a rotation and a point", None)
    return (points + frame[9:]) @ np.linalg.inv(M).T


def _numbers(data: bytes, width: int, path: Path) -> Array:
    """(lines, width) of all lines behind the first; an empty cell is NaN."""
    lines = [line for line in data.splitlines()[1:] if line.strip()]
    out = np.empty((len(lines), width))
    for row, line in enumerate(lines):
        cells = line.split(b",")
        if len(cells) != width:
            raise mismatch(f"{path}, line {row + 2}", f"{width} values", f"{len(cells)} values")
        try:
            out[row] = [float(cell) if cell.strip() else np.nan for cell in cells]
        except ValueError as error:
            raise mismatch(f"{path}, line {row + 2}", "numbers", str(error)) from error
    return out
