"""``mouseview damage``: what wrong declarations cost on a rig, beside the honest ones."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from mouseview.cli.options import Subparsers, add_sample, names
from mouseview.cli.outcome import Outcome, Shell
from mouseview.cli.style import Style
from mouseview.cli.text import columns

_KINDS = ("masks", "labels", "volume")
_NOTHING_PX = 5e-3  # shown as 0.00: then no view is the worst
_ROLE = {"true": "good", "approximate": "warning", "false": "error"}


def add(subparsers: Subparsers) -> argparse.ArgumentParser:
    parser = subparsers.add_parser(
        "damage",
        help="measure what wrong camera declarations cost",
        description="Declare the rig's cameras rightly and wrongly (all modes, and mistakes known from pipelines), "
        "triangulate where the subject is, and say by how many px the views then disagree. Nothing is written but "
        "with --out.",
    )
    parser.add_argument(
        "path",
        metavar="PATH",
        nargs="?",
        help="a sample folder, a folder of samples, a list file, a calibration file or a project "
        "(default: the phantom in its arena)",
    )
    add_sample(parser)
    parser.add_argument(
        "--points",
        choices=_KINDS,
        help="where the subject is taken to be: inside all masks, at the 3D labels, or anywhere in the working volume "
        "(default: the first of these that there is)",
    )
    parser.add_argument(
        "--held-out",
        type=names,
        metavar="C,…",
        help="cameras that are never fed (default: those whose names begin with held_)",
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="write damage.json and damage.png here")
    parser.add_argument("--format", metavar="F", help="read PATH as this format instead of recognising it")
    return parser


def run(arguments: argparse.Namespace, shell: Shell) -> Outcome:
    from mouseview.workflow.damage import PlacesKind, describe_damage, measure_damage, phantom_damage, write_damage
    from mouseview.workflow.open import held_out_by_name, open_path, sample_named

    if arguments.path is None:
        report = phantom_damage(shell.progress)
    else:
        sample = sample_named(open_path(arguments.path, arguments.format), arguments.sample)
        held_out = held_out_by_name(sample.rig) if arguments.held_out is None else arguments.held_out
        kind = None if arguments.points is None else PlacesKind(arguments.points)
        report = measure_damage(sample, kind, held_out, progress=shell.progress)
    document = describe_damage(report)
    written = {} if arguments.out is None else write_damage(report, document, arguments.out)
    document = {**document, "written": written}
    return Outcome(document, lambda style: _text(document, style))


def _text(document: dict[str, Any], style: Style) -> str:
    rows = document["declarations"]
    unit = {"unknown": "units", "model": "units"}.get(document["units"], document["units"])
    header = ("declared", "truth", "RMS px", "least", "most", "worst view", "its px", unit)
    lines = [style.paint(f"What a wrong declaration costs: {document['name']}", "strong")]
    lines += style.wrapped(f"points: {document['points']}", "· ", "  ")
    lines += style.wrapped(f"solver: {document['solver']}", "· ", "  ")
    lines += style.wrapped(f"RMS: {document['rms']} ({document['image_px']} px wide)", "· ", "  ")
    head, *table = columns((header, *map(_row, rows)))
    lines += ["", head]
    # painted when aligned: escape codes have a length, and no width
    for line, row in zip(table, rows, strict=True):
        lines.append(line.replace(f" {row['truth']} ", f" {style.paint(row['truth'], _ROLE[row['truth']])} ", 1))
    lines += ["", style.paint("What exactly is declared", "strong")]
    for row in rows:
        lines += style.wrapped(f"{row['title']}: {row['problem'] or row['declared']}", "· ", "  ")
    lost = [row["title"] for row in rows if row["lost_share"]]
    if lost:
        lines += style.wrapped(f"some marks have no point in front of the declared cameras: {', '.join(lost)}", "· ")
    lines += [f"wrote {path}" for path in document["written"].values()]
    return "\n".join(lines)


def _row(row: dict[str, Any]) -> tuple[str, ...]:
    if row["problem"]:
        return (row["title"], row["truth"], *("–",) * 6)
    several = row["cases"] > 1
    told = row["worst_case"] not in ("", row["worst_view"])
    view = f"{row['worst_view']} ({row['worst_case']})" if told else row["worst_view"]
    nothing = row["rms_px"] < _NOTHING_PX
    return (
        row["title"],
        row["truth"],
        f"{row['rms_px']:.2f}",
        f"{row['least_px']:.2f}" if several else "",
        f"{row['most_px']:.2f}" if several else "",
        "–" if nothing else view,
        "–" if nothing else f"{row['worst_view_px']:.1f}",
        "0" if nothing else f"{row['rms_length']:.3g}",
    )
