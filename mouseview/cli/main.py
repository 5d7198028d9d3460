"""``mouseview``: parses the arguments, runs one command, prints its outcome and turns errors into exit codes."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any

from mouseview.cli import (
    bench,
    convert,
    damage,
    demo,
    diff,
    doctor,
    draft,
    extract,
    formats,
    inspect,
    normalize,
    open_window,
    recipe,
    reconstruct,
    render,
    session,
    solve,
)
from mouseview.cli.outcome import FAILED, INTERRUPTED, Outcome, Shell
from mouseview.cli.style import Style
from mouseview.model.errors import Cancelled, MouseViewError
from mouseview.version import __version__

_COMMANDS = (
    demo,
    open_window,
    inspect,
    session,
    solve,
    diff,
    convert,
    draft,
    extract,
    normalize,
    recipe,
    damage,
    reconstruct,
    render,
    formats,
    doctor,
    bench,
)


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mouseview",
        description="See what is wrong with a multi-camera rig, normalise it exactly, run GS-LRM and judge the result.",
        epilog="Results go to stdout, messages and progress to stderr. Exit codes: 0 fine, 1 something is violated or "
        "failed, 2 wrong usage, 130 interrupted.",
    )
    parser.add_argument("--version", action="version", version=f"mouseview {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in _COMMANDS:
        subparser = command.add(subparsers)
        subparser.add_argument("--json", action="store_true", help="print one JSON document on stdout and nothing else")
        subparser.set_defaults(run=command.run)
        if subparser.get_default("check") is None:  # of options that argparse cannot refuse together
            subparser.set_defaults(check=lambda _arguments: None)
    return parser


def main(argv: Sequence[str] | None, shell: Shell) -> int:
    """Run one command line (``None``: the process's own) and return its exit code."""
    try:
        arguments = build_parser().parse_args(_joined(sys.argv[1:] if argv is None else argv))
        arguments.check(arguments)
    except SystemExit as usage:  # argparse has already said what is wrong
        return int(usage.code or 0)
    try:
        # whatever a library prints is a message, not the result
        with contextlib.redirect_stdout(sys.stderr):
            outcome: Outcome = arguments.run(arguments, shell)
    except (KeyboardInterrupt, Cancelled):
        return _fail("cancelled", arguments.json, shell, {"type": "Cancelled", "message": "cancelled"}, INTERRUPTED)
    except MouseViewError as error:
        return _fail_with(error, type(error).__name__, arguments.json, shell)
    except OSError as error:
        told = MouseViewError(
            error.strerror or str(error),
            place=str(error.filename or ""),
            remedy="check the path, its permissions and the free space",
        )
        return _fail_with(told, type(error).__name__, arguments.json, shell)
    except Exception as error:  # a defect of ours: all of it is shown, and --json still gives one document
        shell.progress.end()
        traceback.print_exc()
        about = {"message": f"internal error: {error}", "place": arguments.command, "remedy": "report it with its log"}
        return _fail("this is a defect of MouseView", arguments.json, shell, {"type": type(error).__name__, **about})
    shell.progress.end()
    try:
        if arguments.json:
            _print_json(outcome.document)
        elif text := outcome.text if isinstance(outcome.text, str) else outcome.text(Style.of(sys.stdout)):
            print(text, flush=True)
    except BrokenPipeError:  # the reader (``head``) has seen enough; Python must not try again at its exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return outcome.then() if outcome.then is not None else outcome.code


def _joined(argv: Sequence[str]) -> list[str]:
    """``--centre -1,2,3`` (or ``--about``) as one word: argparse would take the second for an option."""
    words = list(argv)
    for index in range(len(words) - 2, -1, -1):
        word, value = words[index : index + 2]
        if word in ("--centre", "--up", "--about") and value.startswith("-") and "," in value:
            words[index : index + 2] = [f"{word}={value}"]
    return words


def _fail(text: str, as_json: bool, shell: Shell, error: dict[str, str], code: int = FAILED) -> int:
    shell.progress.end()
    if as_json:
        _print_json({"error": error})
    else:
        shell.say(text)
    return code


def _fail_with(error: MouseViewError, kind: str, as_json: bool, shell: Shell) -> int:
    about = {"type": kind, "message": error.message, "place": error.place, "remedy": error.remedy}
    return _fail(f"error: {error}", as_json, shell, about)


def _print_json(document: dict[str, Any]) -> None:
    print(json.dumps(document, indent=1, allow_nan=False, default=str), flush=True)
