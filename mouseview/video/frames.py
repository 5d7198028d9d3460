"""FrameStore: frames of many videos within a limit of memory and of open files."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from mouseview.video.capture import Frame
from mouseview.video.reader import VideoReader

_MAX_BYTES = 128 << 20
_MAX_OPEN = 16
_BEHIND = 4


_Reduce = Callable[[Frame], Frame]
_Key = tuple[Path, int, _Reduce]


class FrameStore:
    """Decoded frames by video and number, kept while they fit into ``max_bytes``; at most ``max_open`` decoders.

    Frames are shared and read-only. Thread safe: different videos are decoded at the same time, one video by one
    thread after another.
    """

    def __init__(self, max_bytes: int = _MAX_BYTES, max_open: int = _MAX_OPEN) -> None:
        self._max_bytes, self._max_open = max_bytes, max_open
        self._lock = threading.Lock()
        self._frames: OrderedDict[_Key, Frame] = OrderedDict()
        self._bytes = 0
        self._readers: OrderedDict[Path, VideoReader] = OrderedDict()

    def reader(self, path: Path) -> VideoReader:
        """The reader of a video; the one that was used longest ago gives its decoder back beyond the limit."""
        with self._lock:
            found = self._readers.get(path)
            if found is not None:
                self._readers.move_to_end(path)
                return found
        made = VideoReader(path)  # opening takes milliseconds: other videos need not wait for it
        with self._lock:
            reader = self._readers.setdefault(path, made)
            self._readers.move_to_end(path)
            spare = [self._readers.popitem(last=False)[1] for _ in range(len(self._readers) - self._max_open)]
        for unused in (*spare, *((made,) if reader is not made else ())):
            unused.close()
        return reader

    def frame(self, path: Path, index: int) -> Frame:
        """(H, W, 3) uint8 RGB, read-only. Raises ``FileFormatError`` where there is none."""
        return self._get(path, index, _as_it_is)

    def brightest(self, path: Path, index: int) -> Frame:
        """(H, W) uint8: the brightest channel of a frame, read-only; what a mask video says, at a third of the size.

        Raises ``FileFormatError`` where there is no such frame.
        """
        return self._get(path, index, _brightest)

    def _get(self, path: Path, index: int, reduced: _Reduce) -> Frame:
        key = (path, index, reduced)
        with self._lock:
            if key in self._frames:
                self._frames.move_to_end(key)
                return self._frames[key]
            backwards = (path, index + 1, reduced) in self._frames and (path, index - 1, reduced) not in self._frames
        reader = self.reader(path)
        # going backwards, each step would decode from the last key frame again: a few are fetched on the way
        for earlier in range(max(0, index - _BEHIND), index) if backwards else ():
            self._keep((path, earlier, reduced), reduced(reader.read(earlier)))
        return self._keep(key, reduced(reader.read(index)))

    def close(self) -> None:
        """Give all decoders and frames back; reading opens them again."""
        with self._lock:
            readers = list(self._readers.values())
            self._readers.clear()
            self._frames.clear()
            self._bytes = 0
        for reader in readers:
            reader.close()

    def _keep(self, key: _Key, frame: Frame) -> Frame:
        frame.setflags(write=False)
        with self._lock:
            before = self._frames.pop(key, None)
            self._bytes += frame.nbytes - (before.nbytes if before is not None else 0)
            self._frames[key] = frame
            while self._bytes > self._max_bytes and len(self._frames) > 1:
                self._bytes -= self._frames.popitem(last=False)[1].nbytes
        return frame


def _as_it_is(frame: Frame) -> Frame:
    return frame


def _brightest(frame: Frame) -> Frame:
    return np.asarray(cv2.max(cv2.max(frame[..., 0], frame[..., 1]), frame[..., 2]))
