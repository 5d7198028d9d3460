"""A folder of synchronised videos, their masks and calibration as a dataset whose samples are frames."""

from __future__ import annotations

import dataclasses
from functools import partial
from pathlib import Path

import numpy as np

from mouseview.formats.fields import natural_key
from mouseview.formats.files import list_files
from mouseview.formats.keypoints import find_keypoints
from mouseview.formats.registry import read_rig
from mouseview.formats.sample_folder import find_calibration
from mouseview.formats.session_settings import read_settings, write_settings
from mouseview.model.errors import FileFormatError
from mouseview.model.sample import Dataset, Image, ImageSource, Sample
from mouseview.model.session import Session, SessionSettings, SessionView
from mouseview.video.reader import VideoReader

FORMAT = "session"
VIDEO_SUFFIXES = (".mp4", ".avi", ".mkv", ".mov", ".m4v", ".webm")


def find_session(folder: Path | str) -> bool:
    """Whether a folder holds videos that are opened together."""
    return bool(_videos(Path(folder)))


def read_session(folder: Path | str, settings: SessionSettings | None = None, corrected: bool = True) -> Session:
    """The session in a folder. settings: None means those that were saved for it. Raises ``FileFormatError``.

    corrected: with the correction that was saved for its calibration; see ``registry.read_rig``.
    """
    root = Path(folder)
    videos = _videos(root)
    calibration = find_calibration(root)
    if calibration is None:
        raise FileFormatError("has no calibration", place=str(root), remedy="put the calibration file into this folder")
    rig = read_rig(calibration, corrected=corrected)
    chosen = settings if settings is not None else read_settings(root) or SessionSettings()
    views = []
    for index, camera in enumerate(rig):
        named = [video for video in videos if camera.name in (video.stem, video.parent.name)]
        video = named[0] if named else videos[index] if index < len(videos) else None
        if camera.name in chosen.videos:
            text = chosen.videos[camera.name]
            video = None if text is None else root / text
        count = None if video is None else VideoReader(video).frame_count
        views.append(SessionView(camera.name, video, None, chosen.offsets.get(camera.name, 0), count))
    ends = [view.frame_count - view.offset_frames for view in views if view.frame_count is not None]
    start = max([0, *(-view.offset_frames for view in views)]) if chosen.start is None else chosen.start
    stop = min(ends, default=0) if chosen.stop is None else chosen.stop
    return Session(
        root.resolve().name,
        root,
        rig,
        tuple(views),
        start,
        max(start, stop),
        chosen.stride,
        chosen.undistorted,
        chosen.mask_threshold,
        calibration,
        chosen,
        tuple(videos),
        settings_target=root,
    )


def session_dataset(session: Session) -> Dataset:
    """The session's frames as samples called ``frame_000120``, each decoded when its images are asked for."""
    readers: dict[Path, VideoReader] = {}
    frames = session.frames
    keypoints = find_keypoints(session.root, session.rig.names, [view.video for view in session.views])

    def load(path: Path, frame: int) -> Image:
        reader = readers.setdefault(path, VideoReader(path)) if path not in readers else readers[path]
        rgb = reader.read(frame)
        return np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)])

    def source(view: SessionView, frame: int) -> ImageSource | None:
        number = view.video_frame(frame)
        if number is None or view.video is None:
            return None
        return ImageSource(view.video, partial(load, view.video, number), has_mask=False)

    def read(index: int) -> Sample:
        frame = frames[index]
        sources = tuple(source(view, frame) for view in session.views)
        numbers = [view.video_frame(frame) for view in session.views]
        labels = keypoints.at(frame, numbers) if keypoints else None
        return Sample(sample_name(frame), session.sample_rig, sources, session.root, labels, frame)

    names = tuple(sample_name(frame) for frame in frames)
    problems = (*session.problems, *(keypoints.problems if keypoints else ()))
    return Dataset(session.name, session.root, FORMAT, names, read, problems, session)


def sample_name(frame: int) -> str:
    return f"frame_{frame:06d}"


def save_settings(session: Session, settings: SessionSettings) -> Path:
    """Save decisions beside the session (or in the user's folder); later openings follow them."""
    return write_settings(session.settings_target or session.root, settings)


def with_settings(session: Session, settings: SessionSettings) -> Session:
    """The session read again under other decisions."""
    return dataclasses.replace(read_session(session.root, settings))


def _videos(folder: Path) -> list[Path]:
    homes = [folder, *(sub for sub in folder.iterdir() if sub.is_dir())]
    found = [path for home in homes for path in list_files(home) if path.suffix.lower() in VIDEO_SUFFIXES]
    return sorted(found, key=lambda path: natural_key(path.relative_to(folder).as_posix()))
