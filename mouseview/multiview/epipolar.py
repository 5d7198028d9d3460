"""Epipolar curves: everywhere in the other views that one pixel's ray can be seen, bent as their lenses bend it.

Seen from another camera the ray sweeps a plane arc of directions, from its own camera's centre (depth 0) to its
vanishing point (depth ∞). The arc is sampled by angle, so that every depth is on the curve and none needs a limit; it
is cut to the cone of directions that the image and the lens's monotone radius hold, so that nothing folds back into
the picture and nothing behind the camera is drawn.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mouseview.geometry.rays import to_pixels
from mouseview.geometry.transforms import Array
from mouseview.model.camera import Camera, Rig

_FIRST_PIECES = 32
_MOST_PIECES = 4096
_CHORD_PX = 0.02  # how far the lens may bend away between every other sample
_BORDER_SAMPLES = 65  # along each side of the image, to find how wide it looks
_MARGIN = 1.02  # the widest border pixel may lie between two samples


@dataclass(frozen=True, eq=False)
class EpipolarCurve:
    """pieces: polylines (M, 2) in px inside the image, M = 1 where the whole ray is seen as one point.

    depths: for every piece (M,), distances along the ray from its camera in world units; inf at its vanishing point.
    """

    pieces: tuple[Array, ...] = ()
    depths: tuple[Array, ...] = ()


class EpipolarViews:
    """Cameras made ready to be asked again and again, as a pointer moves."""

    def __init__(self, cameras: Rig | Iterable[Camera]) -> None:
        self.cameras = cameras.cameras if isinstance(cameras, Rig) else tuple(cameras)
        self._half_angles = tuple(_half_angle(camera) for camera in self.cameras)

    def curves(self, view: int, pixel: npt.ArrayLike) -> tuple[EpipolarCurve, ...]:
        """The ray of ``pixel`` (2,) of ``view`` in every view; empty in its own, and where no ray reaches the pixel."""
        origin, direction = self.cameras[view].rays(pixel)
        out = []
        for index, camera in enumerate(self.cameras):
            asked = index != view and bool(np.all(np.isfinite(direction)))
            out.append(_curve(camera, self._half_angles[index], origin, direction) if asked else EpipolarCurve())
        return tuple(out)


def epipolar_curve(source: Camera, pixel: npt.ArrayLike, view: Camera) -> EpipolarCurve:
    """Where ``view`` can see what ``source`` sees at ``pixel`` (2,)."""
    return EpipolarViews((source, view)).curves(0, pixel)[1]


def _half_angle(camera: Camera) -> float:
    """Radians from the optical axis beyond which nothing lies in the image, or nothing is projected."""
    side = np.linspace(0.0, 1.0, _BORDER_SAMPLES)
    square = [np.stack([side, np.full_like(side, end)], axis=-1) for end in (0.0, 1.0)]
    border = np.concatenate([*square, *(part[:, ::-1] for part in square)]) * camera.size
    directions, valid = camera.unproject(border)
    fold = camera.optics.monotone_angle * (1 - 1e-9)
    if not np.all(valid):  # the image reaches beyond the lens
        return fold
    return min(float(np.arccos(np.clip(directions[:, 2].min(), -1, 1))) * _MARGIN, fold)


def _curve(camera: Camera, half_angle: float, origin: Array, direction: Array) -> EpipolarCurve:
    start = camera.pose.apply(origin)  # the source's centre in this camera's frame
    end = camera.pose.rotate(direction)
    end = end / np.linalg.norm(end)
    distance = float(np.linalg.norm(start))
    if not np.isfinite(distance) or not np.all(np.isfinite(end)):
        return EpipolarCurve()
    same_centre = distance <= 1e-12 * float(np.linalg.norm(camera.pose.t))
    first = end if same_centre else start / distance
    aside = end - (end @ first) * first
    sweep = float(np.arctan2(np.linalg.norm(aside), end @ first))
    if same_centre or np.linalg.norm(aside) < 1e-8:  # seen end on, as far as digits tell: a point
        return _end_on(camera, np.stack([first, end]) if sweep > 1 else end[None])
    second = aside / np.linalg.norm(aside)
    pieces: list[Array] = []
    depths: list[Array] = []
    for low, high in _inside_cone(first[2], second[2], half_angle, sweep):
        angles, pixels = _sampled(camera, first, second, low, high)
        with np.errstate(divide="ignore"):
            depth = distance * np.sin(angles) / np.maximum(np.sin(sweep - angles), 0.0)
        for kept_px, kept_depth in _clipped(pixels, depth, camera.size):
            pieces.append(kept_px)
            depths.append(kept_depth)
    return EpipolarCurve(tuple(pieces), tuple(depths))


def _inside_cone(first_z: float, second_z: float, half_angle: float, sweep: float) -> list[tuple[float, float]]:
    """Intervals of the arc's angle in [0, sweep] whose directions lie within ``half_angle`` of the optical axis."""
    reach, at = float(np.hypot(first_z, second_z)), float(np.arctan2(second_z, first_z))
    wanted = float(np.cos(half_angle))
    if wanted > reach:
        return []
    if wanted <= -reach:
        return [(0.0, sweep)]
    half = float(np.arccos(wanted / reach))
    intervals = []
    for turn in (-2 * np.pi, 0.0, 2 * np.pi):
        low, high = max(at - half + turn, 0.0), min(at + half + turn, sweep)
        if high > low:
            intervals.append((low, high))
    return intervals


