"""What training renders, and the shape of a differentiable renderer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from mouseview.inference.decode import GaussianTensors

_SH_C0 = 0.28209479177387814


@dataclass(frozen=True, eq=False)
class Splats:
    """B scenes of N Gaussians: xyz, rgb, scale (B, N, 3), rotation (B, N, 4) wxyz, opacity (B, N)."""

    xyz: Tensor
    rgb: Tensor
    scale: Tensor
    rotation: Tensor
    opacity: Tensor

    @classmethod
    def of_network(cls, gaussians: GaussianTensors) -> Splats:
        """The network's output at SH degree 0: one colour from everywhere."""
        if gaussians.sh.shape[2] != 1:
            raise ValueError(f"training renders SH degree 0; the network puts out {gaussians.sh.shape[2]} coefficients")
        rgb = (0.5 + _SH_C0 * gaussians.sh[:, :, 0]).clamp_min(0.0)
        return cls(gaussians.xyz, rgb, gaussians.scale, gaussians.rotation, gaussians.opacity)


class Renderer(Protocol):
    """Splats seen by C cameras each: w2c (B, C, 4, 4), K (B, C, 3, 3), square images of ``size`` px.

    Returns RGB on white (B, C, size, size, 3) and alpha (B, C, size, size), differentiable in the splats.
    """

    def __call__(self, splats: Splats, w2c: Tensor, K: Tensor, size: int) -> tuple[Tensor, Tensor]: ...


def gsplat_renderer() -> Renderer:
    """The CUDA rasteriser of gsplat; builds its kernels on first use. Raises ``ImportError`` without the extra."""
    from gsplat.rendering import rasterization

    def render(splats: Splats, w2c: Tensor, K: Tensor, size: int) -> tuple[Tensor, Tensor]:
        white = torch.ones(*w2c.shape[:2], 3, device=w2c.device)
        rgb, alpha, _ = rasterization(
            means=splats.xyz,
            quats=splats.rotation,
            scales=splats.scale,
            opacities=splats.opacity,
            colors=splats.rgb,
            viewmats=w2c,
            Ks=K,
            width=size,
            height=size,
            near_plane=0.1,
            eps2d=0.3,
            packed=False,
            backgrounds=white,
            rasterize_mode="classic",
        )
        return rgb, alpha[..., 0]

    return render
