"""Pixels, rays and what a network is told about them.

Pixel (i, j) has its centre at (i + 0.5, j + 0.5); pixel arrays are (..., 2) as (x, y).
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
import numpy.typing as npt

from mouseview.geometry.transforms import Array


class RayEncoding(StrEnum):
    """What is put beside RGB for every pixel. Names and channel order: GS-LRM as FaceLift trained it."""

    NEAREST = "nearest"  # d, then the ray's point nearest the world origin
    PLUCKER = "plucker"  # moment o×d, then d
    AUG = "aug"  # moment, d, nearest point


def pixel_centres(width: int, height: int) -> Array:
    """(height, width, 2): the centre of every pixel."""
    return np.stack(np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5), axis=-1)


def to_pixels(K: npt.ArrayLike, plane: npt.ArrayLike) -> Array:
    """Normalised image plane (..., 2) → pixels (..., 2), skew included. K (3, 3)."""
    k = np.asarray(K, dtype=np.float64)
    m = np.asarray(plane, dtype=np.float64)
    return np.einsum("ij,...j->...i", k[:2, :2], m) + k[:2, 2]


def to_plane(K: npt.ArrayLike, pixels: npt.ArrayLike) -> Array:
    """Pixels (..., 2) → normalised image plane (..., 2). K (3, 3)."""
    k = np.asarray(K, dtype=np.float64)
    shifted = np.asarray(pixels, dtype=np.float64) - k[:2, 2]
    y = shifted[..., 1] / k[1, 1]
    return np.stack([(shifted[..., 0] - k[0, 1] * y) / k[0, 0], y], axis=-1)


def nearest_point(origins: npt.ArrayLike, directions: npt.ArrayLike) -> Array:
    """The point (..., 3) of each ray nearest the world origin. Directions are unit vectors."""
    o, d = np.asarray(origins, dtype=np.float64), np.asarray(directions, dtype=np.float64)
    return o - np.sum(o * d, axis=-1, keepdims=True) * d


def moment(origins: npt.ArrayLike, directions: npt.ArrayLike) -> Array:
    """Plücker moment o × d (..., 3)."""
    return np.cross(np.asarray(origins, dtype=np.float64), np.asarray(directions, dtype=np.float64))


def encode_rays(origins: npt.ArrayLike, directions: npt.ArrayLike, encoding: RayEncoding) -> Array:
    """(..., 3) origins and unit directions in world → (..., 6) or, for ``AUG``, (..., 9)."""
    d = np.asarray(directions, dtype=np.float64)
    match RayEncoding(encoding):
        case RayEncoding.NEAREST:
            parts = [d, nearest_point(origins, d)]
        case RayEncoding.PLUCKER:
            parts = [moment(origins, d), d]
        case RayEncoding.AUG:
            parts = [moment(origins, d), d, nearest_point(origins, d)]
    return np.concatenate(np.broadcast_arrays(*parts), axis=-1)


def angle_between_deg(a: npt.ArrayLike, b: npt.ArrayLike) -> Array:
    """Angle (...) in degrees between directions (..., 3); exact for tiny angles too."""
    u, v = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    sine = np.linalg.norm(np.cross(u, v), axis=-1)
    return np.degrees(np.arctan2(sine, np.sum(u * v, axis=-1)))
