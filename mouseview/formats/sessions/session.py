"""A folder of synchronised videos, their masks and calibration as a dataset whose samples are frames."""

from __future__ import annotations

from pathlib import Path

from mouseview.formats.keypoints import find_keypoints
from mouseview.formats.registry import read_rig
from mouseview.formats.sample_folder import read_calibration
from mouseview.formats.sessions.build import ChosenRecording, build_session, choose_recording, is_within
from mouseview.formats.sessions.calibration import calibration_of
from mouseview.formats.sessions.files import VIDEO_SUFFIXES, FoundFiles, scan
from mouseview.formats.sessions.frames import SessionFrames
from mouseview.formats.sessions.names import Sureness
from mouseview.formats.sessions.settings import read_settings, write_settings
from mouseview.model.errors import FileFormatError
from mouseview.model.sample import Dataset, Sample
from mouseview.model.session import Session, SessionSettings

FORMAT = "session"


def find_session(folder: Path | str, format: str | None = None) -> bool:
    """Whether a folder holds a session: videos, or one folder of numbered images for each camera of a calibration.

    Raises ``FileFormatError`` when the folder cannot be listed.
    """
    found = scan(Path(folder))
    return bool(found.videos) or (len(found.sequences) > 1 and _are_cameras(Path(folder), found, format))


def _are_cameras(folder: Path, found: FoundFiles, format: str | None) -> bool:
    """Image folders are a session where they are called like cameras; else they belong to something else."""
    try:
        calibration = calibration_of(folder, format)
        sample = read_calibration(calibration.path, format)
    except FileFormatError:  # whatever else opens this folder will say so
        return False
    if sample.has_images:
        return False
    chosen = choose_recording(found, sample.rig.names)
    return chosen.assignment.count > 1 and chosen.assignment.sureness > Sureness.ORDER


def is_video(path: Path | str) -> bool:
    """Whether a file is called like a video."""
    return Path(path).suffix.lower() in VIDEO_SUFFIXES


def read_session(
    path: Path | str, settings: SessionSettings | None = None, format: str | None = None, corrected: bool = True
) -> Session:
    """The session in a folder, or the one that a video belongs to.

    settings: None means those that were saved for it. format: of the calibration, to overrule what its content says.
    corrected: with the correction that was saved for the calibration; see ``registry.read_rig``. What names leave open
    stands in ``Session.problems``. Raises ``FileFormatError`` when there is no video or no calibration, when several
    calibrations could be meant, and for settings that do not fit.
    """
    target = Path(path)
    folder = target if target.is_dir() else target.parent
    calibration = calibration_of(folder, format)
    root, found = calibration.root, scan(calibration.root)
    if root != folder and not any(is_within(path, folder) for path in (*found.videos, *found.sequences)):
        root, found = folder, scan(folder)  # the calibration lies in a place too large to be looked through
    within = target if target != root else None
    rig = read_rig(calibration.path, format, corrected)
    recording = choose_recording(found, rig.names, None if settings is None else settings.recording, within)
    place = _settings_target(found, recording)
    if settings is None:
        settings = read_settings(place) or SessionSettings()
        if recording.others:
            settings = settings.replace(recording=recording.recording.label)
    return build_session(root, rig, calibration.path, found, recording, settings, place, within)


def _settings_target(found: FoundFiles, chosen: ChosenRecording) -> Path:
    """The session's folder; of several recordings in it, the folder or the first video that is this one's alone."""
    if not chosen.others:
        return found.root
    own = set(chosen.recording.videos)
    home = chosen.recording.videos[0].parent
    alone = all(video.parent != home or video in own for video in (*found.videos, *found.sequences))
    together = all(video.parent == home for video in own)
    return home if alone and together and home != found.root else chosen.recording.videos[0]


def session_dataset(session: Session) -> Dataset:
    """The session's frames as samples called ``frame_000120``, each decoded when its images are asked for."""
    frames = session.frames
    pixels = SessionFrames(session)
    keypoints = find_keypoints(session.root, session.rig.names, [view.video for view in session.views])
    correction = (
        session.rig.correction
    )  # of the calibration: its labels follow; whose video is whose is decided already
    mended = None if correction is None else correction.replace(images_of=())

    def read(index: int) -> Sample:
        frame = frames[index]
        numbers = [view.video_frame(frame) for view in session.views]
        labels = keypoints.at(frame, numbers) if keypoints else None
        if labels is not None and mended is not None:
            labels = mended.apply_to_labels(labels, session.rig.names)
        return Sample(sample_name(frame), session.sample_rig, pixels.sources(frame), session.root, labels, frame)

    names = tuple(sample_name(frame) for frame in frames)
    problems = (*session.problems, *(keypoints.problems if keypoints else ()))
    return Dataset(session.name, session.root, FORMAT, names, read, problems, session)


def sample_name(frame: int) -> str:
    """``frame_000120``; frames before the session's zero have a minus sign."""
    return f"frame_{frame:06d}"


def save_settings(session: Session, settings: SessionSettings) -> Path:
    """Save decisions beside the session (or in the user's folder); later openings follow them."""
    return write_settings(session.settings_target or session.root, settings)
