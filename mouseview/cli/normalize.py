"""``mouseview normalize``: every sample of a path in the model's camera format, with its ledger."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from mouseview.cli.job_options import add_job_options, backend_of, progress_line, resumable, words_of
from mouseview.cli.options import Subparsers, add_path, add_recipe, recipe_of
from mouseview.cli.outcome import FAILED, FINE, Outcome, Shell
from mouseview.cli.text import error_lines, number


def add(subparsers: Subparsers) -> argparse.ArgumentParser:
    parser = subparsers.add_parser("normalize", aliases=["normalise"], help="write samples in a model's format")
    add_path(parser)
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="one folder a sample is written here")
    add_recipe(parser)
    parser.add_argument("--model", default="facelift", metavar="NAME", help="model format (default: facelift)")
    add_job_options(parser)
    return parser


def run(arguments: argparse.Namespace, shell: Shell) -> Outcome:
    from mouseview.workflow.inspect import numbers
    from mouseview.workflow.normalise import normalise_dataset

    recipe = recipe_of(arguments, arguments.model)
    with resumable(shell, *_words(arguments)):
        document = normalise_dataset(
            arguments.path,
            arguments.out,
            recipe,
            resume=arguments.resume,
            watch=progress_line(shell, "normalising"),
            backend=backend_of(arguments),
        )
    for failure in document["failed"]:
        shell.say("\n".join(error_lines(failure["name"], failure["error"])))
    failed = bool(document["failed"]) or not document["samples"]
    return Outcome(numbers(document), _text(document, arguments.out), FAILED if failed else FINE)


def _words(arguments: argparse.Namespace) -> list[str]:
    """The command line again, with everything that decides what is written."""
    source, point = arguments.centre
    given = words_of(
        out=arguments.out,
        mode=arguments.mode,
        centre=source if point is None else ",".join(f"{value!r}" for value in point),
        model=arguments.model,
        jobs=arguments.jobs if arguments.jobs > 1 else None,
        cluster=arguments.cluster,
    )
    return ["normalize", str(arguments.path), *given]


def _text(document: dict[str, Any], out: Path) -> str:
    lines = [f"{len(document['samples'])} sample(s) in {out}, {len(document['failed'])} failed"]
    similarity = document["similarity"]
    if similarity is not None:
        centre = ", ".join(number(float(value), 3) for value in similarity["centre"])
        lines.append(f"similarity of the first: scale {similarity['scale']:.8g}, centre ({centre})")
    return "\n".join(lines)
