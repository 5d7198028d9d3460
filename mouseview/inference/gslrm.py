"""GS-LRM as a torch module: posed views in, Gaussians out. Parameter names are those of FaceLift's checkpoints."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from mouseview.inference.config import GSLRMConfig
from mouseview.inference.decode import GaussianTensors, decode_gaussians
from mouseview.inference.posed import PixelRays, pixel_rays, posed_images

# Called as (layers done, layers in all); raising stops the pass.
LayerHook = Callable[[int, int], None]

_EPS = 1e-5
_INITIAL_STD = 0.02


def _layer_norm(d: int) -> nn.LayerNorm:
    return nn.LayerNorm(d, eps=_EPS, bias=False)


class SelfAttention(nn.Module):
    """Multi-head self-attention with one fused projection and no biases."""

    def __init__(self, config: GSLRMConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.to_qkv = nn.Linear(config.d, 3 * config.d, bias=False)
        self.fc = nn.Linear(config.d, config.d, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, d) → (B, T, d)."""
        q, k, v = self.to_qkv(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4).unbind(0)
        attended = functional.scaled_dot_product_attention(q, k, v)
        return self.fc(attended.transpose(1, 2).flatten(2))


class FeedForward(nn.Module):
    """d → 4d → d with the exact GELU. A module of its own for the sake of the checkpoint's names."""

    def __init__(self, d: int) -> None:
        super().__init__()
        self.mlp = nn.Sequential(nn.Linear(d, 4 * d, bias=False), nn.GELU(), nn.Linear(4 * d, d, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        return self.mlp(x)


class TransformerBlock(nn.Module):
    """One pre-norm block."""

    def __init__(self, config: GSLRMConfig) -> None:
        super().__init__()
        self.norm1 = _layer_norm(config.d)
        self.attn = SelfAttention(config)
        self.norm2 = _layer_norm(config.d)
        self.mlp = FeedForward(config.d)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class FreeGaussianHead(nn.Module):
    """Tokens in front → the numbers of one free Gaussian each."""

    def __init__(self, config: GSLRMConfig) -> None:
        super().__init__()
        self.layernorm = _layer_norm(config.d)
        self.linear = nn.Linear(config.d, config.gaussian_channels, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(self.layernorm(x))


class Patchify(nn.Module):
    """Per-pixel values into patches: rows, then columns of patches; in each, row, column, channel."""

    def __init__(self, patch_size: int) -> None:
        super().__init__()
        self.patch_size = patch_size

    def pixels(self, values: Tensor) -> Tensor:
        """(B, V, H, W, C) → (B, patches of all views, pixels of a patch, C)."""
        p = self.patch_size
        blocks = values.unflatten(3, (-1, p)).unflatten(2, (-1, p))  # B V h p w p C
        return blocks.transpose(3, 4).flatten(4, 5).flatten(1, 3)

    def forward(self, posed: Tensor) -> Tensor:
        """(B, V, C, H, W) → (B, patches of all views, pixels of a patch · C)."""
        return self.pixels(posed.movedim(2, -1)).flatten(2)


class GSLRM(nn.Module):
    """The network. ``forward`` is differentiable and runs under autocast; heads and rays stay in full precision."""

    def __init__(self, config: GSLRMConfig) -> None:
        super().__init__()
        self.config = config
        pixels = config.patch_size**2
        self.patch_embedder = nn.Sequential(
            Patchify(config.patch_size), nn.Linear(pixels * config.in_channels, config.d, bias=False)
        )
        self.gaussian_position_embeddings = nn.Parameter(torch.empty(config.n_gaussians, config.d))
        if config.add_refsrc_marker:
            self.view_type_embeddings = nn.Parameter(torch.empty(2, config.d))
        self.input_layer_norm = _layer_norm(config.d)
        self.transformer_layers = nn.ModuleList(TransformerBlock(config) for _ in range(config.n_layer))
        self.gaussian_upsampler = FreeGaussianHead(config)
        self.pixel_gaussian_decoder = nn.Sequential(
            _layer_norm(config.d), nn.Linear(config.d, pixels * config.gaussian_channels, bias=False)
        )
        self.initialise()

    def initialise(self) -> None:
        """Random weights to start training from; what ends a residual branch is smaller the deeper the network."""
        branch_std = _INITIAL_STD / math.sqrt(2 * self.config.n_layer)
        for name, parameter in self.named_parameters():
            # drawing numbers that are never held would load torch's compiler: two seconds of every start
            if parameter.dim() > 1 and not parameter.is_meta:
                ends_branch = name.endswith(("attn.fc.weight", "mlp.mlp.2.weight"))
                nn.init.normal_(parameter, std=branch_std if ends_branch else _INITIAL_STD)

    def encode(self, images: Tensor, fxfycxcy: Tensor, c2w: Tensor) -> Tensor:
        """What the network is fed: (B, V, C, H, W). Arguments as in ``forward``."""
        rays = pixel_rays(fxfycxcy, c2w, *images.shape[-2:])
        return posed_images(images, rays, self.config.encoding)

    def forward(
        self, images: Tensor, fxfycxcy: Tensor, c2w: Tensor, on_layer: LayerHook | None = None
    ) -> GaussianTensors:
        """images (B, V, 3, H, W) in 0..1 on white; fxfycxcy (B, V, 4) px; c2w (B, V, 4, 4) OpenCV, world Z up.

        H and W are multiples of the patch size. N = n_gaussians + V·H·W Gaussians: the free ones, then pixel-aligned
        ones by view, patch row, patch column, row in the patch, column in the patch.
        """
        config = self.config
        height, width = images.shape[-2:]
        if height % config.patch_size or width % config.patch_size:
            raise ValueError(f"images of {width}×{height} px are no multiple of the patch size {config.patch_size}")
        rays = pixel_rays(fxfycxcy, c2w, height, width)
        with torch.autocast(images.device.type, enabled=False):  # half precision is half a pixel of a ray's direction
            tokens = self.patch_embedder(posed_images(images, rays, config.encoding))
        tokens = self._transform(self._mark_views(tokens, images.shape[1]), on_layer)

        with torch.autocast(tokens.device.type, enabled=False):
            tokens = tokens.float()
            free = self.gaussian_upsampler(tokens[:, : config.n_gaussians])
            numbers = self.pixel_gaussian_decoder(tokens[:, config.n_gaussians :])
            pixel_aligned = numbers.unflatten(-1, (-1, config.gaussian_channels)).flatten(1, 2)
            return decode_gaussians(free, pixel_aligned, *self._in_patch_order(rays), config)

    def _mark_views(self, tokens: Tensor, views: int) -> Tensor:
        if not self.config.add_refsrc_marker:
            return tokens
        first, rest = self.view_type_embeddings
        per_view = tokens.shape[1] // views
        return torch.cat([tokens[:, :per_view] + first, tokens[:, per_view:] + rest], dim=1)

    def _transform(self, tokens: Tensor, on_layer: LayerHook | None) -> Tensor:
        front = self.gaussian_position_embeddings.expand(len(tokens), -1, -1)
        x = self.input_layer_norm(torch.cat([front, tokens.to(front)], dim=1))
        for index, layer in enumerate(self.transformer_layers):
            if on_layer is not None:
                on_layer(index, len(self.transformer_layers))
            x = layer(x)
        if on_layer is not None:
            on_layer(len(self.transformer_layers), len(self.transformer_layers))
        return x

    def _in_patch_order(self, rays: PixelRays) -> tuple[Tensor, Tensor, Tensor]:
        """Origins, directions (B, P, 3) and nearest depths (B, P, 1) in the order of the pixel-aligned Gaussians."""
        patchify = self.patch_embedder[0]
        parts = (rays.origins.expand_as(rays.directions), rays.directions, rays.nearest_depth)
        origins, directions, nearest_depth = (patchify.pixels(part).flatten(1, 2).float() for part in parts)
        return origins, directions, nearest_depth
