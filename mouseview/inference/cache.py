"""The folder where downloads and converted checkpoints are kept; torch-free."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import platformdirs

_ENVIRONMENT = "MOUSEVIEW_CACHE"


def cache_folder(kind: str) -> Path:
    """``kind`` under ``$MOUSEVIEW_CACHE`` or the user's cache folder, made if missing."""
    root = os.environ.get(_ENVIRONMENT)
    folder = (Path(root) if root else platformdirs.user_cache_path("mouseview")) / kind
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def converted_path(source: Path, folder: Path) -> Path:
    """Where the conversion of ``source`` in its present state (path, size, time of change) belongs."""
    state = source.stat()
    changed = _short_hash(f"{state.st_size} {state.st_mtime_ns}")
    return folder / f"{_of_source(source)}-{changed}.safetensors"


def remove_outdated(converted: Path, source: Path) -> None:
    """Delete the conversions of earlier states of ``source``."""
    for file in converted.parent.glob(f"{_of_source(source)}-*.safetensors"):
        if file != converted:
            file.unlink(missing_ok=True)


def _of_source(source: Path) -> str:
    # no characters that a glob would read as a pattern
    stem = "".join(c if c.isalnum() or c in "_-" else "_" for c in source.stem[:60])
    return f"{stem}-{_short_hash(str(source.resolve()))}"


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
