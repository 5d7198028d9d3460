"""Gaussians in PLY files of the 3D Gaussian splatting layout: log scales, opacity logits, channel-major harmonics."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
from plyfile import PlyData, PlyElement, PlyParseError

from mouseview.formats.files import file_size, unreadable, write_atomically
from mouseview.model.errors import FileFormatError
from mouseview.model.gaussians import F32, Gaussians
from mouseview.splats.definition import SH_C0

MAX_PLY_BYTES = 4 << 30
MAX_TEXT_BYTES = 256 << 20
_MAX_HEADER_BYTES = 64 << 10
_REST = 45  # written at any degree: other viewers expect degree 3 and zeros below
_OPACITY_MARGIN = 1e-6  # the logit of 0 or 1 is infinite
_SMALLEST_SCALE = 1e-30

_GEOMETRY = ("x", "y", "z")
_BASE = ("f_dc_0", "f_dc_1", "f_dc_2")
_SCALE = ("scale_0", "scale_1", "scale_2")
_ROTATION = ("rot_0", "rot_1", "rot_2", "rot_3")
_REQUIRED = (*_GEOMETRY, *_BASE, "opacity", *_SCALE, *_ROTATION)
_BYTES = {
    **dict.fromkeys(("char", "uchar", "int8", "uint8"), 1),
    **dict.fromkeys(("short", "ushort", "int16", "uint16"), 2),
    **dict.fromkeys(("int", "uint", "float", "int32", "uint32", "float32"), 4),
    **dict.fromkeys(("double", "float64"), 8),
}


def read_ply(path: Path | str) -> Gaussians:
    """Gaussians with activated values, in the file's unit.

    The harmonics' degree is the smallest that holds all non-zero coefficients, since files fill up to degree 3 with
    zeros. Quaternions come back normalised. Properties that are not of the layout are ignored. Raises
    ``FileFormatError`` for anything that is no such file, before memory is reserved for what a header claims.
    """
    place = str(path)
    size = file_size(path)
    try:
        with open(path, "rb") as file:
            header, count, text = _check_header(file, size, place)
            vertices = _read_text(file) if text else _read_binary(file, header, count)
    except OSError as error:
        raise unreadable(path, error) from error
    except (PlyParseError, ValueError, EOFError) as error:
        raise FileFormatError(
            f"damaged PLY data: {error}", place=place, remedy="copy or export the file again"
        ) from error
    if len(vertices) != count:
        raise FileFormatError(
            f"{count} Gaussians announced, {len(vertices)} found", place=place, remedy="copy or export the file again"
        )
    return _activate(vertices, place)


def write_ply(gaussians: Gaussians, path: Path | str, *, colours: bool = False) -> None:
    """Writes a binary little-endian file, atomically.

    colours: also ``red green blue`` (u1, the view-independent colour) for viewers that know no splats. Opacities are
    kept 1e-6 away from 0 and 1 and scales above 1e-30, because their logits and logs must be finite.
    """
    layout: list[tuple[str, str]] = [(name, "<f4") for name in _GEOMETRY]
    if colours:
        layout += [(name, "u1") for name in ("red", "green", "blue")]
    names = [*_BASE, *_rest_names(_REST), "opacity", *_SCALE, *_ROTATION]
    layout += [(name, "<f4") for name in names]
    table = np.zeros(len(gaussians), dtype=layout)
    _store(table, _GEOMETRY, gaussians.xyz)
    _store(table, _BASE, gaussians.sh[:, 0])
    terms = gaussians.sh.shape[1] - 1
    for channel in range(3):
        first = channel * (_REST // 3)
        _store(table, _rest_names(_REST)[first : first + terms], gaussians.sh[:, 1:, channel])
    opacity = np.clip(gaussians.opacity.astype(np.float64), _OPACITY_MARGIN, 1 - _OPACITY_MARGIN)
    table["opacity"] = np.log(opacity / (1 - opacity))
    _store(table, _SCALE, np.log(np.maximum(gaussians.scale, _SMALLEST_SCALE)))
    _store(table, _ROTATION, gaussians.rotation)
    if colours:
        base = np.clip(0.5 + SH_C0 * np.nan_to_num(gaussians.sh[:, 0]), 0, 1)
        _store(table, ("red", "green", "blue"), np.round(255 * base))
    buffer = io.BytesIO()
    PlyData([PlyElement.describe(table, "vertex")], byte_order="<").write(buffer)
    write_atomically(path, buffer.getvalue())


def _rest_names(count: int) -> tuple[str, ...]:
    return tuple(f"f_rest_{i}" for i in range(count))


def _store(table: npt.NDArray[np.void], names: tuple[str, ...], values: npt.NDArray[np.floating]) -> None:
    for column, name in enumerate(names):
        table[name] = values[:, column]


def _columns(table: npt.NDArray[np.void], names: tuple[str, ...]) -> F32:
    """(N, len(names)) float32."""
    out = np.empty((len(table), len(names)), np.float32)
    for column, name in enumerate(names):
        out[:, column] = table[name]
    return out


def _activate(table: npt.NDArray[np.void], place: str) -> Gaussians:
    present = set(table.dtype.names or ())
    missing = [name for name in _REQUIRED if name not in present]
    if missing:
        raise FileFormatError(
            f"no Gaussian splats: {', '.join(missing)} missing",
            place=place,
            remedy="give a PLY of 3D Gaussian splatting; point clouds, meshes and compressed splats have other fields",
        )
    rest = sum(re.fullmatch(r"f_rest_\d+", name) is not None for name in present)
    if rest not in (0, 9, 24, 45) or not present.issuperset(_rest_names(rest)):
        raise FileFormatError(
            f"{rest} f_rest values; 0, 9, 24 or 45 (degree 0 to 3), numbered from 0, expected",
            place=place,
            remedy="export the file again with harmonics of degree 3 or less",
        )
    # channel-major on disk, (coefficient, channel) here
    higher = _columns(table, _rest_names(rest)).reshape(len(table), 3, rest // 3).transpose(0, 2, 1)
    sh = np.concatenate([_columns(table, _BASE)[:, None], higher], axis=1)
    while sh.shape[1] > 1:
        lower = (round(sh.shape[1] ** 0.5) - 1) ** 2
        if np.any(sh[:, lower:]):
            break
        sh = sh[:, :lower]
    rotation = _columns(table, _ROTATION).astype(np.float64)
    length = np.linalg.norm(rotation, axis=-1, keepdims=True)
    with np.errstate(over="ignore"):
        opacity = 1 / (1 + np.exp(-table["opacity"].astype(np.float64)))
        scale = np.exp(_columns(table, _SCALE))
    return Gaussians(
        xyz=_columns(table, _GEOMETRY),
        sh=sh,
        scale=scale,
        # a quaternion of zeros stays one, and the rasteriser leaves such a Gaussian out
        rotation=(rotation / np.where(length > 0, length, 1)).astype(np.float32),
        opacity=opacity.astype(np.float32),
    )


def _read_text(file: BinaryIO) -> npt.NDArray[np.void]:
    return PlyData.read(file)["vertex"].data


def _read_binary(file: BinaryIO, header: bytes, count: int) -> npt.NDArray[np.void]:
    """The library would read a file that is not memory-mapped row by row, and a mapped file that shrinks meanwhile
    kills the process: so it reads the header, of an empty table, and numpy the rows."""
    empty = PlyData.read(io.BytesIO(re.sub(rb"(?m)^(\s*element\s+vertex\s+)\d+", rb"\g<1>0", header)))
    layout = empty["vertex"].dtype(empty.byte_order)
    file.seek(len(header))
    return np.frombuffer(file.read(count * layout.itemsize), layout)


def _check_header(file: BinaryIO, size: int, place: str) -> tuple[bytes, int, bool]:
    """The header, its number of vertices and whether the data is text; refuses headers that claim more than the file
    holds, for which memory would be reserved. Leaves the file at its beginning.
    """

    def refuse(message: str, remedy: str = "give a PLY of 3D Gaussian splatting, with its vertices only") -> Exception:
        return FileFormatError(message, place=place, remedy=remedy)

    head = file.read(_MAX_HEADER_BYTES)
    file.seek(0)
    match = re.search(rb"^end_header\r?\n", head, re.MULTILINE)
    if not head.startswith(b"ply") or match is None:
        raise refuse("not a PLY file (no PLY header in its first 64 KiB)", "check that this is the right file")
    header = head[: match.end()]
    text = any(line.split()[:2] == [b"format", b"ascii"] for line in header.splitlines())
    limit = MAX_TEXT_BYTES if text else MAX_PLY_BYTES
    if size > limit:
        raise refuse(f"the file has {size} bytes, more than the {limit} that are read", "filter the splats first")
    counts, row_bytes = [], 0
    for line in header.splitlines():
        words = line.split()
        if words[:1] == [b"element"]:
            if len(words) != 3 or words[1] != b"vertex" or not re.fullmatch(rb"\d{1,12}", words[2]):
                raise refuse(f"unexpected header line {line[:80]!r}")
            counts.append(int(words[2]))
        elif words[:1] == [b"property"]:
            kind = words[1].decode("ascii", "replace") if len(words) == 3 else "list"
            if kind not in _BYTES:
                raise refuse(f"unexpected header line {line[:80]!r}")
            row_bytes += 2 if text else _BYTES[kind]
    if len(counts) != 1:
        raise refuse(f"{len(counts)} elements in the header, one (vertex) expected")
    # the last row of a text file need not end its line
    if counts[0] * row_bytes > size - len(header) + text:
        raise refuse(
            f"truncated: {counts[0]} Gaussians announced, but only {size - len(header)} bytes follow the header",
            "copy or export the file again",
        )
    return header, counts[0], text
