"""``mouseview open``: the window, or with ``--screenshot`` a picture of it."""

from __future__ import annotations

import argparse

from mouseview.cli.graphics import require_display
from mouseview.cli.options import Subparsers
from mouseview.cli.outcome import FINE, Outcome, Shell


def add(subparsers: Subparsers) -> argparse.ArgumentParser:
    parser = subparsers.add_parser("open", help="open the window")
    parser.add_argument("path", nargs="?", metavar="PATH", help="what to open in it")
    parser.add_argument("--screenshot", metavar="FILE", help="render, save the picture, quit")
    parser.add_argument("--tour", metavar="DIR", help="walk the journey, save a picture of every step there, quit")
    parser.add_argument("--select", metavar="SAMPLE", help="the sample to show")
    return parser


def run(arguments: argparse.Namespace, shell: Shell) -> Outcome:
    from mouseview.workflow.open import open_path

    require_display("open")
    if arguments.path and (arguments.screenshot or arguments.tour):
        open_path(arguments.path)  # nobody looks at the window that would say what is wrong with it
    code = shell.open_window(arguments.path, arguments.screenshot, arguments.select, arguments.tour)
    written = arguments.screenshot if code == FINE else None
    return Outcome({"screenshot": written}, f"wrote {written}" if written else "", code)
