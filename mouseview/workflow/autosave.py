"""Autosaves: what was chosen for each thing that was opened, kept in the user's own state folder without being asked.

A folder holds one project file for each dataset and each project that was opened, named by a hash of its path, and
``last.json``, which names what was open last. Everything is written whole; of two windows the last writer wins.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import platformdirs

from mouseview.formats.files import read_json, write_atomically
from mouseview.model.errors import FileFormatError
from mouseview.workflow.project import SUFFIX, Project, load_project, save_project

POINTER = "last.json"
KEPT = 200  # autosaves; the newest stay
_ASIDE = ".unreadable"
_KEPT_ASIDE = 20
_POINTER_BYTES = 1 << 16
_LEFTOVER_S = 3600.0  # a temporary file this old belongs to a process that was killed


class Fate(StrEnum):
    """What became of the autosave of something that is opened."""

    NONE = "none"  # there is none, or it says what the file says
    SHOWN = "shown"  # it is newer than what was saved, and is shown
    OLDER = "older"  # the project file was changed since; that one is shown
    UNREADABLE = "unreadable"  # set aside


@dataclass(frozen=True)
class BroughtBack:
    """project: what is to be shown.  other: the choices that are not shown; None where nothing was chosen.

    saved_at: of the autosave, seconds since 1970.  problem: why it could not be read, and where it lies now.
    """

    project: Project
    fate: Fate = Fate.NONE
    other: Project | None = None
    saved_at: float = 0.0
    problem: FileFormatError | None = None


def autosave_folder() -> Path:
    return Path(platformdirs.user_state_dir("mouseview", appauthor=False)) / "autosaves"


def autosave_path(folder: Path, opened: str) -> Path:
    """opened: path of a dataset or of a project file."""
    place = os.path.abspath(os.path.expanduser(opened))
    return folder / f"{hashlib.sha256(place.encode(errors='surrogatepass')).hexdigest()[:32]}{SUFFIX}"


def keep(folder: Path, project: Project, opened: str) -> None:
    """Write the autosave of ``opened`` and remember that it was open last; raises ``OSError``, ``FileFormatError``."""
    folder.mkdir(parents=True, exist_ok=True)
    path = autosave_path(folder, opened)
    known = path.exists()
    save_project(project, path)
    point_to(folder, opened)
    if not known:
        _tidy(folder)


def point_to(folder: Path, opened: str) -> None:
    """``opened`` is what a start without a path opens."""
    said = json.dumps({"opened": os.path.abspath(os.path.expanduser(opened))}).encode()
    pointer = folder / POINTER
    try:
        if pointer.read_bytes() == said:
            return
    except FileNotFoundError:
        pass
    write_atomically(pointer, said)


def last(folder: Path) -> str | None:
    """What was open last; an unreadable pointer is set aside and raises ``FileFormatError``."""
    pointer = folder / POINTER
    if not pointer.is_file():
        return None
    try:
        document = read_json(pointer, _POINTER_BYTES)
        opened = document.get("opened") if isinstance(document, dict) else None
        if not isinstance(opened, str) or not opened:
            raise FileFormatError("it names nothing that was open", place=str(pointer), remedy="open the dataset anew")
    except FileFormatError as error:
        _set_aside(pointer)
        raise FileFormatError(
            f"what was open last is not known: {error.message}", place=error.place, remedy="open the dataset anew"
        ) from error
    return opened


def bring_back(folder: Path, opened: str, saved: Project, saved_ns: int | None = None) -> BroughtBack:
    """What to show of ``opened``: ``saved``, or its autosave. Nothing in the folder makes this fail.

    saved: what the project file says, or a fresh project for a dataset; without a dataset's path where it is not known.
    saved_ns: when the file was written, ns since
    1970; None for a dataset.
    """
    path = autosave_path(folder, opened)
    try:
        written_ns = path.stat().st_mtime_ns
    except OSError:
        return BroughtBack(saved)
    try:
        kept = load_project(path)
    except FileFormatError as error:
        aside = _set_aside(path)
        problem = FileFormatError(
            f"the autosave of {Path(opened).name} cannot be used: {error.message}",
            place=str(aside or path),
            remedy="what you chose last time is not shown; the file stays there if it is worth a look",
        )
        return BroughtBack(saved, Fate.UNREADABLE, problem=problem)
    if saved.dataset_path:
        kept = kept.replace(dataset_path=saved.dataset_path)  # what was opened, however its path is written
    if kept.replace(sample=saved.sample) == saved:
        return BroughtBack(kept)
    if saved_ns is not None and saved_ns > written_ns:
        return BroughtBack(saved, Fate.OLDER, kept, written_ns / 1e9)
    return BroughtBack(kept, Fate.SHOWN, saved if saved_ns is not None else None, written_ns / 1e9)


def _set_aside(path: Path) -> Path | None:
    """Out of the way of the next one, and still there; where it is now, None where it could not be moved."""
    aside = path.with_name(path.name + _ASIDE)
    try:
        os.replace(path, aside)
    except OSError:  # it cannot be read either: the next autosave takes its place
        return None
    return aside


def _tidy(folder: Path) -> None:
    """Bound what lies here. Another window may be doing the same."""
    _keep_newest(folder, f"*{SUFFIX}", KEPT)
    _keep_newest(folder, f"*{_ASIDE}", _KEPT_ASIDE)
    for age_s, path in _by_age(folder, ".*.tmp"):
        if age_s > _LEFTOVER_S:
            with contextlib.suppress(OSError):
                path.unlink()


def _keep_newest(folder: Path, pattern: str, count: int) -> None:
    for _age_s, path in _by_age(folder, pattern)[count:]:
        with contextlib.suppress(OSError):
            path.unlink()


def _by_age(folder: Path, pattern: str) -> list[tuple[float, Path]]:
    """(age in s, path), youngest first."""
    now, found = time.time(), []
    for path in folder.glob(pattern):
        with contextlib.suppress(OSError):
            found.append((now - path.stat().st_mtime, path))
    return sorted(found)
