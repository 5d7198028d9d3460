"""Which file a checkpoint path means and which camera format it declares: known before torch is loaded."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from mouseview import resources
from mouseview.formats.files import read_bytes
from mouseview.inference.catalog import entries
from mouseview.model.errors import CheckpointError, MouseViewError

CONFIG_NAME = "config.yaml"
DEFAULT_FORMAT = "facelift"
MAX_CONFIG_BYTES = 1 << 20
_MAX_HEADER_BYTES = 16 << 20  # names and shapes of the tensors: far more than any GS-LRM needs
SUFFIX = ".safetensors"
_NUMBERED = re.compile(r"ckpt_(\d{1,32})\.pt")


def declared_format(checkpoint: str) -> str:
    """Name of the camera format that a checkpoint (a path or a name of the catalog) declares, else ``facelift``.

    What cannot be read declares nothing here: opening the weights says what is wrong with them.
    """
    named = {entry.name: entry.path for entry in entries()}
    path = Path(checkpoint).expanduser()
    if not path.exists():
        known = named.get(checkpoint)
        if known is None:
            return DEFAULT_FORMAT
        path = known
    try:
        name = _declared_by(find_weights(path))
    except (MouseViewError, OSError, ValueError, RecursionError, yaml.YAMLError):
        return DEFAULT_FORMAT
    return name if name in resources.names("model_formats", ".json") else DEFAULT_FORMAT


def _declared_by(file: Path) -> object:
    """As opening the checkpoint decides: a configuration in the file wins over the config.yaml beside it."""
    metadata = _metadata(file) if file.suffix == SUFFIX else {}
    beside = file.with_name(CONFIG_NAME)
    if "model" not in metadata and beside.is_file():
        document = yaml.safe_load(read_bytes(beside, MAX_CONFIG_BYTES))
        if isinstance(document, Mapping) and isinstance(document.get("model_format"), str):
            return document["model_format"]
    return metadata.get("model_format")


def _metadata(file: Path) -> Mapping[str, Any]:
    with file.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        header = json.loads(stream.read(length)) if length <= _MAX_HEADER_BYTES else {}
    metadata = header.get("__metadata__") if isinstance(header, dict) else None
    return metadata if isinstance(metadata, dict) else {}


def find_weights(path: Path) -> Path:
    """The file that a path to a file or folder means: ``model.safetensors``, else the ``ckpt_*.pt`` of highest step."""
    if path.is_file():
        return path
    if not path.is_dir():
        raise CheckpointError(
            "does not exist", place=str(path), remedy="give a checkpoint file, a run folder or the name of a checkpoint"
        )
    own = path / f"model{SUFFIX}"
    if own.is_file():
        return own
    numbered = [(int(found[1]), file) for file in path.iterdir() if (found := _NUMBERED.fullmatch(file.name))]
    if numbered:
        return max(numbered)[1]
    single = sorted(file for file in path.iterdir() if file.suffix in {SUFFIX, ".pt", ".pth"})
    if len(single) == 1:
        return single[0]
    raise CheckpointError(
        f"holds {len(single)} possible checkpoint files"
        if single
        else "holds no checkpoint (ckpt_*.pt, *.safetensors)",
        place=str(path),
        remedy="give the checkpoint file itself",
    )
