"""How long the window takes from its command to its first frame with a sample open."""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Any

from mouseview.cli.graphics import require_display
from mouseview.model.errors import MouseViewError

_ROUNDS = 5
_PATIENCE_S = 120
_FIRST_FRAME = re.compile(r"^first frame[^:]*: ([0-9.]+)$", re.MULTILINE)


def measure() -> list[dict[str, Any]]:
    """Rows of ``mouseview bench``: fresh processes, from their start until they say that the first frame is drawn."""
    require_display("bench window")
    from mouseview.workflow.demo import write_demo_dataset

    with tempfile.TemporaryDirectory() as folder:
        dataset = write_demo_dataset(folder, samples=1)
        ours, peer = [], []
        for index in range(_ROUNDS + 1):  # by turns, so that a busy moment meets both; the first warms the disk
            ours_s = _until_first_frame(folder, "mouseview", "open", str(dataset))
            peer_s = _until_first_frame(folder, "mouseview.app.peer_window")
            if index:
                ours.append(ours_s)
                peer.append(peer_s)
    seconds, floor_seconds = statistics.median(ours), statistics.median(peer)
    return [
        {
            "name": "window",
            "what": f"from the command to the first frame with a sample open, median of {_ROUNDS}",
            "seconds": seconds,
            "floor": "the same for a bare PySide6 + vispy window with nothing in it",
            "floor_seconds": floor_seconds,
            "ratio": seconds / floor_seconds,
        }
    ]


def _until_first_frame(own: str, *module: str) -> float:
    """Seconds; settings and autosave of the process lie in the folder ``own``, so that the user's stay as they are."""
    began = time.time()
    done = subprocess.run(
        [sys.executable, "-m", *module],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,  # the command line sends what is not its result there
        text=True,
        timeout=_PATIENCE_S,
        check=False,
        env={**os.environ, "MOUSEVIEW_STARTUP_REPORT": "1", "XDG_STATE_HOME": own, "XDG_CONFIG_HOME": own},
    )
    said = _FIRST_FRAME.search(done.stdout)
    if said is None:
        raise MouseViewError(
            f"no first frame (exit {done.returncode}): {done.stdout.strip()[-300:]}",
            place=" ".join(module),
            remedy="mouseview doctor",
        )
    return float(said[1]) - began
