"""The best similarity between two rigs of the same cameras, which one moved camera cannot pull away.

Centres and orientations both count, so two cameras and centres on one line are enough. Every pair of cameras proposes
a similarity; the one that most cameras agree with is refined over those alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import numpy.typing as npt

from mouseview.geometry.rotations import nearest_rotation, rotation_of, rotation_vector, skew
from mouseview.geometry.transforms import Array, Rigid, Similarity
from mouseview.geometry.triangulation import meeting_point

_MOST_PROPOSALS = 400
_TUKEY = 4.685  # times the noise: from there on a camera has no say
_FLOOR = 1e-11  # of the noise, in radians: rounding
_MATERIAL = 1e-6  # radians that a camera must be off before it is named: files round
_STEPS = 60
_MIRROR_GAIN = 0.05  # what a reflection must leave of the misfit before it is named
_ONE_PLACE = 1e-9  # centres nearer than this share of their distance lie at one point


@dataclass(frozen=True, eq=False)
class Alignment:
    """``similarity`` is S_a_b: from the second rig's frame to the first's.

    turn_rad (V, 3): rotation vectors of what is left of every camera's orientation, in the first rig's world.
    offset (V, 3): what is left of its centre, in the first rig's units.  misfit (V,): both as one angle in radians,
    offsets divided by ``distance``.  agrees (V,): cameras that the similarity was fitted to.  certain: no other
    similarity fits as many other cameras as well.  scale_known: False when all centres lie at one point.
    mirrored: a reflection would do what no similarity does.  ratio_spread: largest over smallest ratio of the
    distances between two cameras in both rigs; 1 for a similarity.
    """

    similarity: Similarity
    turn_rad: Array
    offset: Array
    misfit: Array
    agrees: npt.NDArray[np.bool_]
    distance: float
    certain: bool
    scale_known: bool
    mirrored: bool
    ratio_spread: float

    @property
    def odd(self) -> tuple[int, ...]:
        """Cameras that the others' similarity does not fit."""
        return tuple(int(i) for i in np.flatnonzero(~self.agrees))

    @property
    def rms_deg(self) -> float:
        """Of the orientations of the cameras that agree."""
        return float(np.degrees(np.sqrt(np.mean(np.sum(self.turn_rad[self.agrees] ** 2, axis=-1)))))

    @property
    def rms_offset(self) -> float:
        """Of the centres of the cameras that agree, in the first rig's units."""
        return float(np.sqrt(np.mean(np.sum(self.offset[self.agrees] ** 2, axis=-1))))


@dataclass(frozen=True, eq=False)
class _Pair:
    """Two rigs, each brought near its own origin and to a size near one; Q = Rᵃᵀ Rᵇ of every camera."""

    a: Array
    b: Array
    Q: Array
    middle: tuple[Array, Array] = field()
    size: tuple[float, float] = field()

    def residuals(self, s: float, R: Array, t: Array) -> tuple[Array, Array]:
        """(turns (V, 3), offsets (V, 3)); offsets are divided by √s, so that both directions count alike."""
        turns = rotation_vector(self.Q @ R.T)
        return turns, (self.a - s * self.b @ R.T - t) / np.sqrt(s)


def align(a: Rigid, b: Rigid) -> Alignment:
    """``a``, ``b``: ``T_cam_world`` of the same V cameras (R (V, 3, 3), t (V, 3)) in the two worlds; all finite, V ≥ 1.

    Raises ``ValueError`` for other shapes. A pose with det R = −1 cannot be aligned: ``mirrored`` says so.
    """
    if a.R.shape != b.R.shape or a.R.ndim != 3 or not len(a.R):
        raise ValueError(f"two rigs of the same cameras expected, got {a.R.shape} and {b.R.shape}")
    pair = _prepared(a, b)
    apart = _baselines(pair.a), _baselines(pair.b)
    scale_known = min(part.max(initial=0.0) for part in apart) > _ONE_PLACE
    s, R, t, agrees, certain = _robust(pair, scale_known)
    turns, offsets = pair.residuals(s, R, t)
    size_a, size_b = pair.size
    scale = s * size_a / size_b
    similarity = Similarity(np.array(scale), R, pair.middle[0] + size_a * t - scale * R @ pair.middle[1])
    misfit = np.hypot(np.linalg.norm(turns, axis=-1), np.linalg.norm(offsets, axis=-1))
    return Alignment(
        similarity,
        turns,
        offsets * np.sqrt(s) * size_a,
        misfit,
        agrees,
        size_a,
        certain,
        scale_known,
        _is_mirrored(a, b, pair, misfit),
        _ratio_spread(*apart),
    )


