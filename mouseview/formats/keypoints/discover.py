"""Keypoint files of a folder: its own and those two levels below, recognised by content, never endlessly."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from mouseview.formats.fields import natural_key
from mouseview.formats.files import unreadable
from mouseview.formats.keypoints.registry import SUFFIXES, sniff_keypoints
from mouseview.formats.keypoints.table import KeypointFormat
from mouseview.model.errors import FileFormatError
from mouseview.model.finding import Finding, Severity

_LEVELS = 2
_MAX_FOLDERS = 200
_MAX_ENTRIES = 2_000  # a folder with more holds images, not keypoints
_MAX_FILES = 500


@dataclass(frozen=True)
class Found:
    """One keypoint file. relative: its path below the folder that was looked through, with ``/``."""

    path: Path
    relative: str
    format: KeypointFormat


def keypoint_files(root: Path) -> tuple[tuple[Found, ...], tuple[Finding, ...]]:
    """The keypoint files below ``root`` in natural order; those that are broken, folders that cannot be listed."""
    found: list[Found] = []
    files, broken = _candidates(root)
    for path in files:
        try:
            known = sniff_keypoints(path)
        except FileFormatError as error:
            broken.append(unusable(path, error))
            continue
        if known is not None:
            found.append(Found(path, path.relative_to(root).as_posix(), known))
    return tuple(found), tuple(broken)


def unusable(path: Path, error: FileFormatError) -> Finding:
    """The finding for a keypoint file that cannot be read: the images and cameras stay usable."""
    return Finding("keypoints-unreadable", Severity.WARNING, error.place or str(path), error.message, error.remedy)


def _candidates(root: Path) -> tuple[list[Path], list[Finding]]:
    files: list[Path] = []
    closed: list[Finding] = []
    folders = [root]
    for _ in range(_LEVELS + 1):
        below: list[Path] = []
        for folder in folders[:_MAX_FOLDERS]:
            try:
                inner, plain = _listed(folder)
            except FileFormatError as error:
                closed.append(unusable(folder, error))
                continue
            files += plain
            below += inner
        folders = below
    return sorted(files[:_MAX_FILES], key=lambda path: natural_key(path.relative_to(root).as_posix())), closed


def _listed(folder: Path) -> tuple[list[Path], list[Path]]:
    """The folders and the possible keypoint files in a folder; links to folders are not followed."""
    folders: list[Path] = []
    files: list[Path] = []
    try:
        with os.scandir(folder) as entries:
            for count, entry in enumerate(entries):
                if count >= _MAX_ENTRIES:
                    break
                if entry.is_dir(follow_symlinks=False):
                    folders += [Path(entry.path)] if not entry.name.startswith(".") else []
                elif entry.name.lower().endswith(SUFFIXES) and entry.is_file():
                    files.append(Path(entry.path))
    except OSError as error:
        raise unreadable(folder, error) from error
    return sorted(folders), sorted(files)
