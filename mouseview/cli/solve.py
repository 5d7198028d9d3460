"""``mouseview solve``: how the calibration has to be read, by all evidence that is there; and use that reading."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from mouseview.cli.options import Subparsers, add_path, add_sample
from mouseview.cli.outcome import FAILED, FINE, Outcome, Shell
from mouseview.cli.text import columns, number

if TYPE_CHECKING:
    from pathlib import Path

    from mouseview.solve.conventions.length import KnownLength, Point


def add(subparsers: Subparsers) -> argparse.ArgumentParser:
    parser = subparsers.add_parser("solve", help="find out how a calibration has to be read (transposes, axes, sizes)")
    add_path(parser)
    add_sample(parser)
    parser.add_argument("--format", metavar="F", help="read PATH as this format instead of recognising it")
    parser.add_argument(
        "--known-length",
        metavar="A,B=MM",
        help="the true length between two keypoints (nose,tail=92.5) or two points (x,y,z:x,y,z=92.5) in the file's "
        "units: the only thing that tells the unit of length",
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--apply", action="store_true", help="save the best reading beside the calibration and use it")
    what.add_argument("--undo", action="store_true", help="take a saved correction back")
    return parser


def run(arguments: argparse.Namespace, shell: Shell) -> Outcome:
    from mouseview.workflow.open import open_path
    from mouseview.workflow.solve import describe_solved, solve_path, take_back, use_correction

    known = None if arguments.known_length is None else known_length(arguments.known_length)
    if arguments.undo:
        dataset = open_path(arguments.path, arguments.format, corrected=False)
        count = take_back(dataset, shell.progress)
        text = f"{count} correction(s) taken back" if count else "nothing was corrected here"
        return Outcome({"path": str(dataset.path), "taken_back": count}, text)
    solved = solve_path(arguments.path, arguments.format, arguments.sample, known, shell.progress)
    document = describe_solved(solved)
    lines = _lines(document)
    code = FINE if solved.agrees else FAILED
    if arguments.apply:
        written: tuple[Path, ...] = ()
        if not solved.solution.fits:
            lines.append("nothing is saved: no reading explains what is seen")
        elif solved.correction == solved.in_use:
            lines.append("nothing to save: this reading is in use")
        else:
            written = use_correction(solved.dataset, solved.correction, shell.progress)
            code = FINE
            lines += [f"saved {place}" for place in written[:5]]
            lines += [f"… and {len(written) - 5} more"] if len(written) > 5 else []
        document["saved"] = [str(place) for place in written]
    elif not solved.agrees and solved.solution.fits:
        lines.append("→ mouseview solve PATH --apply uses it from now on; --undo takes it back")
    return Outcome(document, "\n".join(lines), code)


def known_length(text: str) -> KnownLength:
    """``nose,tail=92.5`` or ``x,y,z:x,y,z=92.5``. Raises ``MouseViewError``."""
    from mouseview.model.errors import MouseViewError
    from mouseview.solve.conventions.length import KnownLength

    ends, _, length = text.rpartition("=")
    parts = ends.split(":") if ":" in ends else ends.split(",")
    try:
        length_mm = float(length)
        if len(parts) == 2 and all(part.strip() for part in parts):
            if ":" in ends:
                return KnownLength(_point(parts[0]), _point(parts[1]), length_mm)
            return KnownLength(parts[0].strip(), parts[1].strip(), length_mm)
    except ValueError:
        pass  # said below, with the whole text
    raise MouseViewError(
        f"{text!r} is no known length", place="--known-length", remedy="for example nose,tail=92.5 or 0,0,0:0,0,50=50"
    )


def _point(text: str) -> Point:
    x, y, z = (float(part) for part in text.split(","))
    return x, y, z


def _lines(document: dict[str, Any]) -> list[str]:
    unit = document["unit_of_score"]
    rows = [("reading", unit, "× best", "σ", "told by", "verdict")]
    for reading in document["readings"]:
        score = number(reading["score"], 2)
        rows.append(
            (
                ("* " if reading["current"] else "  ") + reading["reading"],
                f"> {score}" if reading["at_least"] else score,
                number(reading["times_worse"], 2),
                number(reading["standard_errors"], 1),
                reading["told_by"] or "–",
                reading["standing"] + (f": {reading['why_impossible']}" if reading["why_impossible"] else ""),
            )
        )
    in_use = ", ".join(document["in_use"]) or "as the file says"
    return [
        f"{document['path']}: {document['format']}, {len(document['cameras'])} cameras, read {in_use} (*)",
        f"judged by {', '.join(document['evidence'])}",
        "",
        *columns(rows),
        "",
        *([document["length"]["words"]] if document["length"] else []),
        "cannot be separated:",
        *(f"  {sentence}" for sentence in document["cannot_be_separated"] or ("nothing",)),
        "",
        document["verdict"],
    ]
