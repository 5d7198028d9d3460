"""``mouseview diff``: what changed between two calibrations of the same cameras."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from mouseview.cli.options import Subparsers, centre
from mouseview.cli.outcome import FAILED, FINE, Outcome, Shell
from mouseview.cli.style import Style
from mouseview.cli.text import columns, number

_SMALL = 5e-5  # what rounds to nothing in four digits


def add(subparsers: Subparsers) -> argparse.ArgumentParser:
    parser = subparsers.add_parser(
        "diff",
        help="compare two calibrations of the same cameras",
        description="Align the second calibration to the first by the best similarity, which one moved camera cannot "
        "pull away, and say what is left: poses, intrinsics, and the displacement of pixels in the working volume. "
        "Exit code 1 when a pixel is displaced by more than the tolerance.",
    )
    parser.add_argument("first", metavar="A", help="a calibration or dataset")
    parser.add_argument("second", metavar="B", help="another of the same cameras")
    parser.add_argument(
        "--about",
        type=centre,
        metavar="WHERE",
        help="middle of the working volume: axes (where A's optical axes meet; the default), subject, labels, masks, "
        "or X,Y,Z in A's units",
    )
    parser.add_argument("--radius", type=_length, metavar="R", help="of the working volume, in A's units")
    parser.add_argument(
        "--tolerance", type=_length, metavar="PX", help="largest displacement that counts as equal (default: 0.1)"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="write difference.json and difference.png here")
    parser.add_argument("--format", metavar="F", help="read A as this format instead of recognising it")
    parser.add_argument("--other-format", metavar="F", help="read B as this format")
    return parser


def _length(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a positive length")
    return value


def run(arguments: argparse.Namespace, _shell: Shell) -> Outcome:
    from mouseview.model.recipe import CentreSource
    from mouseview.workflow.diff import TOLERANCE_PX, compare_paths, describe_difference, write_difference

    source, point = arguments.about or (CentreSource.AXES, None)
    compared = compare_paths(
        arguments.first,
        arguments.second,
        source,
        point,
        arguments.radius,
        (arguments.format, arguments.other_format),
    )
    document = describe_difference(compared, arguments.tolerance or TOLERANCE_PX)
    written = {} if arguments.out is None else write_difference(compared, document, arguments.out)
    document = {**document, "written": written}
    return Outcome(document, lambda style: _text(document, style), FINE if document["equal"] else FAILED)


def _text(document: dict[str, Any], style: Style) -> str:
    unit = _unit(document["units"])
    volume, alignment = document["volume"], document["alignment"]
    place = ", ".join(number(value, 2) for value in volume["centre"])
    lines = [*_rig_lines("first", document["first"], style), *_rig_lines("second", document["second"], style)]
    for note in (*document["notes"], *(f"left out: {text}" for text in document["left_out"])):
        lines += style.wrapped(note, "· ", "  ")
    lines += style.wrapped(
        f"aligned to {_small(alignment['rms_offset'])} {unit} and {_small(alignment['rms_deg'])}° RMS over the cameras "
        "that agree",
        "· ",
        "  ",
    )
    lines += style.wrapped(
        f"working volume: a ball of {volume['radius']:.4g} {unit} about ({place}), {volume['told']}", "· ", "  "
    )
    lines += ["", style.paint(f"Poses, in {unit} and degrees about each camera's own axes", "strong")]
    lines += columns((("camera", "moved", "right", "down", "forward", "turned", "tilt x", "pan y", "roll z"),
                      *(_pose_row(camera) for camera in document["cameras"])))  # fmt: skip
    lines += ["", style.paint("Intrinsics: change in px, and (the RMS displacement it alone makes)", "strong")]
    lines += columns((("camera", "fx", "fy", "cx", "cy", "skew", "lens"),
                      *(_intrinsics_row(camera) for camera in document["cameras"])))  # fmt: skip
    lines += ["", style.paint("Displacement at the working volume, px of the first's images", "strong")]
    lines += columns((("camera", "RMS", "mean", "largest", "by pose", "by K", "by lens", "not seen"),
                      *(_pixel_row(camera) for camera in document["cameras"])))  # fmt: skip
    verdict = "equal" if document["equal"] else "different"
    largest = document["largest_px"]
    told = f"largest displacement {number(largest, 4)} px, tolerance {document['tolerance_px']:g} px: {verdict}"
    lines += ["", style.paint(told, "good" if document["equal"] else "error")]
    lines += [f"wrote {path}" for path in document["written"].values()]
    return "\n".join(lines)


def _unit(units: str) -> str:
    return {"unknown": "units", "model": "model units"}.get(units, units)


def _rig_lines(which: str, rig: dict[str, Any], style: Style) -> list[str]:
    told = f"{rig['path']}: {rig['format'] or 'cameras'}, {len(rig['cameras'])} cameras, units {rig['units']}"
    return style.wrapped(told, f"{which}: ".ljust(8), " " * 8)


def _small(value: float | None) -> str:
    if value is None:
        return "–"
    return "0" if abs(value) < 1e-12 else f"{value:.2e}" if abs(value) < _SMALL else number(value, 4)


def _pose_row(camera: dict[str, Any]) -> tuple[str, ...]:
    name = camera["name"] if camera["fits"] else f"{camera['name']} *"
    move, turn = camera["move_right_down_forward"], camera["turn_deg_about_x_y_z"]
    return (name, number(camera["moved"], 3), *(number(value, 3) for value in move),
            number(camera["turned_deg"], 4), *(number(value, 4) for value in turn))  # fmt: skip


def _intrinsics_row(camera: dict[str, Any]) -> tuple[str, ...]:
    parts = [f"{number(part['change'], 3)} ({number(part['effect_px'], 2)})" for part in camera["intrinsics"].values()]
    return (camera["name"], *parts, f"({number(camera['lens']['effect_px'], 2)})")


def _pixel_row(camera: dict[str, Any]) -> tuple[str, ...]:
    total = camera["displacement_px"]
    parts = [number(camera[f"by_{part}_px"]["rms"], 3) for part in ("pose", "intrinsics", "lens")]
    seen = f"{total['lost']} of {total['points'] + total['lost']}" if total["lost"] else "–"
    return (camera["name"], number(total["rms"], 3), number(total["mean"], 3), number(total["max"], 3), *parts, seen)
