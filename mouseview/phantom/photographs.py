"""Photographs of the phantom: projected through each camera's lens at native size, with alpha, by the rasteriser.

Nothing here resamples an image, so that a warp can be proved against it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mouseview.model.camera import Camera
from mouseview.phantom.mouse import Mouse
from mouseview.splats.rasterise import blend, project, render

RGBA = npt.NDArray[np.uint8]


def straight(image_on_white: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """(H, W, 4) colour composited on white → straight colour, white where alpha is 0."""
    alpha = image_on_white[..., 3:]
    colour = np.ones_like(image_on_white[..., :3])
    np.divide(image_on_white[..., :3] - (1.0 - alpha), alpha, out=colour, where=alpha > 1e-4)
    return np.concatenate([np.clip(colour, 0.0, 1.0), alpha], axis=-1)


def render_view(mouse: Mouse, camera: Camera) -> RGBA:
    """(H, W, 4) uint8 with straight alpha, as a camera with a perfect mask would deliver it."""
    return np.rint(straight(render(mouse.gaussians, camera)) * 255.0).astype(np.uint8)


def render_mask(mouse: Mouse, camera: Camera) -> npt.NDArray[np.bool_]:
    """(H, W) where the mouse covers more than half of the pixel."""
    _, alpha, _ = blend(project(mouse.gaussians, camera), camera.width, camera.height)
    return np.asarray(alpha) > 0.5
