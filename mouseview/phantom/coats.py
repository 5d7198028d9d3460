"""Coats: what colour a point of the mouse has before light falls on it, with fur finer than a millimetre."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from mouseview.phantom.surface import Array, Points


class Coat(StrEnum):
    BLACK = "black"  # as in the lab
    WHITE = "white"
    BROWN = "brown"  # agouti: banded hair, pale belly
    PIED = "pied"  # white with dark patches


_BARE = {
    Coat.BLACK: {"skin": (0.78, 0.58, 0.54), "ear": (0.48, 0.36, 0.34), "tail": (0.60, 0.48, 0.45)},
    Coat.WHITE: {"skin": (0.88, 0.62, 0.58), "ear": (0.86, 0.60, 0.56), "tail": (0.84, 0.62, 0.58)},
    Coat.BROWN: {"skin": (0.72, 0.52, 0.47), "ear": (0.50, 0.38, 0.33), "tail": (0.52, 0.42, 0.37)},
    Coat.PIED: {"skin": (0.86, 0.62, 0.58), "ear": (0.62, 0.45, 0.42), "tail": (0.78, 0.58, 0.54)},
}
_NOSE, _EYE, _RED_EYE = (0.72, 0.44, 0.43), (0.02, 0.02, 0.025), (0.30, 0.03, 0.05)


def _lattice(rng: np.random.Generator, x: Array, y: Array, columns: int) -> Array:
    """Smooth noise in −1..1 on a lattice of unit cells, y wrapping after ``columns`` cells."""
    table = rng.uniform(-1.0, 1.0, (64, columns))
    i, j = np.floor(x).astype(np.intp), np.floor(y).astype(np.intp)
    fx, fy = x - i, y - j
    fx, fy = fx * fx * (3 - 2 * fx), fy * fy * (3 - 2 * fy)
    row, row2, col, col2 = i % 64, (i + 1) % 64, j % columns, (j + 1) % columns
    top = table[row, col] * (1 - fy) + table[row, col2] * fy
    return top * (1 - fx) + (table[row2, col] * (1 - fy) + table[row2, col2] * fy) * fx


def fur(rng: np.random.Generator, points: Points, length_mm: float) -> tuple[Array, Array]:
    """(strands, tufts), (N,) each in about −1..1: hair about 0.7 mm wide and 3 mm long, and the clumps it lies in."""
    along = points.u * length_mm
    around = points.angle / (2 * np.pi) % 1.0
    girth = float(np.median(points.girth))
    warp = 0.05 * np.sin(along * 0.55 + rng.uniform(0, 6.28)) * np.sin(around * 2 * np.pi * 3 + rng.uniform(0, 6.28))
    around = (around + 0.4 * warp) % 1.0
    columns = max(6, round(girth / 0.75))
    clumps = max(4, round(girth / 3.2))
    shift = rng.uniform(0, 3.0, columns)[np.floor(around * columns).astype(np.intp) % columns]
    strands = _lattice(rng, along / 2.6 + shift * 0.2, around * columns, columns)
    tufts = _lattice(rng, along / 4.5, around * clumps, clumps)
    return 1.3 * strands, 1.3 * tufts


def _patches(rng: np.random.Generator, u: Array, angle: Array, coarse: float) -> Array:
    """A field in about −1..1 that changes over a few centimetres; its sign draws the patches."""
    around = angle / (2 * np.pi) % 1.0
    field = _lattice(rng, u * 4.2 * coarse + rng.uniform(0, 60), around * 3, 3)
    return field + 0.4 * _lattice(rng, u * 11 * coarse, around * 8, 8)


def _mix(a: Array, b: Array, share: Array) -> Array:
    return a + (b - a) * np.clip(share, 0.0, 1.0)[:, None]


def _tone(*rgb: float) -> Array:
    return np.array(rgb)[None]


def spot_colour(rng: np.random.Generator) -> Array:
    """(3,) of a pied mouse's dark patches, one for the whole animal: black or chestnut."""
    return np.array((0.05, 0.045, 0.045) if rng.random() < 0.6 else (0.34, 0.20, 0.10))


