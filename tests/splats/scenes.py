"""Random splat scenes and cameras shared by the tests of this package."""

from __future__ import annotations

import numpy as np

from mouseview.geometry.lenses import LensModel
from mouseview.geometry.transforms import look_at
from mouseview.model.camera import Camera
from mouseview.model.gaussians import Gaussians

RADTAN_5 = (-0.21, 0.09, 1.2e-3, -0.8e-3, -0.02)
RADTAN_8 = (0.4, -0.3, 1e-3, 2e-3, 0.05, 0.6, -0.25, 0.02)
FISHEYE = (0.05, -0.02, 0.004, -0.001)


def random_scene(seed: int, count: int, *, degree: int = 0, unit: float = 1.0) -> Gaussians:
    """``count`` Gaussians in a ball of one unit, from needles to balls, some of them nearly transparent."""
    rng = np.random.default_rng(seed)
    rotation = rng.normal(size=(count, 4))
    sh = rng.normal(size=(count, (degree + 1) ** 2, 3))
    sh[:, 1:] *= 0.4
    return Gaussians(
        xyz=(unit * rng.uniform(-0.9, 0.9, (count, 3))).astype(np.float32),
        sh=sh.astype(np.float32),
        scale=(unit * np.exp(rng.uniform(np.log(0.003), np.log(0.15), (count, 3)))).astype(np.float32),
        rotation=(rotation / np.linalg.norm(rotation, axis=-1, keepdims=True)).astype(np.float32),
        opacity=rng.uniform(0.0, 1.0, count).astype(np.float32),
    )


def camera_around(
    seed: int,
    *,
    width: int = 96,
    height: int = 80,
    unit: float = 1.0,
    skew: float = 0.0,
    shift: tuple[float, float] = (0.0, 0.0),
    lens: LensModel = LensModel.RADTAN,
    distortion: tuple[float, ...] = (),
) -> Camera:
    """A camera 2.7 units away that sees the whole ball; ``shift`` moves the principal point, in px."""
    rng = np.random.default_rng(seed)
    direction = rng.normal(size=3)
    pose = look_at(2.7 * unit * direction / np.linalg.norm(direction), 0.1 * unit * rng.normal(size=3))
    K = np.array([[95.0, skew, width / 2 + shift[0]], [0.0, 102.0, height / 2 + shift[1]], [0.0, 0.0, 1.0]])
    return Camera(f"random {seed}", width, height, K, np.array(distortion), pose.matrix, lens)
