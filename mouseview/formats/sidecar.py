"""Decisions about files that are never written themselves: a small JSON file beside them, or in the user's own folder.

A sidecar belongs to one file or folder (``target``) and one kind of decision. Beside a file it is called
``NAME.KIND.mouseview.json``, in a folder ``KIND.mouseview.json``; where nobody may write there, it lies in the user's
data folder under a name made of the target's absolute path.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import platformdirs

from mouseview.formats.files import MIB, read_json, write_atomically
from mouseview.model.errors import FileFormatError

ENDING = ".mouseview.json"
_FORMAT = "mouseview-sidecar"
_VERSION = 1
_MAX_BYTES = MIB


def beside(target: Path | str, kind: str) -> Path:
    """Where a sidecar lies when its folder can be written."""
    path = Path(target)
    return path / f"{kind}{ENDING}" if path.is_dir() else path.with_name(f"{path.name}.{kind}{ENDING}")


def elsewhere(target: Path | str, kind: str) -> Path:
    """Where it lies when that folder cannot be written."""
    key = hashlib.sha256(os.path.abspath(target).encode()).hexdigest()[:24]
    return Path(platformdirs.user_data_dir("mouseview", appauthor=False)) / "sidecars" / f"{key}.{kind}{ENDING}"


def find_sidecar(target: Path | str, kind: str) -> Path | None:
    """The sidecar that counts: the one beside its target first."""
    return next((path for path in (beside(target, kind), elsewhere(target, kind)) if path.is_file()), None)


def read_sidecar(target: Path | str, kind: str) -> dict[str, Any] | None:
    """What was decided about ``target``, or None. Raises ``FileFormatError`` when the sidecar cannot be used."""
    path = find_sidecar(target, kind)
    if path is None:
        return None
    document = read_json(path, _MAX_BYTES)
    remedy = "correct the file, or remove it to go back to what was read without it"
    if not isinstance(document, dict) or document.get("format") != _FORMAT or document.get("kind") != kind:
        raise FileFormatError(f"is not a MouseView sidecar of kind {kind!r}", place=str(path), remedy=remedy)
    content = document.get("content")
    if document.get("version") != _VERSION or not isinstance(content, dict):
        raise FileFormatError(
            f"has version {document.get('version')!r}; this MouseView reads {_VERSION}", place=str(path), remedy=remedy
        )
    return content


def write_sidecar(target: Path | str, kind: str, content: dict[str, Any]) -> Path:
    """Write a decision, atomically, and return where it lies. Raises ``FileFormatError`` when neither place works."""
    data = json.dumps({"format": _FORMAT, "version": _VERSION, "kind": kind, "content": content}, indent=1).encode()
    place = beside(target, kind)
    try:
        write_atomically(place, data)
    except FileFormatError:  # a read-only archive is common: the user's own folder takes its place
        place = elsewhere(target, kind)
        place.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(place, data)
    return place


def remove_sidecar(target: Path | str, kind: str) -> None:
    """Take the decision back, wherever it lies."""
    for path in (beside(target, kind), elsewhere(target, kind)):
        path.unlink(missing_ok=True)
