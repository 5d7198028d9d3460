"""Brush strokes on a mask, and the mask as a tint to lay over an image. Arrays alone: no widget, no files."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]
Point = tuple[float, float]  # px of the image, origin at the outer corner of the first pixel
Region = tuple[slice, slice]


def stroke(mask: Mask, start: Point, end: Point, radius: float, add: bool) -> Region:
    """Draw a round brush of ``radius`` px along a line into ``mask`` (H, W), in place; returns what may have changed.

    One pixel at least is touched where the line's end lies inside the image.
    """
    height, width = mask.shape
    reach = int(np.ceil(radius)) + 2
    low = np.floor(np.minimum(start, end)).astype(int) - reach
    high = np.ceil(np.maximum(start, end)).astype(int) + reach
    left, top = max(low[0], 0), max(low[1], 0)
    right, bottom = min(high[0], width), min(high[1], height)
    if right <= left or bottom <= top:
        return slice(0, 0), slice(0, 0)
    region = (slice(top, bottom), slice(left, right))
    rows, columns = np.mgrid[region]
    x, y = columns + 0.5 - start[0], rows + 0.5 - start[1]
    along = np.subtract(end, start)
    length2 = float(along @ along)
    share = np.clip((x * along[0] + y * along[1]) / length2, 0, 1) if length2 > 0 else np.zeros(x.shape)
    touched = np.hypot(x - share * along[0], y - share * along[1]) <= max(radius, 0.5)
    column, row = int(end[0]), int(end[1])
    if 0 <= column < width and 0 <= row < height:
        touched[row - top, column - left] = True
    mask[region][touched] = add
    return region


def tinted(mask: Mask, colour: tuple[int, int, int], opacity: float) -> npt.NDArray[np.uint8]:
    """(H, W, 4) RGBA, straight alpha: the colour where the mask is, darker along its outline, nothing elsewhere."""
    out = np.zeros((*mask.shape, 4), np.uint8)
    out[mask] = (*colour, round(255 * opacity))
    import cv2  # a window appears before it is loaded

    edge = mask & ~cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    out[edge] = (*colour, 255)
    return out
