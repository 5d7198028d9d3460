"""Training scenes: mice put into model units, and what the cameras see of them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from mouseview.training import packing
from mouseview.training.cameras import Views
from mouseview.training.splats import Renderer, Splats

UNITS_PER_MM = 2.7 / 311.0  # the mouse rig's mean distance becomes the format's


@dataclass(frozen=True)
class Placement:
    """How mice are put into the scene.  scale: ± share.  offset: radius in model units of the ball that the subject's
    centre lies in.  gain, tint: ± share of brightness of the whole animal and of each colour channel."""

    scale: float = 0.10
    offset: float = 0.10
    gain: float = 0.15
    tint: float = 0.05


HELD_OUT_PLACEMENT = Placement(scale=0.05, offset=0.05, gain=0.0, tint=0.0)


def place(mice: Tensor, placement: Placement, generator: torch.Generator) -> Splats:
    """Packed mice (B, N, 14), in mm about their centres → model units, each turned, scaled and moved at random."""
    batch, device = len(mice), mice.device

    def jitter(amount: float, *shape: int) -> Tensor:
        return 1 + amount * (2 * torch.rand(batch, *shape, generator=generator, device=device) - 1)

    scale = (UNITS_PER_MM * jitter(placement.scale, 1, 1)).float()
    direction = functional.normalize(torch.randn(batch, 1, 3, generator=generator, device=device), dim=-1)
    offset = placement.offset * torch.rand(batch, 1, 1, generator=generator, device=device) ** (1 / 3) * direction
    half = torch.pi * torch.rand(batch, 1, generator=generator, device=device)
    cos, sin = half.cos(), half.sin()
    w, x, y, z = mice[..., packing.ROTATION].unbind(-1)
    rotation = torch.stack([cos * w - sin * z, cos * x - sin * y, cos * y + sin * x, cos * z + sin * w], dim=-1)
    px, py, pz = mice[..., packing.XYZ].unbind(-1)
    c, s = (2 * half).cos(), (2 * half).sin()
    xyz = torch.stack([c * px - s * py, s * px + c * py, pz], dim=-1) * scale + offset
    rgb = mice[..., packing.RGB] * jitter(placement.gain, 1, 1) * jitter(placement.tint, 1, 3)
    return Splats(
        xyz, rgb.clamp(0.0, 1.0), mice[..., packing.SCALE] * scale, rotation, mice[..., packing.OPACITY].contiguous()
    )


@torch.no_grad()
def photograph(splats: Splats, views: Views, render: Renderer, oversample: int = 2) -> tuple[Tensor, Tensor]:
    """RGB on white (B, V, 3, S, S) and alpha (B, V, S, S) in 0..1, area-filtered from ``oversample`` times the size."""
    fine = views.at_size(views.size * oversample)
    rgb, alpha = render(splats, fine.w2c, fine.K, fine.size)
    stacked = torch.cat([rgb.movedim(-1, 2), alpha[:, :, None]], dim=2)
    small = functional.avg_pool2d(stacked.flatten(0, 1), oversample).unflatten(0, stacked.shape[:2])
    return small[:, :, :3].clamp(0.0, 1.0).contiguous(), small[:, :, 3].clamp(0.0, 1.0).contiguous()
