"""Azimuths of cameras about up, and the turn that brings them to those of a reference rig."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mouseview.geometry.transforms import Array
from mouseview.geometry.triangulation import meeting_point
from mouseview.model.camera import Rig

_OVERHEAD = 0.05  # horizontal share of a direction below which it has no azimuth (3°)
_ROUNDS = 20  # assignments settle in two or three
_SAME_FIT_DEG = 1.0  # RMS by which another turn may be worse and still count as alike
_SAME_TURN_DEG = 1.0


@dataclass(frozen=True)
class AzimuthFit:
    """turn_deg: −180 < turn ≤ 180, to be added to every camera's azimuth.  rms_deg: what is left, weighted.

    rivals_deg: other turns that fit as well within a degree, best first.
    """

    turn_deg: float
    rms_deg: float
    rivals_deg: tuple[float, ...]


def outward_directions(rig: Rig) -> Array:
    """(V, 3) unit directions in which the cameras stand: seen from where their axes meet, else against their axes."""
    if len(rig) >= 2:
        meeting = meeting_point(rig.centres, rig.forwards)
        offsets = rig.centres - meeting.point
        lengths = np.linalg.norm(offsets, axis=-1, keepdims=True)
        if meeting.reliable and np.all(lengths > 0):
            return np.asarray(offsets / lengths)
    return -rig.forwards


def azimuths_deg(directions: Array, up: npt.ArrayLike) -> tuple[Array, Array]:
    """Directions (V, 3) → azimuths (V,) about ``up``, and the horizontal share (V,) of each; 0 where it has none.

    With +Z up: from +X towards +Y.
    """
    n = np.asarray(up, dtype=np.float64)
    n = n / np.linalg.norm(n)
    start = np.eye(3)[0] if abs(n[0]) < 0.9 else np.eye(3)[1]
    first = start - (start @ n) * n
    first = first / np.linalg.norm(first)
    second = np.cross(n, first)
    across, along = directions @ first, directions @ second
    share = np.hypot(across, along)
    return np.degrees(np.arctan2(along, across)), np.where(share > _OVERHEAD, share, 0.0)


def turn_about(up: npt.ArrayLike, degrees: float) -> Array:
    """The rotation (3, 3) that adds ``degrees`` to every azimuth about ``up``."""
    x, y, z = np.asarray(up, dtype=np.float64) / np.linalg.norm(up)
    skew = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    angle = np.radians(degrees)
    return np.eye(3) + np.sin(angle) * skew + (1 - np.cos(angle)) * skew @ skew


def _wrapped(degrees: Array) -> Array:
    return np.asarray(180.0 - (180.0 - degrees) % 360.0)  # −180 < … ≤ 180


def fit_azimuths(angles_deg: Array, weights: Array, reference_deg: Array) -> AzimuthFit:
    """The turn after which every camera (V,) stands nearest to an azimuth (M,) of the reference rig.

    Weighted least squares over the circle; several cameras may stand at one azimuth. Of turns that fit alike the
    smallest is taken.
    """
    used = weights > 0
    angles, weights = angles_deg[used], weights[used] / weights[used].sum()
    found: list[tuple[float, float]] = []
    for start in np.unique(np.round(_wrapped((reference_deg[None] - angles[:, None]).ravel()), 9)):
        turn = float(start)
        for _ in range(_ROUNDS):
            gaps = _wrapped(reference_deg[None] - (angles + turn)[:, None])
            nearest = gaps[np.arange(len(gaps)), np.argmin(np.abs(gaps), axis=1)]
            step = float(weights @ nearest)
            turn += step
            if abs(step) < 1e-12:
                break
        gaps = np.abs(_wrapped(reference_deg[None] - (angles + turn)[:, None])).min(axis=1)
        turn = float(_wrapped(np.array(turn)))
        if not any(abs(_wrapped(np.array(turn - other))) < _SAME_TURN_DEG for _, other in found):
            found.append((float(np.sqrt(weights @ gaps**2)), turn))
    least = min(rms for rms, _ in found)
    alike = sorted((abs(turn), -turn, rms) for rms, turn in found if rms <= least + 1e-6)
    _, minus, rms = alike[0]
    rivals = sorted((other_rms, turn) for other_rms, turn in found if turn != -minus)
    return AzimuthFit(-minus, rms, tuple(turn for other_rms, turn in rivals if other_rms <= rms + _SAME_FIT_DEG))
