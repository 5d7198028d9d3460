"""What two views must agree upon: the planes through both camera centres that hold a point or touch the silhouette.

A point seen by two cameras lies in one plane through their baseline. So do the two planes between which a silhouette
lies: the outermost point of the subject in a plane that only touches it is seen by both. Each camera measures the
angle of these planes by itself, and the difference is the evidence. It is told in px: what each of the two outlines
would have to move if both moved.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mouseview.geometry.transforms import Array
from mouseview.model.camera import Camera
from mouseview.solve.sessions.track import DIRECTIONS, Track

CAP_PX = 60.0
"""A feature that misses by more says no more."""

_OPEN_RAD = np.radians(160.0)  # a silhouette seen wider than this about the baseline holds the epipole: no tangents
_NARROW_RAD = np.radians(90.0)
_LEAST_BASELINE = 1e-6  # of the cameras' distance from the middle of the rig


@dataclass(frozen=True, eq=False)
class Planes:
    """One video through one camera, about the baseline to another camera; the first two features are the tangents.

    angle (..., F, M) rad about the baseline, NaN where unknown.  lever_px (..., F, M): px by which a feature moves
    per rad.  aside (..., F, M) rad: from the direction of the baseline.  closed (..., F): the epipole lies inside
    the silhouette; narrow (..., F): it is far from it.
    """

    angle: Array
    lever_px: Array
    aside: Array
    closed: npt.NDArray[np.bool_]
    narrow: npt.NDArray[np.bool_]

    def rows(self, chosen: npt.NDArray[np.int64]) -> Planes:
        """Of some frames."""
        return Planes(
            self.angle[..., chosen, :],
            self.lever_px[..., chosen, :],
            self.aside[..., chosen, :],
            self.closed[..., chosen],
            self.narrow[..., chosen],
        )

    def each(self, axis: int) -> Planes:
        """With a new axis, to be held against every other video."""
        return Planes(
            np.expand_dims(self.angle, axis),
            np.expand_dims(self.lever_px, axis),
            np.expand_dims(self.aside, axis),
            np.expand_dims(self.closed, axis),
            np.expand_dims(self.narrow, axis),
        )


def world_rays(camera: Camera, track: Track) -> Array:
    """(F, DIRECTIONS + N, 3) unit directions in world of a track's outline and keypoints through ``camera``."""
    return camera.rays(np.concatenate([track.outline_px, track.keypoints_px], axis=1))[1]


def focal_px(camera: Camera) -> float:
    return float(np.sqrt(abs(camera.fx * camera.fy)))


@dataclass(frozen=True, eq=False)
class Baseline:
    """The line from one camera's centre to another's as an orthonormal frame: across, upright, along, (3,) each."""

    across: Array
    upright: Array
    along: Array

    @classmethod
    def between(cls, first: Camera, second: Camera, reach: float) -> Baseline | None:
        """None where both stand in the same place. reach: a length of the rig that tells what "same" means."""
        line = second.centre - first.centre
        length = float(np.linalg.norm(line))
        if not np.isfinite(length) or length <= _LEAST_BASELINE * reach:
            return None
        along = line / length
        across = np.cross(along, np.eye(3)[int(np.argmin(np.abs(along)))])
        across /= np.linalg.norm(across)
        return cls(across, np.cross(along, across), along)

    def planes(self, rays: Array, clipped: npt.NDArray[np.bool_], focal_px: float) -> Planes:
        """rays (..., F, DIRECTIONS + N, 3) in world, clipped (..., F, DIRECTIONS)."""
        x, y, z = rays @ self.across, rays @ self.upright, rays @ self.along
        off = np.hypot(x, y)
        angle, lever, aside = np.arctan2(y, x), focal_px * off, np.arctan2(off, z)
        tangents = _tangents(x[..., :DIRECTIONS], y[..., :DIRECTIONS], angle[..., :DIRECTIONS], clipped)
        low, high, closed, narrow = tangents
        joined = []
        for values in (angle, lever, aside):
            outline = values[..., :DIRECTIONS]
            ends = [_taken(outline, low), _taken(outline, high)]
            joined.append(np.concatenate([np.stack(ends, axis=-1), values[..., DIRECTIONS:]], axis=-1))
        joined[0][..., 0] = np.where(low < 0, np.nan, joined[0][..., 0])
        joined[0][..., 1] = np.where(high < 0, np.nan, joined[0][..., 1])
        return Planes(joined[0], joined[1], joined[2], closed, narrow)


def _taken(values: Array, index: npt.NDArray[np.int64]) -> Array:
    return np.take_along_axis(values, np.maximum(index, 0)[..., None], axis=-1)[..., 0]


def _tangents(
    x: Array, y: Array, angle: Array, clipped: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which outline points the two touching planes pass through (−1: none that counts), and how wide they stand."""
    with np.errstate(all="ignore"):
        middle = np.arctan2(np.nansum(y, axis=-1), np.nansum(x, axis=-1))
        from_middle = wrapped(angle - middle[..., None])
    known = np.isfinite(from_middle)
    enough = known.mean(axis=-1) > 0.9
    low = np.argmin(np.where(known, from_middle, np.inf), axis=-1)
    high = np.argmax(np.where(known, from_middle, -np.inf), axis=-1)
    width = np.where(enough, _taken(from_middle, high) - _taken(from_middle, low), np.nan)
    with np.errstate(invalid="ignore"):
        closed, narrow = width > _OPEN_RAD, width < _NARROW_RAD
    useful = enough & ~closed
    low = np.where(useful & ~_taken_bool(clipped, low), low, -1)
    high = np.where(useful & ~_taken_bool(clipped, high), high, -1)
    return low, high, closed, narrow


def _taken_bool(values: npt.NDArray[np.bool_], index: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    return np.take_along_axis(np.broadcast_to(values, (*index.shape, values.shape[-1])), index[..., None], axis=-1)[
        ..., 0
    ]


def wrapped(angle: Array) -> Array:
    """Into −π‥π."""
    return (angle + np.pi) % (2 * np.pi) - np.pi


def disagreement_px(first: Planes, second: Planes, focal_px: float) -> Array:
    """(..., F, M) px ≥ 0, capped, NaN where either view does not say.

    Seen from the first camera a point must lie nearer to the baseline's direction than from the second: rays that
    part behind the cameras are held against the pair by the angle that is missing.
    """
    turn = np.abs(wrapped(first.angle - second.angle))
    with np.errstate(all="ignore"):
        px = turn / np.hypot(1 / first.lever_px, 1 / second.lever_px)
    parted = np.maximum(0.0, first.aside - second.aside) * focal_px
    px = np.minimum(px + parted, CAP_PX)
    contradicted = (first.closed & second.narrow) | (second.closed & first.narrow)
    tangent = np.arange(px.shape[-1]) < 2
    return np.where(contradicted[..., None] & tangent, CAP_PX, px)
