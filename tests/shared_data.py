"""Where the acceptance data lies: real calibrations and golden checkpoints that are never part of the repository."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_REPOSITORY = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("MOUSEVIEW_SHARED", _REPOSITORY.parent / "shared"))


def shared_path(name: str) -> Path:
    """A file or folder of the shared data; the test is skipped, with the reason, where it is absent."""
    found = SHARED / name
    if not found.exists():
        pytest.skip(f"needs {name} of the shared acceptance data (set MOUSEVIEW_SHARED to its folder)")
    return found
