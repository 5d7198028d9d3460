"""SHA-256 of source files: what a result was made of. A file is read once, and again only when its times say so."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mouseview.formats.files import relative_name, unreadable
from mouseview.model.errors import Cancelled, MouseViewError
from mouseview.model.sample import Dataset

_CHUNK_BYTES = 4 << 20
_MOST_KEPT = 256

Stamp = tuple[int, int, int]
"""Size in bytes, time of the last change of the content and of anything else (ns). Bytes do not change without it."""


@dataclass(frozen=True)
class FileHash:
    sha256: str
    bytes: int

    def document(self) -> dict[str, Any]:
        return {"sha256": self.sha256, "bytes": self.bytes}


def stamp_of(path: Path) -> Stamp:
    try:
        status = path.stat()
    except OSError as error:
        raise unreadable(path, error) from error
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


def hash_file(path: Path, cancelled: Callable[[], bool] = lambda: False) -> FileHash:
    """Raises ``FileFormatError`` when it cannot be read, ``Cancelled`` on a cancel."""
    digest, size = hashlib.sha256(), 0
    try:
        with open(path, "rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                if cancelled():
                    raise Cancelled("cancelled", place=str(path))
                digest.update(chunk)
                size += len(chunk)
    except OSError as error:
        raise unreadable(path, error) from error
    return FileHash(digest.hexdigest(), size)


def source_root(dataset: Dataset) -> Path:
    """The folder that names of source files are relative to."""
    path = dataset.path.absolute()
    return path if path.is_dir() else path.parent


class SourceHashes:
    """Hashes by name, a name being the path relative to ``root``; those of files that many samples share are kept."""

    def __init__(self, root: Path, known: Mapping[str, tuple[Stamp, FileHash]]) -> None:
        """known: hashes of large files, with the stamps that they hold for."""
        self._root = root
        self._known = dict(known)
        self._large = frozenset(known)

    def name(self, path: Path) -> str:
        return relative_name(path, self._root)

    def of(self, files: Iterable[Path]) -> dict[str, FileHash]:
        """By name, sorted. Raises ``MouseViewError`` for a large file that has changed since its hash was taken."""
        return {name: self._one(name, path) for name, path in sorted((self.name(path), path) for path in files)}

    def stamp(self, files: Iterable[Path]) -> str:
        """A digest of names and stamps: what has the same one need not be read again."""
        named = sorted((self.name(path), stamp_of(path)) for path in files)
        return hashlib.sha256(repr(named).encode()).hexdigest()

    def _one(self, name: str, path: Path) -> FileHash:
        stamp = stamp_of(path)
        found = self._known.get(name)
        if found is not None and found[0] == stamp:
            return found[1]
        if name in self._large:
            raise changed_meanwhile(path)
        if len(self._known) > _MOST_KEPT + len(self._large):
            self._known = {large: self._known[large] for large in self._large}
        self._known[name] = stamp, hash_file(path)
        return self._known[name][1]


def changed_meanwhile(path: Path | str) -> MouseViewError:
    return MouseViewError(
        "the source has changed while samples were made from it",
        place=str(path),
        remedy="run it again with --resume: samples that were made from the older file are made again",
    )


# ---- videos --------------------------------------------------------------------------------------------------------


def video_hashes(
    dataset: Dataset, earlier: Any = None, cancelled: Callable[[], bool] = lambda: False
) -> dict[str, tuple[Stamp, FileHash]]:
    """Of every video of a session, images and masks, by name; empty for images.

    earlier: what ``videos_to_json`` gave for an earlier run: a video that has its stamp still is not read again.
    """
    root, known = source_root(dataset), _videos_from_json(earlier)
    found = {}
    for path in _videos(dataset):
        name, stamp = relative_name(path, root), stamp_of(path)
        before = known.get(name)
        found[name] = before if before is not None and before[0] == stamp else (stamp, hash_file(path, cancelled))
    return found


def _videos(dataset: Dataset) -> list[Path]:
    if dataset.session is None:
        return []
    paths = [path for view in dataset.session.views for path in (view.video, view.masks)]
    return list(dict.fromkeys(path for path in paths if path is not None and path.is_file()))


def videos_to_json(videos: Mapping[str, tuple[Stamp, FileHash]]) -> dict[str, Any]:
    return {name: {"stamp": list(stamp), **found.document()} for name, (stamp, found) in videos.items()}


def _videos_from_json(raw: Any) -> dict[str, tuple[Stamp, FileHash]]:
    """Of a journal; what is not as we write it counts for nothing, and the video is read again."""
    found: dict[str, tuple[Stamp, FileHash]] = {}
    for name, entry in raw.items() if isinstance(raw, Mapping) else ():
        if not isinstance(entry, dict):
            continue
        stamp, sha256, size = (entry.get(key) for key in ("stamp", "sha256", "bytes"))
        if isinstance(stamp, list) and len(stamp) == 3 and isinstance(sha256, str) and isinstance(size, int):
            found[name] = (stamp[0], stamp[1], stamp[2]), FileHash(sha256, size)
    return found
