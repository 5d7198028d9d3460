"""Which files below a folder are videos, masks and image sequences, and which of them were recorded together.

Layouts: all videos in one folder (``0.mp4``, ``Camera_RC.mp4``), or one folder a camera (``back/minimal_back.mp4``,
``Camera1/0.mp4``); several recordings lie in several folders, or under names that differ by more than the camera.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mouseview.formats.fields import natural_key
from mouseview.formats.files import unreadable
from mouseview.formats.sample_folder import MASK_SUFFIXES
from mouseview.formats.sessions.names import without_camera

VIDEO_SUFFIXES = frozenset({".mp4", ".avi", ".mkv", ".mov", ".m4v", ".webm", ".mpg", ".mpeg", ".ts", ".wmv", ".flv"})
_IMAGE_SUFFIXES = frozenset(MASK_SUFFIXES)
_MAX_DEPTH = 3
_MAX_FOLDERS = 1000
_MASK_WORD = re.compile(r"(^|[_\-. ])(simpleclick|masks?|segs?|segmentations?|segmented|silhouettes?|matte)($|[_\-. ])")
# calibration recordings, and what other programs draw on top of the videos
_NO_RECORDING = re.compile(r"calib|intrinsic|extrinsic|checker|charuco|label|proj|combined|reproject|overlay|preview")
_OWN = ".mouseview"  # what this program leaves beside videos (drafts of masks) is no recording
_NUMBERED = re.compile(r"\d+$")


@dataclass(frozen=True)
class FoundFiles:
    """videos and masks: files, or folders of numbered images (``sequences`` of images that are no masks)."""

    root: Path
    videos: tuple[Path, ...]
    masks: tuple[Path, ...]
    sequences: tuple[Path, ...]


@dataclass(frozen=True)
class Recording:
    """Videos that may have been taken together. label: relative to the root, what tells it from others."""

    label: str
    videos: tuple[Path, ...]


def scan(root: Path) -> FoundFiles:
    """What lies in a folder, three levels deep; hidden folders and calibration videos are passed over.

    Raises ``FileFormatError`` when the folder cannot be listed.
    """
    videos: list[Path] = []
    masks: list[Path] = []
    sequences: list[Path] = []
    waiting, seen = [(root, 0)], 0
    while waiting and seen < _MAX_FOLDERS:
        folder, depth = waiting.pop(0)
        seen += 1
        names, folders = _list(folder, must_work=depth == 0)
        inside = folder.relative_to(root)
        found = [folder / name for name in names if os.path.splitext(name)[1].lower() in VIDEO_SUFFIXES]
        for video in found:
            (masks if _is_mask(inside / video.stem) else videos).append(video)
        if depth and not found and _is_sequence(names):
            (masks if _is_mask(inside) else sequences).append(folder)
        if depth < _MAX_DEPTH:
            waiting += [(folder / name, depth + 1) for name in folders]
    kept = [video for video in videos if not _NO_RECORDING.search(video.relative_to(root).as_posix().lower())]
    return FoundFiles(root, _sorted(kept, root), _sorted(masks, root), _sorted(sequences, root))


def recordings(found: FoundFiles, cameras: tuple[str, ...]) -> list[Recording]:
    """Every way to see the videos (or else the image sequences) as recordings, one video a camera, unjudged."""
    sources = found.videos or found.sequences
    by_folder: dict[Path, list[Path]] = {}
    for source in sources:
        by_folder.setdefault(source.parent, []).append(source)
    out: list[Recording] = []
    for folder, videos in by_folder.items():
        for rest, together in _by(videos, lambda video: without_camera(video.stem, cameras)).items():
            out.append(Recording(_label(found.root, folder, rest), together))
        if len(videos) > 1:
            out.append(Recording(_label(found.root, folder, ""), tuple(videos)))
    above: dict[Path, list[Path]] = {}
    for folder in by_folder:
        if folder != found.root:
            above.setdefault(folder.parent, []).append(folder)
    for parent, folders in above.items():
        if len(folders) > 1:
            out += _one_folder_each(found.root, parent, [by_folder[folder] for folder in folders], cameras)
    unique = {frozenset(recording.videos): recording for recording in reversed(out)}
    return sorted(unique.values(), key=lambda recording: natural_key(recording.label))


def numbered_images(folder: Path) -> tuple[tuple[int, Path], ...]:
    """The images of a sequence with the number that ends each name, ascending. Raises ``FileFormatError``."""
    names, _ = _list(folder, must_work=True)
    out: dict[int, Path] = {}
    for name in sorted(names):
        stem, suffix = os.path.splitext(name)
        digits = _NUMBERED.search(stem.removesuffix("_mask"))
        if suffix.lower() in _IMAGE_SUFFIXES and digits and len(digits.group()) <= 18:
            out.setdefault(int(digits.group()), folder / name)
    return tuple(sorted(out.items()))


def _one_folder_each(
    root: Path, parent: Path, cameras_videos: list[list[Path]], cameras: tuple[str, ...]
) -> list[Recording]:
    """Recordings whose videos lie in one folder for each camera: single ones, or those of the same name."""
    if all(len(videos) == 1 for videos in cameras_videos):
        return [Recording(_label(root, parent, ""), tuple(videos[0] for videos in cameras_videos))]
    flat = [video for videos in cameras_videos for video in videos]
    names = (*cameras, *(videos[0].parent.name for videos in cameras_videos))
    groups = _by(flat, lambda video: without_camera(video.stem, names))
    return [Recording(_label(root, parent, f"*/{rest}"), videos) for rest, videos in groups.items() if len(videos) > 1]


def _by(videos: list[Path], key: Callable[[Path], str]) -> dict[str, tuple[Path, ...]]:
    groups: dict[str, list[Path]] = {}
    for video in videos:
        groups.setdefault(key(video), []).append(video)
    return {name: tuple(members) for name, members in groups.items()}


def _label(root: Path, folder: Path, rest: str) -> str:
    inside = folder.relative_to(root).as_posix()
    return "/".join(part for part in (inside if inside != "." else "", rest) if part) or "."


def _is_mask(inside: Path) -> bool:
    return any(_MASK_WORD.search(part.lower()) for part in inside.parts)


def _is_sequence(names: list[str]) -> bool:
    """At least two images whose names end in a number, and mostly such."""
    images = [name for name in names if os.path.splitext(name)[1].lower() in _IMAGE_SUFFIXES]
    numbered = [name for name in images if _NUMBERED.search(os.path.splitext(name)[0].removesuffix("_mask"))]
    return len(numbered) >= 2 and 2 * len(numbered) > len(images)


def _list(folder: Path, must_work: bool) -> tuple[list[str], list[str]]:
    """(names of files, names of folders that are not hidden)."""
    try:
        with os.scandir(folder) as entries:
            listed = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
    except OSError as error:
        if must_work:
            raise unreadable(folder, error) from error
        return [], []  # one folder that may not be read does not close its neighbours
    files = [name for name, is_folder in listed if not is_folder and not name.startswith(".")]
    folders = [name for name, is_folder in listed if is_folder and not name.startswith(".")]
    return files, sorted((name for name in folders if not name.endswith(_OWN)), key=natural_key)


def _sorted(paths: list[Path], root: Path) -> tuple[Path, ...]:
    return tuple(sorted(paths, key=lambda path: natural_key(path.relative_to(root).as_posix())))
