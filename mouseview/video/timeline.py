"""Timeline: which frame of a video has which time stamp, and where decoding can start. Container counts are not asked.

It is made from the packets alone (nothing is decoded) and proved at both ends: the first frames that a decoder really
gives, and those behind the last key frame, must bear the stamps that the packets promise. Edit lists, leading frames
that cannot be decoded, truncated files and stamps in decoding order show there.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mouseview.model.errors import FileFormatError
from mouseview.video.capture import Capture, packets
from mouseview.video.container import Container, container_of

Stamps = npt.NDArray[np.int64]

TOLERANCE_US = 2  # stamps are whole ticks of the file's clock, told in milliseconds by two routes
_HEAD_FRAMES = 24
_MAX_TAIL_FRAMES = 1000
_MAX_FRAMES = 100_000_000
_MAX_FAILURES = 16
_OWN_STAMPS = {Container.MP4, Container.MATROSKA}
_NO_STAMPS = {Container.ELEMENTARY, Container.MPEG_PS}

SEQUENTIAL = (
    "gives no usable time stamps: frames are counted from the start, so going back is slow; "
    "rewrite it as MP4 to make every frame quick to reach"
)


@dataclass(frozen=True, eq=False)
class Timeline:
    """stamps_us (N,), ascending, one for each frame of a sequential decode; None: the file gives no usable ones and
    frames are found by counting from the start. keys (K,): frames at which decoding can start. note: for the user.
    """

    stamps_us: Stamps | None
    keys: npt.NDArray[np.int64]
    note: str = ""

    def __len__(self) -> int:
        return 0 if self.stamps_us is None else len(self.stamps_us)

    def locate(self, stamp_us: int) -> int | None:
        """The frame with this stamp; None where there is none, or more than one."""
        if self.stamps_us is None:
            return None
        low = int(np.searchsorted(self.stamps_us, stamp_us - TOLERANCE_US))
        high = int(np.searchsorted(self.stamps_us, stamp_us + TOLERANCE_US, side="right"))
        return low if high == low + 1 else None

    def is_at(self, frame: int, stamp_us: int) -> bool:
        """Whether this frame bears this stamp."""
        inside = self.stamps_us is not None and 0 <= frame < len(self.stamps_us)
        return inside and abs(int(self.stamps_us[frame]) - stamp_us) <= TOLERANCE_US  # type: ignore[index]

    def key_before(self, frame: int) -> int:
        """The last frame, not behind ``frame``, at which decoding can start."""
        place = int(np.searchsorted(self.keys, frame, side="right"))
        return int(self.keys[place - 1]) if place else 0


def build_timeline(path: Path) -> Timeline:
    """Read the packets and prove them; decode the whole video once where they cannot be proved but stamps are sound.

    Raises ``FileFormatError`` for what is no video, or holds no frame at all.
    """
    container = container_of(path)
    head = _decode(path, 0, _HEAD_FRAMES)
    if not head:
        raise FileFormatError(
            "the video holds no frame that can be decoded",
            place=str(path),
            remedy="copy or record it again, or convert it to MP4 with H.264; without it this camera's view is lost",
        )
    if container not in _NO_STAMPS and not _shown_out_of_order(container, head):
        proved = _prove(path, head)
        if proved is not None:
            return proved
        if container in _OWN_STAMPS:
            return _decoded(path)
    return Timeline(None, np.zeros(1, np.int64), SEQUENTIAL)


def _shown_out_of_order(container: Container, frames: list[tuple[int, str]]) -> bool:
    """AVI tells when packets are decoded: with B-frames that is not when they are shown."""
    return container is Container.AVI and any(kind == "B" for _, kind in frames)


def _decode(path: Path, near: int, most: int) -> list[tuple[int, str]]:
    """Stamp and type of up to ``most`` frames from near the given one, as a decoder gives them."""
    capture = Capture(path)
    frames: list[tuple[int, str]] = []
    try:
        if near:
            capture.seek(near)
        failures = 0
        while len(frames) < most and failures < _MAX_FAILURES:  # a damaged frame is not the end yet
            if capture.grab():
                frames.append((capture.stamp_us, capture.frame_type))
                failures = 0
            else:
                failures += 1
        return frames
    finally:
        capture.close()


def _prove(path: Path, head: list[tuple[int, str]]) -> Timeline | None:
    in_file_order, is_key = packets(path)
    order = np.argsort(in_file_order, kind="stable")
    promised, keys = in_file_order[order], is_key[order]
    if not len(promised) or not keys.any():
        return None
    last_key = int(np.flatnonzero(keys)[-1])
    shifts = {0}
    tail: list[int] = []
    if len(promised) - last_key <= _MAX_TAIL_FRAMES:
        near = max(1, _number_at(path, int(promised[last_key])))
        frames = _decode(path, near, len(promised))
        if not frames or _shown_out_of_order(container_of(path), frames):
            return None
        tail = [stamp for stamp, _ in frames]
        shifts.add(int(promised[-1]) - tail[-1])
    elif head[0][1] != "I":
        return None  # cut by an edit list, and its end is too far from a key frame to prove where
    for shift in sorted(shifts, key=abs):
        start = _fit(promised - shift, [stamp for stamp, _ in head], tail)
        if start is not None:
            return Timeline(promised[start:] - shift, np.flatnonzero(keys[start:]))
    return None


def _number_at(path: Path, stamp_us: int) -> int:
    capture = Capture(path)
    capture.close()
    return capture.number_at(stamp_us)


def _fit(promised: Stamps, head: list[int], tail: list[int]) -> int | None:
    """The first promised frame that is really decoded, where both ends agree; None where they do not."""
    start = 0
    if len(head) > 1 and head[1] > head[0]:
        start = max(0, int(np.searchsorted(promised, head[0] + TOLERANCE_US, side="right")) - 1)
    promised = promised[start:]
    if len(promised) < max(len(head), len(tail)) or (len(head) < _HEAD_FRAMES and len(head) != len(promised)):
        return None
    near_head = np.abs(promised[: len(head)] - head) <= TOLERANCE_US
    near_tail = np.abs(promised[len(promised) - len(tail) :] - tail) <= TOLERANCE_US
    return start if near_head.all() and near_tail.all() else None


def _decoded(path: Path) -> Timeline:
    """From one decode of the whole video; by counting alone where even those stamps do not ascend."""
    frames = _decode(path, 0, _MAX_FRAMES)
    stamps = np.array([stamp for stamp, _ in frames], np.int64)
    if np.any(np.diff(stamps) < 0):
        return Timeline(None, np.zeros(1, np.int64), SEQUENTIAL)
    return Timeline(stamps, np.flatnonzero([kind == "I" for _, kind in frames]))
