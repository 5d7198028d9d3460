"""Timelines kept in the user's cache, so that a video's packets are read once. Losing one costs time, never truth."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import platformdirs

from mouseview.video.timeline import Timeline, build_timeline

_VERSION = 1  # raise it when timelines come to mean something else
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
    return _folder() / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.npz"


def _read(place: Path | None) -> Timeline | None:
    if place is None or not place.is_file() or place.stat().st_size > _MAX_BYTES:
        return None
    try:
        with np.load(place, allow_pickle=False) as file:
            stamps, keys, note = file["stamps_us"], file["keys"], str(file["note"])
    except (OSError, ValueError, KeyError, EOFError):
        return None  # cut off or foreign: made again
    if not (_is_ascending(stamps) and _is_ascending(keys)) or (len(keys) and keys[-1] >= max(1, len(stamps))):
        return None
    return Timeline(stamps if len(stamps) else None, keys, note)


def _is_ascending(array: npt.NDArray[np.generic]) -> bool:
    return array.dtype == np.int64 and array.ndim == 1 and bool(np.all(np.diff(array.astype(np.int64)) >= 0))


def _write(place: Path | None, timeline: Timeline) -> None:
    """Whole or not at all; a cache that cannot be written is a slower cache."""
    if place is None:
        return
    temporary = place.with_name(f".{place.stem}.{secrets.token_hex(6)}.tmp")
    stamps = timeline.stamps_us if timeline.stamps_us is not None else np.zeros(0, np.int64)
    with contextlib.suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            with open(temporary, "wb") as file:
                np.savez(file, stamps_us=stamps, keys=timeline.keys, note=np.array(timeline.note))
            os.replace(temporary, place)
        finally:
            temporary.unlink(missing_ok=True)
        _prune(place.parent)


def _prune(folder: Path) -> None:
    files = sorted(folder.glob("*.npz"), key=lambda file: file.stat().st_mtime, reverse=True)
    kept_bytes = 0
    for number, file in enumerate(files):
        kept_bytes += file.stat().st_size
        if number >= _MAX_FILES or kept_bytes > _MAX_BYTES:
            file.unlink(missing_ok=True)
