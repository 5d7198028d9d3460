"""The journal of a job: one JSON line for each item that ended, in the folder that the job writes.

Appended, so that a killed run loses nothing that it had finished; synchronised to the disk in batches, so that a power
cut loses a second of it at most. A line that is torn or damaged counts as not written: its item is done again.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from mouseview.formats.files import file_size, unreadable, unwritable, write_atomically
from mouseview.jobs.folder_lock import NAME as LOCK
from mouseview.jobs.job import ItemError, Result
from mouseview.model.errors import FileFormatError

NAME = "mouseview-job.jsonl"
_FORMAT, _VERSION = "mouseview-job", 1
_MAX_BYTES = 1 << 28
_MAX_LINE_BYTES = 1 << 20
_SYNC_S = 1.0
_SYNC_LINES = 256


@dataclass(frozen=True)
class Record:
    """What the journal knows of an item: its result with the fingerprint that it holds for, or its error."""

    fingerprint: str = ""
    result: Result | None = None
    error: ItemError | None = None


@dataclass(frozen=True)
class JobState:
    """What a folder tells about the job that wrote it. items: how many there are; records: of those that ended."""

    kind: str
    settings: Mapping[str, Any]
    items: int
    records: Mapping[str, Record]

    @property
    def done(self) -> int:
        return sum(record.result is not None for record in self.records.values())

    @property
    def is_complete(self) -> bool:
        return self.done >= self.items


def read_state(out: Path) -> JobState | None:
    """The state that a job has left in ``out``; None where there is none.

    Raises ``FileFormatError`` when the journal cannot be read at all; single lines that cannot are left out.
    """
    path = out / NAME
    if not path.exists():
        return None
    if file_size(path) > _MAX_BYTES:
        raise _unusable(path, f"is larger than {_MAX_BYTES >> 20} MiB")
    try:
        with open(path, "rb") as file:
            header = _object(file.readline(_MAX_LINE_BYTES))
            if header is None or header.get("format") != _FORMAT or header.get("version") != _VERSION:
                raise _unusable(path, "does not begin as the journal of a job of this version")
            kind, settings, items = header.get("kind"), header.get("settings"), header.get("items")
            if not isinstance(kind, str) or not isinstance(settings, dict) or type(items) is not int:
                raise _unusable(path, "does not say what its job is")
            return JobState(kind, settings, items, _records(file))
    except OSError as error:
        raise unreadable(path, error) from error


class Journal:
    """Appends to the journal of ``out``; a job that finishes nothing leaves none.

    kept: records of an earlier run that this one goes on from; None begins anew. In a folder that holds other things
    the file is made with the first success, in an empty one at once. Raises ``FileFormatError`` when the disk does not
    take it.
    """

    def __init__(
        self, out: Path, kind: str, settings: Mapping[str, Any], items: int, kept: Mapping[str, Record] | None
    ) -> None:
        self._path = out / NAME
        self._header = {"format": _FORMAT, "version": _VERSION, "kind": kind, "items": items, "settings": settings}
        self._records: dict[str, Record] = dict(kept or {})
        self._file: BinaryIO | None = None
        self._unsynced, self._synced_at = 0, time.monotonic()
        self._made = False
        if not kept and not any(name != LOCK for name in os.listdir(out)):
            self._made = True
            self._begin({})

    def add(self, key: str, record: Record) -> None:
        self._records[key] = record
        try:
            if self._file is not None:
                self._file.write(_line(key, record))
                self._file.flush()
                self._unsynced += 1
            elif record.result is not None:
                self._begin(self._records)
        except OSError as error:
            raise unwritable(self._path, error) from error

    def sync(self, *, now: bool = False) -> None:
        """To the disk, when enough lines or enough time have gathered, or at once."""
        due = self._unsynced >= _SYNC_LINES or time.monotonic() - self._synced_at >= _SYNC_S
        if self._file is not None and self._unsynced and (due or now):
            try:
                os.fsync(self._file.fileno())
            except OSError as error:
                raise unwritable(self._path, error) from error
            self._unsynced, self._synced_at = 0, time.monotonic()

    def settle(self, keys: Iterable[str]) -> None:
        """Bring it into the items' order: the same work leaves the same bytes, whoever did it in whatever order."""
        if self._file is not None:
            self._file.close()
            self._file = None
        records = {key: self._records[key] for key in keys if key in self._records}
        if any(record.result is not None for record in records.values()):
            data = self._bytes(records)
            if not self._path.exists() or self._path.read_bytes() != data:
                write_atomically(self._path, data)

    def close(self) -> None:
        if self._file is not None:
            try:
                self.sync(now=True)
            finally:
                self._file.close()
                self._file = None
        if self._made and not any(record.result is not None for record in self._records.values()):
            with contextlib.suppress(OSError):  # the folder may have vanished, which was told before
                self._path.unlink()

    def _begin(self, records: Mapping[str, Record]) -> None:
        write_atomically(self._path, self._bytes(records))
        self._file = open(self._path, "ab")  # noqa: SIM115  # closed by close()

    def _bytes(self, records: Mapping[str, Record]) -> bytes:
        lines = [json.dumps(self._header).encode() + b"\n", *(_line(key, record) for key, record in records.items())]
        return b"".join(lines)


def _line(key: str, record: Record) -> bytes:
    line: dict[str, Any] = {"item": key}
    if record.error is not None:
        line["error"] = record.error.document()
    else:
        line |= {"fingerprint": record.fingerprint, "result": record.result}
    return json.dumps(line).encode() + b"\n"


def _records(file: BinaryIO) -> dict[str, Record]:
    found: dict[str, Record] = {}
    while raw := file.readline(_MAX_LINE_BYTES):
        line = _object(raw)
        if line is None or not isinstance(line.get("item"), str):
            continue
        record = _record(line)
        if record is not None:
            found[line["item"]] = record
    return found


def _record(line: Mapping[str, Any]) -> Record | None:
    fingerprint, result, error = line.get("fingerprint"), line.get("result"), line.get("error")
    if isinstance(fingerprint, str) and isinstance(result, dict):
        return Record(fingerprint, result)
    if isinstance(error, dict):
        told = {name: error.get(name, "") for name in ("message", "place", "remedy", "details")}
        return Record(error=ItemError(**told)) if all(isinstance(part, str) for part in told.values()) else None
    return None


def _object(raw: bytes) -> dict[str, Any] | None:
    """The JSON object of a whole line, None for anything else: torn, damaged, of another kind."""
    if not raw.endswith(b"\n"):
        return None
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _unusable(path: Path, why: str) -> FileFormatError:
    return FileFormatError(
        f"the journal {why}", place=str(path), remedy="remove this file to begin anew, or choose another output folder"
    )
