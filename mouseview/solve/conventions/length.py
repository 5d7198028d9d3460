"""The unit of length: nothing but a known length can tell it, and then it is one division."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mouseview.geometry.transforms import Array
from mouseview.model.camera import Labels, Rig
from mouseview.model.correction import Correction
from mouseview.model.errors import MouseViewError
from mouseview.multiview.points import triangulate_pixels

UNITS_MM = {"mm": 1.0, "cm": 10.0, "m": 1000.0, "inches": 25.4}
_NEAR = 0.15  # a length on an animal, known to a few per cent, still tells a unit from a tenth of it

Point = tuple[float, float, float]


@dataclass(frozen=True)
class KnownLength:
    """length_mm between two keypoints, by name or number, or between two points (x, y, z) in the file's units."""

    first: str | Point
    second: str | Point
    length_mm: float


@dataclass(frozen=True)
class FoundUnit:
    """measured: the length in the file's units, median of ``count``.  spread: relative, robust; NaN for one.

    mm: of one unit of the file.  name: ``mm``, ``cm``, ``m``, ``inches`` where that is one of them, else empty.
    """

    measured: float
    count: int
    spread: float
    mm: float
    name: str

    @property
    def words(self) -> str:
        length = f"the known length measures {self.measured:.4g} in the file's units"
        if self.name:
            return f"{length}: they are {self.name} ({self.mm / UNITS_MM[self.name]:.3f} of one)"
        return f"{length}: one of them is {self.mm:.6g} mm, which is no usual unit"

    def correct(self, correction: Correction) -> Correction:
        """The correction that makes the world millimetres."""
        factor = UNITS_MM[self.name] if self.name else self.mm
        return correction.replace(scale=correction.scale * factor, units="mm")


def find_unit(rig: Rig, labels: Labels | None, known: KnownLength) -> FoundUnit:
    """The unit of a rig that is read right but for it. Raises ``MouseViewError`` where nothing can be measured."""
    if not (np.isfinite(known.length_mm) and known.length_mm > 0):
        raise MouseViewError("a known length is a positive number of millimetres", remedy="for example nose,tail=92.5")
    if isinstance(known.first, str) or isinstance(known.second, str):
        first, second = (_keypoint(rig, labels, end) for end in (known.first, known.second))
    else:
        first, second = np.array([known.first]), np.array([known.second])
    lengths = np.linalg.norm(first - second, axis=-1)
    lengths = lengths[np.isfinite(lengths) & (lengths > 0)]
    if not len(lengths):
        raise MouseViewError(
            f"the length between {known.first} and {known.second} cannot be measured",
            place=str(rig.source or ""),
            remedy="choose two keypoints that at least two views see in one frame",
        )
    measured = float(np.median(lengths))
    spread = 1.4826 * float(np.median(np.abs(lengths / measured - 1.0))) if len(lengths) > 2 else np.nan
    mm = known.length_mm / measured
    name = next((name for name, unit in UNITS_MM.items() if abs(mm / unit - 1.0) < _NEAR), "")
    return FoundUnit(measured, len(lengths), spread, mm, name)


def _keypoint(rig: Rig, labels: Labels | None, which: str | Point) -> Array:
    """(F, 3) of one keypoint in every frame, NaN where it cannot be told."""
    if labels is None or not isinstance(which, str):
        raise MouseViewError(
            "there are no keypoints to measure" if labels is None else "a keypoint and a point cannot be mixed",
            place=str(rig.source or ""),
            remedy="give two points as x,y,z:x,y,z=MM in the file's units" if labels is None else "give both alike",
        )
    index = _index(rig, labels, which)
    given = np.array(labels.points_world[:, index])
    if labels.points_px is None:
        return given
    found = triangulate_pixels(rig.cameras, labels.points_px[:, :, index]).points_world
    return np.where(np.isfinite(found), found, given)


def _index(rig: Rig, labels: Labels, which: str) -> int:
    count = labels.points_world.shape[1]
    if which in labels.names:
        return labels.names.index(which)
    if which.isdecimal() and int(which) < count and not labels.names:
        return int(which)
    shown = ", ".join(labels.names[:12]) if labels.names else f"0 to {count - 1}"
    raise MouseViewError(f"no keypoint {which!r}", place=str(rig.source or ""), remedy=f"choose among: {shown}")
