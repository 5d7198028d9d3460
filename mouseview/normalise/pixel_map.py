"""From canonical pixels to source pixels: along rays (true modes) or by a plain crop and resize (the others)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mouseview.geometry.rays import to_pixels, to_plane
from mouseview.geometry.transforms import Array
from mouseview.model.camera import Camera

if TYPE_CHECKING:  # a compiler is loaded for many points only: windows plan, and draw a few, without it
    from mouseview.multiview.compiled_projection import Projection

_MANY = 256  # points from which on compiled code is worth its calling


@dataclass(frozen=True, eq=False)
class RayMap:
    """canonical pixel → ray (K_canonical) → R_source_canonical → source camera → lens → source pixel."""

    K_canonical: Array
    R_source_canonical: Array
    source: Camera

    def to_source(self, pixels: npt.ArrayLike) -> Array:
        """Canonical pixels (..., 2) → source pixels (..., 2); NaN behind the camera or beyond the monotone radius."""
        at = np.asarray(pixels, dtype=np.float64)
        if at.size >= 2 * _MANY:
            points = np.ones((at.size // 2, 3))
            points[:, :2] = at.reshape(-1, 2)
            return self._compiled.project_exactly(points).reshape(at.shape)
        plane = to_plane(self.K_canonical, at)
        R = self.R_source_canonical
        directions = plane @ R[:, :2].T + R[:, 2]
        distorted, _ = self.source.optics.project(directions)
        return to_pixels(self.source.K, distorted)

    @cached_property
    def _compiled(self) -> Projection:
        from mouseview.multiview.compiled_projection import Projection

        A = self.R_source_canonical @ np.linalg.inv(self.K_canonical)
        return Projection.of_homogeneous(A, self.source.K, self.source.optics)

    def to_canonical(self, pixels: npt.ArrayLike) -> Array:
        """Source pixels (..., 2) → canonical pixels (..., 2); NaN where no ray leads."""
        at = np.asarray(pixels, dtype=np.float64)
        if at.size >= 2 * _MANY:
            from mouseview.multiview.compiled_projection import unproject

            directions = unproject(self.source, at.reshape(-1, 2)).reshape(*at.shape[:-1], 3) @ self.R_source_canonical
        else:
            directions = self.source.unproject(at)[0] @ self.R_source_canonical
        with np.errstate(all="ignore"):
            plane = np.where(directions[..., 2:] > 0, directions[..., :2] / directions[..., 2:], np.nan)
        return to_pixels(self.K_canonical, plane)

    @property
    def is_identity(self) -> bool:
        """Whether it changes no pixel: same K, no turn, no lens."""
        same = np.allclose(self.K_canonical, self.source.K, rtol=0, atol=1e-9)
        return (
            bool(same and np.allclose(self.R_source_canonical, np.eye(3), rtol=0, atol=1e-12))
            and self.source.is_pinhole
        )

    @property
    def chain(self) -> dict[str, object]:
        return {
            "kind": "rays",
            "K_canonical": self.K_canonical.tolist(),
            "R_source_canonical": self.R_source_canonical.tolist(),
            "K_source": self.source.K.tolist(),
            "distortion": self.source.distortion.tolist(),
            "lens": str(self.source.lens),
        }


@dataclass(frozen=True, eq=False)
class CropMap:
    """canonical = scale · source + offset, in px: crop, pad, resize. Lens and rays stay as they were."""

    scale: float
    offset: Array

    def to_source(self, pixels: npt.ArrayLike) -> Array:
        """Canonical pixels (..., 2) → source pixels (..., 2)."""
        return (np.asarray(pixels, dtype=np.float64) - self.offset) / self.scale

    def to_canonical(self, pixels: npt.ArrayLike) -> Array:
        """Source pixels (..., 2) → canonical pixels (..., 2)."""
        return np.asarray(pixels, dtype=np.float64) * self.scale + self.offset

    @property
    def is_identity(self) -> bool:
        return self.scale == 1.0 and not np.any(self.offset)

    @property
    def matrix(self) -> Array:
        """(3, 3) acting on K: K_canonical = matrix @ K_source."""
        out = np.diag([self.scale, self.scale, 1.0])
        out[:2, 2] = self.offset
        return out

    @property
    def chain(self) -> dict[str, object]:
        return {"kind": "crop", "scale": self.scale, "offset": self.offset.tolist()}


PixelMap = RayMap | CropMap
