"""Random cameras of the model's format: any azimuth, unequal distances, a little roll and a little off the subject."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mouseview.model.model_format import ModelFormat


@dataclass(frozen=True)
class CameraSpread:
    """distance: ± share about the format's distance, per view.  elevations and roll in degrees.  aim: standard
    deviation in model units of the point a camera looks at.  ring: share of scenes whose input views surround the
    subject evenly (with jitter); the others' azimuths are independent."""

    distance: float = 0.30
    elevation_deg: tuple[float, float] = (-5.0, 60.0)
    roll_deg: float = 8.0
    aim: float = 0.06
    ring: float = 0.75


@dataclass(frozen=True, eq=False)
class Views:
    """B scenes of V square views: w2c (B, V, 4, 4), fxfycxcy (B, V, 4) px, size px."""

    w2c: Tensor
    fxfycxcy: Tensor
    size: int

    @property
    def c2w(self) -> Tensor:
        R = self.w2c[..., :3, :3].transpose(-1, -2)
        out = torch.zeros_like(self.w2c)
        out[..., :3, :3] = R
        out[..., :3, 3] = -(R * self.w2c[..., None, :3, 3]).sum(dim=-1)
        out[..., 3, 3] = 1.0
        return out

    @property
    def K(self) -> Tensor:
        """(B, V, 3, 3)."""
        fx, fy, cx, cy = self.fxfycxcy.unbind(-1)
        zero, one = torch.zeros_like(fx), torch.ones_like(fx)
        return torch.stack([fx, zero, cx, zero, fy, cy, zero, zero, one], dim=-1).unflatten(-1, (3, 3))

    def at_size(self, size: int) -> Views:
        """The same cameras with images of another size."""
        return Views(self.w2c, self.fxfycxcy * (size / self.size), size)

    def pick(self, views: slice | Tensor) -> Views:
        return Views(self.w2c[:, views], self.fxfycxcy[:, views], self.size)


def look_at(eye: Tensor, target: Tensor, roll: Tensor) -> Tensor:
    """(..., 4, 4) world to camera, OpenCV axes, Z up, then turned by roll (...) radians about the optical axis."""
    forward = torch.nn.functional.normalize(target - eye, dim=-1)
    up = torch.tensor([0.0, 0.0, 1.0], device=eye.device).expand_as(forward)
    right = torch.nn.functional.normalize(torch.linalg.cross(forward, up), dim=-1)
    down = torch.linalg.cross(forward, right)
    cos, sin = roll.cos()[..., None], roll.sin()[..., None]
    R = torch.stack([cos * right + sin * down, cos * down - sin * right, forward], dim=-2)
    out = torch.zeros(*eye.shape[:-1], 4, 4, device=eye.device)
    out[..., :3, :3] = R
    out[..., :3, 3] = -(R * eye[..., None, :]).sum(dim=-1)
    out[..., 3, 3] = 1.0
    return out


def random_views(
    batch: int, inputs: int, novel: int, size: int, card: ModelFormat, spread: CameraSpread, generator: torch.Generator
) -> Views:
    """``inputs`` views to feed, then ``novel`` ones to judge by, for each of ``batch`` scenes, at ``size`` px."""
    device = generator.device
    views = inputs + novel

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(*shape, generator=generator, device=device)

    step = 2 * torch.pi / inputs
    ring = uniform(0, 2 * torch.pi, batch, 1) + step * torch.arange(inputs, device=device)
    ring = ring + uniform(-0.4, 0.4, batch, inputs) * step
    free = uniform(0, 2 * torch.pi, batch, views)
    on_ring = uniform(0, 1, batch, 1) < spread.ring
    azimuth = torch.cat([torch.where(on_ring, ring, free[:, :inputs]), free[:, inputs:]], dim=1)
    elevation = torch.deg2rad(uniform(*spread.elevation_deg, batch, views))
    distance = card.distance * uniform(1 - spread.distance, 1 + spread.distance, batch, views)
    flat = distance * elevation.cos()
    eye = torch.stack([flat * azimuth.cos(), flat * azimuth.sin(), distance * elevation.sin()], dim=-1)
    target = spread.aim * torch.randn(batch, views, 3, generator=generator, device=device)
    limit = float(torch.deg2rad(torch.tensor(spread.roll_deg)))
    w2c = look_at(eye, target, uniform(-limit, limit, batch, views))
    focal, centre = card.focal * size / card.size, card.centre * size / card.size
    intrinsics = torch.tensor([focal, focal, centre, centre], device=device)
    return Views(w2c, intrinsics.expand(batch, views, 4), size)
