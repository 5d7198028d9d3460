"""What a command gets from its surroundings and what it hands back. Light: imported by every start."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from mouseview.cli.style import Style

FINE = 0
FAILED = 1  # something violated or failed
INTERRUPTED = 130  # what shells expect after Ctrl-C

OpenWindow = Callable[[str | None, str | None, str | None, str | None], int]
Photograph = Callable[[Path, Path], Sequence[Path]]


class ProgressLine:
    """Progress on a stream: one line rewritten on a terminal, elsewhere a line for each change worth reading."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream
        self._said = ""
        self._percent = -100
        self._open = False

    def __call__(self, fraction: float, what: str, detail: str = "") -> None:
        """detail: changes all the time; elsewhere it is not worth a line of its own."""
        stream = self._stream or sys.stderr
        percent = round(100 * fraction)
        line = f"{percent:3d} % {' '.join(part for part in (what, detail) if part)}"
        if stream.isatty():
            print(f"\r\x1b[K{line}", end="", file=stream, flush=True)
            self._open = True
        elif what != self._said or percent >= self._percent + 10:
            print(line, file=stream, flush=True)
            self._said, self._percent = what, percent

    def end(self) -> None:
        """Leave the cursor on a fresh line."""
        if self._open:
            print(file=self._stream or sys.stderr)
            self._open = False


@dataclass(frozen=True)
class Shell:
    """The surroundings. open_window(path, screenshot, select, tour) → exit code;
    photograph(dataset, folder) → pictures."""

    open_window: OpenWindow
    photograph: Photograph
    progress: ProgressLine = field(default_factory=ProgressLine)

    def say(self, text: str) -> None:
        """A message that is no result: to stderr."""
        self.progress.end()
        print(text, file=sys.stderr)


@dataclass(frozen=True)
class Outcome:
    """document: what ``--json`` prints; text: what is printed otherwise, as it is or laid out for the stream; code: of
    the process."""

    document: dict[str, Any]
    text: str | Callable[[Style], str]
    code: int = FINE
    then: Callable[[], int] | None = None  # after the result was printed: opens the window, gives the exit code