def viewing_distance(poses: Rigid) -> float:
    """How far the cameras (V) stand from what they look at; from one another where their axes do not meet."""
    inverse = poses.inverse()
    centres, forwards = inverse.t, poses.R[:, 2]
    if len(centres) >= 2:
        meeting = meeting_point(centres, forwards)
        before = np.sum((meeting.point - centres) * forwards, axis=-1) > 0
        if meeting.reliable and 2 * np.count_nonzero(before) > len(centres):
            return float(np.median(np.linalg.norm(centres - meeting.point, axis=-1)))
        spread = float(np.median(np.linalg.norm(centres - np.median(centres, axis=0), axis=-1)))
        if spread > 0:
            return 3.0 * spread
    return float(np.linalg.norm(centres, axis=-1).max()) or 1.0


def _prepared(a: Rigid, b: Rigid) -> _Pair:
    centres = a.inverse().t, b.inverse().t
    middles = np.median(centres[0], axis=0), np.median(centres[1], axis=0)
    sizes = viewing_distance(a), viewing_distance(b)
    normal = [(c - middle) / size for c, middle, size in zip(centres, middles, sizes, strict=True)]
    return _Pair(normal[0], normal[1], np.swapaxes(a.R, -1, -2) @ b.R, middles, sizes)


def _baselines(centres: Array) -> Array:
    """Distances of all pairs of (V, 3)."""
    first, second = np.triu_indices(len(centres), 1)
    return np.asarray(np.linalg.norm(centres[first] - centres[second], axis=-1))


def _ratio_spread(a: Array, b: Array) -> float:
    usable = (a > _ONE_PLACE) & (b > _ONE_PLACE)
    ratios = a[usable] / b[usable]
    return float(ratios.max() / ratios.min()) if ratios.size else 1.0


def _proposal(pair: _Pair, views: list[int], scale_known: bool) -> tuple[float, Array, Array]:
    """The similarity of some cameras by themselves: mean orientation, ratio of their spreads, mean centre."""
    a, b = pair.a[views], pair.b[views]
    R = nearest_rotation(pair.Q[views].sum(axis=0))
    mean_a, mean_b = a.mean(axis=0), b.mean(axis=0)
    spread_a, spread_b = np.linalg.norm(a - mean_a), np.linalg.norm(b - mean_b)
    known = scale_known and min(spread_a, spread_b) > _ONE_PLACE
    s = float(spread_a / spread_b) if known else pair.size[1] / pair.size[0]
    return s, R, mean_a - s * R @ mean_b


