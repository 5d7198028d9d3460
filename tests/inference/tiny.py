"""Tiny random networks, rigs and images, so that these tests need no shared data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from mouseview.geometry.transforms import look_at  # noqa: E402
from mouseview.inference.config import GSLRMConfig  # noqa: E402
from mouseview.inference.gslrm import GSLRM  # noqa: E402

CONFIG = GSLRMConfig(encoding="nearest", d=32, d_head=16, n_layer=2, patch_size=4, n_gaussians=3)


def network(config: GSLRMConfig = CONFIG, seed: int = 0) -> GSLRM:
    """Weights larger than at the start of a training, so that every part of the network shows in its output."""
    torch.manual_seed(seed)
    made = GSLRM(config)
    for parameter in made.parameters():
        if parameter.dim() > 1:
            torch.nn.init.normal_(parameter, std=0.15)
    return made.eval()


def state(config: GSLRMConfig = CONFIG, seed: int = 0) -> dict[str, torch.Tensor]:
    return network(config, seed).state_dict()


def posed_input(views: int = 3, height: int = 16, width: int = 16, seed: int = 0) -> dict[str, np.ndarray]:
    """images (V, H, W, 3), fxfycxcy (V, 4), c2w (V, 4, 4) of cameras on a sphere about the origin."""
    rng = np.random.default_rng(seed)
    poses = []
    for _ in range(views):
        azimuth, elevation, distance = rng.uniform(0, 2 * np.pi), rng.uniform(-0.5, 1.0), rng.uniform(2, 3)
        eye = distance * np.array(
            [np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)]
        )
        poses.append(np.linalg.inv(look_at(eye, rng.normal(0, 0.1, 3), (0.0, 0.0, 1.0)).matrix))
    focal = rng.uniform(0.9, 1.3, (views, 2)) * width
    centre = np.array([width / 2, height / 2]) + rng.normal(0, 1, (views, 2))
    return {
        "images": rng.random((views, height, width, 3), dtype=np.float32),
        "fxfycxcy": np.concatenate([focal, centre], axis=1),
        "c2w": np.stack(poses),
    }


def as_batch(posed: dict[str, np.ndarray]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The arguments of ``GSLRM.forward`` for a batch of one."""
    images = torch.from_numpy(posed["images"]).movedim(-1, 1)[None]
    return images, torch.from_numpy(posed["fxfycxcy"])[None], torch.from_numpy(posed["c2w"])[None]


def save_checkpoint(path: Path, content: object | None = None) -> Path:
    """A ``.pt`` as FaceLift's training leaves it, or of any other content."""
    if content is None:
        content = {"model": state(), "optimizer": {}, "lr_scheduler": {}, "fwdbwd_pass_step": 5}
    torch.save(content, path)
    return path


def save_run(folder: Path, config: GSLRMConfig = CONFIG, step: int = 7) -> Path:
    """A run folder: config.yaml and one checkpoint."""
    import yaml

    folder.mkdir(exist_ok=True)
    (folder / "config.yaml").write_text(yaml.safe_dump({"model": config.to_mapping()}))
    save_checkpoint(folder / f"ckpt_{step:016d}.pt", {"model": state(config)})
    return folder
