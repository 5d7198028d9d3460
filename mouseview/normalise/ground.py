"""The ground that a subject moved over: a plane through where it was, fitted so that leaps and false points count
little, and refused where the points cannot tell it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mouseview.geometry.rays import angle_between_deg
from mouseview.geometry.transforms import Array

_LOWEST = 2  # labelled points of each frame that may stand on the ground
_FEWEST_FRAMES = 5
_FEWEST_CENTRES = 12  # through half of a few points there is always some plane
_MOST_OUTLIERS = 0.25  # of the points
_MOVED = 0.03  # of the cameras' distance: a subject that stays within it stands on the same few spots
_STEEP_DEG = 45.0  # from what the cameras call up: no animal walks on such a ground
_TRIALS = 400  # planes through three points: one of them misses all outliers while these are fewer than half
_ROUNDS = 30
_TUKEY = 4.685  # standard deviations beyond which a point counts nothing
_SELECTIONS = 4  # which points are lowest depends on the plane, which depends on them
_SURE_DEG = 5.0
_WIDE = 3.0  # how often the narrower way across the ground must exceed what the points leave

LINE = "the subject moved along a line: the plane could turn about it"
STILL = "the subject hardly moved"
ROUGH = "the points lie on no plane"


@dataclass(frozen=True, eq=False)
class Ground:
    """A plane through ``point`` (3,) with unit ``normal`` (3,), in the rig's units.

    residual: RMS of the points that count.  uncertainty_deg: one standard deviation of the normal.  points, frames:
    how many took part.  outliers: those that count nothing.  lowest: they are the lowest labelled points of each
    frame, else the subject's centres.  along, across: RMS extent of the points in the plane, the larger one first.
    """

    normal: Array
    point: Array
    residual: float
    uncertainty_deg: float
    points: int
    frames: int
    outliers: int
    lowest: bool
    along: float
    across: float

    def words(self, unit: str) -> str:
        what = "the lowest labelled points" if self.lowest else "the subject's centres"
        left_out = f", {self.outliers} left out" if self.outliers else ""
        return (
            f"normal of the plane through {what} of {self.frames} frames ({self.points} points{left_out}), which miss "
            f"it by {self.residual:.2g} {unit} RMS; sure to {self.uncertainty_deg:.1g}°"
        )


@dataclass(frozen=True)
class NoGround:
    """Why no ground can be told."""

    reason: str
    remedy: str = "measure more frames, or take up from the cameras or as X,Y,Z"


def fit_ground(
    centres: Array, bodies: Sequence[Array], up: Array, up_is_sure: bool, cameras: Array
) -> Ground | NoGround:
    """The ground under a subject with ``centres`` (F, 3) and labelled points ``bodies`` (F times (N, 3), N may be 0).

    up (3,): a first guess, by which the lowest points are chosen; where ``up_is_sure`` the normal lies on its side,
    else on that of the ``cameras`` (V, 3). Labelled points are asked first: an animal's centre rises when it rears.
    """
    if not len(centres):
        return NoGround("no frame tells where the subject was")
    moved = float(np.sqrt(np.mean(np.sum((centres - np.median(centres, axis=0)) ** 2, axis=-1))))
    away = float(np.median(np.linalg.norm(cameras - np.median(centres, axis=0), axis=-1)))
    if len(centres) > 1 and moved < _MOVED * away:
        return NoGround(f"{STILL} ({moved:.2g} RMS in the rig's units, {100 * moved / away:.1f} % of the distance)")
    tried: list[Ground | NoGround] = []
    labelled = [body for body in bodies if len(body) > _LOWEST]
    if len(labelled) >= _FEWEST_FRAMES:
        tried.append(_under_labels(labelled, up))
    if not tried or isinstance(tried[0], NoGround):
        tried.append(_fit(centres, len(centres), lowest=False))
    found = next((one for one in tried if isinstance(one, Ground)), None)
    if found is None:
        return tried[0]
    side = up if up_is_sure else np.mean(cameras, axis=0) - found.point
    normal = found.normal if found.normal @ side >= 0 else -found.normal
    steep = float(angle_between_deg(normal, up))
    if up_is_sure and steep > _STEEP_DEG:
        return NoGround(f"the plane that fits best stands {steep:.0f}° to what the cameras call up")
    return Ground(**{**found.__dict__, "normal": normal})


def _under_labels(bodies: Sequence[Array], up: Array) -> Ground | NoGround:
    direction, found = up, None
    for _ in range(_SELECTIONS):
        lowest = np.concatenate([body[np.argsort(body @ direction, kind="stable")[:_LOWEST]] for body in bodies])
        found = _fit(lowest, len(bodies), lowest=True)
        if isinstance(found, NoGround):
            return found
        turned = found.normal if found.normal @ direction >= 0 else -found.normal
        if angle_between_deg(turned, direction) < 1e-6:
            break
        direction = turned
    assert found is not None
    return found


def _fit(points: Array, frames: int, lowest: bool) -> Ground | NoGround:
    fewest = _FEWEST_FRAMES if lowest else _FEWEST_CENTRES
    if frames < fewest:
        what = "have labelled points" if lowest else "tell where the subject was"
        return NoGround(f"{frames} frames {what}, and it takes {fewest}")
    middle = np.median(points, axis=0)
    size = float(np.sqrt(np.mean(np.sum((points - middle) ** 2, axis=-1))))
    x = (points - middle) / size
    normal, offset = _start(x)
    scale = max(1.4826 * float(np.median(np.abs(x @ normal - offset))), 1e-9)
    weights = np.ones(len(x))
    for _ in range(_ROUNDS):
        ratio = np.minimum(np.abs(x @ normal - offset) / (_TUKEY * scale), 1.0)
        weights = (1 - ratio**2) ** 2
        centre = weights @ x / weights.sum()
        values, axes = np.linalg.eigh((x - centre).T @ ((x - centre) * weights[:, None]) / weights.sum())
        before, normal = normal, axes[:, 0]
        offset = float(normal @ centre)
        scale = max(1.4826 * float(np.median(np.abs(x @ normal - offset))), 1e-9)
        if abs(before @ normal) > 1 - 1e-15:
            break
    _, across, along = np.sqrt(np.maximum(values, 0.0))
    # points of one frame share its faults, so frames count as witnesses and not points
    residual = float(np.sqrt(weights @ (x @ normal - offset) ** 2 / weights.sum() * frames / max(frames - 3, 1)))
    uncertainty = float(np.degrees(np.arctan2(residual, across * np.sqrt(frames))))
    used = int(np.count_nonzero(weights > 0))
    if used < (1 - _MOST_OUTLIERS) * len(x):
        return NoGround(f"{ROUGH}: {len(x) - used} of {len(x)} lie off the best one")
    if across < _WIDE * residual or uncertainty > _SURE_DEG:
        reason = LINE if along > _WIDE * residual else ROUGH
        extents = f"{size * along:.3g} along, {size * across:.3g} across, {size * residual:.2g} off the plane"
        return NoGround(f"{reason} ({extents}, RMS in the rig's units)")
    return Ground(normal, middle + size * offset * normal, size * residual, uncertainty, used, frames,
                  len(points) - used, lowest, size * float(along), size * float(across))  # fmt: skip


def _start(x: Array) -> tuple[Array, float]:
    """The plane through three of the points (M, 3) that half of them lie nearest to: unit normal and offset."""
    rng = np.random.default_rng(0)  # the same points give the same plane
    triples = rng.integers(0, len(x), (_TRIALS, 3))
    normals = np.cross(x[triples[:, 1]] - x[triples[:, 0]], x[triples[:, 2]] - x[triples[:, 0]])
    lengths = np.linalg.norm(normals, axis=-1)
    good = lengths > 1e-9
    if not np.any(good):  # all on a line: any plane through it
        return np.linalg.eigh(np.cov(x.T))[1][:, 0], 0.0
    normals = normals[good] / lengths[good, None]
    offsets = np.sum(normals * x[triples[good, 0]], axis=-1)
    gaps = np.median(np.abs(x @ normals.T - offsets), axis=0)
    best = int(np.argmin(gaps))
    return normals[best], float(offsets[best])
