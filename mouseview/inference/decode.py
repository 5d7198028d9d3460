"""From the network's numbers to Gaussians, differentiable."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from mouseview.geometry.rays import RayEncoding
from mouseview.inference.config import GSLRMConfig

SCALE_OFFSET = -2.3
LARGEST_LOG_SCALE = -1.20
OPACITY_OFFSET = -2.0
# half depth of the window about the ray's point nearest the origin (nearest, aug), and about 2.7 units (plucker)
NEAREST_HALF_WINDOW = 1.8
PLUCKER_HALF_WINDOW, PLUCKER_MIDDLE = 1.5, 2.7


@dataclass(frozen=True, eq=False)
class GaussianTensors:
    """B scenes of N Gaussians, float32, model units; gradients flow through every field.

    xyz (B, N, 3).  sh (B, N, K, 3).  log_scale, scale (B, N, 3).  rotation_raw, rotation (B, N, 4) wxyz, the latter of
    unit length.  logit_opacity, opacity (B, N).
    """

    xyz: Tensor
    sh: Tensor
    log_scale: Tensor
    rotation_raw: Tensor
    logit_opacity: Tensor

    @property
    def scale(self) -> Tensor:
        return self.log_scale.exp()

    @property
    def rotation(self) -> Tensor:
        return functional.normalize(self.rotation_raw, dim=-1)

    @property
    def opacity(self) -> Tensor:
        return self.logit_opacity.sigmoid()


def decode_gaussians(
    free: Tensor, pixel_aligned: Tensor, origins: Tensor, directions: Tensor, nearest_depth: Tensor, config: GSLRMConfig
) -> GaussianTensors:
    """free (B, F, G) and pixel_aligned (B, P, G) numbers → Gaussians, the free ones first.

    The rays of the pixel-aligned ones, in their order: origins and directions (B, P, 3), nearest_depth (B, P, 1).
    """
    depth = pixel_depth(pixel_aligned[..., :3], nearest_depth, config.encoding)
    numbers = torch.cat([free, pixel_aligned], dim=1)
    _, features, scale, rotation, opacity = numbers.split([3, 3 * config.sh_coefficients, 3, 4, 1], dim=-1)
    return GaussianTensors(
        xyz=torch.cat([free[..., :3], origins + depth * directions], dim=1),
        sh=features.unflatten(-1, (config.sh_coefficients, 3)),
        log_scale=(scale + SCALE_OFFSET).clamp(max=LARGEST_LOG_SCALE),
        rotation_raw=rotation,
        logit_opacity=opacity.squeeze(-1) + OPACITY_OFFSET,
    )


def pixel_depth(raw_xyz: Tensor, nearest_depth: Tensor, encoding: RayEncoding) -> Tensor:
    """Distance along the ray (..., 1) that the three raw numbers (..., 3) of a pixel-aligned Gaussian stand for."""
    signed = 2 * raw_xyz.mean(dim=-1, keepdim=True).sigmoid() - 1
    if encoding is RayEncoding.PLUCKER:
        return signed * PLUCKER_HALF_WINDOW + PLUCKER_MIDDLE
    return signed * NEAREST_HALF_WINDOW + nearest_depth
