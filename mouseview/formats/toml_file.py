"""TOML documents of calibrations, bounded in size and nesting before they are parsed."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import tomli_w

from mouseview.formats.files import MIB, read_bytes, write_atomically
from mouseview.model.errors import FileFormatError

MAX_TOML_BYTES = MIB

_MAX_KEY_PARTS = 32
_KEY_ENDS = re.compile(r"[\n=,\[\]{}#]")
_POSITION = re.compile(r"\s*\(at (line \d+, column \d+|end of document)\)$")


def read_toml(path: Path) -> dict[str, Any]:
    """The document of a UTF-8 file; raises ``FileFormatError`` with line and column where it stops being TOML."""
    data = read_bytes(path, MAX_TOML_BYTES)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileFormatError(
            f"byte {error.start} is not UTF-8 text", place=str(path), remedy="this is no TOML file; check the path"
        ) from error
    # the parser's time grows with the square of a dotted key's length
    if any(part.count(".") > _MAX_KEY_PARTS for part in _KEY_ENDS.split(text)):
        raise FileFormatError(
            f"a key or value has more than {_MAX_KEY_PARTS} dots",
            place=str(path),
            remedy="check that it is a camera file",
        )
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        found = _POSITION.search(message)
        raise FileFormatError(
            f"not valid TOML: {message[: found.start()] if found else message}",
            place=f"{path}, {found[1]}" if found else str(path),
            remedy="correct the file at this place, or export it again",
        ) from error
    except (RecursionError, ValueError, OverflowError) as error:
        raise FileFormatError(
            f"not usable as TOML: {error}", place=str(path), remedy="export the file again"
        ) from error


def write_toml(path: Path, document: dict[str, Any]) -> None:
    """Write atomically; characters that UTF-8 cannot hold become question marks."""
    write_atomically(path, tomli_w.dumps(document).encode(errors="replace"))
