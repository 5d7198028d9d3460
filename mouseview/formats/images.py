"""Images in and out as straight RGBA arrays, with the mask that lies beside them."""

from __future__ import annotations

import zlib
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from mouseview.formats import quick_png
from mouseview.formats.files import read_bytes, write_atomically
from mouseview.formats.image_headers import ImageHeader, read_header
from mouseview.model.errors import FileFormatError
from mouseview.model.sample import Image

# every failure is raised with file, place and remedy; OpenCV would print its own version of it as well
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

MASK_THRESHOLD = 127
_PNG_CHUNKS = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}


def image_size(path: Path | str) -> tuple[int, int]:
    """(width, height) in px, from the header alone. Raises ``FileFormatError``."""
    header = read_header(path)
    return header.width, header.height


def has_alpha(path: Path | str) -> bool:
    """Whether the file itself stores alpha, from the header alone (it may still be opaque everywhere)."""
    return read_header(path).has_alpha


def read_image(path: Path | str, mask_path: Path | str | None = None) -> Image:
    """(H, W, 4) uint8 or uint16 in RGBA order, straight alpha, rows as stored (no EXIF rotation: K speaks of these).

    Grey becomes RGB; no alpha becomes opaque. A mask (> 127 of 255 is subject; 0 and 1 alone also count) lowers
    alpha to 0 where it says background. Raises ``FileFormatError`` for what is missing, empty, truncated, too large,
    no image, or a mask of another size.
    """
    image = _to_rgba(_decode(path))
    if mask_path is not None:
        mask = read_mask(mask_path)
        if mask.shape != image.shape[:2]:
            raise FileFormatError(
                f"the mask is {mask.shape[1]}×{mask.shape[0]} px but its image {Path(path).name} is "
                f"{image.shape[1]}×{image.shape[0]} px",
                place=str(mask_path),
                remedy="export the mask at the size of its image; resizing one of them would shift the outline",
            )
        image[~mask, 3] = 0
    return image


def read_mask(path: Path | str, threshold: int = MASK_THRESHOLD) -> npt.NDArray[np.bool_]:
    """(H, W) bool, True on the subject: brightest colour channel (and alpha, where stored) above ``threshold`` of 255.

    Raises ``FileFormatError``.
    """
    pixels = _decode(path)
    half = threshold if pixels.dtype == np.uint8 else threshold * 257
    colour = pixels if pixels.ndim == 2 else pixels[..., :3].max(axis=-1)
    # a label image: written with 0 and 1, it would otherwise say that there is no animal at all
    mask = colour > (0 if colour.max() == 1 else half)
    if pixels.ndim == 3 and pixels.shape[2] == 4:
        mask &= pixels[..., 3] > half
    return np.asarray(mask)


def write_png(path: Path | str, image: Image) -> None:
    """Write (H, W), (H, W, 3) or (H, W, 4) uint8 or uint16 in RGB(A) order, atomically. Raises ``FileFormatError``."""
    if image.dtype not in (np.uint8, np.uint16) or image.ndim not in (2, 3) or image.size == 0:
        raise ValueError(f"write_png needs (H, W[, 3|4]) uint8 or uint16, got {image.shape} {image.dtype}")
    if image.ndim == 3:
        channels = {3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}
        image = cv2.cvtColor(np.ascontiguousarray(image), channels[image.shape[2]])
    _, encoded = cv2.imencode(".png", image)
    write_atomically(path, encoded.tobytes())


def _decode(path: Path | str) -> npt.NDArray[np.uint8] | npt.NDArray[np.uint16]:
    """(H, W) grey or (H, W, 3|4) in RGB(A) order as stored."""
    header = read_header(path)
    # no encoder needs more than the raw 16-bit RGBA and some metadata
    data = read_bytes(path, header.width * header.height * 8 + (64 << 20))
    if header.kind == "png":
        data = _essential_png(data, path)
        quick = quick_png.decode(data)
        if quick is not None:
            return quick
    elif header.kind == "jpeg":
        _check_jpeg(data, path)
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        raise _broken(path, str(error.err or error)) from error
    if pixels is None:
        raise _broken(path, f"its {header.kind.upper()} data do not decode: truncated or damaged")
    if pixels.shape[:2] != (header.height, header.width):
        raise _broken(path, f"its header says {header.width}×{header.height} px but it holds another size")
    return _as_rgb_order(pixels, header, path)


def _as_rgb_order(pixels: npt.NDArray, header: ImageHeader, path: Path | str) -> Image:
    if pixels.dtype not in (np.uint8, np.uint16):
        raise FileFormatError(
            f"its pixels are {pixels.dtype}, expected 8 or 16 bits a channel",
            place=str(path),
            remedy="export it as 8- or 16-bit PNG",
        )
    if pixels.ndim == 2 or pixels.shape[2] == 1:
        return pixels.reshape(pixels.shape[:2])
    if pixels.shape[2] == 3:
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB))
    if pixels.shape[2] == 4:
        if header.has_alpha:
            return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGRA2RGBA, dst=pixels))
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGRA2RGB))
    raise FileFormatError(
        f"it has {pixels.shape[2]} channels, expected 1, 3 or 4", place=str(path), remedy="export it as RGB or RGBA PNG"
    )


def _to_rgba(pixels: Image) -> Image:
    if pixels.ndim == 3 and pixels.shape[2] == 4:
        return pixels
    opaque = np.iinfo(pixels.dtype).max
    image = np.full((*pixels.shape[:2], 4), opaque, dtype=pixels.dtype)
    if pixels.ndim == 2:
        image[..., :3] = pixels[..., None]
    else:
        image[..., : pixels.shape[2]] = pixels
    return image


def _essential_png(data: bytes, path: Path | str) -> bytes:
    """The PNG's chunks that make its pixels, each whole and with a right checksum, up to IEND.

    The decoder would fill what is missing without a word, and print its opinion of profiles, dates and EXIF blocks.
    """
    view, position, kept = memoryview(data), 8, [data[:8]]
    while position + 12 <= len(data):
        length = int.from_bytes(view[position : position + 4], "big")
        end = position + 8 + length
        if end + 4 > len(data):
            break
        kind = bytes(view[position + 4 : position + 8])
        if zlib.crc32(view[position + 4 : end]) != int.from_bytes(view[end : end + 4], "big"):
            raise _broken(path, f"its PNG chunk at byte {position} is damaged (checksum)")
        if kind in _PNG_CHUNKS:
            kept.append(bytes(view[position : end + 4]))
        if kind == b"IEND":
            return b"".join(kept)
        position = end + 4
    raise _broken(path, f"its PNG data are truncated after {len(data)} bytes")


def _check_jpeg(data: bytes, path: Path | str) -> None:
    """The end marker is there: without it the decoder paints the missing rows grey."""
    if data.rfind(b"\xff\xd9") < data.rfind(b"\xff\xda"):
        raise _broken(path, f"its JPEG data are truncated after {len(data)} bytes")


def _broken(path: Path | str, why: str) -> FileFormatError:
    return FileFormatError(f"the image cannot be used: {why}", place=str(path), remedy="copy or export the image again")
