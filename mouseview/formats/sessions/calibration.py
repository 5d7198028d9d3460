"""Which calibration belongs to a folder of videos: the one in it, below it, or beside it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mouseview.formats.files import unreadable
from mouseview.formats.registry import all_formats
from mouseview.formats.sample_folder import find_calibration
from mouseview.model.errors import FileFormatError


@dataclass(frozen=True)
class FoundCalibration:
    """path: the file, or the folder of several. root: the folder that holds it together with the videos."""

    path: Path
    root: Path


def calibration_of(folder: Path, format: str | None = None) -> FoundCalibration:
    """In the folder, in a folder called ``calib…`` in it; then the same one and two levels above.

    Raises ``FileFormatError`` where several could be meant, or none is there, saying how to add it.
    """
    absolute = folder.resolve()
    for root in (absolute, *list(absolute.parents)[:2]):
        own = root == absolute
        for home in (root, *_calibration_folders(root, must_work=own)):
            found = _only_one(home, format, must_work=own)
            if found is not None:
                root_as_given = folder if own else root
                return FoundCalibration(folder / found.relative_to(absolute) if own else found, root_as_given)
    sessions = [sub.name for sub in _subfolders(absolute) if _has_calibration(sub)]
    if sessions:
        listed = ", ".join(sessions[:5]) + (" …" if len(sessions) > 5 else "")
        raise FileFormatError(
            f"holds {len(sessions)} sessions with a calibration each: {listed}",
            place=str(folder),
            remedy="open one of these folders",
        )
    raise FileFormatError(
        "holds videos but no calibration of their cameras",
        place=str(folder),
        remedy="put the calibration into this folder, beside it, or into a folder calibration/ in it; readable are: "
        + ", ".join(known.file_names[0] for known in all_formats()),
    )


def _only_one(folder: Path, format: str | None, must_work: bool) -> Path | None:
    """Its calibration. Several of them are an error in the folder that was opened, and no concern of it above."""
    try:
        return find_calibration(folder, format)
    except FileFormatError:
        if must_work:
            raise
        return None


def _has_calibration(folder: Path) -> bool:
    try:
        return any(find_calibration(home) for home in (folder, *_calibration_folders(folder, must_work=False)))
    except FileFormatError:  # several, or a broken one: something to open and to be told about
        return True


def _calibration_folders(folder: Path, must_work: bool) -> list[Path]:
    try:
        return [sub for sub in _subfolders(folder) if sub.name.lower().startswith("calib")]
    except FileFormatError:
        if must_work:
            raise
        return []


def _subfolders(folder: Path) -> list[Path]:
    try:
        return sorted(sub for sub in folder.iterdir() if sub.is_dir() and not sub.name.startswith("."))
    except OSError as error:
        raise unreadable(folder, error) from error
