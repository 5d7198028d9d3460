"""Rigs as a reader with wrong conventions would hold them: the inverse of ``Correction``, one step after the other."""

from __future__ import annotations

import numpy as np

from mouseview.model.camera import Camera, Rig
from mouseview.model.correction import Correction

_FLIP = np.diag([1.0, -1.0, -1.0])


def misread(rig: Rig, correction: Correction) -> Rig:
    """The rig to which ``correction`` gives back ``rig``. A lens that was dropped cannot be made up."""
    return rig.replace(cameras=tuple(_misread(camera, correction) for camera in rig))


def _misread(camera: Camera, correction: Correction) -> Camera:
    R, t = camera.T_cam_world[:3, :3], camera.T_cam_world[:3, 3] / correction.scale
    if correction.opengl_axes:
        R, t = _FLIP @ R, _FLIP @ t
    if correction.camera_to_world:
        R, t = R.T, -R.T @ t
    if correction.transpose_R:
        R = R.T
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = R, t
    K = np.array(camera.K)
    K[:2, 2] -= correction.pixel_shift_px
    if correction.K_size is not None:
        K = np.diag([correction.K_size[0] / camera.width, correction.K_size[1] / camera.height, 1.0]) @ K
    return camera.replace(K=K.T if correction.transpose_K else K, T_cam_world=pose)
