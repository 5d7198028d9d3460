"""How fast the crop panel follows the pointer, measured in a process of its own that may open a window."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from mouseview.model.errors import MouseViewError

_MODULE = "mouseview.app.crop.bench"
_PATIENCE_S = 400


def measure() -> list[dict[str, Any]]:
    """Rows of ``mouseview bench``."""
    done = subprocess.run(
        [sys.executable, "-m", _MODULE],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_PATIENCE_S,
        check=False,
    )
    lines = done.stdout.strip().splitlines()
    if done.returncode != 0 or not lines:
        raise MouseViewError(
            f"the crop panel was not measured (exit {done.returncode}): {done.stderr.strip()[-300:]}",
            place=_MODULE,
            remedy="mouseview doctor",
        )
    rows: list[dict[str, Any]] = json.loads(lines[-1])
    return rows
