"""Named rigs that tests speak of: small, deterministic, in the units that real ones come in."""

from __future__ import annotations

import numpy as np

from mouseview.geometry.transforms import Rigid, look_at
from mouseview.model.camera import Camera, Rig
from mouseview.resources import model_format

SUBJECT_MM = np.array([46.0, 50.0, 30.0])  # where the animal stands in ``mouse_ring``


def note_camera() -> Camera:
    """The camera of the original note: K of a 1152×1024 frame squashed to 512×512."""
    K = np.array([[725.47, 0.0, 267.27], [0.0, 819.65, 245.61], [0.0, 0.0, 1.0]])
    return Camera("note", 512, 512, K, np.zeros(0), look_at([300.0, 0.0, 100.0], np.zeros(3)).matrix)


def mouse_ring(size: tuple[int, int] = (1152, 1024), lens: bool = True) -> Rig:
    """Six cameras in millimetres about ``SUBJECT_MM``: unequal distances, aimed beside it, skew and lenses."""
    rng = np.random.default_rng(6)
    cameras = []
    for index in range(6):
        azimuth, elevation = np.radians(60 * index + rng.uniform(-8, 8)), np.radians(rng.uniform(2, 35))
        distance = rng.uniform(295, 335)
        direction = [np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)]
        eye = SUBJECT_MM + distance * np.array(direction)
        pose = look_at(eye, SUBJECT_MM + rng.uniform(-9, 9, 3))
        roll = np.radians(rng.uniform(-2, 2))
        turn = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
        K = np.array([[1630.0, 1.2, 610.0], [0, 1638.0, 480.0], [0, 0, 1.0]])
        K[:2, 2] += rng.uniform(-25, 25, 2)
        k1, k2, p1, p2 = rng.uniform([-0.20, 0.10, -1e-3, -1e-3], [-0.10, 0.25, 1e-3, 1e-3])
        distortion = np.array([k1, k2, p1, p2, -0.35]) if lens else np.zeros(0)
        pose = Rigid(turn, np.zeros(3)) @ pose
        cameras.append(Camera(f"cam{index}", 1152, 1024, K, distortion, pose.matrix).resized(*size))
    return Rig(tuple(cameras), units="mm")


def conforming_ring() -> Rig:
    """FaceLift's own inference rig."""
    return model_format("facelift").reference("inference")


def parallel_rig() -> Rig:
    """Four cameras side by side that all look the same way."""
    K = np.array([[800.0, 0, 320], [0, 800.0, 240], [0, 0, 1]])
    R = look_at([0.0, -500.0, 100.0], [0.0, 0.0, 100.0]).R
    cameras = [
        Camera(f"side{index}", 640, 480, K, np.zeros(0), Rigid(R, -R @ np.array([60.0 * index, -500.0, 100.0])).matrix)
        for index in range(4)
    ]
    return Rig(tuple(cameras), units="mm")


def per_camera_scaled(rig: Rig, distance: float = 2.7) -> Rig:
    """Every camera moved along its own line to one distance from the origin: what a rig must not have done to it."""
    cameras = []
    for camera in rig:
        t = camera.pose.t * distance / np.linalg.norm(camera.pose.t)
        cameras.append(camera.replace(T_cam_world=Rigid(camera.pose.R, t).matrix))
    return rig.replace(cameras=tuple(cameras), units="unknown")


def with_camera(rig: Rig, index: int, **changes: object) -> Rig:
    """The rig with one camera changed."""
    cameras = list(rig.cameras)
    cameras[index] = cameras[index].replace(**changes)
    return rig.replace(cameras=tuple(cameras))
