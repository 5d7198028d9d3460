"""All keypoints of one folder of cameras or videos: found when it is opened, read when a sample asks for its labels."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mouseview.formats.keypoints import own
from mouseview.formats.keypoints.assign import camera_and_surety, cameras_of_views
from mouseview.formats.keypoints.discover import Found, keypoint_files, unusable
from mouseview.formats.keypoints.registry import identify_keypoints
from mouseview.formats.keypoints.table import MAX_POINTS, KeypointTable
from mouseview.geometry.transforms import Array
from mouseview.model.camera import Labels
from mouseview.model.errors import FileFormatError
from mouseview.model.finding import Finding, Severity

MAX_FRAMES_AT_ONCE = 100  # of a calibration without videos, whose labels are all of one sample
_MAX_MARKS_AT_ONCE = 1 << 22
_SINGLE = ("sleap-analysis", "deeplabcut-hdf5", "deeplabcut-csv")
_WORLD = ("sleap-anipose-3d", "anipose-3d")
_SEVERAL = ("jarvis-annotations", "point-sets", "sleap-labels")


@dataclass(frozen=True, eq=False)
class KeypointSet:
    """Keypoint files chosen for the cameras of a rig; nothing of their points is read until it is asked for.

    chosen: camera → its file; None: a file of several cameras.  world: a file of 3D points.  problems: what was found
    and cannot be used.
    """

    root: Path
    cameras: tuple[str, ...]
    videos: tuple[Path | None, ...]
    chosen: tuple[tuple[int | None, Found], ...]
    world: Found | None
    notes: tuple[str, ...] = ()
    problems: tuple[Finding, ...] = ()
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _cache: dict[str, _Loaded] = field(default_factory=dict, repr=False)

    def at(self, frame: int, video_frames: Sequence[int | None] | None = None) -> Labels | None:
        """The labels of one moment; None when no file has points of it.

        frame: of the session, which 3D points are counted by.  video_frames: parallel to the cameras, the number in
        each one's video (None: it has no such frame); left out: ``frame`` in all of them.
        """
        numbers = [frame] * len(self.cameras) if video_frames is None else list(video_frames)
        labels = self._labels([frame], [[number] for number in numbers])
        return labels if labels.problems or _any(labels) else None

    def sampled(self, most: int = MAX_FRAMES_AT_ONCE) -> Labels | None:
        """Labels of up to ``most`` frames, evenly over all that the files have."""
        loaded = self._loaded()
        tables = [table for _, _, table in loaded.views] + ([loaded.world] if loaded.world is not None else [])
        frames = np.unique(np.concatenate([table.frames for table in tables])) if tables else np.zeros(0, np.int64)
        count = len(frames)
        limit = max(1, min(most, _MAX_MARKS_AT_ONCE // max(1, len(self.cameras) * loaded.count)))
        if count > limit:
            frames = frames[np.linspace(0, count - 1, limit).astype(np.int64)]
        chosen = frames.tolist()
        labels = self._labels(chosen, [chosen] * len(self.cameras))
        if count > len(chosen):
            note = f"{len(chosen)} of {count} labelled frames are read, evenly spread"
            labels = dataclasses.replace(labels, notes=(*labels.notes, note))
        return labels if labels.problems or _any(labels) else None

    def _labels(self, frames: Sequence[int], video_frames: Sequence[Sequence[int | None]]) -> Labels:
        loaded = self._loaded()
        shape = (len(self.cameras), len(frames), loaded.count)
        points_px = np.full((*shape, 2), np.nan)
        points_world = np.full((*shape[1:], 3), np.nan)
        problems = list(loaded.problems)
        for camera, view, table in loaded.views:
            try:
                points_px[camera] = loaded.placed(table, _pixels(table, view, video_frames[camera]))
            except FileFormatError as error:
                problems.append(unusable(self.root, error))
        if loaded.world is not None and loaded.world.world is not None:
            rows = loaded.world.rows_of(frames)
            there = rows >= 0
            values = np.full((len(frames), loaded.world.count, 3), np.nan)
            values[there] = loaded.world.world(rows[there])
            points_world = loaded.placed(loaded.world, values)
        has_px = any(table.pixels is not None for _, _, table in loaded.views)
        return Labels(
            points_world,
            loaded.names,
            points_px if has_px else None,
            tuple(int(frame) for frame in frames),
            self.root,
            loaded.notes,
            tuple(problems),
        )

    def _loaded(self) -> _Loaded:
        with self._lock:
            if "loaded" not in self._cache:
                self._cache["loaded"] = _load(self)
            return self._cache["loaded"]


@dataclass(frozen=True, eq=False)
class _Loaded:
    """views: (camera, view within the table, table). names: of all points; count: how many there are."""

    views: tuple[tuple[int, int, KeypointTable], ...]
    world: KeypointTable | None
    names: tuple[str, ...]
    count: int
    notes: tuple[str, ...]
    problems: tuple[Finding, ...]

    def placed(self, table: KeypointTable, points: Array) -> Array:
        """(F, N of the table, D) → (F, N of all, D): by name where there are names, else in order."""
        if not table.names or table.names == self.names:
            return points
        out = np.full((points.shape[0], self.count, points.shape[2]), np.nan)
        known = [at for at, name in enumerate(table.names) if name in self.names]
        out[:, [self.names.index(table.names[at]) for at in known]] = points[:, known]
        return out


def keypoints_in(file: Path, cameras: Sequence[str]) -> KeypointSet:
    """One keypoint file alone, of several cameras or of the only one. Raises ``FileFormatError``."""
    known = identify_keypoints(file)
    found = Found(file, file.name, known)
    if known.name in _WORLD:
        return KeypointSet(file, tuple(cameras), (), (), found)
    camera = 0 if known.name in _SINGLE and len(cameras) == 1 else None
    return KeypointSet(file, tuple(cameras), (), ((camera, found),), None)


def find_keypoints(root: Path, cameras: Sequence[str], videos: Sequence[Path | None] = ()) -> KeypointSet | None:
    """The keypoints of a folder for these cameras; None when there are none.

    videos: parallel to the cameras where they are known: files are often called as their video. Of several files
    for one camera one called as its video is taken first, then the best format; the others are named in the notes.
    """
    files, broken = keypoint_files(root)
    if not files and not broken:
        return None
    by_format: dict[str, list[Found]] = {}
    for found in files:
        by_format.setdefault(found.format.name, []).append(found)
    notes: list[str] = []
    problems = list(broken)
    chosen: list[tuple[int | None, Found]] = []
    if own.NAME in by_format:
        chosen = [(None, by_format[own.NAME][0])]
    else:
        per_camera, lost = _per_camera(by_format, cameras, videos)
        whole = [found for name in _SEVERAL for found in by_format.get(name, ())]
        chosen = list(per_camera.items()) or [(None, found) for found in whole[:1]]
        problems += [_not_assigned(root, found) for found in lost]
    points = [found for name in _WORLD for found in by_format.get(name, ())]
    world = points[0] if points else None
    used = {found.path for _, found in chosen} | ({world.path} if world is not None else set())
    spare = [found.relative for found in files if found.path not in used]
    if chosen:
        notes.append("keypoints of " + _listed(sorted({found.relative for _, found in chosen})))
    if world is not None:
        notes.append(f"3D points of {world.relative}")
    if spare:
        notes.append(f"not used: {_listed(spare)}")
    return KeypointSet(root, tuple(cameras), tuple(videos), tuple(chosen), world, tuple(notes), tuple(problems))


def _per_camera(
    by_format: dict[str, list[Found]], cameras: Sequence[str], videos: Sequence[Path | None]
) -> tuple[dict[int | None, Found], list[Found]]:
    """The file of each camera: called as its video first, then of the best format; files of no camera."""
    matches: dict[int, list[tuple[bool, int, Found]]] = {}
    lost: list[Found] = []
    for order, found in enumerate(found for name in _SINGLE for found in by_format.get(name, ())):
        match = camera_and_surety(found.relative, cameras, videos)
        if match is None:
            lost.append(found)
        else:
            matches.setdefault(match[0], []).append((not match[1], order, found))
    return {camera: min(matches[camera], key=lambda match: match[:2])[2] for camera in sorted(matches)}, lost


def _not_assigned(root: Path, found: Found) -> Finding:
    return Finding(
        "keypoints-without-camera",
        Severity.WARNING,
        str(found.path),
        f"{found.format.title} keypoints of a camera that its name does not tell",
        f"name the file, or a folder below {root.name}, as the camera or its video",
    )


def _load(keypoints: KeypointSet) -> _Loaded:
    views: list[tuple[int, int, KeypointTable]] = []
    notes = list(keypoints.notes)
    problems: list[Finding] = []
    world: KeypointTable | None = None
    for camera, found in keypoints.chosen:
        try:
            table = found.format.read(found.path)
        except FileFormatError as error:
            problems.append(unusable(found.path, error))
            continue
        notes += [note for note in table.notes if note not in notes]
        if camera is not None:
            views.append((camera, 0, table))
            continue
        places = cameras_of_views(table.views, keypoints.cameras, keypoints.videos)
        views += [(place, view, table) for view, place in enumerate(places) if place is not None]
        without = [view for view, place in zip(table.views, places, strict=True) if place is None]
        if without:
            notes.append(f"views {_listed(without)} of {found.relative} are no camera of this calibration")
        world = table if table.world is not None else world
    if keypoints.world is not None and world is None:
        try:
            world = keypoints.world.format.read(keypoints.world.path)
            notes += [note for note in world.notes if note not in notes]
        except FileFormatError as error:
            problems.append(unusable(keypoints.world.path, error))
    return _joined(views, world, notes, problems)


def _joined(
    views: list[tuple[int, int, KeypointTable]],
    world: KeypointTable | None,
    notes: list[str],
    problems: list[Finding],
) -> _Loaded:
    """All points under one list of names; tables without names must have as many points."""
    tables = [table for _, _, table in views] + ([] if world is None else [world])
    names = tuple(dict.fromkeys(name for table in tables for name in table.names))[:MAX_POINTS]
    count = len(names) or max((table.count for table in tables), default=0)
    fits = [bool(table.names) or table.count == count for table in tables]
    if not all(fits):
        odd = sorted({table.count for table, fit in zip(tables, fits, strict=True) if not fit})
        notes.append(f"files of {', '.join(map(str, odd))} nameless points do not fit {count} points and are not used")
    kept = tuple(view for view, fit in zip(views, fits, strict=False) if fit)
    return _Loaded(kept, world if fits and fits[-1] else None, names, count, tuple(notes), tuple(problems))


def _pixels(table: KeypointTable, view: int, frames: Sequence[int | None]) -> Array:
    """(F, N, 2) of one view of a table, NaN for frames that it does not have."""
    out = np.full((len(frames), table.count, 2), np.nan)
    rows = table.rows_of(frames)
    there = rows >= 0
    if table.pixels is not None and np.any(there):
        out[there] = table.pixels(rows[there])[view]
    return out


def _any(labels: Labels) -> bool:
    px = labels.points_px
    return len(labels.finite_points) > 0 or (px is not None and bool(np.any(np.isfinite(px))))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
