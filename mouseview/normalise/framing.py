"""A person's framing of one view, on top of what its mode does: aim, roll and zoom as turns and crops."""

from __future__ import annotations

import math

import numpy as np

from mouseview.geometry.transforms import Array, rotation_between
from mouseview.model.camera import Camera
from mouseview.model.recipe import Framing, Framings, Mode
from mouseview.normalise.pixel_map import CropMap

_Z = np.array([0.0, 0.0, 1.0])
_MOST_DEG = 89.0  # beyond it the window looks backwards


def _slopes(framing: Framing) -> Array:
    """(2,): where the window's middle lies on the aimed camera's image plane, right and down."""
    return np.tan(np.radians(np.clip(framing.aim_deg, -_MOST_DEG, _MOST_DEG)))


def framed_turn(R_aimed_source: Array, framing: Framing) -> Array:
    """R_canonical_source (3, 3): the mode's own turn, aimed and rolled by hand.

    It is the smallest turn to the direction chosen and then the roll, whatever way the hand took to get there.
    """
    if framing.is_neutral:
        return R_aimed_source
    R = R_aimed_source
    if any(framing.aim_deg):
        R = rotation_between(R_aimed_source.T @ np.array([*_slopes(framing), 1.0]), _Z)
    roll = math.radians(framing.roll_deg)
    back = np.array([[math.cos(roll), math.sin(roll), 0], [-math.sin(roll), math.cos(roll), 0], [0, 0, 1.0]])
    return np.asarray(back @ R)


def aim_towards(R_aimed_source: Array, direction_source: Array) -> tuple[float, float]:
    """``Framing.aim_deg`` that brings a direction (3,) of the source camera's frame to the window's middle.

    R_aimed_source: the mode's own turn. The inverse of ``framed_turn``; directions behind the camera raise
    ``ValueError``.
    """
    x, y, z = R_aimed_source @ direction_source
    if not z > 0:
        raise ValueError("the direction lies behind the aimed camera")
    return math.degrees(math.atan2(x, z)), math.degrees(math.atan2(y, z))


def framed_crop(crop: CropMap, camera: Camera, framing: Framing, size: int) -> CropMap:
    """A mode's crop, moved and zoomed by hand about its middle. Crops do not roll; see ``ignored``."""
    if not any(framing.aim_deg) and framing.zoom == 1.0:
        return crop
    middle = crop.to_source(np.full(2, size / 2)) + _slopes(framing) * np.array([camera.fx, camera.fy])
    scale = crop.scale * framing.zoom
    return CropMap(scale, size / 2 - scale * middle)


def ignored(mode: Mode, framings: Framings) -> tuple[str, ...]:
    """What of the framings a mode cannot do, in words for the ledger."""
    notes = []
    rolled = [name for name, framing in framings if framing.roll_deg]
    zoomed = [name for name, framing in framings if framing.zoom != 1.0]
    if rolled and not mode.follows_rays:
        notes.append(f"{mode} crops and cannot roll: the roll of {', '.join(rolled)} is left out")
    if zoomed and not mode.zooms:
        notes.append(f"{mode} keeps its focal length: the zoom of {', '.join(zoomed)} is left out")
    return tuple(notes)
