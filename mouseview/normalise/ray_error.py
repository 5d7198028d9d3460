"""Declared rays against true rays: the angle between what the model is told and what the pixels show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mouseview.geometry.rays import angle_between_deg
from mouseview.geometry.transforms import Array
from mouseview.model.camera import Camera


@dataclass(frozen=True, eq=False)
class RayError:
    """map_deg (H, W) over pixel centres, NaN where the lens lets no ray through; its mean and maximum in degrees."""

    map_deg: Array
    mean_deg: float
    max_deg: float


def ray_error(declared: Camera, true: Camera, per_side: int | None = None) -> RayError:
    """Both cameras speak of the same image and the same world; their turn against each other counts too.

    per_side: compare on that many pixel centres per axis, the outermost among them, instead of on all.
    """
    if declared.size != true.size:
        raise ValueError(f"ray error between images of {declared.size} and {true.size} px")
    columns = np.arange(true.width) if per_side is None else np.linspace(0, true.width - 1, per_side)
    rows = np.arange(true.height) if per_side is None else np.linspace(0, true.height - 1, per_side)
    if declared is true:
        return RayError(np.zeros((len(rows), len(columns))), 0.0, 0.0)
    pixels = np.stack(np.meshgrid(columns + 0.5, rows + 0.5), axis=-1)
    from mouseview.multiview.compiled_projection import rays  # a compiler: not before it is needed

    angles = angle_between_deg(*(rays(camera, pixels.reshape(-1, 2))[1] for camera in (declared, true)))
    angles = angles.reshape(pixels.shape[:2])
    seen = angles[np.isfinite(angles)]
    if not seen.size:
        return RayError(angles, float("nan"), float("nan"))
    return RayError(angles, float(seen.mean()), float(seen.max()))
