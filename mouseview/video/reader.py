"""VideoReader: the frames of one video file by their number."""

from __future__ import annotations

import threading
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from mouseview.model.errors import FileFormatError

Frame = npt.NDArray[np.uint8]


class VideoReader:
    """Frames of a video file by number, exactly as a sequential decode gives them. Thread safe.

    frame_count: as the container claims it.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._lock = threading.Lock()
        self._capture = cv2.VideoCapture(str(self.path), cv2.CAP_FFMPEG)
        if not self._capture.isOpened():
            raise FileFormatError(
                "is not a video that can be decoded", place=str(self.path), remedy="check the file, or convert it"
            )
        self.width = int(self._capture.get(cv2.CAP_PROP_FRAME_WIDTH))
        self.height = int(self._capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
        self.fps = float(self._capture.get(cv2.CAP_PROP_FPS))
        self.frame_count = int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT))
        self._next = 0

    def read(self, index: int) -> Frame:
        """(H, W, 3) uint8 RGB of frame ``index``. Raises ``FileFormatError`` where there is none."""
        with self._lock:
            if index < self._next:
                self._capture.set(cv2.CAP_PROP_POS_FRAMES, 0)
                self._next = 0
            while self._next <= index:
                if not self._capture.grab():
                    raise FileFormatError(
                        f"has no frame {index}: decoding ends after {self._next} frames",
                        place=str(self.path),
                        remedy="choose an earlier frame, or copy the video again",
                    )
                self._next += 1
            _, frame = self._capture.retrieve()
            return np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB))

    def close(self) -> None:
        with self._lock:
            self._capture.release()
