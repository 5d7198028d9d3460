"""A small differentiable rasteriser in plain torch, dense and slow: stands in for gsplat where there is no CUDA."""

from __future__ import annotations

import torch
from torch import Tensor

from mouseview.training.splats import Splats


def _rotations(q: Tensor) -> Tensor:
    w, x, y, z = torch.nn.functional.normalize(q, dim=-1).unbind(-1)
    rows = [
        torch.stack([1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)], -1),
        torch.stack([2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)], -1),
        torch.stack([2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)], -1),
    ]
    return torch.stack(rows, -2)


def _one(xyz: Tensor, rgb: Tensor, axes: Tensor, opacity: Tensor, w2c: Tensor, K: Tensor, size: int) -> Tensor:
    """(size², 4): RGB on white and alpha, of one view."""
    camera = xyz @ w2c[:3, :3].T + w2c[:3, 3]
    order = torch.argsort(camera[:, 2])
    camera, rgb, axes, opacity = camera[order], rgb[order], axes[order], opacity[order]
    x, y, z = camera.unbind(-1)
    zero = torch.zeros_like(x)
    jacobian = torch.stack(
        [
            torch.stack([K[0, 0] / z, zero, -K[0, 0] * x / z**2], -1),
            torch.stack([zero, K[1, 1] / z, -K[1, 1] * y / z**2], -1),
        ],
        -2,
    )
    spread = jacobian @ w2c[:3, :3] @ axes
    covariance = spread @ spread.transpose(-1, -2) + 0.3 * torch.eye(2)
    mean = torch.stack([K[0, 0] * x / z + K[0, 2], K[1, 1] * y / z + K[1, 2]], -1)
    ticks = torch.arange(size) + 0.5
    pixels = torch.stack(torch.meshgrid(ticks, ticks, indexing="xy"), -1).reshape(-1, 2)
    off = pixels[:, None] - mean[None]
    power = 0.5 * torch.einsum("pni,nij,pnj->pn", off, torch.linalg.inv(covariance), off)
    alpha = (opacity * torch.exp(-power)).clamp(max=0.999) * (z > 0.1)
    through = torch.cumprod(torch.cat([torch.ones(len(alpha), 1), 1 - alpha], 1), dim=1)
    colour = (alpha * through[:, :-1]) @ rgb + through[:, -1:]
    return torch.cat([colour, 1 - through[:, -1:]], -1)


def reference_renderer(splats: Splats, w2c: Tensor, K: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """The ``Renderer`` protocol."""
    axes = _rotations(splats.rotation) * splats.scale[..., None, :]
    images = [
        _one(splats.xyz[b], splats.rgb[b], axes[b], splats.opacity[b], w2c[b, c], K[b, c], size)
        for b in range(w2c.shape[0])
        for c in range(w2c.shape[1])
    ]
    stacked = torch.stack(images).reshape(*w2c.shape[:2], size, size, 4)
    return stacked[..., :3], stacked[..., 3]
