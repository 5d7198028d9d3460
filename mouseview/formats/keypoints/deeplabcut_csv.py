"""DeepLabCut and Lightning Pose ``.csv``: some lines of header, a line a frame, parsed when it is asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mouseview.formats.fields import mismatch
from mouseview.formats.files import MIB, head_of, read_bytes
from mouseview.formats.keypoints.deeplabcut import NOTES, Columns, columns
from mouseview.formats.keypoints.table import KeypointTable, Rows, ascending, best_track, frame_number
from mouseview.geometry.transforms import Array

NAME = "deeplabcut-csv"
MAX_BYTES = 512 * MIB
MAX_COLUMNS = 40_000
_HEADER = ("scorer", "individuals", "bodyparts", "coords")
_JUDGED_ROWS = 200  # enough to see which of several animals is there


def sniff(path: Path) -> bool:
    """By content: the first cell says ``scorer``, the second or third line starts with ``bodyparts``."""
    lines = head_of(path).lstrip(b"\xef\xbb\xbf").split(b"\n", 3)
    return lines[0].startswith(b"scorer,") and any(line.startswith(b"bodyparts,") for line in lines[1:])


def read(path: Path) -> KeypointTable:
    """One video's points; of several animals the one of most points. Raises ``FileFormatError``."""
    table = _Table(path)
    best = 0
    said: tuple[str, ...] = ()
    if len(table.columns.animals) > 1:
        sampled = np.linspace(0, len(table.frames) - 1, min(_JUDGED_ROWS, len(table.frames))).astype(np.int64)
        values = table.values(sampled)
        presence = [
            np.isfinite(table.columns.points(values, animal)[..., 0]).sum()
            for animal in range(len(table.columns.animals))
        ]
        best, said = best_track(np.array(presence), table.columns.animals)
    names = table.columns.names
    return KeypointTable(
        names,
        ("",),
        table.frames,
        len(names),
        (*NOTES, *said),
        pixels=lambda rows: table.columns.points(table.values(rows), best)[None],
    )


class _Table:
    """The text of the file with the places of its lines: numbers are made of the lines that are asked for alone."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._data = read_bytes(path, MAX_BYTES)
        ends = np.flatnonzero(np.frombuffer(self._data, np.uint8) == ord("\n"))
        starts = np.concatenate([[0], ends + 1])
        self._starts = starts[:-1] if starts[-1] >= len(self._data) else starts
        header, self._index_columns = self._header()
        self._width = len(header)
        self.columns: Columns = columns(header, path)
        first = len(header[0]) if header else 0
        texts = [self._index(line) for line in range(first, len(self._starts))]
        filled = [line for line, text in enumerate(texts, first) if text]
        numbers = [frame_number(text) for text in texts if text]
        self.frames, rows = ascending(numbers, path)
        self._lines = np.array(filled, dtype=np.int64)[rows] if filled else np.zeros(0, np.int64)

    def values(self, rows: Rows) -> Array:
        """(R, columns) of rows of ``frames``; an empty cell is NaN. Raises ``FileFormatError`` naming the line."""
        out = np.empty((len(rows), self._width))
        for at, row in enumerate(rows.tolist()):
            line = int(self._lines[row])
            cells = self._line(line).split(b",")[self._index_columns :]
            if len(cells) != self._width:
                raise mismatch(f"{self._path}, line {line + 1}", f"{self._width} values", f"{len(cells)} values")
            try:
                out[at] = [float(cell) if cell.strip() else np.nan for cell in cells]
            except ValueError as error:
                raise mismatch(f"{self._path}, line {line + 1}", "numbers", str(error)) from error
        return out

    def _line(self, line: int) -> bytes:
        start = int(self._starts[line])
        end = int(self._starts[line + 1]) - 1 if line + 1 < len(self._starts) else len(self._data)
        return self._data[start:end].rstrip(b"\r\n")

    def _index(self, line: int) -> str:
        """The text that names a row: the last of its index cells."""
        cells = self._line(line).split(b",", self._index_columns)[: self._index_columns]
        return cells[-1].decode("utf-8", "replace").strip()

    def _header(self) -> tuple[list[tuple[str, ...]], int]:
        """For every column the texts above it, and how many columns name the row."""
        lines: list[list[str]] = []
        for line in range(min(len(_HEADER), len(self._starts))):
            cells = self._line(line).decode("utf-8-sig", "replace").split(",")
            if cells[0].strip() not in _HEADER:
                break
            lines.append([cell.strip() for cell in cells])
        widths = {len(cells) for cells in lines}
        if not lines or len(widths) != 1 or max(widths) > MAX_COLUMNS:
            raise mismatch(f"{self._path}, line 1", "the lines scorer, bodyparts and coords of one length", None)
        index = 1 + next((at for at, cell in enumerate(lines[0][1:]) if cell), len(lines[0]))
        return list(zip(*(cells[index:] for cells in lines), strict=True)), index
