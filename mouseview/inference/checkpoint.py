"""Open GS-LRM weights in any of their layouts, find their configuration, and refuse what does not fit."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import yaml
from torch import Tensor

from mouseview import resources
from mouseview.formats.files import read_bytes
from mouseview.inference.cache import cache_folder, converted_path, remove_outdated
from mouseview.inference.config import GSLRMConfig
from mouseview.inference.declared import CONFIG_NAME, DEFAULT_FORMAT, MAX_CONFIG_BYTES, SUFFIX, find_weights
from mouseview.inference.gslrm import GSLRM
from mouseview.inference.shapes import check_fit, infer_config
from mouseview.inference.torch_file import read_torch_file
from mouseview.inference.weights_file import WeightsFile, read_weights, write_weights
from mouseview.model.errors import CheckpointError, MouseViewError
from mouseview.model.model_format import ModelFormat

Progress = Callable[[float, str], None]

# A training checkpoint carries the optimiser and float32 weights; above this the converted copy pays for itself.
CONVERT_ABOVE_BYTES = 512 << 20


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """Weights that fit their configuration; the tensors are mapped from the disk, in the precision of the file.

    source: the file.  assumptions: what neither file nor configuration told.  recipe: how it was trained, if told.
    """

    source: Path
    tensors: Mapping[str, Tensor]
    config: GSLRMConfig
    model_format: ModelFormat
    recipe: Mapping[str, Any]
    assumptions: tuple[str, ...]

    @property
    def parameters(self) -> int:
        return sum(tensor.numel() for tensor in self.tensors.values())


def open_checkpoint(path: Path | str, config: GSLRMConfig | Path | str | None = None) -> Checkpoint:
    """A ``.pt`` or ``.safetensors`` file, a run folder (newest ``ckpt_*.pt``) or a folder with ``model.safetensors``.

    config: in place of what the file's metadata, its ``config.yaml`` or its shapes tell; a path is a config.yaml.
    Raises ``CheckpointError``.
    """
    file = find_weights(Path(path).expanduser())
    weights = read_weights(file) if file.suffix == SUFFIX else WeightsFile(read_torch_file(file))
    chosen, format_name, assumptions = _configuration(weights, file, config)
    check_fit(weights.tensors, chosen, str(file))
    if format_name is None:
        format_name = DEFAULT_FORMAT
        assumptions = (*assumptions, f"camera format '{format_name}' (the checkpoint names none)")
    return Checkpoint(file, weights.tensors, chosen, _card(format_name, chosen, file), weights.recipe, assumptions)


def converted(checkpoint: Checkpoint, progress: Progress | None = None, folder: Path | None = None) -> Checkpoint:
    """The same weights in half precision from the cache, converted on the first call for this state of the file."""
    folder = folder or cache_folder("checkpoints")
    target = converted_path(checkpoint.source, folder)
    if not target.is_file():
        check_finite(checkpoint)
        write_weights(target, checkpoint.tensors, None, progress=progress)
        remove_outdated(target, checkpoint.source)
    try:
        tensors = read_weights(target).tensors
        check_fit(tensors, checkpoint.config, str(target))
    except CheckpointError as error:
        target.unlink()
        raise CheckpointError(
            f"the converted copy was damaged and has been removed ({error.message})",
            place=str(target),
            remedy="run it again: the checkpoint will be converted anew",
        ) from error
    return dataclasses.replace(checkpoint, tensors=tensors)


def is_large(checkpoint: Checkpoint) -> bool:
    """Whether the file should be run from a converted copy."""
    return checkpoint.source.suffix != SUFFIX and checkpoint.source.stat().st_size > CONVERT_ABOVE_BYTES


def check_finite(checkpoint: Checkpoint) -> None:
    """Raises ``CheckpointError`` naming the first weight that holds NaN or infinity."""
    for name, tensor in checkpoint.tensors.items():
        if not bool(torch.isfinite(tensor).all()):
            raise CheckpointError(
                f"{name} holds NaN or infinity: the training had failed when this was saved",
                place=str(checkpoint.source),
                remedy="choose an older checkpoint of the run",
            )


def build_network(checkpoint: Checkpoint, device: torch.device) -> GSLRM:
    """The network in float32 on ``device``, ready to run (autocast lowers the precision where it pays)."""
    check_finite(checkpoint)
    with torch.device("meta"):
        network = GSLRM(checkpoint.config)
    weights = {name: tensor.to(device, torch.float32) for name, tensor in checkpoint.tensors.items()}
    network.load_state_dict(weights, assign=True)
    return network.eval().requires_grad_(False)


def _configuration(
    weights: WeightsFile, file: Path, given: GSLRMConfig | Path | str | None
) -> tuple[GSLRMConfig, str | None, tuple[str, ...]]:
    if isinstance(given, GSLRMConfig):
        return given, weights.model_format, ()
    beside = file.with_name(CONFIG_NAME)
    if given is not None or (weights.config is None and beside.is_file()):
        config, format_name = read_config(Path(given).expanduser() if given is not None else beside)
        return config, format_name or weights.model_format, ()
    if weights.config is not None:
        return weights.config, weights.model_format, ()
    config, assumptions = infer_config(weights.tensors, str(file))
    return config, weights.model_format, assumptions


def read_config(path: Path) -> tuple[GSLRMConfig, str | None]:
    """The ``model:`` block of a config.yaml and, in files of our own training, its ``model_format:``."""
    try:
        document = yaml.safe_load(read_bytes(path, MAX_CONFIG_BYTES))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise CheckpointError(
            f"is no valid YAML: {str(error)[:300]}", place=str(path), remedy="use the config.yaml of the run"
        ) from error
    block = document.get("model") if isinstance(document, Mapping) else None
    if not isinstance(block, Mapping):
        raise CheckpointError("has no block 'model:'", place=str(path), remedy="use the config.yaml of the run")
    name = document.get("model_format")
    return GSLRMConfig.from_mapping(block, str(path)), name if isinstance(name, str) else None


def _card(name: str, config: GSLRMConfig, file: Path) -> ModelFormat:
    try:
        card = resources.model_format(name)
    except MouseViewError as error:
        raise CheckpointError(error.message, place=str(file), remedy=error.remedy) from error
    # the weights decide what they are fed, whatever camera format they borrow
    return dataclasses.replace(card, encoding=config.encoding)