def _sampled(camera: Camera, first: Array, second: Array, low: float, high: float) -> tuple[Array, Array]:
    """Angles (M,) and pixels (M, 2), as many as it takes for straight pieces to follow the lens."""
    count = _FIRST_PIECES
    while True:
        angles = np.linspace(low, high, count + 1)
        directions = np.cos(angles)[:, None] * first + np.sin(angles)[:, None] * second
        pixels = to_pixels(camera.K, camera.optics.project(directions)[0])
        ends, middles = pixels[::2], pixels[1::2]
        along = ends[1:] - ends[:-1]
        length = np.linalg.norm(along, axis=-1)
        offset = middles - ends[:-1]
        with np.errstate(invalid="ignore", divide="ignore"):
            away = np.abs(along[:, 0] * offset[:, 1] - along[:, 1] * offset[:, 0]) / np.maximum(length, 1e-12)
        if count >= _MOST_PIECES or not np.any(away > _CHORD_PX):
            return angles, pixels
        count *= 2


def _clipped(pixels: Array, depths: Array, size: tuple[int, int]) -> list[tuple[Array, Array]]:
    """The parts of a polyline (M, 2) inside the image, each with its depths; Liang and Barsky's cut of every piece."""
    if bool(np.all((pixels >= 0) & (pixels <= size))):
        return [(pixels, depths)]
    start, step = pixels[:-1], pixels[1:] - pixels[:-1]
    enter, leave = np.zeros(len(step)), np.ones(len(step))
    possible = np.all(np.isfinite(start) & np.isfinite(step), axis=-1)
    for axis in (0, 1):
        with np.errstate(invalid="ignore", divide="ignore"):
            to_low = -start[:, axis] / step[:, axis]
            to_high = (size[axis] - start[:, axis]) / step[:, axis]
        still = step[:, axis] == 0
        possible &= ~still | ((start[:, axis] >= 0) & (start[:, axis] <= size[axis]))
        enter = np.where(still, enter, np.fmax(enter, np.fmin(to_low, to_high)))
        leave = np.where(still, leave, np.fmin(leave, np.fmax(to_low, to_high)))
    inside = possible & (enter <= leave)
    out = []
    for run in np.split(np.arange(len(step)), np.flatnonzero(np.diff(inside)) + 1):
        if not inside[run[0]]:
            continue
        # neighbours inside share whole ends, but a piece that leaves and comes back is cut between
        for part in np.split(run, np.flatnonzero((leave[run[:-1]] < 1) | (enter[run[1:]] > 0)) + 1):
            a, b = part[0], part[-1]
            line = pixels[a : b + 2].copy()
            line[0], line[-1] = start[a] + enter[a] * step[a], start[b] + leave[b] * step[b]
            along = depths[a : b + 2].copy()
            along[0] = _between(depths[a], depths[a + 1], enter[a])
            along[-1] = _between(depths[b], depths[b + 1], leave[b])
            out.append((line, along))
    return out


def _between(near: float, far: float, share: float) -> float:
    """A depth between two samples: straight in 1 / depth, which is what is straight in an image."""
    if share <= 0 or share >= 1 or near == 0:
        return near if share <= 0 else far
    return 1.0 / ((1 - share) / near + share / far)


def _end_on(camera: Camera, directions: Array) -> EpipolarCurve:
    pixels = to_pixels(camera.K, camera.optics.project(directions)[0])
    inside = np.all((pixels >= 0) & (pixels <= camera.size), axis=-1)
    depths = np.array([0.0, np.inf])[-len(directions) :]
    return EpipolarCurve(tuple(pixels[inside][:, None]), tuple(depths[inside][:, None]))
