"""Composition root: the only place that joins the command line, the workflow and the window."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from mouseview.cli.main import main as command_line
from mouseview.cli.outcome import Shell


def _run_window(path: str | None, screenshot: str | None, select: str | None, tour: str | None) -> int:
    from mouseview.app.main import run_window

    return run_window(path, screenshot, select, tour)


def _photograph(dataset: Path, folder: Path) -> Sequence[Path]:
    """Pictures of the journey, from a process of its own: Qt is never loaded into the demo's."""
    command = [sys.executable, "-m", "mouseview", "open", str(dataset), "--tour", str(folder)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, timeout=900, check=False)
    if done.returncode != 0:
        print(f"the window could not be photographed (exit {done.returncode}); try: mouseview doctor", file=sys.stderr)
    return sorted(folder.glob("*.png"))


def main(argv: Sequence[str] | None = None) -> int:
    """The ``mouseview`` command; returns its exit code."""
    return command_line(argv, Shell(_run_window, _photograph))


def window() -> int:
    """The ``mouseview-window`` entry: the window alone, on the path given or on nothing."""
    return main(["open", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
