"""How text looks on the stream it goes to: its width, and colours where a terminal shows them and nobody objects."""

from __future__ import annotations

import os
import shutil
import textwrap
from dataclasses import dataclass
from typing import TextIO

_PLAIN_WIDTH = 100  # in files and pipes
_LEAST_WIDTH = 40
_CODES = {"error": "31;1", "warning": "33;1", "info": "36", "good": "32;1", "strong": "1", "muted": "2"}


@dataclass(frozen=True)
class Style:
    """width: columns to wrap at.  colour: whether escape codes may be written."""

    width: int = _PLAIN_WIDTH
    colour: bool = False

    @classmethod
    def of(cls, stream: TextIO) -> Style:
        """Colours on a terminal alone, unless NO_COLOR is set (to anything) or the terminal is dumb."""
        terminal = stream.isatty()
        width = shutil.get_terminal_size((_PLAIN_WIDTH, 24)).columns if terminal else _PLAIN_WIDTH
        objected = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
        return cls(max(width, _LEAST_WIDTH), terminal and not objected)

    def paint(self, text: str, role: str) -> str:
        """role: ``error``, ``warning``, ``info``, ``good``, ``strong`` or ``muted``."""
        return f"\x1b[{_CODES[role]}m{text}\x1b[0m" if self.colour and text else text

    def wrapped(self, text: str, first: str = "", rest: str | None = None) -> list[str]:
        """Lines no wider than the terminal where words allow it; ``first`` and ``rest`` begin them."""
        return textwrap.wrap(
            text,
            self.width,
            initial_indent=first,
            subsequent_indent=first if rest is None else rest,
            break_long_words=False,
            break_on_hyphens=False,
        )
