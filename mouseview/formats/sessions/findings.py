"""What stays open or is wrong when a session is put together, said where it can be decided."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from mouseview.formats.sessions.names import Sureness
from mouseview.formats.sessions.probe import Probe
from mouseview.model.camera import Rig
from mouseview.model.finding import Finding, Severity
from mouseview.model.session import SessionSettings, SessionView

if TYPE_CHECKING:
    from mouseview.formats.sessions.build import ChosenRecording

_ASSIGN = "assign each camera its video in the session panel"
_MAX_LENGTH_DIFFERENCE = 2  # frames; recorders stop one camera after another
_HOW = {
    Sureness.EXACT: "called alike",
    Sureness.CONTAINED: "the camera's name stands in the file's",
    Sureness.DIGITS: "the numbers agree",
    Sureness.ORDER: "in order, a guess",
}


def how_assigned(
    root: Path, rig: Rig, chosen: ChosenRecording, videos: list[Path | None], settings: SessionSettings
) -> tuple[str, ...]:
    """One sentence for each way in which videos came to their cameras."""
    by_how: dict[str, list[str]] = {}
    for camera, video, how in zip(rig.names, videos, chosen.assignment.how, strict=True):
        if video is not None:
            way = "decided by a person" if camera in settings.videos else _HOW[how]
            by_how.setdefault(way, []).append(f"{camera} ← {_inside(root, video)}")
    return tuple(f"videos by name ({way}): {', '.join(pairs)}" for way, pairs in by_how.items())


def about_recordings(root: Path, label: str, others: tuple[str, ...]) -> list[Finding]:
    if not others:
        return []
    more = f" and {len(others) - 3} more" if len(others) > 3 else ""
    return [
        Finding(
            "session-several-recordings",
            Severity.WARNING,
            str(root),
            f"holds {len(others) + 1} recordings; {label} is open, also there: {', '.join(others[:3])}{more}",
            "open a video or folder of the recording that is meant",
        )
    ]


def about_assignment(
    root: Path, rig: Rig, chosen: ChosenRecording, videos: list[Path | None], settings: SessionSettings
) -> list[Finding]:
    out = []
    pairs = list(zip(rig.names, videos, chosen.assignment.how, strict=True))
    guessed = [
        f"{camera} ← {_inside(root, video)}"
        for camera, video, how in pairs
        if how is Sureness.ORDER and video is not None and camera not in settings.videos
    ]
    if guessed:
        out.append(
            Finding(
                "session-videos-guessed",
                Severity.WARNING,
                str(root),
                f"names do not tell which video is which camera's; taken in order: {', '.join(guessed)}",
                _ASSIGN,
            )
        )
    for camera, video, _ in pairs:
        if video is None and settings.videos.get(camera, "") is not None:
            message = f"no video is called like camera {camera}"
            out.append(Finding("session-camera-without-video", Severity.WARNING, str(root), message, _ASSIGN, camera))
    unused = [video for video in chosen.recording.videos if video not in videos]
    if unused:
        listed = ", ".join(_inside(root, video) for video in unused[:5])
        message = f"{len(unused)} of its videos belong to no camera: {listed}"
        out.append(Finding("session-video-unused", Severity.WARNING, str(root), message, _ASSIGN))
    users = Counter(video for video in videos if video is not None)
    for video, count in users.items():
        if count > 1:
            names = ", ".join(camera for camera, own, _ in pairs if own == video)
            message = f"is the video of {count} cameras: {names}"
            out.append(Finding("session-video-twice", Severity.ERROR, str(video), message, _ASSIGN))
    return out


def about_videos(rig: Rig, videos: list[Path | None], probes: list[Probe | None], sized: bool) -> list[Finding]:
    """Videos that cannot be opened, are of another size than the calibration's, or have something to say."""
    out = []
    for camera, video, probe in zip(rig, videos, probes, strict=True):
        if video is None or probe is None:
            continue
        if probe.error is not None:
            place = probe.error.place or str(video)
            out.append(
                Finding(
                    "session-video-unusable",
                    Severity.ERROR,
                    place,
                    f"camera {camera.name}: {probe.error.message}",
                    probe.error.remedy,
                    camera.name,
                )
            )
            continue
        if sized and probe.size != camera.size:
            out.append(
                Finding(
                    "session-image-size",
                    Severity.ERROR,
                    str(video),
                    f"its frames are {probe.size[0]}×{probe.size[1]} px, but the calibration of {camera.name} speaks "
                    f"of {camera.width}×{camera.height} px",
                    "assign the right video, or use the calibration of this recording's size",
                    camera.name,
                )
            )
        for note in probe.notes:
            out.append(
                Finding(
                    "session-video-note",
                    Severity.INFO,
                    str(video),
                    note,
                    "nothing to do, unless it is slow or looks turned",
                    camera.name,
                )
            )
    return out


