"""Interlaced video: newer OpenCV does not convert its frames, and hands out whatever lay in memory. Refused here."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mouseview.model.errors import FileFormatError
from mouseview.video.capture import Capture, first_packet

_H264 = ("avc", "h264", "x264", "davc")
_USUALLY_INTERLACED = ("mpg2", "mp2v", "mpeg", "m2v1", "hdv", "dv")
_COMPARED = 8
_SCALING_PROFILES = {100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135}


def refuse_unconverted(path: Path) -> None:
    """Raises ``FileFormatError`` for a video whose codec has fields and whose frames come out of the decoder all alike.

    Both are asked: fields that an older OpenCV converts are fine, and a still picture is no sign by itself.
    """
    codec, packet = first_packet(path)
    fields = codec.startswith(_USUALLY_INTERLACED) or (codec.startswith(_H264) and has_fields(packet))
    if not fields:
        return
    capture = Capture(path)
    try:
        frames = [capture.pixels() for _ in range(_COMPARED) if capture.grab()]
    finally:
        capture.close()
    if len(frames) > 1 and all(np.array_equal(frame, frames[0]) for frame in frames[1:]):
        raise FileFormatError(
            "the video is interlaced (two half pictures a frame), which is not converted to pixels here",
            place=str(path),
            remedy="convert it to progressive frames first: ffmpeg -i IN -vf bwdif=mode=send_frame -c:v libx264 "
            "-crf 10 OUT.mp4; the halves are 1/50 or 1/60 s apart, so lines of a moving animal do not fit exactly",
        )


def has_fields(packet: bytes) -> bool:
    """Whether an H.264 stream (start codes) says in its sequence parameters that pictures may be fields."""
    place = 0
    while (place := packet.find(b"\x00\x00\x01", place)) >= 0:
        place += 3
        if place < len(packet) and packet[place] & 0x1F == 7:
            end = packet.find(b"\x00\x00\x01", place)
            payload = packet[place + 1 : end if end >= 0 else len(packet)]
            try:
                return not _frames_only(_Bits(payload.replace(b"\x00\x00\x03", b"\x00\x00")))
            except IndexError:  # cut short: the decoder will judge it
                return False
    return False


def _frames_only(bits: _Bits) -> bool:
    """``frame_mbs_only_flag`` of a sequence parameter set (ITU-T H.264, 7.3.2.1.1)."""
    profile = bits.take(8)
    bits.take(16)
    bits.unsigned()
    if profile in _SCALING_PROFILES:
        chroma = bits.unsigned()
        if chroma == 3:
            bits.take(1)
        bits.unsigned()
        bits.unsigned()
        bits.take(1)
        if bits.take(1):
            for number in range(12 if chroma == 3 else 8):
                if bits.take(1):
                    _skip_scaling(bits, 16 if number < 6 else 64)
    bits.unsigned()
    order = bits.unsigned()
    if order == 0:
        bits.unsigned()
    elif order == 1:
        bits.take(1)
        bits.unsigned()
        bits.unsigned()
        for _ in range(min(bits.unsigned(), 255)):
            bits.unsigned()
    bits.unsigned()
    bits.take(1)
    bits.unsigned()
    bits.unsigned()
    return bool(bits.take(1))


def _skip_scaling(bits: _Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            code = bits.unsigned()
            delta = (code + 1) // 2 if code % 2 else -(code // 2)
            following = (last + delta) % 256
        last = following or last


class _Bits:
    """Bits of a payload, first one first, and Exp-Golomb numbers. Raises ``IndexError`` behind the end."""

    def __init__(self, payload: bytes) -> None:
        self._payload = payload
        self._place = 0

    def take(self, count: int) -> int:
        value = 0
        for _ in range(count):
            value = 2 * value + (self._payload[self._place // 8] >> (7 - self._place % 8) & 1)
            self._place += 1
        return value

    def unsigned(self) -> int:
        zeros = 0
        while not self.take(1):
            zeros += 1
        return (1 << zeros) - 1 + self.take(zeros)
