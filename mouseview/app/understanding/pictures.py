"""Maps and photographs of the understanding panel as images, on fixed scales. Safe in any thread."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QImage

from mouseview.app.qimages import to_qimage
from mouseview.app.scene3d.ray_fields import sequential as ray_colours
from mouseview.app.understanding.values import Legend
from mouseview.geometry.transforms import Array
from mouseview.metrics.colour_maps import STEPS, diverging, paint, sequential

if TYPE_CHECKING:  # numba comes with it
    from mouseview.normalise.plan import ViewPlan

U8 = npt.NDArray[np.uint8]

LEAST_DEG, MOST_DEG = 0.01, 30.0  # of the ray-error scale, which is logarithmic
CONTOURS_DEG = (0.1, 1.0, 10.0)
_FINER = 4  # times, for smooth contours


def _decades(values: Array) -> Array:
    """Degrees as places 0..1 of the ray-error scale."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(np.maximum(values, LEAST_DEG) / LEAST_DEG) / math.log(MOST_DEG / LEAST_DEG)


def painted(values: Array, low: float, high: float, colours: U8) -> QImage:
    """A map (h, w) in the colours between ``low`` and ``high``; transparent where it is NaN."""
    known = np.isfinite(values)
    rgb = paint(np.where(known, values, low), low, high, colours)
    return to_qimage(np.dstack([rgb, np.where(known, 255, 0).astype(np.uint8)]))


def ray_map(map_deg: Array) -> QImage:
    return painted(_decades(map_deg), 0.0, 1.0, sequential())


def ray_legend() -> Legend:
    marks = tuple((float(_decades(np.array(deg))), f"{deg:g}°") for deg in (LEAST_DEG, *CONTOURS_DEG, MOST_DEG))
    return Legend(sequential()[None], marks)


def contours(map_deg: Array, size_px: int) -> tuple[Array, ...]:
    """Lines of equal error at ``CONTOURS_DEG``, (N, 2) in px of an image of ``size_px``.

    The map's first and last pixels are the outermost pixel centres of the image.
    """
    rows, columns = map_deg.shape
    if not np.isfinite(map_deg).any():
        return ()
    values = np.nan_to_num(map_deg, nan=0.0).astype(np.float32)
    fine = cv2.resize(values, (columns * _FINER, rows * _FINER), interpolation=cv2.INTER_LINEAR)
    lines = []
    for level in CONTOURS_DEG:
        found, _ = cv2.findContours((fine > level).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        lines += [_open_lines(line[:, 0, :], fine.shape) for line in found if len(line) > 8]
    place = (size_px - 1) / np.array([columns - 1, rows - 1])
    return tuple(((line + 0.5) / _FINER - 0.5) * place + 0.5 for pieces in lines for line in pieces)


def _open_lines(line: npt.NDArray[np.int32], shape: tuple[int, ...]) -> list[Array]:
    """A closed contour without the stretches that run along the border of the map."""
    inner = np.all((line > 0) & (line < np.array(shape[::-1]) - 1), axis=-1)
    if inner.all():
        return [np.concatenate([line, line[:1]]).astype(np.float64)]
    start = int(np.argmin(inner))  # on the border
    rolled, kept = np.roll(line, -start, axis=0), np.roll(inner, -start)
    breaks = np.flatnonzero(np.diff(kept.astype(np.int8))) + 1
    pieces = np.split(rolled, breaks)
    return [piece.astype(np.float64) for piece, on in zip(pieces, np.split(kept, breaks), strict=True) if on[0]]


def amounts() -> U8:
    """(256, 3): the colours of the scene's rays, whose both ends stand out from light and dark paper."""
    return np.round(255 * ray_colours(np.linspace(0, 1, STEPS))).astype(np.uint8)


def linear_legend(low: float, high: float, unit: str, signed: bool) -> Legend:
    middle = ((0.5, f"{(low + high) / 2:g}"),) if signed else ()
    colours = diverging() if signed else amounts()
    return Legend(colours[None], ((0.0, f"{low:g}"), *middle, (1.0, f"{high:g}")), unit)


def photograph(view: ViewPlan, texture: U8 | None, side: int) -> QImage | None:
    """The canonical image, small: asked from the source's texture (h, w, 4) along the view's own pixel map."""
    if texture is None:
        return None
    size = view.true.width
    at = (np.arange(side) + 0.5) * size / side
    there = view.pixel_map.to_source(np.stack(np.meshgrid(at, at), axis=-1))
    scale = np.array([texture.shape[1] / view.source.width, texture.shape[0] / view.source.height])
    place = (np.nan_to_num(there, nan=-1e4) * scale - 0.5).astype(np.float32)
    straight = texture.astype(np.float32)
    straight[..., :3] *= straight[..., 3:] / 255.0
    small = cv2.remap(straight, place[..., 0], place[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    alpha = np.maximum(small[..., 3:], 1e-3) / 255.0
    small[..., :3] = np.minimum(small[..., :3] / alpha, 255.0)
    return to_qimage(np.rint(small).astype(np.uint8))