def about_lengths(root: Path, views: tuple[SessionView, ...], probes: list[Probe | None]) -> list[Finding]:
    out = []
    counts = {view.camera: view.frame_count for view in views if view.frame_count is not None and not view.recorded}
    if counts and max(counts.values()) - min(counts.values()) > _MAX_LENGTH_DIFFERENCE:
        listed = ", ".join(f"{camera} {count}" for camera, count in counts.items())
        out.append(
            Finding(
                "session-lengths-differ",
                Severity.WARNING,
                str(root),
                f"the videos are not equally long, so some camera dropped frames or started late: {listed} frames",
                "check the shift of each camera, early and late in the session",
            )
        )
    rates = {round(probe.fps, 2) for probe in probes if probe is not None and probe.fps > 0}
    if len(rates) > 1:
        listed = ", ".join(f"{rate:g}" for rate in sorted(rates))
        message = f"the videos claim different frame rates: {listed} a second; frames are paired by number"
        remedy = "check that all cameras were triggered together"
        out.append(Finding("session-rates-differ", Severity.WARNING, str(root), message, remedy))
    return out


def about_masks(
    root: Path, cameras: tuple[str, ...], masks: list[Path | None], alternatives: tuple[str, ...]
) -> list[Finding]:
    out = []
    without = [camera for camera, mask in zip(cameras, masks, strict=True) if mask is None]
    if without and len(without) < len(cameras):
        message = f"masks are there, but none for {', '.join(without)}"
        out.append(
            Finding("session-masks-missing", Severity.WARNING, str(root), message, "choose masks in the session panel")
        )
    if alternatives:
        used = next(mask for mask in masks if mask is not None)
        message = f"several sets of masks fit: {_inside(root, used.parent)} is used, not {', '.join(alternatives[:3])}"
        out.append(
            Finding("session-masks-several", Severity.INFO, str(root), message, "choose masks in the session panel")
        )
    return out


def about_lens(root: Path, rig: Rig, videos: list[Path | None], undistorted: bool | None) -> list[Finding]:
    """A folder that says its videos are undistorted, and a calibration that has a lens, cannot both be followed."""
    bent = [camera.name for camera in rig if not camera.is_pinhole]
    named = [video for video in videos if video is not None and "undist" in _inside(root, video).lower()]
    if undistorted is not None or not bent or not named:
        return []
    return [
        Finding(
            "session-undistorted-unclear",
            Severity.WARNING,
            str(named[0].parent),
            "its name says that the lens is taken out of the videos already, but the calibration still has one: "
            "it would be taken out twice",
            "say in the session panel whether the videos are undistorted",
        )
    ]


def nothing_in_common(root: Path, views: tuple[SessionView, ...]) -> Finding:
    spans = [f"{view.camera} {view.span[0]}…{view.span[1] - 1}" for view in views if view.span is not None]
    return Finding(
        "session-no-common-frames",
        Severity.ERROR,
        str(root),
        f"the videos have no frame in common: {', '.join(spans) or 'none can be opened'}",
        "correct the shifts and the range in the session panel",
    )


def too_long(root: Path, frames: int, most: int) -> Finding:
    return Finding(
        "session-too-long",
        Severity.WARNING,
        str(root),
        f"the videos claim {frames} frames in common; only the first {most} samples are listed",
        "choose a range or every n-th frame in the session panel, or check the videos' headers",
    )


def _inside(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
