"""``mouseview demo``: the whole journey on a generated dataset."""

from __future__ import annotations

import argparse
from pathlib import Path

from mouseview.cli.graphics import has_display
from mouseview.cli.options import Subparsers, positive
from mouseview.cli.outcome import Outcome, Shell


def add(subparsers: Subparsers) -> argparse.ArgumentParser:
    parser = subparsers.add_parser("demo", help="write a demo dataset, walk the journey, show it")
    parser.add_argument("--out", type=Path, default=Path("demo-output"), metavar="DIR", help="default: demo-output")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    parser.add_argument("--samples", type=positive, default=4, metavar="N")
    parser.add_argument("--no-window", action="store_true", help="leave screenshots and the report, open no window")
    return parser


def run(arguments: argparse.Namespace, shell: Shell) -> Outcome:
    from mouseview.workflow.demo import run_demo
    from mouseview.workflow.inspect import numbers

    photograph = shell.photograph if has_display() else None
    if photograph is None:
        shell.say("no display, not even a virtual one: the report will hold no screenshots")
    document = run_demo(
        arguments.out, arguments.seed, arguments.samples, progress=shell.progress, photograph=photograph
    )
    dataset, report = document["dataset"], document["report"]
    show = photograph is not None and not arguments.no_window and not arguments.json
    return Outcome(
        numbers(document),
        f"dataset: {dataset}\nreport: {report}",
        then=(lambda: shell.open_window(str(dataset), None, None, None)) if show else None,
    )
