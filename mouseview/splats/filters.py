"""Filters that drop Gaussians by visible rules, each with its count; all of them are off unless asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mouseview.model.gaussians import Gaussians

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class SplatFilter:
    """What to keep; None switches a rule off. Lengths and positions are in the scene's unit and frame.

    min_opacity: keep opacity > this.  max_scale: keep those whose largest standard deviation is < this; where
    max_scale_below_z is given, the rule is only asked of Gaussians with z ≤ it.  box: keep |x|, |y|, |z| ≤ these half
    sizes.  corner: (r, z): drop what has |x| > r, |y| > r and lies below z.
    """

    min_opacity: float | None = None
    max_scale: float | None = None
    max_scale_below_z: float | None = None
    box: tuple[float, float, float] | None = None
    corner: tuple[float, float] | None = None

    def apply(self, gaussians: Gaussians) -> Filtered:
        """Which to keep, and how many each rule alone drops."""
        x, y, z = np.abs(gaussians.xyz[:, 0]), np.abs(gaussians.xyz[:, 1]), gaussians.xyz[:, 2]
        rules: dict[str, Mask] = {}
        if self.min_opacity is not None:
            rules["opacity"] = gaussians.opacity > self.min_opacity
        if self.max_scale is not None:
            rules["scale"] = gaussians.scale.max(axis=-1) < self.max_scale
            if self.max_scale_below_z is not None:
                rules["scale"] |= z > self.max_scale_below_z
        if self.box is not None:
            rules["box"] = np.all(np.abs(gaussians.xyz) <= np.array(self.box), axis=-1)
        if self.corner is not None:
            reach, height = self.corner
            rules["corner"] = ~((x > reach) & (y > reach) & (z < height))
        keep = np.ones(len(gaussians), bool)
        for passed in rules.values():
            keep &= passed
        return Filtered(keep, {name: int(np.count_nonzero(~passed)) for name, passed in rules.items()})


@dataclass(frozen=True, eq=False)
class Filtered:
    """keep (N,) and, by rule, how many Gaussians it alone would drop; one may be dropped by several."""

    keep: Mask
    dropped_by: dict[str, int]

    @property
    def kept(self) -> int:
        return int(np.count_nonzero(self.keep))

    @property
    def dropped(self) -> int:
        return len(self.keep) - self.kept


FACELIFT_HEAD = SplatFilter(
    min_opacity=0.04, max_scale=0.1, max_scale_below_z=0.0, box=(0.91, 0.91, 1.0), corner=(0.6, -0.6)
)
"""What FaceLift does to its heads after reconstruction, in model units. Tuned to heads: never used for metrics."""

PRESETS: dict[str, SplatFilter] = {"none": SplatFilter(), "facelift-head": FACELIFT_HEAD}
