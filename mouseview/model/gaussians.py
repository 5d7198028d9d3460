"""Gaussians: a splat scene with activated values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

F32 = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Gaussians:
    """N anisotropic 3D Gaussians, float32, activated.

    xyz (N, 3) and scale (N, 3), standard deviations, in the scene's unit.  sh (N, K, 3), K = (degree + 1)²: real
    spherical harmonics, rgb = max(0, 0.5 + Σ).  rotation (N, 4) unit quaternions wxyz.  opacity (N,) in 0..1.
    """

    xyz: F32
    sh: F32
    scale: F32
    rotation: F32
    opacity: F32

    def __post_init__(self) -> None:
        n = len(self.xyz)
        for name, tail in (("xyz", (3,)), ("sh", None), ("scale", (3,)), ("rotation", (4,)), ("opacity", ())):
            array = np.ascontiguousarray(getattr(self, name), dtype=np.float32)
            good = array.shape == (n, *tail) if tail is not None else array.shape[::2] == (n, 3) and array.ndim == 3
            if not good:
                raise ValueError(f"Gaussians: {name} has shape {array.shape} for {n} Gaussians")
            object.__setattr__(self, name, array)
        if self.sh.shape[1] not in (1, 4, 9, 16):
            raise ValueError(f"Gaussians: {self.sh.shape[1]} SH coefficients; 1, 4, 9 or 16 (degree 0 to 3) expected")

    def __len__(self) -> int:
        return len(self.xyz)

    @property
    def sh_degree(self) -> int:
        return round(self.sh.shape[1] ** 0.5) - 1

    def select(self, keep: npt.NDArray[np.bool_] | npt.NDArray[np.intp]) -> Gaussians:
        """Those of a mask (N,) or an index array."""
        return Gaussians(self.xyz[keep], self.sh[keep], self.scale[keep], self.rotation[keep], self.opacity[keep])
