"""Checkpoints by name: bundled ones, and those on the Hugging Face hub after the user's consent. Torch-free.

Written for ``wlyu/OpenFaceLift`` from its public description and tested against a local fake server; it has not been
tried on the released weights.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mouseview import resources
from mouseview.inference import hub
from mouseview.inference.hub import Consent, DownloadOffer, HubFile
from mouseview.model.errors import CheckpointError

__all__ = ["RELEASED", "Consent", "DownloadOffer", "Entry", "HubFile", "entries", "resolve"]

Progress = Callable[[float, str], None]

_BUNDLED = "checkpoints"
_HUB_PREFIX = "hf:"
_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")

RELEASED = HubFile(
    "wlyu/OpenFaceLift",
    "gslrm/ckpt_0000000000021125.pt",
    licence_note="FaceLift is released for research only; read its licence before you accept",
)
_ON_HUB = {"openfacelift": RELEASED}


@dataclass(frozen=True)
class Entry:
    """One line of a list of checkpoints. path: None until it is downloaded."""

    name: str
    title: str
    path: Path | None


def entries() -> tuple[Entry, ...]:
    """What can be named: the bundled checkpoints first, then those of the hub."""
    bundled = [Entry(folder.name, "bundled with MouseView", folder) for folder in _bundled()]
    on_hub = [
        Entry(name, f"{file.repo} on Hugging Face (MouseView is untested on it)", hub.downloaded(file))
        for name, file in _ON_HUB.items()
    ]
    return (*bundled, *on_hub)


def is_released(checkpoint: str) -> bool:
    """Is this a name of the weights that FaceLift's authors released?"""
    return checkpoint in (*_ON_HUB, f"{_HUB_PREFIX}{RELEASED.repo}/{RELEASED.path}")


def resolve(
    checkpoint: str | Path,
    consent: Consent | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Path:
    """A path, the name of an entry, or ``hf:owner/repo/path/in/repo`` → a file or folder on this machine.

    What must be downloaded is offered to ``consent`` first (repository, file, size, licence); without consent, or
    with none to ask, ``CheckpointError`` tells how to get it. A path that exists wins over a name. Raises
    ``Cancelled`` soon after ``cancelled()`` turns true; a later call resumes the download.
    """
    path = Path(checkpoint).expanduser()
    if path.exists():
        return path
    name = str(checkpoint)
    for folder in _bundled():
        if folder.name == name:
            return folder
    file = _hub_file(name[len(_HUB_PREFIX) :]) if name.startswith(_HUB_PREFIX) else _ON_HUB.get(name)
    if file is not None:
        return hub.downloaded(file) or hub.download(file, consent, progress, cancelled)
    known = ", ".join(entry.name for entry in entries())
    if _PLAIN_NAME.fullmatch(name) and not path.suffix:
        raise CheckpointError(f"no checkpoint is called {name!r}", remedy=f"choose one of {known}, or give a path")
    raise CheckpointError("does not exist", place=name, remedy=f"give the path of a checkpoint, or one of {known}")


def _bundled() -> tuple[Path, ...]:
    try:
        root = resources.path(_BUNDLED)
    except FileNotFoundError:
        return ()
    return tuple(sorted(folder for folder in root.iterdir() if (folder / "model.safetensors").is_file()))


def _hub_file(reference: str) -> HubFile:
    parts = reference.split("/")
    if len(parts) < 3 or any(part in ("", ".", "..") or "\\" in part for part in parts):
        raise CheckpointError(
            f"'hf:{reference}' names no file on the hub", remedy="write hf:owner/repository/path/of/the/file.pt"
        )
    return HubFile("/".join(parts[:2]), "/".join(parts[2:]))
