"""A sheet of vector fields: every camera's image with arrows from a point's pixel to where the other rig has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mouseview.multiview.rig_difference import CameraDifference, RigDifference, magnification
from mouseview.workflow.paper import FRAME, INK, MUTED, PAPER, Picture, letter

_TILE_PX = 560
_GAP_PX = 14
_CAPTION_PX = 62
_HEAD_PX = 64
_MOST_COLUMNS = 4
_ARROW = (43, 107, 216)
_PALE = (150, 178, 222)
_ODD = (192, 53, 47)
_ROUNDING = 1e-6
_SHIFT = 4  # fractional bits of coordinates


def draw_sheet(difference: RigDifference, images: Mapping[str, npt.NDArray[Any]]) -> Picture:
    """(H, W, 3) RGB. images: (h, w, 4) by name of the first rig's camera; those missing are blank."""
    factor = magnification(difference)
    tiles = [_tile(camera, images.get(camera.name), factor) for camera in difference.cameras]
    columns = min(_MOST_COLUMNS, int(np.ceil(np.sqrt(len(tiles)))))
    rows = -(-len(tiles) // columns)
    heights = [max(tile.shape[0] for tile in tiles[row * columns : (row + 1) * columns]) for row in range(rows)]
    width = columns * (_TILE_PX + _GAP_PX) + _GAP_PX
    sheet = np.full((_HEAD_PX + sum(heights) + (rows + 1) * _GAP_PX, width, 3), PAPER, np.uint8)
    letter(sheet, _title(difference, factor), (_GAP_PX, 28), INK, 0.62, width)
    letter(sheet, _subtitle(difference), (_GAP_PX, 54), MUTED, 0.5, width)
    top = _HEAD_PX + _GAP_PX
    for row in range(rows):
        for column, tile in enumerate(tiles[row * columns : (row + 1) * columns]):
            left = _GAP_PX + column * (_TILE_PX + _GAP_PX)
            sheet[top : top + tile.shape[0], left : left + tile.shape[1]] = tile
        top += heights[row] + _GAP_PX
    return sheet


def _title(difference: RigDifference, factor: float) -> str:
    if factor == 0:
        return "Second calibration minus first: nothing that could be drawn"
    return f"Second calibration minus first: arrows are {factor:g} times as long as the displacement"


def _subtitle(difference: RigDifference) -> str:
    unit = {"unknown": "units", "model": "model units"}.get(difference.units, difference.units)
    return (
        f"at the working volume, a ball of {difference.volume.radius:.4g} {unit}; pale arrows begin outside of it; "
        "px of the first calibration's images"
    )


def _tile(camera: CameraDifference, image: npt.NDArray[Any] | None, factor: float) -> Picture:
    scale = _TILE_PX / camera.first.width
    height = max(1, round(camera.first.height * scale))
    tile = np.full((height + _CAPTION_PX, _TILE_PX, 3), PAPER, np.uint8)
    tile[:height] = _dimmed(image, (_TILE_PX, height))
    view = tile[:height]
    for inside in (False, True):  # those that matter on top
        chosen = camera.field_inside == inside
        _draw_arrows(view, camera.field_px[chosen], camera.arrows_px[chosen], scale, factor, inside)
    cv2.rectangle(tile, (0, 0), (_TILE_PX - 1, height - 1), FRAME, 1)
    name = camera.name if camera.name == camera.other_name else f"{camera.name} | {camera.other_name}"
    letter(tile, name, (2, height + 20), INK if camera.fits else _ODD, 0.55, _TILE_PX // 2)
    letter(tile, _total(camera), (_TILE_PX // 2, height + 20), INK, 0.5, _TILE_PX)
    letter(tile, _parts(camera), (2, height + 44), MUTED, 0.45, _TILE_PX)
    return tile


def _total(camera: CameraDifference) -> str:
    if not camera.total.count:
        return "no point can be compared"
    return f"RMS {_brief(camera.total.rms)} px, largest {_brief(camera.total.maximum)} px"


def _parts(camera: CameraDifference) -> str:
    pose, K, lens = (_brief(part.rms) for part in (camera.pose, camera.intrinsics, camera.lens))
    moved, turned = _brief(camera.moved), _brief(camera.turned_deg)
    return f"pose {pose}  K {K}  lens {lens} px RMS   moved {moved}, turned {turned} deg"


def _brief(value: float) -> str:
    """Three digits; what is rounding is nothing."""
    return "0" if abs(value) < _ROUNDING else f"{value:.3g}"


def _dimmed(image: npt.NDArray[Any] | None, size: tuple[int, int]) -> Picture:
    """The image on white, pale enough for arrows; plain where there is none."""
    if image is None:
        return np.full((size[1], size[0], 3), 244, np.uint8)
    top = float(np.iinfo(image.dtype).max)
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.float32) / top
    colour, alpha = small[..., :3], small[..., 3:]
    shown = 1 - 0.45 * alpha * (1 - colour)
    return np.asarray(np.rint(255 * np.clip(shown, 0, 1)), dtype=np.uint8)


def _draw_arrows(
    view: Picture,
    origins: npt.NDArray[np.float64],
    arrows: npt.NDArray[np.float64],
    scale: float,
    factor: float,
    inside: bool,
) -> None:
    colour = _ARROW if inside else _PALE
    finite = np.all(np.isfinite(arrows), axis=-1)
    # beyond the sheet a line's end does not matter, but its integer coordinates must fit
    ends = origins[finite] + np.clip(factor * arrows[finite], -1e5, 1e5)
    for start, end in zip(origins[finite] * scale, ends * scale, strict=True):
        cv2.circle(view, _fixed(start), round(1.6 * 2**_SHIFT), colour, -1, cv2.LINE_AA, _SHIFT)
        length = float(np.linalg.norm(end - start))
        if length < 2.0:
            continue
        cv2.line(view, _fixed(start), _fixed(end), colour, 1, cv2.LINE_AA, _SHIFT)
        along = (end - start) / length
        across = np.array([-along[1], along[0]])
        head = min(7.0, 0.45 * length)
        points = [end, end - head * along + 0.4 * head * across, end - head * along - 0.4 * head * across]
        cv2.fillConvexPoly(view, np.array([_fixed(p) for p in points]), colour, cv2.LINE_AA, _SHIFT)


def _fixed(point: npt.NDArray[np.float64]) -> tuple[int, int]:
    """Pixel with its origin at the outer corner → OpenCV's fixed point, whose origin is the first pixel's centre."""
    return round((point[0] - 0.5) * 2**_SHIFT), round((point[1] - 0.5) * 2**_SHIFT)
