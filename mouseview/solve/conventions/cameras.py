"""Cameras of one reading as arrays: hundreds of readings are tried, and only what they differ in is computed anew."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from mouseview.geometry.lenses import Lens, Mask
from mouseview.geometry.rays import to_pixels, to_plane
from mouseview.geometry.transforms import Array
from mouseview.model.camera import Rig
from mouseview.model.correction import Correction


@dataclass(frozen=True, eq=False)
class ReadCameras:
    """V cameras under one correction: K (V, 3, 3), lenses, R (V, 3, 3), t (V, 3); world to camera, OpenCV axes.

    optics_key: equal for corrections under which pixels have the same rays in the cameras' own frames; such rays are
    kept in ``_kept`` for all of them.
    """

    correction: Correction
    K: Array
    lenses: tuple[Lens, ...]
    R: Array
    t: Array
    optics_key: tuple[Any, ...]
    _kept: dict[tuple[Any, ...], tuple[Array, Array]]

    @cached_property
    def centres(self) -> Array:
        """(V, 3) in world."""
        return -np.einsum("vji,vj->vi", self.R, self.t)

    @property
    def forwards(self) -> Array:
        """(V, 3) optical axes in world."""
        return self.R[:, 2]

    @cached_property
    def focal_px(self) -> Array:
        """(V,) the mean of fx and fy, as lengths."""
        return np.abs(self.K[:, [0, 1], [0, 1]]).mean(axis=-1)

    def project(self, view: int, points_world: Array) -> tuple[Array, Mask]:
        """(..., 3) → px (..., 2), NaN where the view cannot see it, and whether it can."""
        plane, seen = self.lenses[view].project(points_world @ self.R[view].T + self.t[view])
        return to_pixels(self.K[view], plane), seen

    def directions_cam(self, view: int, pixels: Array) -> Array:
        """(..., 2) px → unit (..., 3) in the camera's frame, NaN where no ray reaches."""
        with np.errstate(all="ignore"):  # a K that is no camera's divides by zero; its rays are NaN and count as missed
            return self.lenses[view].unproject(to_plane(self.K[view], pixels))[0]

    def directions(self, view: int, pixels: Array) -> Array:
        """(..., 2) px → unit (..., 3) in world. Arrays that are asked about again are not unprojected again."""
        key = (self.optics_key, view, id(pixels))
        if key not in self._kept:
            self._kept[key] = (pixels, self.directions_cam(view, pixels))  # held, so that its id stays its own
        return self._kept[key][1] @ self.R[view]


class Readings:
    """All readings of one rig."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self._K = np.array([camera.K for camera in rig])
        self._R = np.array([camera.T_cam_world[:3, :3] for camera in rig])
        self._t = np.array([camera.T_cam_world[:3, 3] for camera in rig])
        self._lenses = tuple(camera.optics for camera in rig)
        self._kept: dict[tuple[Any, ...], tuple[Array, Array]] = {}

    def under(self, correction: Correction) -> ReadCameras:
        """The cameras under a correction; whose images are whose is no matter of the cameras."""
        sizes = [camera.size for camera in self.rig]
        K = np.array([correction.corrected_K(own, size) for own, size in zip(self._K, sizes, strict=True)])
        R, t = correction.corrected_pose(self._R, self._t)
        lenses = (Lens(),) * len(self.rig) if correction.drop_lens else self._lenses
        key = (
            correction.transpose_K,
            correction.K_size,
            correction.size,
            correction.pixel_shift_px - correction.label_shift_px,
            correction.drop_lens,
        )
        return ReadCameras(correction, K, lenses, np.asarray(R), np.asarray(t), key, self._kept)
