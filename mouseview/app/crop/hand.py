"""What a hand means: from places on the photograph and steps of the wheel to the framing of one view."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mouseview.geometry.rays import to_plane
from mouseview.geometry.transforms import Array, rotation_between
from mouseview.model.camera import Camera
from mouseview.model.recipe import Framing, Mode
from mouseview.normalise.framing import aim_towards, framed_turn
from mouseview.normalise.pixel_map import PixelMap, RayMap

LEAST_ZOOM, MOST_ZOOM = 0.1, 20.0
_MOST_AIM_DEG = 80.0  # farther the window is a smear
_PASSES = 20
_SETTLING = 6  # of modes whose K follows the aim
_AIM_DECIMALS, _ROLL_DECIMALS, _ZOOM_DECIMALS = 7, 6, 8  # far below what a pixel shows, and short in a file
_NEAR_PX = 8.0  # canonical px about the pivot, within which the map from the photograph is nearly affine


@dataclass(frozen=True, eq=False)
class Held:
    """One view's window as a hand takes hold of it.

    pixel_map: under ``framing``.  own: the mode's own, under none.  size: of the canonical image, px.
    """

    camera: Camera
    mode: Mode
    size: int
    framing: Framing
    pixel_map: PixelMap
    own: PixelMap

    @property
    def K_canonical(self) -> Array:
        """What the canonical pixels show; a view that was copied shows it as its source does."""
        return self.pixel_map.K_canonical if isinstance(self.pixel_map, RayMap) else self.camera.K

    @property
    def R_aimed_source(self) -> Array:
        """The mode's own turn."""
        return self.own.R_source_canonical.T if isinstance(self.own, RayMap) else np.eye(3)

    @property
    def pivot(self) -> Array:
        """(2,) canonical px about which the window rolls and zooms: its middle, or where its axis is."""
        if isinstance(self.pixel_map, RayMap):
            return np.array(self.pixel_map.K_canonical[:2, 2])
        return np.full(2, self.size / 2)

    @property
    def middle(self) -> Array:
        """(2,) canonical px."""
        return np.full(2, self.size / 2)


def carried(held: Held, canonical_px: npt.ArrayLike, source_px: npt.ArrayLike) -> Framing | None:
    """The aim under which a canonical pixel (2,) shows a source pixel (2,); roll and zoom stay.

    None where no ray leads to one of them, or where the window would look far off to the side.
    """
    q, p = np.asarray(canonical_px, np.float64), np.asarray(source_px, np.float64)
    if held.mode.follows_rays:
        shown, valid = held.camera.unproject(p)
        return _turned(held, _direction(held, q), shown) if bool(valid) else None
    return _shifted(held, p - held.pixel_map.to_source(q))


def settled(
    held: Held, move: Callable[[Held], Framing | None], shown_by: Callable[[Framing], PixelMap]
) -> Framing | None:
    """``move`` where K itself follows the aim, as when distances are matched: repeated until it has nothing to add."""
    framing = move(held)
    if held.mode is not Mode.DISTANCE_MATCHED:
        return framing
    for _ in range(_SETTLING):
        if framing is None:
            return None
        framing = move(dataclasses.replace(held, framing=framing, pixel_map=shown_by(framing)))
    return framing


def nudge_goal(held: Held, right_px: float, down_px: float) -> Array:
    """(2,) source px to which the middle goes when the window moves by so many of its own px along its own axes."""
    return held.pixel_map.to_source(held.middle + np.array([right_px, down_px]))


def rolled(held: Held, from_px: npt.ArrayLike, to_px: npt.ArrayLike) -> Framing | None:
    """Rolled by the angle between two source pixels (2,), seen from the pivot. None where the mode cannot roll."""
    if not held.mode.follows_rays:
        return None
    by = angle_deg(held, to_px) - angle_deg(held, from_px)
    return rolled_to(held, held.framing.roll_deg + by) if math.isfinite(by) else None


def rolled_to(held: Held, roll_deg: float) -> Framing:
    """roll_deg: any number of turns."""
    return held.framing.replace(roll_deg=_tidy(math.remainder(roll_deg, 360.0), _ROLL_DECIMALS))


def angle_deg(held: Held, source_px: npt.ArrayLike) -> float:
    """Where a source pixel (2,) lies about the pivot, clockwise from the window's right; NaN on the pivot.

    Taken close to the pivot, so that it is known for pixels beyond the lens's reach too.
    """
    pivot = held.pixel_map.to_source(held.pivot)
    steps = held.pixel_map.to_source(held.pivot + _NEAR_PX * np.array([[1.0, 0.0], [0.0, 1.0]])) - pivot
    away = np.asarray(source_px, np.float64) - pivot
    if not np.all(np.isfinite(steps)) or not np.all(np.isfinite(away)) or not np.any(away):
        return float("nan")
    x, y = np.linalg.solve(steps.T, away)
    return math.degrees(math.atan2(y, x))


def zoomed(held: Held, factor: float) -> Framing | None:
    """Times ``factor``, about the pivot. None where the mode keeps its focal length."""
    if not held.mode.zooms:
        return None
    zoom = min(max(held.framing.zoom * factor, LEAST_ZOOM), MOST_ZOOM)
    return held.framing.replace(zoom=_tidy(zoom, _ZOOM_DECIMALS))


def _direction(held: Held, canonical_px: Array) -> Array:
    """(3,) of the canonical camera's frame."""
    return np.array([*to_plane(held.K_canonical, canonical_px), 1.0])


def _turned(held: Held, shown: Array, goal_source: Array) -> Framing | None:
    """The aim under which the canonical direction ``shown`` (3,) is the source direction ``goal_source`` (3,).

    The turn has no closed form, because it is the smallest one to the window's middle while the direction that is
    held lies beside it; carrying the axis along with what is missing ends after a few passes.
    """
    upright = framed_turn(np.eye(3), held.framing.replace(aim_deg=(0.0, 0.0))).T @ shown
    axis = framed_turn(held.R_aimed_source, held.framing).T @ np.array([0.0, 0.0, 1.0])
    for _ in range(_PASSES):
        seen = rotation_between([0.0, 0.0, 1.0], axis) @ upright
        missing = rotation_between(seen, goal_source)
        axis = missing @ axis
        if np.abs(missing - np.eye(3)).max() < 1e-13:
            break
    return _aimed(held, axis)


def _aimed(held: Held, axis_source: Array) -> Framing | None:
    try:
        right, down = aim_towards(held.R_aimed_source, axis_source)
    except ValueError:  # behind the camera
        return None
    return _within(held.framing, right, down)


def _shifted(held: Held, by_px: Array) -> Framing | None:
    """A crop moved by source px (2,)."""
    focal = np.array([held.camera.fx, held.camera.fy])
    slopes = np.tan(np.radians(held.framing.aim_deg)) + by_px / focal
    right, down = np.degrees(np.arctan(slopes)).tolist()
    return _within(held.framing, right, down)


def _within(framing: Framing, right_deg: float, down_deg: float) -> Framing | None:
    if not max(abs(right_deg), abs(down_deg)) <= _MOST_AIM_DEG:
        return None
    return framing.replace(aim_deg=(_tidy(right_deg, _AIM_DECIMALS), _tidy(down_deg, _AIM_DECIMALS)))


def _tidy(value: float, decimals: int) -> float:
    return round(value, decimals) + 0.0  # no minus zero
