"""Frames that a camera dropped, from the file that its recorder left beside the video.

campy: ``frametimes.npy`` beside each video, row 0 counts the camera's exposures. Caliscope: ``frame_time_history.csv``
of all cameras, whose ``sync_index`` is common to them.
"""

from __future__ import annotations

import csv
import io
import tokenize
from pathlib import Path

import numpy as np

from mouseview.formats.files import MIB, read_bytes
from mouseview.formats.sessions.names import assign
from mouseview.model.errors import FileFormatError

_CAMPY = "frametimes.npy"
_CALISCOPE = "frame_time_history.csv"
_MAX_BYTES = 256 * MIB
_MAX_NUMBER = 2**40
MAX_GAPS = 20  # numbers that stand further apart on the average do not count frames
_REMEDY = "export it again, or move it away: then frames are counted one by one"


def recorded_numbers(
    cameras: tuple[str, ...], videos: tuple[Path | None, ...]
) -> tuple[list[tuple[int, ...] | None], str]:
    """For each camera the shared number of each of its frames (None: nothing is known), and what says so.

    Raises ``FileFormatError`` for a file of that name that cannot be used.
    """
    out: list[tuple[int, ...] | None] = [None] * len(cameras)
    homes = sorted({video.parent for video in videos if video is not None})
    for home in homes:
        table = home / _CALISCOPE
        if len(homes) == 1 and table.is_file():
            ports = _read_caliscope(table)
            found = assign(cameras, [(port,) for port in ports])
            numbers = list(ports.values())
            return [None if place is None else numbers[place] for place in found.chosen], _CALISCOPE
    for index, video in enumerate(videos):
        file = None if video is None else video.parent / _CAMPY
        if file is not None and file.is_file() and sum(v is not None and v.parent == file.parent for v in videos) == 1:
            out[index] = _read_campy(file)
    starts = [numbers[0] for numbers in out if numbers]
    first = min(starts, default=0)
    shifted = [None if numbers is None else tuple(number - first for number in numbers) for numbers in out]
    return shifted, _CAMPY if starts else ""


def _read_campy(path: Path) -> tuple[int, ...]:
    data = read_bytes(path, _MAX_BYTES)
    try:
        table = np.load(io.BytesIO(data), allow_pickle=False)
    except (ValueError, OSError, EOFError, SyntaxError, MemoryError, tokenize.TokenError) as error:
        raise _refused(path, f"is no array that can be read: {str(error)[:80]}") from error
    if not isinstance(table, np.ndarray) or table.dtype.kind not in "fiu" or table.ndim != 2 or len(table) < 2:
        raise _refused(path, "does not hold two rows of frame numbers and times")
    row = table[0].astype(np.float64)
    if not len(row) or not np.all(np.isfinite(row)) or np.any(np.abs(row) > _MAX_NUMBER):
        raise _refused(path, "holds frame numbers that are not finite")
    return _ascending(np.rint(row).astype(np.int64), path)


def _read_caliscope(path: Path) -> dict[str, tuple[int, ...]]:
    """Port → sync index of each of its frames."""
    data = read_bytes(path, _MAX_BYTES)
    try:
        reader = csv.DictReader(io.StringIO(data.decode("utf-8-sig")))
        rows = [(row["port"], int(row["sync_index"]), int(float(row["frame_index"]))) for row in reader]
        if any(abs(number) > _MAX_NUMBER or abs(frame) > _MAX_NUMBER for _, number, frame in rows):
            raise ValueError("numbers too large")
    except (KeyError, TypeError, ValueError, OverflowError, csv.Error) as error:
        raise _refused(path, "has no columns sync_index, port and frame_index of whole numbers") from error
    frames: dict[str, list[tuple[int, int]]] = {}
    for port, number, frame in rows:
        frames.setdefault(port[:200], []).append((frame, number))
    out = {
        port: _ascending(np.array([number for _, number in sorted(pairs)], np.int64), path)
        for port, pairs in frames.items()
    }
    if not out:
        raise _refused(path, "lists no frames")
    return out


def _ascending(numbers: np.ndarray, path: Path) -> tuple[int, ...]:
    if np.any(np.diff(numbers) <= 0):
        raise _refused(path, "holds frame numbers that do not ascend")
    if numbers[-1] - numbers[0] >= MAX_GAPS * len(numbers):
        raise _refused(path, f"holds {len(numbers)} frame numbers from {numbers[0]} to {numbers[-1]}, which count none")
    return tuple(numbers.tolist())


def _refused(path: Path, why: str) -> FileFormatError:
    return FileFormatError(why, place=str(path), remedy=_REMEDY)
