"""Where rays run through a box and through a ball, and how much of that lies within the model's depth window."""

from __future__ import annotations

import numpy as np

from mouseview.geometry.transforms import Array


def box_interval(origin: Array, directions: Array, half: float) -> tuple[Array, Array]:
    """Where rays from ``origin`` (3,) enter and leave the cube of half side ``half`` about the world's origin.

    Depths (...) along unit directions (..., 3), not before the camera; NaN where a ray misses.
    """
    with np.errstate(all="ignore"):
        a, b = (-half - origin) / directions, (half - origin) / directions
    # a ray along a face: between the slabs it is free, beside them it misses
    beside = (directions == 0) & (np.abs(origin) > half)
    near = np.max(np.where(directions == 0, -np.inf, np.minimum(a, b)), axis=-1)
    far = np.min(np.where(directions == 0, np.inf, np.maximum(a, b)), axis=-1)
    near = np.maximum(near, 0.0)
    hit = (far > near) & ~np.any(beside, axis=-1)
    return np.where(hit, near, np.nan), np.where(hit, far, np.nan)


def ball_interval(origin: Array, directions: Array, centre: Array, radius: float) -> tuple[Array, Array]:
    """Where rays enter and leave a ball: depths (...), not before the camera; NaN where a ray misses."""
    along = directions @ (centre - origin)
    across2 = np.sum((centre - origin) ** 2) - along**2
    with np.errstate(invalid="ignore"):
        half = np.sqrt(radius**2 - across2)
        near, far = np.maximum(along - half, 0.0), along + half
        return np.where(far > near, near, np.nan), np.where(far > near, far, np.nan)


def window_share(origin: Array, directions: Array, depth_window: float, near: Array, far: Array) -> Array:
    """Share (...) of each stretch from ``near`` to ``far`` within ± the window about the ray's nearest point."""
    middle = -(directions @ origin)
    with np.errstate(invalid="ignore"):
        covered = np.minimum(far, middle + depth_window) - np.maximum(near, middle - depth_window)
        return np.clip(covered / (far - near), 0.0, 1.0)
