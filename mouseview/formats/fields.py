"""Typed values out of parsed files: each function says at which place it expected what."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np

from mouseview.formats.image_headers import MAX_PIXELS, MAX_SIDE_PX
from mouseview.geometry.transforms import Array
from mouseview.model.errors import FileFormatError


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
