"""A session put together: one recording's videos assigned to the rig's cameras, with what is sure and what is not."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mouseview.formats.files import resolve_inside
from mouseview.formats.sessions import findings
from mouseview.formats.sessions.files import FoundFiles, Recording, recordings
from mouseview.formats.sessions.masks import choose_masks
from mouseview.formats.sessions.names import Assignment, Sureness, assign
from mouseview.formats.sessions.probe import Probe, probe_all
from mouseview.formats.sessions.times import MAX_GAPS, recorded_numbers
from mouseview.model.camera import Rig
from mouseview.model.errors import FileFormatError
from mouseview.model.finding import Finding
from mouseview.model.session import Session, SessionSettings, SessionView

# formats without an image size of their own: their readers assume a usual one, a video knows better
_SIZELESS = frozenset({"dannce", "jarvis", "mammal", "easymocap"})
MAX_SAMPLES = 1_000_000  # names are listed at once; damaged headers claim any number of frames


@dataclass(frozen=True)
class ChosenRecording:
    """others: labels of recordings that would do as well."""

    recording: Recording
    assignment: Assignment
    others: tuple[str, ...] = ()


def choose_recording(
    found: FoundFiles, cameras: tuple[str, ...], label: str | None = None, within: Path | None = None
) -> ChosenRecording:
    """The recording that gives most cameras a video, most surely. label: the one that was decided for. within: a
    folder or video that must be part of it, because a person pointed at it.

    Raises ``FileFormatError`` when there is no video, or none of that label.
    """
    scored = [(one, assign(cameras, [_names(video) for video in one.videos])) for one in recordings(found, cameras)]

    def rank(entry: tuple[Recording, Assignment]) -> tuple[int, int, int, bool]:
        recording, assignment = entry
        unused = len(recording.videos) - assignment.count
        return -assignment.count, -min(assignment.sureness, Sureness.DIGITS), unused, "undist" not in recording.label

    scored.sort(key=rank)
    allowed = [entry for entry in scored if label is None or entry[0].label == label]
    if within is not None:
        allowed = [entry for entry in allowed if any(is_within(video, within) for video in entry[0].videos)]
    if not allowed:
        raise FileFormatError(
            f"holds no recording {label!r}" if label is not None else "holds no video that could be opened",
            place=str(within or found.root),
            remedy="forget the decisions about this session, or put the videos back",
        )
    recording, assignment = allowed[0]
    used = set(recording.videos)
    equal = [one for one, other in scored if other.count == assignment.count and not used & set(one.videos)]
    others: list[str] = []
    for one in equal:
        if not used & set(one.videos):  # a recording is listed once, though it can be seen in two ways
            others.append(one.label)
            used |= set(one.videos)
    return ChosenRecording(recording, assignment, tuple(others))


def build_session(
    root: Path,
    rig: Rig,
    calibration: Path,
    found: FoundFiles,
    chosen: ChosenRecording,
    settings: SessionSettings,
    target: Path,
    pointed_at: Path | None = None,
) -> Session:
    """The session under these settings. pointed_at: what a person opened inside of it.

    Raises ``FileFormatError`` for settings that name files outside of the session.
    """
    cameras = rig.names
    if rig.correction is not None and rig.correction.images_of:
        exchanged = chosen.assignment.reordered(rig.correction.order(cameras))
        chosen = dataclasses.replace(chosen, assignment=exchanged)
    videos = _decided(root, cameras, settings.videos, _videos_of(chosen, len(rig)), "videos")
    masks_by_name = choose_masks(root, cameras, tuple(videos), found.masks)
    masks = _decided(root, cameras, settings.masks, list(masks_by_name.masks), "masks")
    probes = probe_all(videos)
    recorded, source = recorded_numbers(cameras, tuple(videos))
    views = tuple(
        _view(camera, videos[i], masks[i], settings, probes[i], recorded[i], _image_clock(probes))
        for i, camera in enumerate(cameras)
    )
    problems: list[Finding] = [
        *findings.about_recordings(root, chosen.recording.label, chosen.others if pointed_at is None else ()),
        *findings.about_assignment(root, rig, chosen, videos, settings),
        *findings.about_videos(rig, videos, probes, sized=_says_sizes(rig)),
        *findings.about_lengths(root, views, probes),
        *findings.about_masks(root, cameras, masks, masks_by_name.alternatives if not settings.masks else ()),
        *findings.about_lens(root, rig, videos, settings.undistorted),
    ]
    start, stop = _range(views, settings)
    if stop <= start:
        problems.append(findings.nothing_in_common(root, views))
        start, stop = _seen(views)
    if len(range(start, stop, settings.stride)) > MAX_SAMPLES:
        problems.append(findings.too_long(root, stop - start, MAX_SAMPLES))
        stop = start + MAX_SAMPLES * settings.stride
    sized, size_notes = _with_video_sizes(rig, probes)
    return Session(
        name=_name(root, chosen),
        root=root,
        rig=sized,
        views=views,
        start=start,
        stop=stop,
        stride=settings.stride,
        undistorted=settings.undistorted,
        mask_threshold=settings.mask_threshold,
        calibration=calibration,
        settings=settings,
        video_candidates=found.videos or found.sequences,
        mask_candidates=found.masks,
        assumptions=(
            *_calibration_note(calibration, pointed_at),
            *findings.how_assigned(root, rig, chosen, videos, settings),
            *size_notes,
            *_dropped(source, views),
        ),
        problems=tuple(problems),
        settings_target=target,
    )


def _calibration_note(calibration: Path, pointed_at: Path | None) -> tuple[str, ...]:
    return () if pointed_at is None else (f"the calibration is {calibration}, found from {pointed_at.name}",)


def _videos_of(chosen: ChosenRecording, count: int) -> list[Path | None]:
    videos = chosen.recording.videos
    return [None if place is None else videos[place] for place in chosen.assignment.chosen[:count]]


def _decided(
    root: Path, cameras: tuple[str, ...], decisions: Mapping[str, str | None], by_name: list[Path | None], what: str
) -> list[Path | None]:
    """What was decided for a camera comes before what its name suggests; a file is one camera's alone."""
    table = dict(decisions)
    unknown = sorted(set(table) - set(cameras))
    if unknown:
        raise FileFormatError(
            f"{what} are decided for {', '.join(unknown[:5])}, which the calibration does not have",
            place=str(root),
            remedy="remove session.mouseview.json to go back to what names suggest, or open the session with the "
            "calibration that it was decided for",
        )
    taken = {resolve_inside(root, text) for text in table.values() if text is not None}
    out: list[Path | None] = []
    for camera, path in zip(cameras, by_name, strict=True):
        if camera in table:
            text = table[camera]
            out.append(None if text is None else resolve_inside(root, text))
        else:
            out.append(None if path in taken else path)
    return out


