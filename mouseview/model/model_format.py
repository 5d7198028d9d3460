"""The camera format that a model was trained on. The values live in cards under ``resources/model_formats``."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mouseview.geometry.rays import RayEncoding
from mouseview.geometry.transforms import Array, look_at
from mouseview.model.camera import Camera, Rig


@dataclass(frozen=True)
class ReferenceRig:
    """Cameras on a ring about the origin, as the model saw them: angles in degrees, azimuth from +X towards +Y."""

    name: str
    azimuths_deg: tuple[float, ...]
    elevations_deg: tuple[float, ...]


@dataclass(frozen=True)
class ModelFormat:
    """size: px, square.  focal, centre: px of that image.  distance: camera to subject, model units.

    depth_window: pixel-aligned Gaussians lie within ± this of the ray's point nearest the origin (``nearest``).
    box: half side of the cube the subject should fill.  up: unit world axis.
    """

    name: str
    title: str
    size: int
    focal: float
    centre: float
    distance: float
    up: tuple[float, float, float]
    encoding: RayEncoding
    depth_window: float
    box: float
    views: tuple[int, int]
    reference_rigs: tuple[ReferenceRig, ...]

    @property
    def K(self) -> Array:
        return np.array([[self.focal, 0.0, self.centre], [0.0, self.focal, self.centre], [0.0, 0.0, 1.0]])

    def reference(self, name: str | None = None) -> Rig:
        """A reference rig as cameras in model units (the first where no name is given)."""
        ring = next((r for r in self.reference_rigs if name in (None, r.name)), None)
        if ring is None:
            raise ValueError(f"{self.name} has no reference rig {name!r}")
        cameras = []
        for index, (azimuth, elevation) in enumerate(zip(ring.azimuths_deg, ring.elevations_deg, strict=True)):
            a, e = np.radians(azimuth), np.radians(elevation)
            eye = self.distance * np.array([np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)])
            pose = look_at(eye, np.zeros(3), self.up)
            cameras.append(Camera(f"{ring.name}_{index}", self.size, self.size, self.K, np.zeros(0), pose.matrix))
        return Rig(tuple(cameras), units="model")
