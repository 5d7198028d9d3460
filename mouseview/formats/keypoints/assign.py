"""Which camera a keypoint file, or a view within one, belongs to: told by names of folders, files and videos."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

_DEEPLABCUT = re.compile(r"DLC_.*$")  # what it appends to the name of the video
_WORD = "[^\\W_]"


def camera_of(relative: str, cameras: Sequence[str], videos: Sequence[Path | None]) -> int | None:
    """The camera that the path of a file speaks of; None when it speaks of none, or of several alike."""
    found = camera_and_surety(relative, cameras, videos)
    return None if found is None else found[0]


def camera_and_surety(relative: str, cameras: Sequence[str], videos: Sequence[Path | None]) -> tuple[int, bool] | None:
    """The camera that the path of a file speaks of, and whether by the name of its video, which tells more.

    relative: with ``/``.  videos: parallel to cameras, or empty.  Rules in order: the file's name is that of the video
    or begins with it; it is that of the camera; a folder is called so; the camera is a word of the name.
    """
    path = PurePosixPath(relative)
    stem = _DEEPLABCUT.sub("", path.name.split(".")[0]).casefold().strip("_- ")
    names = [camera.casefold() for camera in cameras]
    stems = [video.stem.casefold() if video is not None else None for video in videos] or [None] * len(names)
    folders = {part.casefold() for part in path.parts[:-1]}
    rules = (
        _longest([video if video and stem.startswith(video) else None for video in stems]),
        [stem == name for name in names],
        [name in folders for name in names],
        _longest([name if _is_word(name, stem) else None for name in names]),
    )
    for rank, rule in enumerate(rules):
        hits = [index for index, hit in enumerate(rule) if hit]
        if len(hits) == 1:
            return hits[0], rank == 0
    return None


def _longest(matches: Sequence[str | None]) -> list[bool]:
    """Only the longest: ``cam10`` begins with ``cam1``."""
    longest = max((len(match) for match in matches if match), default=0)
    return [bool(match) and len(match or "") == longest for match in matches]


def _is_word(name: str, stem: str) -> bool:
    return re.search(f"(?<!{_WORD}){re.escape(name)}(?!{_WORD})", stem) is not None


def cameras_of_views(
    views: Sequence[str], cameras: Sequence[str], videos: Sequence[Path | None]
) -> tuple[int | None, ...]:
    """The camera of each view of one file. Views that are numbers count the cameras, where there are as many.

    Points were found in a video: where views are called as the videos are, they follow them to whichever camera a
    person has given them.
    """
    folded = [camera.casefold() for camera in cameras]
    stems = [video.stem.casefold() if video is not None else "" for video in videos]
    if {view.casefold() for view in views} <= set(stems) and len(set(stems)) == len(stems):
        return tuple(stems.index(view.casefold()) for view in views)
    if all(view.isdecimal() for view in views) and not set(views) <= set(cameras):
        return tuple(range(len(views))) if len(views) == len(cameras) else (None,) * len(views)
    found = [
        folded.index(view.casefold()) if view.casefold() in folded else camera_of(view, cameras, videos)
        for view in views
    ]
    return tuple(camera if found.count(camera) == 1 else None for camera in found)