def _image_clock(probes: list[Probe | None]) -> tuple[int, int]:
    """(first number, step) of the numbered images of all cameras: every tenth frame may have been kept."""
    sequences = [probe.numbers for probe in probes if probe is not None and probe.numbers]
    steps = [later - earlier for numbers in sequences for earlier, later in itertools.pairwise(numbers)]
    return min((numbers[0] for numbers in sequences), default=0), math.gcd(*steps) or 1


def _view(
    camera: str,
    video: Path | None,
    masks: Path | None,
    settings: SessionSettings,
    probe: Probe | None,
    recorded: tuple[int, ...] | None,
    clock: tuple[int, int],
) -> SessionView:
    count = None if probe is None else probe.frame_count
    if probe is not None and probe.numbers is not None:
        numbers = tuple((number - clock[0]) // clock[1] for number in probe.numbers)
        recorded = numbers if numbers[-1] - numbers[0] < MAX_GAPS * len(numbers) else None  # else they are times
    elif recorded is not None and count is not None:
        count = min(count, len(recorded))
        recorded = recorded[:count]
    return SessionView(camera, video, masks, settings.offsets.get(camera, 0), count, recorded)


def _range(views: tuple[SessionView, ...], settings: SessionSettings) -> tuple[int, int]:
    """The frames that all videos have, unless a person said which; none that no video has."""
    spans = [view.span for view in views if view.span is not None]
    earliest, latest = _seen(views)
    start = max((a for a, _ in spans), default=0) if settings.start is None else max(settings.start, earliest)
    stop = min((b for _, b in spans), default=0) if settings.stop is None else min(settings.stop, latest)
    return start, stop


def _seen(views: tuple[SessionView, ...]) -> tuple[int, int]:
    """From the first frame that any video has to the one behind the last."""
    spans = [view.span for view in views if view.span is not None]
    return min((a for a, _ in spans), default=0), max((b for _, b in spans), default=0)


def _with_video_sizes(rig: Rig, probes: list[Probe | None]) -> tuple[Rig, tuple[str, ...]]:
    """Where the calibration's format has no image size, that of the video is the one K speaks of."""
    if _says_sizes(rig):
        return rig, ()
    sizes = [probe.size if probe is not None and probe.error is None else None for probe in probes]
    cameras = tuple(
        camera if size is None else camera.replace(width=size[0], height=size[1])
        for camera, size in zip(rig, sizes, strict=True)
    )
    changed = [new.name for new, old in zip(cameras, rig, strict=True) if new.size != old.size]
    note = f"the image size of {', '.join(changed)} is that of the videos, the calibration says none"
    return rig.replace(cameras=cameras), (note,) if changed else ()


def _says_sizes(rig: Rig) -> bool:
    return rig.format not in _SIZELESS or (rig.correction is not None and rig.correction.size is not None)


def _dropped(source: str, views: tuple[SessionView, ...]) -> tuple[str, ...]:
    if not source:
        return ()
    gaps = ", ".join(f"{view.camera} {len(view.missing)}" for view in views if view.missing)
    return (f"frames are counted by {source}" + (f"; dropped: {gaps}" if gaps else "; none was dropped"),)


def _name(root: Path, chosen: ChosenRecording) -> str:
    name = root.resolve().name or str(root)
    return f"{name}/{chosen.recording.label}" if chosen.others else name


def _names(video: Path) -> tuple[str, str]:
    return (video.stem if video.suffix else video.name), video.parent.name


def is_within(video: Path, place: Path) -> bool:
    return video.resolve().is_relative_to(place.resolve())
