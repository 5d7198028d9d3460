"""List files: one sample folder a line, relative or absolute, as FaceLift's training scripts take them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from mouseview.formats.facelift import FILE_NAME
from mouseview.formats.files import MIB, read_bytes
from mouseview.formats.sample_folder import is_sample_folder
from mouseview.model.errors import FileFormatError
from mouseview.model.finding import Finding, Severity

MAX_LIST_BYTES = 64 * MIB
SUFFIXES = (".txt", ".lst", ".list")
_PROBED_ENTRIES = 20
_PARENTS = 3


@dataclass(frozen=True)
class ListedFolders:
    """Sample folders in the list's order under names of their own, and what was wrong with other lines."""

    folders: tuple[Path, ...]
    names: tuple[str, ...]
    problems: tuple[Finding, ...]


def is_list_file(path: Path) -> bool:
    """A text file that is named as a list, or whose first entry is a folder."""
    if path.suffix.lower() in SUFFIXES:
        return True
    try:
        entries = _entries(path)
    except FileFormatError:  # no text: some other kind of file
        return False
    return bool(entries) and os.path.isdir(path.parent / entries[0][1])


def read_list(path: Path) -> ListedFolders:
    """The folders of a list file.

    Entries may lie anywhere: the list is the user's own statement of what to open. Relative ones count from the
    list's folder, or from the nearest of its parents where they exist (a finding says which). Blank lines and lines
    starting with # are skipped. Raises ``FileFormatError`` when no entry at all can be used.
    """
    entries = _entries(path)
    if not entries:
        raise FileFormatError("lists no sample folder", place=str(path), remedy="write one sample folder a line")
    base = _base(path, [entry for _, entry in entries[:_PROBED_ENTRIES]])
    kept: dict[Path, str] = {}
    first_line: dict[Path, int] = {}
    problems = [] if base == path.parent else [_other_base(path, base)]
    for line, entry in entries:
        folder = base / entry
        if folder in kept:
            problems.append(_twice(f"{path}, line {line}", entry, first_line[folder]))
        elif is_sample_folder(folder):
            kept[folder] = entry
            first_line[folder] = line
        else:
            problems.append(_unusable(f"{path}, line {line}", entry, folder))
    if not kept:
        first = problems[-len(entries)]
        raise FileFormatError(
            f"none of its {len(entries)} entries can be opened; the first: {first.message}",
            place=first.place,
            remedy=first.remedy,
        )
    return ListedFolders(tuple(kept), _names(kept), tuple(problems))


def _entries(path: Path) -> list[tuple[int, str]]:
    """(line number from 1, entry) of every line that is not blank or a comment."""
    data = read_bytes(path, MAX_LIST_BYTES)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileFormatError(
            f"byte {error.start} is not UTF-8 text", place=str(path), remedy="save the list as UTF-8 text"
        ) from error
    if "\0" in text:
        raise FileFormatError("is not a text file", place=str(path), remedy="check the path")
    lines = ((number, line.strip()) for number, line in enumerate(text.split("\n"), start=1))
    return [(number, line) for number, line in lines if line and not line.startswith("#")]


def _base(path: Path, probed: list[str]) -> Path:
    """The list's folder, or the nearest parent in which some of the first entries exist."""
    here = path.parent
    candidates = [here, *here.resolve().parents[:_PARENTS]]
    return next((base for base in candidates if any(os.path.isdir(base / entry) for entry in probed)), here)


def _names(kept: dict[Path, str]) -> tuple[str, ...]:
    """Folder names where they tell the samples apart, else the entries as written."""
    names = [Path(entry).name for entry in kept.values()]
    return tuple(names) if len(set(names)) == len(names) else tuple(kept.values())


def _other_base(path: Path, base: Path) -> Finding:
    return Finding(
        "list-base-folder",
        Severity.INFO,
        str(path),
        f"its entries exist under {base}, not beside the list itself",
        "nothing to do; write absolute paths if another folder is meant",
    )


def _twice(place: str, entry: str, first: int) -> Finding:
    return Finding(
        "sample-listed-twice",
        Severity.WARNING,
        place,
        f"{entry} is already listed in line {first}",
        "remove the line; the sample is opened once",
    )


def _unusable(place: str, entry: str, folder: Path) -> Finding:
    if not os.path.isdir(folder):
        remedy = "correct or remove the line, or mount the disk that the folder lies on"
        return Finding("sample-folder-missing", Severity.ERROR, place, f"folder {entry} does not exist", remedy)
    remedy = f"export the sample again, or remove the line; its {FILE_NAME} is missing"
    return Finding("sample-without-cameras", Severity.ERROR, place, f"folder {entry} holds no {FILE_NAME}", remedy)
