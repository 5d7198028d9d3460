"""Whether a declared camera can be a camera at all: nothing is computed from one that cannot."""

from __future__ import annotations

import numpy as np

from mouseview.model.camera import Camera

ROTATION_TOLERANCE = 1e-4


def rotation_defect(camera: Camera) -> float:
    """How far R Rᵀ is from the identity (largest entry); NaN where R is not finite."""
    R = camera.T_cam_world[:3, :3]
    return float(np.abs(R @ R.T - np.eye(3)).max())


def pose_possible(camera: Camera) -> bool:
    """Finite, a rotation, not mirrored."""
    if not np.all(np.isfinite(camera.T_cam_world)):
        return False
    return rotation_defect(camera) < ROTATION_TOLERANCE and float(np.linalg.det(camera.T_cam_world[:3, :3])) > 0


def intrinsics_possible(camera: Camera) -> bool:
    """Finite K and lens, positive focal lengths, a size."""
    finite = np.all(np.isfinite(camera.K)) and np.all(np.isfinite(camera.distortion))
    return bool(finite) and min(camera.fx, camera.fy, camera.width, camera.height) > 0


def possible(camera: Camera) -> bool:
    return pose_possible(camera) and intrinsics_possible(camera)
