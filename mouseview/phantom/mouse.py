"""The procedural mouse: 3D Gaussians in mm, standing on the arena's floor, the same for the same seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mouseview.model.gaussians import Gaussians
from mouseview.phantom.anatomy import Anatomy, Part, Pose, build
from mouseview.phantom.coats import Coat, paint, spot_colour
from mouseview.phantom.landmarks import landmarks
from mouseview.phantom.light import shade
from mouseview.phantom.surface import Array, Points, Tube, unit

_SH_C0 = 0.28209479177387814
DEFAULT_COUNT = 32_000
_CORE_SHARE, _WHISKER_BEADS, _LEAST = 0.05, 10, 3_000


@dataclass(frozen=True, eq=False)
class Mouse:
    """gaussians: mm, arena frame, Z up, floor at z = 0.  centre (3,): mean of the body's surface, mm, tail left out.
    extent (3,): of all but the whiskers, mm.  landmarks (N, 3): the points called ``landmarks.NAMES``, mm.
    whisker_rows: how many of the last Gaussians are whiskers."""

    gaussians: Gaussians
    seed: int
    coat: Coat
    pose: Pose
    centre: Array
    extent: Array
    landmarks: Array
    whisker_rows: int

    @property
    def solid(self) -> Gaussians:
        """All but the whiskers, which no segmentation program marks as mouse."""
        g, stop = self.gaussians, len(self.gaussians) - self.whisker_rows
        return Gaussians(g.xyz[:stop], g.sh[:stop], g.scale[:stop], g.rotation[:stop], g.opacity[:stop])


@dataclass(frozen=True, eq=False)
class _Splats:
    xyz: Array
    axes: Array
    scale: Array
    colour: Array
    opacity: Array


def make_mouse(
    seed: int,
    coat: Coat | str | None = None,
    position_mm: tuple[float, float] = (0.0, 0.0),
    heading_deg: float | None = None,
    count: int = DEFAULT_COUNT,
    pose: Pose | None = None,
) -> Mouse:
    """A mouse of ``count`` Gaussians; what is not given (coat, heading, pose, proportions) is drawn from ``seed``.

    position_mm: where on the floor the middle of its body stands. pose: with its heading and proportions, in place of
    the drawn one. Raises ``ValueError`` for a ``count`` below 3000.
    """
    if count < _LEAST:
        raise ValueError(f"a mouse needs {_LEAST} Gaussians or more to be opaque, not {count}")
    rng = np.random.default_rng([0x6D6F757365, seed])
    coats = tuple(Coat)
    drawn = coats[int(rng.integers(len(coats)))]
    kind = drawn if coat is None else Coat(coat)
    drawn_pose = Pose.random(rng, heading_deg)  # drawn in any case: fur and lamp stay those of the seed
    pose = pose or drawn_pose
    anatomy = build(pose)
    lamp = np.array([*rng.normal(0.0, 0.45, 2), 1.0])
    whiskers = _whiskers(anatomy, kind)
    filling = int(count * _CORE_SHARE)
    skin, body_rows = _skin(anatomy, kind, rng, lamp, count - filling - len(whiskers.xyz))
    core = _core(anatomy, kind, rng, filling)
    all_splats = [skin, core, whiskers]
    xyz = np.concatenate([s.xyz for s in all_splats])
    middle = xyz[:body_rows].mean(axis=0)
    move = np.array([position_mm[0] - middle[0], position_mm[1] - middle[1], 0.0])
    solid = xyz[: len(skin.xyz)]
    gaussians = Gaussians(
        xyz=(xyz + move).astype(np.float32),
        sh=((np.concatenate([s.colour for s in all_splats]) - 0.5) / _SH_C0)[:, None].astype(np.float32),
        scale=np.concatenate([s.scale for s in all_splats]).astype(np.float32),
        rotation=quaternions(np.concatenate([s.axes for s in all_splats])).astype(np.float32),
        opacity=np.concatenate([s.opacity for s in all_splats]).astype(np.float32),
    )
    extent = solid.max(axis=0) - solid.min(axis=0)
    return Mouse(gaussians, seed, kind, pose, middle + move, extent, landmarks(anatomy) + move, len(whiskers.xyz))


def quaternions(rotations: Array) -> Array:
    """(N, 3, 3) rotations → (N, 4) unit quaternions wxyz, w ≥ 0."""
    m = rotations
    trace = m[:, 0, 0] + m[:, 1, 1] + m[:, 2, 2]
    squares = np.stack([1 + trace, *(1 + 2 * m[:, k, k] - trace for k in range(3))], axis=-1)
    best = np.argmax(squares, axis=-1)
    wx, wy, wz = m[:, 2, 1] - m[:, 1, 2], m[:, 0, 2] - m[:, 2, 0], m[:, 1, 0] - m[:, 0, 1]
    xy, xz, yz = m[:, 0, 1] + m[:, 1, 0], m[:, 0, 2] + m[:, 2, 0], m[:, 1, 2] + m[:, 2, 1]
    candidates = np.stack(
        [
            np.stack([squares[:, 0], wx, wy, wz], axis=-1),
            np.stack([wx, squares[:, 1], xy, xz], axis=-1),
            np.stack([wy, xy, squares[:, 2], yz], axis=-1),
            np.stack([wz, xz, yz, squares[:, 3]], axis=-1),
        ],
        axis=1,
    )
    q = unit(candidates[np.arange(len(m)), best])
    return q * np.where(q[:, :1] < 0, -1.0, 1.0)


def _counts(parts: tuple[Part, ...], total: int) -> list[int]:
    """How many of ``total`` Gaussians each part gets: by area and weight, at least 24 each."""
    shares = np.array([part.surface.area * part.weight for part in parts])
    counts = 24 + np.floor(shares / shares.sum() * (total - 24 * len(parts))).astype(int)
    counts[0] += total - int(counts.sum())
    return [int(n) for n in counts]


def _skin(anatomy: Anatomy, coat: Coat, rng: np.random.Generator, lamp: Array, total: int) -> tuple[_Splats, int]:
    """The fur and skin of all parts, and how many of its first rows are trunk and limbs."""
    spots = spot_colour(rng)
    rows: list[tuple[Points, Array, Array, Array]] = []
    body_rows = 0
    for part, count in zip(anatomy.parts, _counts(anatomy.parts, total), strict=True):
        points = part.surface.sample(count, rng.random(2))
        length = part.surface.length if isinstance(part.surface, Tube) else part.surface.half_height
        colour = paint(rng, coat, spots, part.kind, points, length)
        if part.kind in ("trunk", "limb"):
            lie, size = rng.normal(0.0, 0.22, count), np.array([0.85, 0.30, 0.16])
            lift = 0.22 + 0.1 * rng.random(count)
            body_rows += count
        else:
            lie, size = rng.normal(0.0, 0.3, count), np.array([0.42, 0.34, 0.14])
            lift = np.zeros(count)
        spacing = np.sqrt(part.surface.area / count) / 0.52
        shrink = 0.55 if part.kind in ("eye", "nose") else 1.0
        rows.append(
            (points, colour, _frame(points, lie, lift), np.repeat(size[None], count, axis=0) * spacing * shrink)
        )
    xyz = np.concatenate([r[0].xyz for r in rows])
    normal = np.concatenate([r[0].normal for r in rows])
    glow = np.concatenate(
        [np.full(len(r[0].u), part.kind == "ear") for part, r in zip(anatomy.parts, rows, strict=True)]
    )
    lit = unit(normal + 0.9 * glow[:, None] * [0.0, 0.0, 1.0])  # ears let light through
    bright = shade(xyz, lit, anatomy.occluders, lamp)
    colour = np.clip(np.concatenate([r[1] for r in rows]) * bright[:, None], 0.0, 1.0)
    start = 0
    for part, row in zip(anatomy.parts, rows, strict=True):
        stop = start + len(row[0].u)
        if part.kind == "eye":
            glint = normal[start:stop] @ unit(lamp * [1.0, 1.0, 0.6]) > 0.93
            colour[start:stop][glint] = 0.95
        start = stop
    scale = np.concatenate([r[3] for r in rows]) * rng.uniform(0.85, 1.2, (len(xyz), 1))
    return _Splats(xyz, np.concatenate([r[2] for r in rows]), scale, colour, np.full(len(xyz), 0.93)), body_rows


def _frame(points: Points, lie: Array, lift: Array) -> Array:
    """(N, 3, 3): columns hair direction, across, out; hair turned by ``lie`` (rad) in the skin, raised by ``lift``."""
    across = np.cross(points.normal, points.along)
    hair = points.along * np.cos(lie)[:, None] + across * np.sin(lie)[:, None]
    side = np.cross(points.normal, hair)
    raised = hair * np.cos(lift)[:, None] - points.normal * np.sin(lift)[:, None]
    return np.stack([raised, side, np.cross(raised, side)], axis=-1)


def _core(anatomy: Anatomy, coat: Coat, rng: np.random.Generator, total: int) -> _Splats:
    """Round, opaque filling 1.5 mm or more under the skin of trunk and limbs, so that no view looks through."""
    solids = [
        part.surface for part in anatomy.parts if part.kind in ("trunk", "limb") and isinstance(part.surface, Tube)
    ]
    areas = np.array([tube.area for tube in solids])
    counts = np.floor(areas / areas.sum() * total).astype(int)
    counts[0] += total - int(counts.sum())
    places, radii = [], []
    for tube, count in zip(solids, counts, strict=True):
        points = tube.sample(int(count), rng.random(2))
        girth = points.girth / (2 * np.pi)
        inset = np.minimum(1.6, 0.5 * girth)
        places.append(points.xyz - inset[:, None] * points.normal)
        radii.append(np.minimum(1.1, 0.28 * girth) + 0.05)
    xyz, radius = np.concatenate(places), np.concatenate(radii)
    tone = {Coat.BLACK: 0.03, Coat.WHITE: 0.55, Coat.BROWN: 0.12, Coat.PIED: 0.35}[coat]
    axes = np.repeat(np.eye(3)[None], len(xyz), axis=0)
    scale = np.repeat(radius[:, None], 3, axis=1)
    return _Splats(xyz, axes, scale, np.full((len(xyz), 3), tone), np.full(len(xyz), 0.98))


def _whiskers(anatomy: Anatomy, coat: Coat) -> _Splats:
    root, tip = anatomy.whiskers[:, None, 0], anatomy.whiskers[:, None, 1]
    t = (np.arange(_WHISKER_BEADS)[None, :, None] + 0.5) / _WHISKER_BEADS
    droop = np.array([0.0, 0.0, -2.0]) * t**2
    xyz = (root + (tip - root) * t + droop).reshape(-1, 3)
    along = unit(np.repeat(tip - root, _WHISKER_BEADS, axis=1).reshape(-1, 3))
    left = unit(np.cross([0.0, 0.0, 1.0], along))
    axes = np.stack([along, left, np.cross(along, left)], axis=-1)
    count = len(xyz)
    tone = 0.12 if coat is Coat.BLACK else 0.75
    scale = np.repeat(np.array([[0.75, 0.06, 0.06]]), count, axis=0)
    return _Splats(xyz, axes, scale, np.full((count, 3), tone), np.full(count, 0.5))
