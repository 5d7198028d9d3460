"""One step of training: photograph mice, reconstruct them from some views, compare renders of all with the truth."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mouseview.inference.gslrm import GSLRM
from mouseview.model.model_format import ModelFormat
from mouseview.training.cameras import CameraSpread, Views, random_views
from mouseview.training.scenes import Placement, photograph, place
from mouseview.training.splats import Renderer, Splats


@dataclass(frozen=True)
class LossWeights:
    """subject: extra weight of the subject's pixels in the squared error.  alpha: of the squared error of the
    silhouette, which tells a white mouse from the white behind it."""

    subject: float = 3.0
    alpha: float = 0.1


@dataclass(frozen=True, eq=False)
class Batch:
    """views, rgb (B, V, 3, S, S), alpha (B, V, S, S): the first ``inputs`` are fed, the rest are novel."""

    views: Views
    rgb: Tensor
    alpha: Tensor
    inputs: int


def make_batch(
    mice: Tensor,
    inputs: int,
    novel: int,
    size: int,
    card: ModelFormat,
    render: Renderer,
    generator: torch.Generator,
    spread: CameraSpread | None = None,
    placement: Placement | None = None,
) -> Batch:
    """Photographs of packed mice (B, N, 14)."""
    splats = place(mice, placement or Placement(), generator)
    views = random_views(len(mice), inputs, novel, size, card, spread or CameraSpread(), generator)
    rgb, alpha = photograph(splats, views, render)
    return Batch(views, rgb, alpha, inputs)


def reconstruct(network: nn.Module, batch: Batch) -> Splats:
    """The network's Gaussians from the batch's input views; bfloat16 on CUDA."""
    fed = batch.views.pick(slice(0, batch.inputs))
    images = batch.rgb[:, : batch.inputs]
    with torch.autocast(images.device.type, dtype=torch.bfloat16, enabled=images.device.type == "cuda"):
        gaussians = network(images, fed.fxfycxcy, fed.c2w)
    return Splats.of_network(gaussians)


def loss_of(
    network: nn.Module, batch: Batch, render: Renderer, weights: LossWeights, supervised_inputs: int
) -> dict[str, Tensor]:
    """``total`` and its parts over the novel views and the first ``supervised_inputs`` of the fed ones."""
    judged = batch.views.pick(_judged(batch, supervised_inputs))
    truth = batch.rgb[:, _judged(batch, supervised_inputs)].movedim(2, -1)
    alpha = batch.alpha[:, _judged(batch, supervised_inputs)]
    rgb, opacity = render(reconstruct(network, batch), judged.w2c, judged.K, judged.size)
    squared = (rgb - truth).square().mean(dim=-1)
    mse = squared.mean()
    subject = (squared * alpha).mean()
    silhouette = (opacity - alpha).square().mean()
    return {
        "total": mse + weights.subject * subject + weights.alpha * silhouette,
        "mse": mse.detach(),
        "subject_mse": (subject / alpha.mean().clamp_min(1e-6)).detach(),
        "silhouette": silhouette.detach(),
    }


def _judged(batch: Batch, supervised_inputs: int) -> Tensor:
    views = batch.rgb.shape[1]
    chosen = [*range(min(supervised_inputs, batch.inputs)), *range(batch.inputs, views)]
    return torch.tensor(chosen, device=batch.rgb.device)


class Trainer:
    """The network and its optimiser; ``apply`` makes one update and says whether it was made."""

    def __init__(self, network: GSLRM, peak_rate: float = 5e-4, weight_decay: float = 0.01, clip: float = 1.0) -> None:
        self.network = network
        self.peak_rate, self._clip = peak_rate, clip
        matrices = [p for p in network.parameters() if p.dim() > 1]
        vectors = [p for p in network.parameters() if p.dim() <= 1]
        self.optimiser = torch.optim.AdamW(
            [{"params": matrices, "weight_decay": weight_decay}, {"params": vectors, "weight_decay": 0.0}],
            lr=peak_rate,
            betas=(0.9, 0.95),
            fused=next(network.parameters()).is_cuda,
        )

    def apply(self, loss: Tensor, rate: float) -> bool:
        """Back-propagate and update; a step whose gradient is not finite is left out."""
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), self._clip)
        if not bool(torch.isfinite(norm)):
            return False
        self.optimiser.step()
        return True
