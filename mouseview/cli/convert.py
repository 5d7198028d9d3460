"""``mouseview convert``: cameras of one format into a file of another, and what that lost."""

from __future__ import annotations

import argparse
from pathlib import Path

from mouseview.cli.options import Subparsers, add_path, add_sample
from mouseview.cli.outcome import Outcome, Shell


def add(subparsers: Subparsers) -> argparse.ArgumentParser:
    parser = subparsers.add_parser("convert", help="write cameras in another format")
    add_path(parser)
    add_sample(parser)
    parser.add_argument("--format", metavar="F", help="read PATH as this format instead of recognising it")
    parser.add_argument("--to", required=True, metavar="FORMAT", help="see: mouseview formats")
    parser.add_argument("--out", required=True, type=Path, metavar="FILE", help="the file to write")
    return parser


def run(arguments: argparse.Namespace, _shell: Shell) -> Outcome:
    from mouseview.formats.registry import write_rig
    from mouseview.model.errors import MouseViewError
    from mouseview.workflow.open import open_path, sample_named

    rig = sample_named(open_path(arguments.path, arguments.format), arguments.sample).rig
    if rig.source is not None and arguments.out.exists() and arguments.out.samefile(rig.source):
        raise MouseViewError(
            "the output is the file that was read", place=str(arguments.out), remedy="choose another name for --out"
        )
    lost = write_rig(rig, arguments.out, arguments.to)
    document = {"written": str(arguments.out), "format": arguments.to, "cameras": len(rig), "lost": list(lost)}
    lines = [f"wrote {len(rig)} cameras to {arguments.out}", *(f"lost: {what}" for what in lost)]
    return Outcome(document, "\n".join(lines))
