"""Held-out mice seen from cameras that are never fed: PSNR of the image, of the subject, and of a flat subject."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from mouseview.model.model_format import ModelFormat
from mouseview.phantom import Coat
from mouseview.training.cameras import CameraSpread
from mouseview.training.packing import packed_mouse
from mouseview.training.scenes import HELD_OUT_PLACEMENT
from mouseview.training.splats import Renderer
from mouseview.training.step import Batch, make_batch, reconstruct

HELD_OUT_SPREAD = CameraSpread(ring=1.0)  # a rig surrounds its subject
HELD_OUT_SEED = 1_000_000_000  # training seeds stay far below
SUBJECT_ALPHA = 0.5


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Packed mice (M, N, 14) on the CPU and the coat of each."""

    mice: Tensor
    coats: tuple[str, ...]

    @classmethod
    def make(cls, per_coat: int, count: int) -> HeldOut:
        """``per_coat`` mice of every coat, interleaved, seeds from ``HELD_OUT_SEED``."""
        coats = [str(coat) for _ in range(per_coat) for coat in Coat]
        mice = [packed_mouse(HELD_OUT_SEED + k, count, coat) for k, coat in enumerate(coats)]
        return cls(torch.from_numpy(np.stack(mice)), tuple(coats))

    def first(self, mice: int) -> HeldOut:
        return HeldOut(self.mice[:mice], self.coats[:mice])


def psnr(mse: Tensor) -> Tensor:
    return -10 * torch.log10(mse.clamp_min(1e-10))


def score_views(rgb: Tensor, truth: Tensor, alpha: Tensor) -> dict[str, Tensor]:
    """dB (...) of images (..., H, W, 3) against the truth: whole, on the subject (alpha (..., H, W) > ½), and of the
    truth's own mean colour painted on the subject. NaN where no subject is in view."""
    squared = (rgb.clamp(0, 1) - truth).square().mean(dim=-1)
    subject = (alpha > SUBJECT_ALPHA).float()
    pixels = subject.sum(dim=(-1, -2))
    mean = (truth * subject[..., None]).sum(dim=(-2, -3)) / pixels[..., None]
    flat = (truth - mean[..., None, None, :]).square().mean(dim=-1)
    return {
        "psnr": psnr(squared.mean(dim=(-1, -2))),
        "psnr_subject": psnr((squared * subject).sum(dim=(-1, -2)) / pixels),
        "mean_colour_subject": psnr((flat * subject).sum(dim=(-1, -2)) / pixels),
    }


@torch.no_grad()
def evaluate(
    network: nn.Module,
    held_out: HeldOut,
    size: int,
    card: ModelFormat,
    render: Renderer,
    device: torch.device,
    inputs: int = 6,
    novel: int = 3,
    chunk: int = 4,
) -> tuple[dict[str, Any], list[npt.NDArray[np.uint8]]]:
    """Figures (mean dB over all novel views, and per coat) and a strip truth | prediction of each of the first mice.

    Cameras and placements are the same in every call.
    """
    generator = torch.Generator(device).manual_seed(20_260)
    rows: dict[str, list[Tensor]] = {}
    strips: list[npt.NDArray[np.uint8]] = []
    network.eval()
    for start in range(0, len(held_out.mice), chunk):
        mice = held_out.mice[start : start + chunk].to(device)
        batch = make_batch(mice, inputs, novel, size, card, render, generator, HELD_OUT_SPREAD, HELD_OUT_PLACEMENT)
        views = batch.views.pick(slice(inputs, None))
        rgb, _ = render(reconstruct(network, batch), views.w2c, views.K, size)
        truth = batch.rgb[:, inputs:].movedim(2, -1)
        for name, values in score_views(rgb, truth, batch.alpha[:, inputs:]).items():
            rows.setdefault(name, []).append(values.cpu())
        if len(strips) < 8:
            strips += _strips(batch, truth, rgb)
    network.train()
    table = {name: torch.cat(values) for name, values in rows.items()}
    return _figures(table, held_out, size, inputs, novel), strips[:8]


def _figures(table: Mapping[str, Tensor], held_out: HeldOut, size: int, inputs: int, novel: int) -> dict[str, Any]:
    def summary(rows: Tensor) -> dict[str, float]:
        means = {name: round(float(values[rows].nanmean()), 3) for name, values in table.items()}
        return {**means, "gain_subject": round(means["psnr_subject"] - means["mean_colour_subject"], 3)}

    coats = np.array(held_out.coats)
    per_coat = {
        coat: summary(torch.from_numpy(np.flatnonzero(coats == coat))) for coat in dict.fromkeys(held_out.coats)
    }
    everything = summary(torch.arange(len(coats)))
    return {"size": size, "inputs": inputs, "novel": novel, "mice": len(coats), **everything, "coats": per_coat}


def _strips(batch: Batch, truth: Tensor, rgb: Tensor) -> list[npt.NDArray[np.uint8]]:
    """Per mouse (2 S, V S, 3): the truth above the prediction, novel views from left to right."""
    pairs = torch.cat([truth, rgb.clamp(0, 1)], dim=2).movedim(1, 2).flatten(2, 3)
    return list((pairs * 255).round().to(torch.uint8).cpu().numpy())
