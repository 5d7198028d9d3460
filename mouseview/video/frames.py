"""FrameStore: frames of many videos within a limit of memory and of open files."""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path

from mouseview.video.capture import Frame
from mouseview.video.reader import VideoReader

_MAX_BYTES = 192 << 20
_MAX_OPEN = 16
_BEHIND = 6


class FrameStore:
    """Decoded frames by video and number, kept while they fit into ``max_bytes``; at most ``max_open`` decoders.

    Frames are shared and read-only. Thread safe: different videos are decoded at the same time, one video by one
    thread after another.
    """

    def __init__(self, max_bytes: int = _MAX_BYTES, max_open: int = _MAX_OPEN) -> None:
        self._max_bytes, self._max_open = max_bytes, max_open
        self._lock = threading.Lock()
        self._frames: OrderedDict[tuple[Path, int], Frame] = OrderedDict()
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
        kept = self._kept(path, index)
        if kept is not None:
            return kept
        reader = self.reader(path)
        if self._has(path, index + 1) and not self._has(path, index - 1):
            # going backwards: each step would decode from the last key frame again
            for earlier in range(max(0, index - _BEHIND), index):
                self._keep(path, earlier, reader.read(earlier))
        return self._keep(path, index, reader.read(index))

    def close(self) -> None:
        """Give all decoders and frames back; reading opens them again."""
        with self._lock:
            readers = list(self._readers.values())
            self._readers.clear()
            self._frames.clear()
            self._bytes = 0
        for reader in readers:
            reader.close()

    def _has(self, path: Path, index: int) -> bool:
        with self._lock:
            return (path, index) in self._frames

    def _kept(self, path: Path, index: int) -> Frame | None:
        with self._lock:
            frame = self._frames.get((path, index))
            if frame is not None:
                self._frames.move_to_end((path, index))
            return frame

    def _keep(self, path: Path, index: int, frame: Frame) -> Frame:
        frame.setflags(write=False)
        with self._lock:
            before = self._frames.pop((path, index), None)
            self._bytes += frame.nbytes - (before.nbytes if before is not None else 0)
            self._frames[path, index] = frame
            while self._bytes > self._max_bytes and len(self._frames) > 1:
                self._bytes -= self._frames.popitem(last=False)[1].nbytes
        return frame
