"""The rasteriser's entry points: project, blend, render, render_depth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mouseview.geometry.lenses import LensModel
from mouseview.model.camera import Camera
from mouseview.model.errors import MouseViewError
from mouseview.model.gaussians import F32, Gaussians
from mouseview.splats.blending import blend
from mouseview.splats.projection import Projected, project
from mouseview.splats.threads import set_num_threads

__all__ = ["Projected", "blend", "project", "render", "render_depth", "set_num_threads", "warm_up"]


def render(
    gaussians: Gaussians,
    camera: Camera,
    background: Sequence[float] = (1.0, 1.0, 1.0),
    device: str = "auto",
    *,
    near: float | None = None,
    threads: int | None = None,
) -> F32:
    """The scene as ``camera`` sees it: (height, width, 4) float32, RGB composited on ``background``, alpha beside it.

    RGB is not clipped above 1: spherical harmonics may exceed it. near: as in ``project``. threads: CPU threads of
    this call. device: ``"auto"`` or ``"cpu"``; another one raises ``MouseViewError``.
    """
    if device not in ("auto", "cpu"):
        raise MouseViewError(
            f"images are rendered on the CPU, not on {device!r}", place="render", remedy='Use device "auto" or "cpu".'
        )
    colour = np.asarray(background, dtype=np.float32)
    if colour.shape != (3,):
        raise ValueError(f"background must be three numbers, got shape {colour.shape}")
    projected = project(gaussians, camera, near=near, threads=threads)
    rgb, alpha, _ = blend(projected, camera.width, camera.height, threads=threads)
    image = np.empty((camera.height, camera.width, 4), np.float32)
    image[..., :3] = rgb
    image[..., :3] += (1 - alpha)[..., None] * colour
    image[..., 3] = alpha
    return image


def render_depth(gaussians: Gaussians, camera: Camera, *, near: float | None = None, threads: int | None = None) -> F32:
    """Expected camera z (height, width) float32 in the scene's unit; NaN where nothing is drawn."""
    projected = project(gaussians, camera, near=near, threads=threads)
    return blend(projected, camera.width, camera.height, threads=threads)[2]


def warm_up() -> None:
    """Compiles the kernels, or loads them from numba's cache. Call it from a background thread: it takes seconds.

    Scenes in read-only memory (mapped, shared) are a type of their own to the compiler, so both are done.
    """
    K = np.array([[8.0, 0.0, 4.0], [0.0, 8.0, 4.0], [0.0, 0.0, 1.0]])
    camera = Camera("warm-up", 8, 8, K, np.zeros(0), np.eye(4), LensModel.RADTAN)
    for writeable in (True, False):
        scene = Gaussians(
            xyz=np.array([[0.0, 0.0, 2.0]], np.float32),
            sh=np.zeros((1, 1, 3), np.float32),
            scale=np.full((1, 3), 0.1, np.float32),
            rotation=np.array([[1.0, 0.0, 0.0, 0.0]], np.float32),
            opacity=np.ones(1, np.float32),
        )
        for array in (scene.xyz, scene.sh, scene.scale, scene.rotation, scene.opacity):
            array.setflags(write=writeable)
        render(scene, camera, threads=1)
