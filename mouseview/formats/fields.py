"""Typed values out of parsed files: each function says at which place it expected what."""

from __future__ import annotations

import numbers
import re
from typing import Any

import numpy as np

from mouseview.formats.image_headers import MAX_PIXELS, MAX_SIDE_PX
from mouseview.geometry.lenses import LensModel
from mouseview.geometry.rotations import rotation_of
from mouseview.geometry.transforms import Array
from mouseview.model.errors import FileFormatError

UNITS = ("mm", "m", "model", "unknown")
MAX_NAME = 200

_DIGITS = re.compile(r"(\d{1,300})")  # int() refuses thousands of digits
_LENS_LIMITS = {LensModel.RADTAN: 8, LensModel.FISHEYE: 4}


def mismatch(place: str, expected: str, value: Any) -> FileFormatError:
    """The error for a value that is not what its key promises."""
    found = "nothing" if value is None else f"{type(value).__name__} {str(value)[:40]!r}"
    return FileFormatError(
        f"expected {expected}, found {found}", place=place, remedy="correct the file at this place, or export it again"
    )


def mapping(value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise mismatch(place, "an object { … }", value)
    return value


def number(value: Any, place: str) -> float:
    """A float; NaN and infinity are held as declared."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise mismatch(place, "a number", value)
    try:
        return float(value)
    except OverflowError as error:
        raise mismatch(place, "a number within double precision", value) from error


def matrix(value: Any, shape: tuple[int, ...], place: str) -> Array:
    """Nested lists, or an array of numbers, of exactly this shape."""
    expected = f"{'×'.join(map(str, shape))} numbers"
    if isinstance(value, np.ndarray):
        if value.shape != shape or value.dtype.kind not in "fiu":
            raise mismatch(place, expected, f"{value.shape} of {value.dtype}")
        return value.astype(np.float64)
    if len(shape) == 0:
        return np.array(number(value, place))
    if not isinstance(value, list | tuple) or len(value) != shape[0]:
        raise mismatch(place, expected, value)
    return np.array([matrix(item, shape[1:], f"{place}[{i}]") for i, item in enumerate(value)])


def vector(value: Any, count: int, place: str) -> Array:
    """``count`` numbers as a list, a row or a column."""
    if isinstance(value, np.ndarray):
        value = value.ravel() if value.size == count else value
    elif isinstance(value, list | tuple) and len(value) == 1 and isinstance(value[0], list | tuple):
        value = value[0]
    elif isinstance(value, list | tuple) and all(isinstance(item, list | tuple) and len(item) == 1 for item in value):
        value = [item[0] for item in value]
    return matrix(value, (count,), place)


def rotation(value: Any, place: str) -> Array:
    """(3, 3) of a file's rotation: a matrix as it stands, or a Rodrigues vector."""
    rows = value.shape == (3, 3) if isinstance(value, np.ndarray) else isinstance(value, list) and len(value) == 3
    if rows and not isinstance(value, np.ndarray):
        rows = all(isinstance(row, list) and len(row) == 3 for row in value)
    return matrix(value, (3, 3), place) if rows else rotation_of(vector(value, 3, place))


def name(value: Any, place: str) -> str:
    """A name that is not blank, cut to ``MAX_NAME`` characters."""
    if not isinstance(value, str) or not value.strip():
        raise mismatch(place, "a name", value)
    return value[:MAX_NAME]


def lens_coefficients(values: Any, lens: LensModel, place: str) -> Array:
    """OpenCV's distortion coefficients in its order; none where the file has none.

    Zeros beyond what the model has places for (thin prism, tilt) are dropped; other values there are refused.
    """
    if values is None:
        return np.zeros(0)
    flat = values.ravel() if isinstance(values, np.ndarray) else values
    if isinstance(flat, list | tuple) and len(flat) == 1 and isinstance(flat[0], list | tuple):
        flat = flat[0]
    if not isinstance(flat, np.ndarray | list | tuple) or len(flat) > 14:
        raise mismatch(place, "up to 14 distortion coefficients", flat)
    coefficients = vector(flat, len(flat), place)
    limit = _LENS_LIMITS[lens]
    if np.any(coefficients[limit:] != 0):
        raise FileFormatError(
            f"has {np.flatnonzero(coefficients).max() + 1} distortion coefficients; a {lens} lens has at most {limit} "
            "(thin prism and tilted sensors are not modelled)",
            place=place,
            remedy="calibrate again without the thin-prism and tilted models, or undistort the images first",
        )
    return coefficients[:limit]


def natural_key(text: str) -> tuple[list[str | int], str]:
    """Sorts ``cam_2`` before ``cam_10``."""
    return [int(part) if part.isdecimal() else part.casefold() for part in _DIGITS.split(text)], text


def image_side(value: Any, place: str) -> int:
    """Width or height in px: whole, and no larger than an image that can be read."""
    side = number(value, place)
    if not (1 <= side <= MAX_SIDE_PX) or side != int(side):
        raise mismatch(place, f"a whole number of pixels from 1 to {MAX_SIDE_PX}", value)
    return int(side)


def image_size(width: Any, height: Any, place: str) -> tuple[int, int]:
    """(width, height) in px, each and together within what can be read as an image."""
    size = image_side(width, f"{place}.w"), image_side(height, f"{place}.h")
    if size[0] * size[1] > MAX_PIXELS:
        raise mismatch(place, f"at most {MAX_PIXELS // 1_000_000} megapixels", f"{size[0]}×{size[1]}")
    return size


def unique_names(names: list[str]) -> list[str]:
    """The names, later ones of equal spelling numbered ``_2``, ``_3`` …: cameras are addressed by name."""
    taken: set[str] = set()
    result = []
    for name in names:
        candidate, count = name, 1
        while candidate in taken:
            count += 1
            candidate = f"{name}_{count}"
        taken.add(candidate)
        result.append(candidate)
    return result
