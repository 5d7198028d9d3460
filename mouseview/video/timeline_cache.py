"""Timelines kept in the user's cache, so that a video's packets are read once. Losing one costs time, never truth."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import platformdirs

from mouseview.video.timeline import Timeline, build_timeline

_VERSION = 1  # raise it when timelines come to mean something else
_MARK = b"mouseview timeline\n"
_HEAD = struct.Struct(
    "<19sIQQ"
)  # mark, checksum of the rest, number of stamps, number of keys; then these and the note
_MAX_FILES = 2000
_MAX_BYTES = 256 << 20


def timeline_of(path: Path) -> Timeline:
    """The timeline of a video in its present state, from the cache or made now. Raises ``FileFormatError``."""
    place = _place(path)
    kept = _read(place)
    if kept is not None:
        return kept
    timeline = build_timeline(path)
    _write(place, timeline)
    return timeline


def known_timeline(path: Path) -> Timeline | None:
    """The timeline where it is in the cache already."""
    return _read(_place(path))


def _folder() -> Path:
    root = os.environ.get("MOUSEVIEW_CACHE")
    return (Path(root) if root else platformdirs.user_cache_path("mouseview", appauthor=False)) / "video"


def _place(path: Path) -> Path | None:
    """Named by path, size and time of change, and by the decoder, whose next version may drop other frames."""
    try:
        state = path.stat()
    except OSError:
        return None
    key = f"{_VERSION} {cv2.__version__} {os.path.abspath(path)} {state.st_size} {state.st_mtime_ns}"
    return _folder() / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.timeline"


def _read(place: Path | None) -> Timeline | None:
    """None as well for a file that is cut off, foreign or damaged: it is made again."""
    if place is None:
        return None
    try:
        data = place.read_bytes() if place.stat().st_size <= _MAX_BYTES else b""
    except OSError:
        return None
    if len(data) < _HEAD.size:
        return None
    mark, checksum, stamps, keys = _HEAD.unpack_from(data)
    body = data[_HEAD.size :]
    if mark != _MARK or checksum != zlib.crc32(body) or len(body) < 8 * (stamps + keys):
        return None
    numbers = np.frombuffer(body, "<i8", stamps + keys).astype(np.int64)
    note = body[8 * (stamps + keys) :].decode()
    return Timeline(numbers[:stamps] if stamps else None, numbers[stamps:], note)


def _write(place: Path | None, timeline: Timeline) -> None:
    """Whole or not at all; a cache that cannot be written is a slower cache."""
    if place is None:
        return
    stamps = timeline.stamps_us if timeline.stamps_us is not None else np.zeros(0, np.int64)
    body = np.concatenate([stamps, timeline.keys]).astype("<i8").tobytes() + timeline.note.encode()
    head = _HEAD.pack(_MARK, zlib.crc32(body), len(stamps), len(timeline.keys))
    temporary = place.with_name(f".{place.stem}.{secrets.token_hex(6)}.tmp")
    with contextlib.suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            temporary.write_bytes(head + body)
            os.replace(temporary, place)
        finally:
            temporary.unlink(missing_ok=True)
        _prune(place.parent)


def _prune(folder: Path) -> None:
    files = sorted(folder.glob("*.timeline"), key=lambda file: file.stat().st_mtime, reverse=True)
    kept_bytes = 0
    for number, file in enumerate(files):
        kept_bytes += file.stat().st_size
        if number >= _MAX_FILES or kept_bytes > _MAX_BYTES:
            file.unlink(missing_ok=True)
