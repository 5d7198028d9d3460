"""Which camera of one rig is which of another: by name, else by order, else by how well the poses agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from mouseview.geometry.rotations import nearest_rotation
from mouseview.geometry.transforms import Array, Rigid
from mouseview.multiview.alignment import align, viewing_distance

_ORDER_AGREES = 0.05  # radians of median misfit up to which the same order is believed
_SAME_TURN = 0.3  # radians: two cameras must propose about the same rotation
_SAME_CAMERA = 0.12  # radians up to which two cameras count as one
_ANCHORS = 8


class MatchedBy(StrEnum):
    NAME = "name"
    ORDER = "order"
    POSE = "pose"


@dataclass(frozen=True)
class Matching:
    """pairs: (index in the first rig, index in the second).  ambiguous: another assignment of poses fits as well."""

    pairs: tuple[tuple[int, int], ...]
    by: MatchedBy
    ambiguous: bool = False


def match_cameras(names_a: Sequence[str], names_b: Sequence[str], a: Rigid, b: Rigid) -> Matching:
    """a, b: ``T_cam_world`` (V, 3, 3) and (V, 3) of both rigs, parallel to the names. No pairs: nothing matches."""
    shared = [name for name in names_a if name in names_b]
    if len(shared) >= 2 or (shared and len(shared) == min(len(names_a), len(names_b))):
        pairs = tuple((list(names_a).index(name), list(names_b).index(name)) for name in shared)
        return Matching(pairs, MatchedBy.NAME)
    in_order = tuple((index, index) for index in range(min(len(names_a), len(names_b))))
    by_pose = match_poses(a, b)
    if len(names_a) == len(names_b):
        agrees = float(np.median(align(a, b).misfit)) <= _ORDER_AGREES
        if agrees or len(by_pose.pairs) < len(names_a):
            return Matching(in_order, MatchedBy.ORDER)
    return by_pose


def match_poses(a: Rigid, b: Rigid) -> Matching:
    """The assignment under which most cameras agree with one similarity, whatever they are called.

    Two cameras of the first rig and two of the second propose a similarity; cameras that are each other's nearest
    under it belong together. A rig that a rotation maps to itself leaves more than one answer: ``ambiguous``.
    """
    if min(len(a.R), len(b.R)) < 2:
        return Matching((), MatchedBy.POSE)
    centre_a, centre_b = a.inverse().t, b.inverse().t
    size_a, size_b = viewing_distance(a), viewing_distance(b)
    p, q = (centre_a - np.median(centre_a, axis=0)) / size_a, (centre_b - np.median(centre_b, axis=0)) / size_b
    Q = np.einsum("ika,jkb->ijab", a.R, b.R)  # (Va, Vb, 3, 3): the world rotation each two cameras propose
    found: dict[tuple[tuple[int, int], ...], float] = {}
    for first, second in _anchors(len(a.R)):
        alike = np.einsum("jab,kab->jk", Q[first], Q[second])  # trace of the rotation between the two proposals
        candidates = np.argwhere(alike > 1 + 2 * np.cos(_SAME_TURN))
        for j, k in candidates[candidates[:, 0] != candidates[:, 1]]:
            gap_a, gap_b = np.linalg.norm(p[first] - p[second]), np.linalg.norm(q[j] - q[k])
            if min(gap_a, gap_b) < 1e-9:
                continue
            R, s = nearest_rotation(Q[first, j] + Q[second, k]), float(gap_a / gap_b)
            t = (p[first] + p[second]) / 2 - s * R @ ((q[j] + q[k]) / 2)
            pairs, left = _assigned(p, s * q @ R.T + t, Q, R, s)
            if len(pairs) >= 2:
                found[pairs] = min(left, found.get(pairs, np.inf))
    if not found:
        return Matching((), MatchedBy.POSE)
    # a camera more is worth more than any misfit
    ranked = sorted(found.items(), key=lambda item: (-len(item[0]), item[1]))
    best, left = ranked[0]
    ambiguous = any(len(pairs) == len(best) and other < 2 * left + 1e-6 for pairs, other in ranked[1:])
    return Matching(best, MatchedBy.POSE, ambiguous)


def _anchors(count: int) -> list[tuple[int, int]]:
    """Some pairs of cameras, disjoint first: one moved camera must not be in all of them."""
    steps = [(index, index + step) for step in range(1, count) for index in range(0, count - step, step + 1)]
    return steps[:_ANCHORS]


def _assigned(p: Array, moved: Array, Q: Array, R: Array, s: float) -> tuple[tuple[tuple[int, int], ...], float]:
    """Cameras that are each other's nearest under a similarity, and their mean misfit in radians."""
    apart = np.linalg.norm(p[:, None] - moved[None], axis=-1) / np.sqrt(s)
    trace = np.einsum("ijab,ab->ij", Q, R)
    turned = np.arccos(np.clip((trace - 1) / 2, -1, 1))
    misfit = np.hypot(apart, turned)
    nearest_b, nearest_a = misfit.argmin(axis=1), misfit.argmin(axis=0)
    pairs = tuple((i, int(j)) for i, j in enumerate(nearest_b) if nearest_a[j] == i and misfit[i, j] < _SAME_CAMERA)
    return pairs, float(np.mean([misfit[i, j] for i, j in pairs])) if pairs else np.inf
