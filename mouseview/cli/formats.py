"""``mouseview formats``: what can be read and written."""

from __future__ import annotations

import argparse

from mouseview.cli.options import Subparsers
from mouseview.cli.outcome import Outcome, Shell
from mouseview.cli.text import columns


def add(subparsers: Subparsers) -> argparse.ArgumentParser:
    return subparsers.add_parser("formats", help="list the camera formats that can be read and written")


def run(_arguments: argparse.Namespace, _shell: Shell) -> Outcome:
    from mouseview.formats.registry import FORMATS

    listed = [
        {
            "name": known.name,
            "title": known.title,
            "description": known.description,
            "file_names": list(known.file_names),
            "read": True,
            "write": known.can_write,
            "labels": known.labels is not None,
        }
        for known in FORMATS
    ]
    rows = [
        (known.name, "read, write" if known.can_write else "read", f"{known.title}: {known.description}")
        for known in FORMATS
    ]
    widths = columns([row[:2] for row in rows])
    text = "\n".join(f"{line}  {row[2]}" for line, row in zip(widths, rows, strict=True))
    return Outcome({"formats": listed}, text)
