"""Which file a checkpoint path means and which camera format it declares: known before torch is loaded."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from mouseview import resources
from mouseview.formats.files import read_bytes
from mouseview.geometry.rays import RayEncoding
from mouseview.inference import catalog
from mouseview.inference.config import GSLRMConfig
from mouseview.model.errors import CheckpointError, MouseViewError

CONFIG_NAME = "config.yaml"
DEFAULT_FORMAT = "facelift"
# as its authors publish them; the file itself tells all but the size of a head
RELEASED_CONFIG = GSLRMConfig(RayEncoding.NEAREST, d=1024, d_head=64, n_layer=24)
MAX_CONFIG_BYTES = 1 << 20
_MAX_HEADER_BYTES = 16 << 20  # names and shapes of the tensors: far more than any GS-LRM needs
SUFFIX = ".safetensors"
_NUMBERED = re.compile(r"ckpt_(\d{1,32})\.pt")


def declared_format(checkpoint: str) -> str:
    """Name of the camera format that a checkpoint (a path or a name of the catalog) declares, else ``facelift``.

    What cannot be read declares nothing here: opening the weights says what is wrong with them.
    """
    name = _declared(checkpoint)[1]
    return name if isinstance(name, str) and name in resources.names("model_formats", ".json") else DEFAULT_FORMAT


def declared_config(checkpoint: str) -> GSLRMConfig | None:
    """Sizes of the network as far as they can be known without opening the weights; None where only those tell.

    Of the released weights they are known before they are downloaded.
    """
    block = _declared(checkpoint)[0]
    with contextlib.suppress(MouseViewError, ValueError, RecursionError):  # opening the weights says what is wrong
        declared = json.loads(block) if isinstance(block, str) else block
        if isinstance(declared, Mapping):
            return GSLRMConfig.from_mapping(declared)
    return RELEASED_CONFIG if catalog.is_released(checkpoint) else None


def _declared(checkpoint: str) -> tuple[object, object]:
    """The ``model:`` block (JSON text or a table) and the name of the camera format; None for what is not declared."""
    named = {entry.name: entry.path for entry in catalog.entries()}
    path = Path(checkpoint).expanduser()
    if not path.exists():
        known = named.get(checkpoint)
        if known is None:
            return None, None
        path = known
    try:
        return _declared_by(find_weights(path))
    except (MouseViewError, OSError, ValueError, RecursionError, yaml.YAMLError):
        return None, None


def _declared_by(file: Path) -> tuple[object, object]:
    """As opening the checkpoint decides: a configuration in the file wins over the config.yaml beside it."""
    metadata = _metadata(file) if file.suffix == SUFFIX else {}
    if "model" in metadata:
        return metadata["model"], metadata.get("model_format")
    beside = file.with_name(CONFIG_NAME)
    if beside.is_file():
        document = yaml.safe_load(read_bytes(beside, MAX_CONFIG_BYTES))
        if isinstance(document, Mapping):
            own = document.get("model_format")
            return document.get("model"), own if isinstance(own, str) else metadata.get("model_format")
    return None, metadata.get("model_format")


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
