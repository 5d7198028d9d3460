"""How long the window takes from its command to a picture of itself with a sample open."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from mouseview.cli.graphics import has_display, remedy
from mouseview.model.errors import MouseViewError

_ROUNDS = 5
_PATIENCE_S = 120


def measure() -> list[dict[str, Any]]:
    """Rows of ``mouseview bench``. Both sides are whole processes: start, first frame, a saved picture, end."""
    if not has_display():
        raise MouseViewError("there is no display to open a window on", place="bench window", remedy=remedy())
    from mouseview.workflow.demo import write_demo_dataset

    with tempfile.TemporaryDirectory() as folder:
        dataset = write_demo_dataset(folder, samples=1)
        ours, peer = [], []
        for index in range(_ROUNDS + 1):  # by turns, so that a busy moment meets both; the first warms the disk
            ours_s = _timed(["mouseview", "open", str(dataset), "--screenshot"], Path(folder) / f"ours_{index}.png")
            peer_s = _timed(["mouseview.app.peer_window"], Path(folder) / f"peer_{index}.png")
            if index:
                ours.append(ours_s)
                peer.append(peer_s)
    seconds, floor_seconds = statistics.median(ours), statistics.median(peer)
    return [
        {
            "name": "window",
            "what": f"command → picture of the window with a sample open → end, median of {_ROUNDS}",
            "seconds": seconds,
            "floor": "the same with a bare PySide6 + vispy window",
            "floor_seconds": floor_seconds,
            "ratio": seconds / floor_seconds,
        }
    ]


def _timed(module: list[str], picture: Path) -> float:
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", *module, str(picture)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        timeout=_PATIENCE_S,
        check=False,
    )
    seconds = time.perf_counter() - start
    if done.returncode != 0 or not picture.is_file():
        raise MouseViewError(
            f"{module[0]} left no picture (exit {done.returncode}): {done.stderr.strip()[-300:]}",
            place="bench window",
            remedy="mouseview doctor",
        )
    return seconds
