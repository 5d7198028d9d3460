"""Correction: what a person or the solver found wrong with how a calibration was read. Applied on top of the reader."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from mouseview.model.camera import Camera, Rig

_OPENGL_TO_OPENCV = np.diag([1.0, -1.0, -1.0])


@dataclass(frozen=True)
class Correction:
    """Changes to K, R and t as they were read, in this order.

    transpose_K, transpose_R: the array on disk was the transpose; t stays as it is.  camera_to_world: R and t lead
    from camera to world.  opengl_axes: the camera looks along −z with y up.  pixel_shift_px: added to cx and cy (and
    to 2D labels).  size: (width, height) in px that K speaks of.  drop_lens: the images are undistorted already.
    scale: times lengths of the world; units: what they are afterwards, where it is known.
    images_of: (camera, camera whose images it really takes) for every camera whose images are another's.
    """

    transpose_K: bool = False
    transpose_R: bool = False
    camera_to_world: bool = False
    opengl_axes: bool = False
    pixel_shift_px: float = 0.0
    size: tuple[int, int] | None = None
    drop_lens: bool = False
    scale: float = 1.0
    units: str | None = None
    images_of: tuple[tuple[str, str], ...] = ()

    def replace(self, **changes: Any) -> Correction:
        return dataclasses.replace(self, **changes)

    @property
    def is_identity(self) -> bool:
        return self == Correction()

    def apply(self, rig: Rig) -> Rig:
        """The rig as it should have been read. Images are reordered by whoever holds them (``images_of``)."""
        return rig.replace(cameras=tuple(self._camera(camera) for camera in rig), units=self.units or rig.units)

    def _camera(self, camera: Camera) -> Camera:
        K = camera.K.T if self.transpose_K else camera.K
        R, t = camera.T_cam_world[:3, :3], camera.T_cam_world[:3, 3]
        R = R.T if self.transpose_R else R
        if self.camera_to_world:
            R, t = R.T, -R.T @ t
        if self.opengl_axes:
            R, t = _OPENGL_TO_OPENCV @ R, _OPENGL_TO_OPENCV @ t
        shifted = np.array(K)
        shifted[:2, 2] += self.pixel_shift_px
        pose = np.eye(4)
        pose[:3, :3], pose[:3, 3] = R, self.scale * t
        width, height = self.size or camera.size
        return camera.replace(
            K=shifted,
            T_cam_world=pose,
            width=width,
            height=height,
            distortion=np.zeros(0) if self.drop_lens else camera.distortion,
        )
