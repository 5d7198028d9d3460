"""Weights out of a file that ``torch.save`` wrote: memory-mapped, and never running what a pickle asks for."""

from __future__ import annotations

import pickle
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from mouseview.model.errors import CheckpointError

_ZIP_MAGIC = b"PK\x03\x04"
_MAX_PICKLE_BYTES = 64 << 20
_MAX_LEGACY_BYTES = 1 << 30  # the format before torch 1.6 cannot be mapped, so all of it goes to memory
_WEIGHTS_UNDER = ("model", "state_dict", "model_state_dict")
_WRAPPER_PREFIX = "module."  # DistributedDataParallel
_TRAINING_LOSS = "loss_calculator."


def read_torch_file(path: Path) -> dict[str, Tensor]:
    """The weights by name, on the CPU and mapped from the disk, without the training loss's and without ``module.``.

    Raises ``CheckpointError`` for a file that is damaged, holds no weights, or would run code.
    """
    content = _load(path)
    return _named_weights(_weights_of(content, path), path)


def _load(path: Path) -> Any:
    with open(path, "rb") as file:
        mapped = file.read(4) == _ZIP_MAGIC
    if mapped:
        _check_archive(path)
    elif path.stat().st_size > _MAX_LEGACY_BYTES:
        raise _damaged(path, "no archive as torch.save writes it")
    try:
        return torch.load(path, map_location="cpu", weights_only=True, mmap=mapped)
    except pickle.UnpicklingError as error:
        wanted = re.search(r"GLOBAL (\S+)", str(error))
        if wanted is None:
            raise _damaged(path, "its pickle cannot be read as weights") from error
        raise CheckpointError(
            f"refused: to open it, {wanted[1]} would have to run; weights need no code",
            place=str(path),
            remedy="ask for the weights alone (a state_dict, or safetensors); open this file nowhere else",
        ) from error
    except Exception as error:  # a damaged pickle can fail in any way whatever
        raise _damaged(path, f"{type(error).__name__}: {error}") from error


def _check_archive(path: Path) -> None:
    """torch stores its entries as they are; what is compressed could unfold to more memory than there is."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise _damaged(path, "its archive has no valid end") from error
    for entry in entries:
        if entry.compress_type != zipfile.ZIP_STORED:
            raise _damaged(path, f"its entry {entry.filename[:80]!r} is compressed, which torch.save never does")
        if entry.filename.endswith(".pkl") and entry.file_size > _MAX_PICKLE_BYTES:
            raise _damaged(path, f"its index alone has {entry.file_size} bytes")


def _weights_of(content: Any, path: Path) -> Mapping[str, Any]:
    if isinstance(content, Mapping):
        for key in _WEIGHTS_UNDER:
            if isinstance(content.get(key), Mapping):
                return content[key]
        if content and all(isinstance(value, Tensor) for value in content.values()):
            return content
        found = ", ".join(sorted(map(str, content))[:8]) or "nothing"
    else:
        found = type(content).__name__
    raise CheckpointError(
        f"holds no weights: found {found[:300]}; expected a dict with {', '.join(_WEIGHTS_UNDER)}, or of tensors",
        place=str(path),
        remedy="choose the checkpoint of a GS-LRM run",
    )


def _named_weights(weights: Mapping[str, Any], path: Path) -> dict[str, Tensor]:
    named: dict[str, Tensor] = {}
    for key, value in weights.items():
        name = str(key).removeprefix(_WRAPPER_PREFIX)
        if name.startswith(_TRAINING_LOSS):
            continue
        if name in named:
            raise CheckpointError(f"holds {name} twice, with and without '{_WRAPPER_PREFIX}'", place=str(path))
        plain = isinstance(value, Tensor) and value.layout == torch.strided and value.is_floating_point()
        if not plain:
            kind = value.dtype if isinstance(value, Tensor) else type(value).__name__
            raise CheckpointError(f"{name} is {kind}, not a dense tensor of floats", place=str(path))
        named[name] = value.detach()
    return named


def _damaged(path: Path, why: str) -> CheckpointError:
    return CheckpointError(
        f"cannot be read as a checkpoint: {why[:300]}",
        place=str(path),
        remedy="the file is damaged or incomplete: copy or download it again, or choose an older checkpoint of the run",
    )
