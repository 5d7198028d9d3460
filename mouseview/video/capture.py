"""One open video: OpenCV's FFmpeg backend, told to leave pixels as they are stored.

OpenCV and not PyAV, because PyAV's wheels carry x264 and x265, whose licence (GPL) this program does not take on.
"""

from __future__ import annotations

import math
import os
from pathlib import Path

# errors are raised with file, place and remedy; FFmpeg would print its own version of them as well
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")

import cv2
import numpy as np
import numpy.typing as npt

from mouseview.model.errors import FileFormatError
from mouseview.video.container import container_of

cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

Frame = npt.NDArray[np.uint8]

# each decoding thread holds frames of its own; two keep twelve cameras within memory and lose little speed
_THREADS = 2
_OPEN_TIMEOUT_MS = 15_000
_MAX_PIXELS = 1 << 26


class Capture:
    """A decoder at a place in its file. Not thread safe.

    width, height in px as stored; rotation_deg: what players would turn the picture by. claimed_frames: the
    container's word, often wrong by a few.
    """

    def __init__(self, path: Path) -> None:
        container_of(path)
        self.path = path
        self._decoded: Frame | None = None
        # an absolute path cannot be taken for a protocol ("concat:…")
        self._capture = cv2.VideoCapture(
            os.path.abspath(path),
            cv2.CAP_FFMPEG,
            [
                *(cv2.CAP_PROP_N_THREADS, _THREADS),
                *(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, _OPEN_TIMEOUT_MS),
                *(cv2.CAP_PROP_HW_ACCELERATION, cv2.VIDEO_ACCELERATION_NONE),
            ],
        )
        if not self._capture.isOpened():
            raise _unusable(path, "no decoder opens it")
        self.rotation_deg = int(self._get(cv2.CAP_PROP_ORIENTATION_META)) % 360
        self._capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 0)
        self.width, self.height = int(self._get(cv2.CAP_PROP_FRAME_WIDTH)), int(self._get(cv2.CAP_PROP_FRAME_HEIGHT))
        self.fps = float(self._get(cv2.CAP_PROP_FPS))
        # a frame takes a byte at least: what claims more has a damaged header
        self.claimed_frames = min(max(0, int(self._get(cv2.CAP_PROP_FRAME_COUNT))), os.path.getsize(path))
        if not (0 < self.width * self.height <= _MAX_PIXELS and np.isfinite(self.fps)):
            self.close()
            raise _unusable(path, f"it claims frames of {self.width}×{self.height} px")

    def _get(self, name: int) -> float:
        return float(self._capture.get(name))

    def grab(self) -> bool:
        """Decode the next frame without fetching its pixels; False at the end."""
        return bool(self._capture.grab())

    @property
    def stamp_us(self) -> int:
        """Presentation time of the frame that was grabbed, in µs from the stream's start."""
        return round(self._get(cv2.CAP_PROP_POS_MSEC) * 1000)

    @property
    def frame_type(self) -> str:
        """``I``, ``P`` or ``B`` of the frame that was grabbed."""
        return chr(int(self._get(cv2.CAP_PROP_FRAME_TYPE)) & 0x7F)

    def pixels(self) -> Frame:
        """(H, W, 3) uint8 RGB of the frame that was grabbed. Raises ``FileFormatError``."""
        # one array is used again: two large ones a frame, freed together, are given back to the system each time
        ok, frame = self._capture.retrieve(self._decoded)
        if not ok or frame is None or frame.ndim != 3 or frame.shape != (self.height, self.width, 3):
            size = "none" if frame is None else "×".join(map(str, frame.shape[1::-1]))
            raise _unusable(self.path, f"a frame of {self.width}×{self.height} px was expected, decoded: {size}")
        self._decoded = frame
        return np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB))

    def number_at(self, stamp_us: int) -> int:
        """The frame number that ``seek`` takes a stamp for; a guess of the backend's where the rate varies."""
        return math.floor(self.fps * stamp_us / 1e6 + 0.5)

    def seek(self, number: int) -> None:
        """Go near frame ``number`` as time and frame rate suggest; only the next stamp tells where this led."""
        self._capture.set(cv2.CAP_PROP_POS_FRAMES, number)

    def close(self) -> None:
        self._capture.release()


def packets(path: Path) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Presentation time in µs and key flag of each packet, in the order of the file; nothing is decoded.

    Raises ``FileFormatError`` for what is no video.
    """
    capture = _open_packets(path)
    stamps, keys = [], []
    try:
        while capture.grab():
            stamps.append(round(capture.get(cv2.CAP_PROP_POS_MSEC) * 1000))
            keys.append(capture.get(cv2.CAP_PROP_LRF_HAS_KEY_FRAME) > 0)
    finally:
        capture.release()
    return np.array(stamps, np.int64), np.array(keys, bool)


def first_packet(path: Path) -> tuple[str, bytes]:
    """The codec's four letters in lower case, and its first packet (H.264 with start codes and parameter sets).

    Raises ``FileFormatError`` for what is no video.
    """
    capture = _open_packets(path)
    try:
        code = int(capture.get(cv2.CAP_PROP_FOURCC)) & 0xFFFFFFFF
        there, data = capture.retrieve() if capture.grab() else (False, None)
        letters = code.to_bytes(4, "little").decode("latin-1").lower()
        return letters, data.tobytes() if there and data is not None else b""
    finally:
        capture.release()


def _open_packets(path: Path) -> cv2.VideoCapture:
    container_of(path)
    capture = cv2.VideoCapture(os.path.abspath(path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_FORMAT, -1])
    if not capture.isOpened():
        raise _unusable(path, "no decoder opens it")
    return capture


def _unusable(path: Path, why: str) -> FileFormatError:
    return FileFormatError(
        f"the video cannot be used: {why}",
        place=str(path),
        remedy="copy or record it again, or convert it to MP4 with H.264; without it this camera's view is lost",
    )
