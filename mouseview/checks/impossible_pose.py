"""R is a rotation with det +1, and the pose is finite."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mouseview.checks.evidence import Evidence
from mouseview.model.finding import Finding, Severity
from mouseview.normalise.possible import pose_possible, rotation_defect


def impossible_pose(evidence: Evidence) -> Iterator[Finding]:
    for camera in evidence.rig:
        if pose_possible(camera):
            continue
        pose = camera.T_cam_world
        if not np.all(np.isfinite(pose)):
            yield evidence.finding(
                "non-finite-pose",
                Severity.ERROR,
                "the pose holds values that are not finite",
                "this camera was not posed: calibrate it, or leave it out",
                camera,
            )
        elif rotation_defect(camera) < 1e-3:
            yield evidence.finding(
                "mirrored-rotation",
                Severity.ERROR,
                f"det R = {np.linalg.det(pose[:3, :3]):+.4f}: the pose mirrors the world",
                "one axis has the wrong sign: convert from the file's axes with the right flip (OpenGL: y and z)",
                camera,
            )
        else:
            yield evidence.finding(
                "rotation-not-orthonormal",
                Severity.ERROR,
                f"R is no rotation: R Rᵀ differs from the identity by {rotation_defect(camera):.3g}, "
                f"det R = {np.linalg.det(pose[:3, :3]):+.4f}",
                "a scale was multiplied into R: keep R as calibrated and scale translations alone, with one factor",
                camera,
            )
