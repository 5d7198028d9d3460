"""What the network is fed, in torch: RGB and every pixel's ray. The twin of ``geometry.rays``."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mouseview.geometry.rays import RayEncoding


@dataclass(frozen=True, eq=False)
class PixelRays:
    """Rays of (..., V) views of H × W pixels, in world.

    origins (..., V, 1, 1, 3).  directions (..., V, H, W, 3), unit.  nearest_depth (..., V, H, W, 1): the signed
    distance along the ray of its point nearest the world origin.
    """

    origins: Tensor
    directions: Tensor
    nearest_depth: Tensor

    def encode(self, encoding: RayEncoding) -> Tensor:
        """(..., V, H, W, 6), or 9 for ``AUG``."""
        moment = torch.linalg.cross(self.origins.expand_as(self.directions), self.directions)
        nearest = self.origins + self.nearest_depth * self.directions
        match encoding:
            case RayEncoding.NEAREST:
                parts = [self.directions, nearest]
            case RayEncoding.PLUCKER:
                parts = [moment, self.directions]
            case RayEncoding.AUG:
                parts = [moment, self.directions, nearest]
        return torch.cat(parts, dim=-1)


def pixel_rays(fxfycxcy: Tensor, c2w: Tensor, height: int, width: int) -> PixelRays:
    """Rays through the pixel centres of (..., V, 4) intrinsics in px and (..., V, 4, 4) camera-to-world, OpenCV axes.

    Computed in the precision of ``c2w``. No matrix products: under autocast those would round directions to half.
    """
    fx, fy, cx, cy = (part[..., None, None] for part in fxfycxcy.to(c2w).unbind(-1))
    x = torch.arange(width, device=c2w.device, dtype=c2w.dtype) + 0.5
    y = (torch.arange(height, device=c2w.device, dtype=c2w.dtype) + 0.5)[:, None]
    plane_x, plane_y = ((x - cx) / fx)[..., None], ((y - cy) / fy)[..., None]
    right, down, forward, origins = (c2w[..., None, None, :3, column] for column in range(4))
    directions = right * plane_x + down * plane_y + forward
    directions = directions / directions.norm(dim=-1, keepdim=True)
    return PixelRays(origins, directions, -(origins * directions).sum(dim=-1, keepdim=True))


def posed_images(images: Tensor, rays: PixelRays, encoding: RayEncoding) -> Tensor:
    """(..., V, 3, H, W) RGB in 0..1 on white → (..., V, C, H, W), C = 9 or 12, in the precision of the images."""
    encoded = rays.encode(encoding).movedim(-1, -3)
    return torch.cat([images * 2 - 1, encoded.to(images)], dim=-3)
