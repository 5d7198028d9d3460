"""``mouseview inspect``: what a path holds and what is wrong with it."""

from __future__ import annotations

import argparse

from mouseview.cli.inspect_text import sample_report, survey_report
from mouseview.cli.options import Subparsers, add_path, add_sample, positive
from mouseview.cli.outcome import FAILED, FINE, Outcome, Shell


def add(subparsers: Subparsers) -> argparse.ArgumentParser:
    parser = subparsers.add_parser(
        "inspect",
        help="read cameras and images, and check them",
        description="Exit code 1 exactly when something is violated: the report then has an ERROR.",
    )
    add_path(parser)
    which = parser.add_mutually_exclusive_group()
    add_sample(which)
    which.add_argument("--all", action="store_true", help="check every sample, and put equal findings together")
    which.add_argument("--every", type=positive, metavar="N", help="check every N-th sample")
    parser.add_argument("--format", metavar="F", help="read PATH as this format instead of recognising it")
    return parser


def run(arguments: argparse.Namespace, shell: Shell) -> Outcome:
    if arguments.all or arguments.every:
        from mouseview.workflow.survey import survey

        document = survey(arguments.path, arguments.format, arguments.every or 1, shell.progress)
        report = survey_report
    else:
        from mouseview.workflow.inspect import describe

        document = describe(arguments.path, arguments.format, arguments.sample)
        report = sample_report
    return Outcome(document, lambda style: report(document, style), FAILED if document["violated"] else FINE)
