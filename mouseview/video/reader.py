"""VideoReader: the frames of one video file by their number, equal to those of a sequential decode."""

from __future__ import annotations

import threading
from pathlib import Path

from mouseview.model.errors import FileFormatError
from mouseview.video.capture import Capture, Frame
from mouseview.video.container import Container, container_of
from mouseview.video.interlaced import refuse_unconverted
from mouseview.video.timeline import Timeline
from mouseview.video.timeline_cache import known_timeline, timeline_of

_NEAR_FRAMES = 48  # this near to the place, decoding on is cheaper than reading the packets first
_SEEK_MARGIN_FRAMES = 16  # the backend starts at least this far before the place that it is asked for
_SEEK_ATTEMPTS = 5
_PASSING_KEYS = {Container.MPEG_TS, Container.FLV, Container.ASF, Container.OGG}  # may start between key frames
_START = -1


class VideoReader:
    """Frames of a video file by number, exactly as a sequential decode gives them, in any order. Thread safe.

    width, height in px as stored: a rotation that players would apply is not, calibrations speak of stored pixels.
    fps: the mean one. frame_count: the container's claim until the truth is known (``count_frames``). Opening decodes
    nothing. Raises ``FileFormatError`` for what is no video.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._lock = threading.Lock()
        self._capture: Capture | None = Capture(self.path)
        self.width, self.height, self.fps = self._capture.width, self._capture.height, self._capture.fps
        self._claimed, self._rotation_deg = self._capture.claimed_frames, self._capture.rotation_deg
        self._through_key = container_of(self.path) in _PASSING_KEYS
        self._timeline: Timeline | None = known_timeline(self.path)
        self._is_converted = False
        self._counted: int | None = None  # true number of frames where decoding came to the end
        self._at: int | None = _START  # the frame that was grabbed last; None: not known

    @property
    def frame_count(self) -> int:
        if self._counted is not None:
            return self._counted
        if self._timeline is not None and self._timeline.stamps_us is not None:
            return len(self._timeline)
        return self._claimed

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know of this file, one sentence each."""
        turned = f"players turn it by {self._rotation_deg}°; its pixels are used as they are stored"
        slow = self._timeline.note if self._timeline is not None else ""
        return tuple(note for note in (turned if self._rotation_deg else "", slow) if note)

    def count_frames(self) -> int:
        """The true number of frames: reads the packets once, and decodes everything where they do not tell."""
        with self._lock:
            if self._index().stamps_us is None and self._counted is None:
                self._restart()
                while self._grab_next():
                    pass
            return self.frame_count

    def read(self, index: int) -> Frame:
        """(H, W, 3) uint8 RGB of frame ``index``. Raises ``FileFormatError`` where there is none."""
        with self._lock:
            if not self._is_converted:
                refuse_unconverted(self.path)
                self._is_converted = True
            if index < 0 or not self._go_to(index):
                raise self._no_frame(index)
            return self._open().pixels()

    def close(self) -> None:
        """Give the decoder back; reading opens it again."""
        with self._lock:
            self._restart()

    def _open(self) -> Capture:
        if self._capture is None:
            self._capture, self._at = Capture(self.path), _START
        return self._capture

    def _restart(self) -> None:
        if self._capture is not None:
            self._capture.close()
        self._capture, self._at = None, _START

    def _index(self) -> Timeline:
        if self._timeline is None:
            self._timeline = timeline_of(self.path)
        return self._timeline

    def _go_to(self, index: int) -> bool:
        """Make ``index`` the frame that was grabbed last; False where the video has no such frame."""
        if self._at == index:
            return True
        if self._timeline is None and self._at is not None and 0 < index - self._at <= _NEAR_FRAMES:
            return self._walk(index)  # counted from the start, without a gap: exact by itself
        timeline = self._index()
        if timeline.stamps_us is not None:
            if index >= len(timeline):
                return False
            if self._worth_seeking(timeline, index):
                if self._seek(timeline, index):
                    return True
            elif self._walk(index):
                return True
        elif self._at is not None and self._at < index:
            return self._walk(index)
        self._restart()
        return self._walk(index)

    def _worth_seeking(self, timeline: Timeline, index: int) -> bool:
        if self._at is None or self._at > index:
            return index > _SEEK_MARGIN_FRAMES  # at the very start nothing is skipped by seeking
        landing = timeline.key_before(max(0, index - _SEEK_MARGIN_FRAMES))
        return self._at < landing - _SEEK_MARGIN_FRAMES

    def _walk(self, index: int) -> bool:
        """Grab on until ``index``; False where the video ends or jumps over it."""
        if self._at is None or self._at > index:
            return False
        self._open()
        while self._at is not None and self._at < index:
            if not self._grab_next():
                return False
        return self._at == index

    def _grab_next(self) -> bool:
        """Grab one frame. It is the next one, unless its stamp says that frames between cannot be decoded."""
        capture, before = self._open(), self._at
        self._at = None
        if before is None:
            return False
        if not capture.grab():
            if self._timeline is None or self._timeline.stamps_us is None:
                self._counted = before + 1
            return False
        self._at = before + 1
        if self._timeline is not None and self._timeline.stamps_us is not None:
            self._at = self._number(capture.stamp_us, self._at)
        return self._at is not None

    def _number(self, stamp_us: int, expected: int) -> int | None:
        """The frame that bears this stamp: the expected one where its stamp agrees."""
        timeline = self._index()
        return expected if timeline.is_at(expected, stamp_us) else timeline.locate(stamp_us)

    def _seek(self, timeline: Timeline, index: int) -> bool:
        """Start in the middle; the stamps tell where that is. False where no start leads to ``index``."""
        assert timeline.stamps_us is not None
        capture, first = self._open(), int(timeline.stamps_us[0])
        latest = timeline.key_before(index) if self._through_key else index
        for attempt in range(_SEEK_ATTEMPTS):
            # the backend goes to a key frame by time and counts from there: asked like this, it stops before `latest`
            key = timeline.key_before(max(0, latest - _SEEK_MARGIN_FRAMES))
            time_of_key = capture.number_at(int(timeline.stamps_us[key])) - capture.number_at(first)
            number = time_of_key + latest - key
            if number <= 1:
                return False
            capture.seek(number)
            self._at = self._find(timeline, capture)
            if self._at is not None and self._at <= latest and self._walk(index):
                return True
            latest = timeline.key_before(max(0, latest - (_SEEK_MARGIN_FRAMES << attempt)))
        return False

    @staticmethod
    def _find(timeline: Timeline, capture: Capture) -> int | None:
        """Grab until a stamp belongs to one frame alone."""
        for _ in range(_NEAR_FRAMES):
            if not capture.grab():
                return None
            found = timeline.locate(capture.stamp_us)
            if found is not None:
                return found
        return None

    def _no_frame(self, index: int) -> FileFormatError:
        ends = index >= self.frame_count and (self._timeline is not None or self._counted is not None)
        claim = f" (its header claims {self._claimed})" if self._claimed > self.frame_count else ""
        return FileFormatError(
            f"the video has no frame {index}: it ends after {self.frame_count} frames{claim}"
            if ends or index < 0
            else f"frame {index} of the video cannot be decoded: the file is damaged there",
            place=str(self.path),
            remedy="choose another frame, or copy the video again from where it was recorded",
        )
