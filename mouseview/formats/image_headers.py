"""Kind, size and alpha of an image from its header alone, so that a hostile size is refused before any decoding."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from mouseview.formats.files import file_size, unreadable
from mouseview.model.errors import FileFormatError

MAX_SIDE_PX = 16_384
MAX_PIXELS = 200_000_000

READABLE = "PNG, JPEG, TIFF or BMP"
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_BARE = frozenset(range(0xD0, 0xD9)) | {0x01}
_MAX_SEGMENTS = 10_000


@dataclass(frozen=True)
class ImageHeader:
    """kind: ``"png"``, ``"jpeg"``, ``"tiff"`` or ``"bmp"``; width, height in px; has_alpha: the file stores alpha."""

    kind: str
    width: int
    height: int
    has_alpha: bool


class _Malformed(Exception):
    """A header that breaks its own format; becomes a ``FileFormatError`` with the file's name."""


def read_header(path: Path | str) -> ImageHeader:
    """The header of an image file.

    Raises ``FileFormatError`` when it is missing, empty, no image of a known kind, cut off inside its header, or
    declares more than ``MAX_SIDE_PX`` on a side or ``MAX_PIXELS`` in all.
    """
    if file_size(path) == 0:
        raise FileFormatError("the image is empty (0 bytes)", place=str(path), remedy="copy or export the image again")
    try:
        with open(path, "rb") as file:
            header = _parser(file.read(8), path)(file)
    except OSError as error:
        raise unreadable(path, error) from error
    except (_Malformed, struct.error) as error:
        raise FileFormatError(
            f"the image header is broken: {error}", place=str(path), remedy="copy or export the image again"
        ) from error
    _refuse_size(header, path)
    return header


def _refuse_size(header: ImageHeader, path: Path | str) -> None:
    width, height = header.width, header.height
    if width < 1 or height < 1:
        raise FileFormatError(
            f"the image header says {width}×{height} px", place=str(path), remedy="copy or export the image again"
        )
    if max(width, height) > MAX_SIDE_PX or width * height > MAX_PIXELS:
        raise FileFormatError(
            f"the image header says {width}×{height} px; at most {MAX_SIDE_PX} px a side and "
            f"{MAX_PIXELS // 1_000_000} megapixels are read",
            place=str(path),
            remedy="the header is probably corrupt: export the image again, or resize it",
        )


def _parser(magic: bytes, path: Path | str) -> Callable[[BinaryIO], ImageHeader]:
    if magic == _PNG:
        return _png
    if magic[:3] == b"\xff\xd8\xff":
        return _jpeg
    if magic[:4] in (b"II*\0", b"MM\0*"):
        return _tiff
    if magic[:2] == b"BM":
        return _bmp
    raise FileFormatError(
        f"is not an image that can be read ({READABLE})",
        place=str(path),
        remedy=f"convert it to PNG; the file name does not matter, its content starts with {magic[:4]!r}",
    )


def _take(file: BinaryIO, count: int) -> bytes:
    data = file.read(count)
    if len(data) < count:
        raise _Malformed("the file ends inside it")
    return data


def _png(file: BinaryIO) -> ImageHeader:
    length, kind = struct.unpack(">I4s", _take(file, 8))
    if kind != b"IHDR" or length != 13:
        raise _Malformed("no IHDR at its start")
    width, height, _, colour_type = struct.unpack(">IIBB", _take(file, 17)[:10])
    has_alpha = colour_type in (4, 6)
    for _ in range(_MAX_SEGMENTS):
        # a palette or RGB file becomes transparent through tRNS, which stands before the pixels
        head = file.read(8)
        if has_alpha or len(head) < 8 or head[4:] in (b"IDAT", b"IEND"):
            break
        has_alpha = head[4:] == b"tRNS"
        file.seek(struct.unpack(">I", head[:4])[0] + 4, 1)
    return ImageHeader("png", width, height, has_alpha)


def _jpeg(file: BinaryIO) -> ImageHeader:
    file.seek(2)
    for _ in range(_MAX_SEGMENTS):
        marker = _take(file, 2)
        while marker == b"\xff\xff":
            marker = b"\xff" + _take(file, 1)
        if marker[0] != 0xFF:
            raise _Malformed("a marker is missing")
        if marker[1] in _JPEG_BARE:
            continue
        if marker[1] in (0xD9, 0xDA):
            break
        (length,) = struct.unpack(">H", _take(file, 2))
        if length < 2:
            raise _Malformed("a segment is shorter than its own length field")
        if marker[1] in _JPEG_FRAMES:
            _, height, width = struct.unpack(">BHH", _take(file, 5))
            return ImageHeader("jpeg", width, height, False)
        file.seek(length - 2, 1)
    raise _Malformed("no frame size before the pixels")


def _tiff(file: BinaryIO) -> ImageHeader:
    file.seek(0)
    order = "<" if _take(file, 4)[:2] == b"II" else ">"
    file.seek(struct.unpack(order + "I", _take(file, 4))[0])
    (count,) = struct.unpack(order + "H", _take(file, 2))
    tags: dict[int, int] = {}
    for _ in range(count):
        tag, kind, _, value = struct.unpack(order + "HHI4s", _take(file, 12))
        tags[tag] = struct.unpack(order + ("H" if kind == 3 else "I"), value[: 2 if kind == 3 else 4])[0]
    if 256 not in tags or 257 not in tags:
        raise _Malformed("no width and height")
    if tags.get(338) == 1:
        raise _Malformed("its colours are premultiplied by alpha; save it as PNG or with straight alpha")
    return ImageHeader("tiff", tags[256], tags[257], tags.get(277, 1) in (2, 4))


def _bmp(file: BinaryIO) -> ImageHeader:
    file.seek(14)
    (size,) = struct.unpack("<I", _take(file, 4))
    if size < 40:
        raise _Malformed("it is older than Windows 3")
    width, height = struct.unpack("<ii", _take(file, 8))
    # the fourth byte of a 32-bit BMP is padding more often than alpha, and nothing in the file tells which
    return ImageHeader("bmp", width, abs(height), False)
