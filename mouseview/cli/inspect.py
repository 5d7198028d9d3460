"""``mouseview inspect``: what a path holds and what is wrong with it."""

from __future__ import annotations

import argparse
from typing import Any

from mouseview.cli.options import Subparsers, add_path, add_sample
from mouseview.cli.outcome import FAILED, FINE, Outcome, Shell
from mouseview.cli.text import columns, finding_lines, number


def add(subparsers: Subparsers) -> argparse.ArgumentParser:
    parser = subparsers.add_parser("inspect", help="read cameras and images, and check them")
    add_path(parser)
    add_sample(parser)
    parser.add_argument("--format", metavar="F", help="read PATH as this format instead of recognising it")
    return parser


def run(arguments: argparse.Namespace, _shell: Shell) -> Outcome:
    from mouseview.workflow.inspect import describe

    document = describe(arguments.path, arguments.format, arguments.sample)
    return Outcome(document, _text(document), FAILED if document["violated"] else FINE)


def _text(document: dict[str, Any]) -> str:
    cameras = document["cameras"]
    header = ("camera", "size", "fx", "fy", "cx", "cy", "skew", "lens", "distance")
    rows = [
        (
            camera["name"],
            f"{camera['width']}×{camera['height']}",
            *(number(camera[key], 2) for key in ("fx", "fy", "cx", "cy", "skew")),
            " ".join(number(value, 4) for value in camera["distortion"]) or "none",
            number(camera["distance"], 3),
        )
        for camera in cameras
    ]
    point = ", ".join(number(value, 3) for value in document["axes_point"])
    cv = document["distance_cv"]
    lines = [
        f"{document['path']}: {document['samples']} sample(s), this is {document['sample']}",
        f"{document['format']}, {len(cameras)} cameras, units {document['units']}",
        *(f"assumed: {assumption}" for assumption in document["assumptions"]),
        "",
        *columns((header, *rows)),
        "",
        f"optical axes meet at ({point}), RMS {number(document['axes_rms'], 3)}"
        + ("" if document["axes_reliable"] else ": not reliable"),
        f"mean distance from there {number(document['distance_mean'], 3)}, "
        f"CV {'–' if cv is None else f'{100 * cv:.2f} %'}",
        "",
        *finding_lines(document["findings"]),
    ]
    return "\n".join(lines)
