"""Our own checkpoint file: safetensors with the configuration, the model format and the recipe in its metadata."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from mouseview.inference.config import GSLRMConfig
from mouseview.model.errors import CheckpointError

_VERSION = "1"


@dataclass(frozen=True, eq=False)
class WeightsFile:
    """config, model_format: None where the file does not tell.  recipe: how the weights came about, JSON values."""

    tensors: dict[str, Tensor]
    config: GSLRMConfig | None = None
    model_format: str | None = None
    recipe: Mapping[str, Any] = field(default_factory=dict)


def write_weights(
    path: Path,
    tensors: Mapping[str, Tensor],
    config: GSLRMConfig | None,
    *,
    model_format: str | None = None,
    recipe: Mapping[str, Any] | None = None,
    progress: Callable[[float, str], None] | None = None,
) -> None:
    """Write weights in half precision, atomically; ``path`` ends in ``.safetensors``, its folder exists.

    recipe: JSON values. A weight beyond the range of half precision is kept in float32. progress: 0..1 and a few words.
    """
    halves: dict[str, Tensor] = {}
    for number, (name, tensor) in enumerate(tensors.items()):
        half = tensor.detach().to("cpu", torch.float16)
        fits = bool(torch.isfinite(half).all())
        halves[name] = (half if fits else tensor.detach().to("cpu", torch.float32)).contiguous()
        if progress is not None:
            progress((number + 1) / len(tensors), f"converting {name}")
    metadata = {"format": "pt", "mouseview": _VERSION, "recipe": json.dumps(dict(recipe or {}))}
    if config is not None:
        metadata["model"] = json.dumps(config.to_mapping())
    if model_format is not None:
        metadata["model_format"] = model_format
    temporary = path.with_name(f".{path.name[:100]}.{secrets.token_hex(6)}.tmp")
    try:
        temporary.touch()
        mode = temporary.stat().st_mode  # what the umask allows; save_file writes for the owner alone
        save_file(halves, temporary, metadata)
        os.chmod(temporary, mode)
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except (OSError, SafetensorError) as error:
        raise CheckpointError(
            f"cannot be written: {error}", place=str(path), remedy="free space on this disk, or check its permissions"
        ) from error
    finally:
        temporary.unlink(missing_ok=True)


def read_weights(path: Path) -> WeightsFile:
    """Weights and metadata of any safetensors file; raises ``CheckpointError`` when it is damaged."""
    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no dict
        block = json.loads(metadata["model"]) if "model" in metadata else None
        recipe = json.loads(metadata.get("recipe", "{}"))
    except (SafetensorError, OSError, ValueError, RecursionError) as error:
        raise CheckpointError(
            f"cannot be read as safetensors: {error}",
            place=str(path),
            remedy="the file is damaged or incomplete: copy or download it again",
        ) from error
    config = None
    if block is not None:
        if not isinstance(block, Mapping):
            raise CheckpointError("its metadata 'model' is no table", place=str(path))
        config = GSLRMConfig.from_mapping(block, f"{path}, metadata")
    return WeightsFile(
        tensors, config, metadata.get("model_format"), recipe if isinstance(recipe, Mapping) else {"note": recipe}
    )
