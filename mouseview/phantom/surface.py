"""Surfaces that the mouse is made of, and evenly spread points on them: swept tubes and cupped discs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

_R2 = np.array([0.7548776662466927, 0.5698402909980532])  # the plastic number's powers: an even 2D sequence


@dataclass(frozen=True, eq=False)
class Points:
    """Points of one surface: xyz, unit normals and unit lengthwise tangents, (N, 3) each, mm; u (N,) 0..1 along the
    part, angle (N,) about it (0 = left, π/2 = up; for a disc the polar angle), girth (N,) local circumference in mm."""

    xyz: Array
    normal: Array
    along: Array
    u: Array
    angle: Array
    girth: Array


def spread(count: int, shift: Array) -> Array:
    """(count, 2) in the unit square, low discrepancy, moved by shift (2,)."""
    return (np.arange(1, count + 1)[:, None] * _R2 + shift) % 1.0


def unit(vectors: Array) -> Array:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)


@dataclass(frozen=True, eq=False)
class Tube:
    """Elliptic cross-sections swept along a curve: n nodes; centres, left, up (n, 3); half_width, half_height (n,)."""

    centres: Array
    left: Array
    up: Array
    half_width: Array
    half_height: Array

    @property
    def _girth(self) -> Array:
        a, b = self.half_width, self.half_height
        return np.pi * (3 * (a + b) - np.sqrt((3 * a + b) * (a + 3 * b)))

    @property
    def _area_steps(self) -> Array:
        """(n − 1,) area between neighbouring nodes, slant included."""
        length = np.linalg.norm(np.diff(self.centres, axis=0), axis=-1)
        rise = np.diff(0.5 * (self.half_width + self.half_height))
        girth = self._girth
        return 0.5 * (girth[1:] + girth[:-1]) * np.hypot(length, rise)

    @property
    def area(self) -> float:
        return float(self._area_steps.sum())

    @property
    def length(self) -> float:
        return float(np.linalg.norm(np.diff(self.centres, axis=0), axis=-1).sum())

    def sample(self, count: int, shift: Array) -> Points:
        """``count`` points spread evenly by area."""
        q = spread(count, shift)
        share = np.concatenate([[0.0], np.cumsum(self._area_steps)])
        u = np.interp(q[:, 0], share / share[-1], np.linspace(0.0, 1.0, len(self.centres)))
        return self.at(u, 2 * np.pi * q[:, 1])

    def at(self, u: npt.ArrayLike, angle: npt.ArrayLike) -> Points:
        """The points at the lengthwise positions u (N,), 0..1, and angles (N,)."""
        u, angle = np.atleast_1d(np.asarray(u, dtype=np.float64)), np.atleast_1d(np.asarray(angle, dtype=np.float64))
        n = len(self.centres)
        nodes = np.column_stack([self.centres, self.left, self.up, self.half_width, self.half_height, self._girth])
        slopes = np.gradient(nodes, axis=0) * (n - 1)
        place = np.clip(u, 0.0, 1.0) * (n - 1)
        low = np.minimum(place.astype(np.intp), n - 2)
        part = (place - low)[:, None]
        value = nodes[low] * (1 - part) + nodes[low + 1] * part
        slope = slopes[low] * (1 - part) + slopes[low + 1] * part
        cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
        left, up, a, b = value[:, 3:6], value[:, 6:9], value[:, 9:10], value[:, 10:11]
        outwards = a * cos * left + b * sin * up
        along = unit(
            slope[:, :3]
            + cos * (slope[:, 9:10] * left + a * slope[:, 3:6])
            + sin * (slope[:, 10:11] * up + b * slope[:, 6:9])
        )
        normal = unit(np.cross(b * cos * up - a * sin * left, along))
        normal *= np.where(np.sum(normal * outwards, axis=-1, keepdims=True) < 0, -1.0, 1.0)
        return Points(value[:, :3] + outwards, normal, along, u, angle, value[:, 11])


@dataclass(frozen=True, eq=False)
class Disc:
    """A cupped oval with two faces: centre, across, upwards, facing (3,), unit and orthogonal; radii and cup in mm."""

    centre: Array
    across: Array
    upwards: Array
    facing: Array
    half_width: float
    half_height: float
    cup: float
    thickness: float

    @property
    def area(self) -> float:
        return 2 * np.pi * self.half_width * self.half_height

    def sample(self, count: int, shift: Array) -> Points:
        """``count`` points, the even half on the front face (angle ≥ 0), the rest on the back (angle < 0)."""
        q = spread(count, shift)
        radius, angle = np.sqrt(q[:, 0]), 2 * np.pi * q[:, 1]
        x, y = radius * np.cos(angle), radius * np.sin(angle)
        front = np.where(np.arange(count) % 2 == 0, 1.0, -1.0)
        depth = self.cup * (radius**2 - 1.0) + front * 0.5 * self.thickness
        xyz = (
            self.centre
            + (self.half_width * x)[:, None] * self.across
            + (self.half_height * y)[:, None] * self.upwards
            + depth[:, None] * self.facing
        )
        tilt = 2 * self.cup * np.stack([x / self.half_width, y / self.half_height], axis=-1)
        normal = unit(self.facing - tilt[:, :1] * self.across - tilt[:, 1:] * self.upwards) * front[:, None]
        along = unit(self.upwards - np.sum(normal * self.upwards, axis=-1, keepdims=True) * normal)
        return Points(xyz, normal, along, radius, front * (angle + 1e-9), np.full(count, 2 * np.pi * self.half_width))


def straight_tube(
    start: Array, end: Array, half_width: Sequence[float] | Array, half_height: Sequence[float] | Array, nodes: int = 16
) -> Tube:
    """A closed limb between two points; radii (k,) are spaced evenly along it and rounded off at both ends."""
    t = 0.5 - 0.5 * np.cos(np.linspace(0.0, np.pi, nodes))
    axis = end - start
    left = np.cross([0.0, 0.0, 1.0], axis)
    if np.linalg.norm(left) < 1e-6 * np.linalg.norm(axis):
        left = np.array([0.0, 1.0, 0.0])
    left = left / np.linalg.norm(left)
    up = unit(np.cross(axis, left))
    profile = np.linspace(0.0, 1.0, np.size(half_width))
    cap = np.minimum(np.sqrt(np.clip(1 - (1 - np.minimum(t, 1 - t) / 0.25).clip(0) ** 2, 0, 1)), 1.0)
    return Tube(
        start + t[:, None] * axis,
        np.repeat(left[None], nodes, axis=0),
        np.repeat(up[None], nodes, axis=0),
        np.interp(t, profile, np.asarray(half_width)) * cap + 1e-3,
        np.interp(t, profile, np.asarray(half_height)) * cap + 1e-3,
    )


def ball(centre: Array, radius: float, facing: Array) -> Tube:
    """A sphere as a tube along ``facing``."""
    t = np.linspace(0.0, np.pi, 13)
    axis = unit(facing)
    helper = np.array([0.0, 0.0, 1.0]) if abs(axis[2]) < 0.9 else np.array([1.0, 0.0, 0.0])
    left = unit(np.cross(helper, axis))
    width = radius * np.sin(t) + 1e-3
    return Tube(
        centre - np.cos(t)[:, None] * radius * axis,
        np.repeat(left[None], len(t), axis=0),
        np.repeat(np.cross(axis, left)[None], len(t), axis=0),
        width,
        width,
    )