def _proposals(count: int) -> list[list[int]]:
    everyone = list(range(count))
    if count < 3:
        return [everyone]
    pairs = [list(views) for views in combinations(everyone, 2)]
    step = -(-len(pairs) // _MOST_PROPOSALS)
    return [everyone, *pairs[::step]]


def _misfit(pair: _Pair, s: float, R: Array, t: Array) -> Array:
    turns, offsets = pair.residuals(s, R, t)
    return np.asarray(np.hypot(np.linalg.norm(turns, axis=-1), np.linalg.norm(offsets, axis=-1)))


def _robust(pair: _Pair, scale_known: bool) -> tuple[float, Array, Array, npt.NDArray[np.bool_], bool]:
    """Least median of the proposals, then least squares with weights that vanish for cameras that stand apart."""
    count = len(pair.a)
    majority = max(2, count // 2 + 1) if count > 1 else 1
    proposals = [_proposal(pair, views, scale_known) for views in _proposals(count)]
    misfits = np.sort(np.array([_misfit(pair, *proposal) for proposal in proposals]), axis=-1)
    # among equally good majorities the one that leaves the least to the rest
    order = np.lexsort((misfits.sum(axis=-1), np.round(misfits[:, majority - 1], 12)))
    best = int(order[0])
    s, R, t = proposals[best]
    noise = _noise(np.asarray(misfits[best]), majority)
    for _ in range(3):  # the noise is that of the refined similarity
        s, R, t = _refined(pair, s, R, t, noise, scale_known)
        fitted = _misfit(pair, s, R, t)
        noise = _noise(np.sort(fitted), majority)
    agrees = fitted <= max(_TUKEY * noise, _MATERIAL) if count > 2 else np.ones(count, bool)
    s, R, t = _refined(pair, s, R, t, noise, scale_known)
    return s, R, t, agrees, _is_certain(pair, proposals, agrees, noise)


def _noise(ordered_misfit: Array, majority: int) -> float:
    """Of the better half of the cameras, as a standard deviation."""
    return max(1.4826 * float(ordered_misfit[majority - 1]), _FLOOR)


def _is_certain(
    pair: _Pair, proposals: list[tuple[float, Array, Array]], agrees: npt.NDArray[np.bool_], noise: float
) -> bool:
    """Whether no other proposal is followed by as many cameras, and one of the odd among them."""
    if agrees.all():
        return len(agrees) > 2 or bool(np.max(_misfit(pair, *proposals[0])) <= _MATERIAL)
    limit = max(_TUKEY * noise, _MATERIAL)
    for proposal in proposals:
        follows = _misfit(pair, *proposal) <= limit
        if np.count_nonzero(follows) >= np.count_nonzero(agrees) and np.any(follows & ~agrees):
            return False
    return True


def _refined(pair: _Pair, s: float, R: Array, t: Array, noise: float, scale_known: bool) -> tuple[float, Array, Array]:
    """Gauss–Newton over rotation, scale and translation with Tukey's weights. A V of two keeps equal weights."""
    count = len(pair.a)
    free = 7 if scale_known else 6
    for _ in range(_STEPS):
        turns, offsets = pair.residuals(s, R, t)
        misfit = np.hypot(np.linalg.norm(turns, axis=-1), np.linalg.norm(offsets, axis=-1))
        weights = np.clip(1 - (misfit / (_TUKEY * noise)) ** 2, 0, None) ** 2 if count > 2 else np.ones(count)
        moved = s * pair.b @ R.T
        J = np.zeros((count, 6, 7))  # rows: turn, offset; columns: rotation, translation, log scale
        J[:, :3, :3] = -np.eye(3)
        J[:, 3:, :3] = skew(moved) / np.sqrt(s)
        J[:, 3:, 3:6] = -np.eye(3) / np.sqrt(s)
        J[:, 3:, 6] = -moved / np.sqrt(s) - offsets / 2
        J = J[..., :free]
        residual = np.concatenate([turns, offsets], axis=-1)
        A = np.einsum("v,vri,vrj->ij", weights, J, J)
        step = -np.linalg.lstsq(A, np.einsum("v,vri,vr->i", weights, J, residual), rcond=1e-14)[0]
        turn = rotation_of(step[:3])
        R, t = nearest_rotation(turn @ R), t + step[3:6]
        if scale_known:
            s *= float(np.exp(np.clip(step[6], -1, 1)))
        if np.max(np.abs(step)) < 1e-15:
            break
    return s, R, t


_IMAGE_FLIPS = (np.eye(3), np.diag([-1.0, 1, 1]), np.diag([1.0, -1, 1]), np.diag([1.0, 1, -1]))


def _is_mirrored(a: Rigid, b: Rigid, pair: _Pair, misfit: Array) -> bool:
    """Whether the world, with or without the images, is reflected between the two rigs."""
    if len(pair.a) < 3:
        return bool(np.median(np.linalg.det(pair.Q)) < 0)
    found = float(np.median(misfit))
    for flip in _IMAGE_FLIPS:
        M = np.swapaxes(a.R, -1, -2) @ flip @ b.R
        if np.median(np.linalg.det(M)) > 0:
            continue
        reflection = -nearest_rotation(-np.median(M, axis=0))
        spread = np.linalg.norm(pair.b - pair.b.mean(axis=0))
        s = float(np.linalg.norm(pair.a - pair.a.mean(axis=0)) / spread) if spread > 0 else 1.0
        placed = s * pair.b @ reflection.T
        offsets = np.linalg.norm(pair.a - placed - np.median(pair.a - placed, axis=0), axis=-1)
        left = float(np.median(offsets + rotation_angle(M @ reflection.T)))
        if left < max(_MIRROR_GAIN * found, _FLOOR):
            return True
    return False


def rotation_angle(R: Array) -> Array:
    """(..., 3, 3) → angle (...) in radians."""
    return np.asarray(np.linalg.norm(rotation_vector(R), axis=-1))