def _hair(rng: np.random.Generator, coat: Coat, spots: Array, points: Points, length_mm: float, kind: str) -> Array:
    strands, tufts = fur(rng, points, length_mm)
    grain = rng.normal(0.0, 1.0, len(points.u))
    tip = 0.5 + 0.42 * strands + 0.22 * tufts + 0.16 * grain  # how much of a hair's pale tip shows
    ventral = -points.normal[:, 2]
    if kind == "trunk":
        ventral = -np.sin(points.angle) + 0.15 * tufts
    match coat:
        case Coat.BLACK:
            colour = _mix(_tone(0.02, 0.018, 0.02), _tone(0.34, 0.31, 0.295), np.clip(tip, 0, 1.3) ** 2)
            return _mix(colour, colour * 1.3 + 0.10, (ventral - 0.30) / 0.4)
        case Coat.WHITE:
            return _mix(_tone(0.50, 0.46, 0.43), _tone(1.0, 0.985, 0.96), 0.2 + tip)
        case Coat.BROWN:
            dorsal = _mix(_tone(0.05, 0.03, 0.02), _tone(0.84, 0.60, 0.33), tip)
            stripe = np.exp(-(((points.angle - np.pi / 2) / 0.42) ** 2)) if kind == "trunk" else np.zeros(len(tip))
            dorsal = _mix(dorsal, dorsal * 0.42, stripe)
            belly = _mix(_tone(0.55, 0.46, 0.36), _tone(0.97, 0.90, 0.78), 0.25 + tip)
            blaze = _patches(rng, points.u, points.angle, 1.0 if kind == "trunk" else 0.25) - 0.45
            return _mix(_mix(dorsal, belly, blaze / 0.1), belly, (ventral - 0.05) / 0.2)
        case Coat.PIED:
            patch = _mix(spots[None] * 0.6, spots[None] * 1.6 + 0.06, tip)
            ground = _mix(_tone(0.60, 0.56, 0.53), _tone(1.0, 0.985, 0.96), 0.25 + tip)
            field = _patches(rng, points.u, points.angle, 1.0 if kind == "trunk" else 0.25)
            return _mix(ground, patch, 0.5 + (field + 0.12 + 0.1 * strands - 0.5 * np.clip(ventral, 0, 1)) / 0.12)


def paint(rng: np.random.Generator, coat: Coat, spots: Array, kind: str, points: Points, length_mm: float) -> Array:
    """(N, 3) colours 0..1 of the points of one part, unlit.

    spots (3,): of the patches (``spot_colour``).  length_mm: of the part, so that fur keeps its scale.
    """
    count = len(points.u)
    bare = _BARE[coat]
    speckle = 1.0 + 0.10 * rng.normal(0.0, 1.0, count)[:, None]
    match kind:
        case "trunk" | "limb":
            return np.clip(_hair(rng, coat, spots, points, length_mm, kind), 0.0, 1.0)
        case "ear":
            fringe = _hair(rng, coat, spots, points, length_mm, "limb")
            back = _mix(np.asarray(bare["ear"])[None] * speckle, fringe, np.where(points.angle < 0, 0.55, 0.1))
            return np.clip(_mix(back, back * 0.7, (0.8 - points.u) * np.where(points.angle < 0, 0.0, 0.7)), 0.0, 1.0)
        case "tail":
            rings = 1.0 + 0.22 * np.sin(2 * np.pi * points.u * length_mm / 1.9)[:, None]
            base = np.asarray(bare["tail"])[None] * rings * speckle * (1.0 - 0.22 * np.sin(points.angle)[:, None])
            hair = _hair(rng, coat, spots, points, length_mm, "limb")
            return np.clip(_mix(base, hair, 1.0 - points.u / 0.08), 0.0, 1.0)
        case "eye":
            return np.repeat(_tone(*(_RED_EYE if coat is Coat.WHITE else _EYE)), count, axis=0)
        case "nose":
            return np.clip(_tone(*_NOSE) * speckle, 0.0, 1.0)
        case "skin":
            return np.clip(np.asarray(bare["skin"])[None] * speckle, 0.0, 1.0)
    raise ValueError(f"no such part of a mouse: {kind!r}")
