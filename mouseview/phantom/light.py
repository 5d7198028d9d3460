"""Baked light: an overhead lamp, the arena's bounce and the shade that the body casts on itself."""

from __future__ import annotations

import numpy as np

from mouseview.phantom.surface import Array, unit


def shade(xyz: Array, normal: Array, occluders: Array, lamp: Array) -> Array:
    """(N,) factor about 0.15..1.15 on a surface's colour.

    occluders (M, 4): spheres x y z r, each hiding (n·d̂)(r/d)² of the light at a point (0 behind the surface, so a
    part does not hide itself).  lamp (3,): direction towards the light.
    """
    spheres = occluders.astype(np.float32)
    gap = spheres[None, :, :3] - xyz[:, None].astype(np.float32)
    squared = np.einsum("nmk,nmk->nm", gap, gap) + np.float32(1e-6)
    facing = np.einsum("nmk,nk->nm", gap, normal.astype(np.float32)) / np.sqrt(squared)
    hidden = np.clip(facing, 0, 1) * np.minimum(spheres[None, :, 3] ** 2 / squared, 1.0)
    open_sky = np.exp(-1.1 * hidden.sum(axis=1)).astype(np.float64)
    sky = 0.5 + 0.5 * normal[:, 2]
    floor = (1.0 - sky) * (0.18 + 0.22 * (1 - np.exp(-np.maximum(xyz[:, 2], 0) / 9.0)))
    direct = np.maximum(0.0, normal @ unit(lamp))
    return (0.62 * sky * open_sky + floor * open_sky + 0.5 * direct * open_sky**1.5) * 1.05
