"""Measures what needs a window in a process of its own, which may open one; this one stays free of Qt."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from mouseview.model.errors import MouseViewError

_PATIENCE_S = 400


def measure_apart(module: str, what: str) -> list[dict[str, Any]]:
    """Rows of ``mouseview bench``: what ``module`` prints last, as JSON. what: is measured, for errors."""
    done = subprocess.run(
        [sys.executable, "-m", module],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_PATIENCE_S,
        check=False,
    )
    lines = done.stdout.strip().splitlines()
    if done.returncode != 0 or not lines:
        raise MouseViewError(
            f"{what} was not measured (exit {done.returncode}): {done.stderr.strip()[-300:]}",
            place=module,
            remedy="mouseview doctor",
        )
    rows: list[dict[str, Any]] = json.loads(lines[-1])
    return rows
