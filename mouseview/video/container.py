"""What kind of video file this is, from its first bytes. Only these reach the decoder.

FFmpeg would also follow play lists and scripts (HLS, concat, SDP) that merely carry a video's name, and those name
other files and hosts.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from mouseview.model.errors import FileFormatError

_HEAD_BYTES = 4096
_MPEG_TS_PACKETS = (188, 192, 204)
_ASF = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_MOV_BOXES = {b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"uuid"}


class Container(StrEnum):
    """How frames are packed; tells how far their time stamps can be trusted."""

    MP4 = "mp4"
    MATROSKA = "matroska"
    AVI = "avi"
    MPEG_TS = "mpeg-ts"
    MPEG_PS = "mpeg-ps"
    FLV = "flv"
    ASF = "asf"
    OGG = "ogg"
    ELEMENTARY = "bare stream"


def container_of(path: Path) -> Container:
    """The container that a file's first bytes show. Raises ``FileFormatError`` for what is no video or unreadable."""
    try:
        with open(path, "rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError as error:
        raise FileFormatError(
            f"the video cannot be read: {error.strerror or error}",
            place=str(path),
            remedy="check the path, its permissions, and that its disk is there",
        ) from error
    if not head:
        raise FileFormatError(
            "the video is empty (0 bytes)", place=str(path), remedy="copy or record it again, or leave this camera out"
        )
    found = _recognise(head)
    if found is None:
        raise FileFormatError(
            "is not a video file that can be read",
            place=str(path),
            remedy="convert it to MP4 (H.264), Matroska or AVI, or check that the copy is whole",
        )
    return found


def _recognise(head: bytes) -> Container | None:
    if head[4:8] in _MOV_BOXES:
        return Container.MP4
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return Container.MATROSKA
    if head[:4] == b"RIFF" and head[8:12] in (b"AVI ", b"AVIX"):
        return Container.AVI
    if any(_is_transport_stream(head, size) for size in _MPEG_TS_PACKETS):
        return Container.MPEG_TS
    signatures = {
        b"\x00\x00\x01\xba": Container.MPEG_PS,
        b"FLV\x01": Container.FLV,
        _ASF: Container.ASF,
        b"OggS": Container.OGG,
        b"\x00\x00\x01": Container.ELEMENTARY,
        b"\x00\x00\x00\x01": Container.ELEMENTARY,
    }
    return next((container for start, container in signatures.items() if head.startswith(start)), None)


def _is_transport_stream(head: bytes, size: int) -> bool:
    first = size - 188 if size == 192 else 0
    places = range(first, len(head), size)
    return len(places) >= 3 and all(head[place] == 0x47 for place in places)
