"""What the shapes of the weights tell: the configuration where none came along, and whether weights fit one."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

import torch
from torch import Tensor

from mouseview.geometry.rays import RayEncoding
from mouseview.inference.config import GSLRMConfig
from mouseview.inference.gslrm import GSLRM
from mouseview.model.errors import CheckpointError

_RELEASED_HEAD = 64
_NAMES_SHOWN = 6
_LAYER = re.compile(r"transformer_layers\.(\d{1,4})\.")


def infer_config(tensors: Mapping[str, Tensor], place: str) -> tuple[GSLRMConfig, tuple[str, ...]]:
    """The configuration, and what had to be assumed because shapes do not tell it.

    Raises ``CheckpointError`` naming the weight that is missing or of no possible shape.
    """
    d, patch_values = _matrix(tensors, "patch_embedder.1.weight", place)
    per_gaussian, _ = _matrix(tensors, "gaussian_upsampler.linear.weight", place)
    patch_gaussians, _ = _matrix(tensors, "pixel_gaussian_decoder.1.weight", place)
    free, _ = _matrix(tensors, "gaussian_position_embeddings", place)
    degree = math.isqrt(max(per_gaussian - 11, 0) // 3) - 1
    patch = math.isqrt(patch_gaussians // max(per_gaussian, 1))
    channels = patch_values // max(patch * patch, 1)
    layers = {int(found[1]) for name in tensors if (found := _LAYER.match(name))}
    assumptions = [f"head size {_RELEASED_HEAD}, as in the released weights (shapes do not tell it)"]
    if channels == 12:
        encoding = RayEncoding.AUG
    else:
        encoding = RayEncoding.NEAREST
        assumptions.append("ray encoding 'nearest', as in the released weights (9 channels fit 'plucker' too)")
    config = GSLRMConfig(
        encoding=encoding,
        d=d,
        d_head=_RELEASED_HEAD,
        n_layer=len(layers),
        patch_size=patch,
        n_gaussians=free,
        sh_degree=degree,
        add_refsrc_marker="view_type_embeddings" in tensors,
    )
    return config, tuple(assumptions)


def check_fit(tensors: Mapping[str, Tensor], config: GSLRMConfig, place: str) -> None:
    """Raises ``CheckpointError`` naming every kind of difference between the weights and the network."""
    with torch.device("meta"):
        expected = {name: tuple(value.shape) for name, value in GSLRM(config).state_dict().items()}
    given = {name: tuple(value.shape) for name, value in tensors.items()}
    complaints = []
    if missing := [name for name in expected if name not in given]:
        complaints.append(f"missing: {_listed(missing)}")
    if unexpected := [name for name in given if name not in expected]:
        complaints.append(f"unexpected: {_listed(unexpected)}")
    other = [
        f"{name} is {given[name]}, not {shape}" for name, shape in expected.items() if given.get(name, shape) != shape
    ]
    if other:
        complaints.append(f"of another shape: {_listed(other)}")
    if complaints:
        raise CheckpointError(
            "the weights do not fit the network. " + "; ".join(complaints),
            place=place,
            remedy="use the config.yaml these weights were trained with, or weights of a GS-LRM",
        )


def _matrix(tensors: Mapping[str, Tensor], name: str, place: str) -> tuple[int, int]:
    tensor = tensors.get(name)
    if tensor is None or tensor.dim() != 2:
        what = "missing" if tensor is None else f"of shape {tuple(tensor.shape)}"
        raise CheckpointError(
            f"{name} is {what}: these are no weights of a GS-LRM",
            place=place,
            remedy="choose the checkpoint of a GS-LRM run",
        )
    return int(tensor.shape[0]), int(tensor.shape[1])


def _listed(names: list[str]) -> str:
    shown = ", ".join(name[:200] for name in names[:_NAMES_SHOWN])
    return shown if len(names) <= _NAMES_SHOWN else f"{shown} and {len(names) - _NAMES_SHOWN} more"
