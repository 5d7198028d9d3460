"""Session: synchronised videos of one rig. SessionSettings: what a person may decide about them."""

from __future__ import annotations

import bisect
import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from mouseview.model.camera import Rig
from mouseview.model.finding import Finding

MASK_THRESHOLD = 127


@dataclass(frozen=True)
class SessionSettings:
    """Decisions about a session; whatever is left out is found by name.

    videos, masks: camera → file or folder of images, relative to ``Session.root`` with ``/``; None: this camera has
    none. offsets: camera → frames; frame i of the session shows frame i + offset of that camera's video.
    start, stop, stride: the session frames that are samples (stop not included); None: the range common to all
    videos. undistorted: whether the pixels are free of lens distortion already; None: unknown, the lens is applied.
    mask_threshold: a mask pixel above it is subject. recording: which one, where a folder holds several.
    """

    videos: Mapping[str, str | None] = field(default_factory=dict)
    masks: Mapping[str, str | None] = field(default_factory=dict)
    offsets: Mapping[str, int] = field(default_factory=dict)
    start: int | None = None
    stop: int | None = None
    stride: int = 1
    undistorted: bool | None = None
    mask_threshold: int = MASK_THRESHOLD
    recording: str | None = None

    def replace(self, **changes: Any) -> SessionSettings:
        return dataclasses.replace(self, **changes)


@dataclass(frozen=True)
class SessionView:
    """One camera's part in a session.

    video: a video file or a folder of numbered images; masks: the same for its masks. frame_count: how many frames
    the video claims to have (None: no video, or it cannot be opened); containers may be wrong by a few, reading tells.
    recorded: the number, on the clock that all cameras share, of each of its frames (ascending); None: 0, 1, 2, …
    """

    camera: str
    video: Path | None = None
    masks: Path | None = None
    offset_frames: int = 0
    frame_count: int | None = None
    recorded: tuple[int, ...] | None = None

    def video_frame(self, session_frame: int) -> int | None:
        """The place in its video of a session's frame; None where the camera has no such frame."""
        if self.video is None or self.frame_count is None:
            return None
        number = session_frame + self.offset_frames
        if self.recorded is None:
            return number if 0 <= number < self.frame_count else None
        place = bisect.bisect_left(self.recorded, number)
        return place if place < len(self.recorded) and self.recorded[place] == number else None

    @property
    def span(self) -> tuple[int, int] | None:
        """The session frames that this camera saw: first, and one behind the last."""
        if self.video is None or not self.frame_count:
            return None
        first, last = (self.recorded[0], self.recorded[-1]) if self.recorded else (0, self.frame_count - 1)
        return first - self.offset_frames, last + 1 - self.offset_frames

    @cached_property
    def missing(self) -> tuple[int, ...]:
        """Session frames that were dropped between its first and its last one."""
        if not self.recorded:
            return ()
        there = set(self.recorded)
        gaps = (number for number in range(self.recorded[0], self.recorded[-1]) if number not in there)
        return tuple(number - self.offset_frames for number in gaps)


@dataclass(frozen=True, eq=False)
class Session:
    """Videos, masks and calibration that belong together.

    rig: as the calibration declares it; ``sample_rig`` is the one for the samples. views: parallel to rig.cameras.
    start, stop, stride: the session frames that are samples. video_candidates, mask_candidates: everything that could
    be assigned to a camera. calibration: the file or folder of the rig. settings: what the session was read with.
    assumptions: what was taken from names alone, one sentence each. problems: what stayed ambiguous or is wrong.
    settings_target: the file or folder that saved settings belong to.
    """

    name: str
    root: Path
    rig: Rig
    views: tuple[SessionView, ...]
    start: int
    stop: int
    stride: int = 1
    undistorted: bool | None = None
    mask_threshold: int = MASK_THRESHOLD
    calibration: Path | None = None
    settings: SessionSettings = field(default_factory=SessionSettings)
    video_candidates: tuple[Path, ...] = ()
    mask_candidates: tuple[Path, ...] = ()
    assumptions: tuple[str, ...] = ()
    problems: tuple[Finding, ...] = ()
    settings_target: Path | None = None

    @property
    def frames(self) -> range:
        """The session frames that are samples, in order."""
        return range(self.start, self.stop, self.stride)

    @cached_property
    def sample_rig(self) -> Rig:
        """The rig as it holds for the pixels: without lens where the videos are undistorted (K kept)."""
        notes = (*self.rig.assumptions, *self.assumptions)
        if not self.undistorted:
            return self.rig.replace(assumptions=notes)
        bent = [camera.name for camera in self.rig if not camera.is_pinhole]
        if bent:
            notes = (*notes, f"videos are undistorted: the lens of {', '.join(bent)} is dropped, K is kept")
        cameras = tuple(camera.replace(distortion=np.zeros(0)) for camera in self.rig)
        return self.rig.replace(cameras=cameras, assumptions=notes)

    def relative(self, path: Path) -> str:
        """A path as ``SessionSettings`` name it."""
        return path.relative_to(self.root).as_posix()

    def view(self, camera: str) -> SessionView:
        return self.views[self.rig.names.index(camera)]
