"""``mouseview session``: what a session of videos consists of, and whether its videos fit their cameras."""

from __future__ import annotations

import argparse
from typing import Any

from mouseview.cli.options import Subparsers, positive
from mouseview.cli.outcome import FAILED, FINE, Outcome, Shell
from mouseview.cli.text import columns, number


def add(subparsers: Subparsers) -> argparse.ArgumentParser:
    parser = subparsers.add_parser(
        "session",
        help="ask a session's videos which camera they belong to, how they are timed, and whether undistorted",
    )
    parser.add_argument("path", metavar="PATH", help="a folder of synchronised videos with its calibration")
    parser.add_argument("--format", metavar="F", help="read the calibration as this format")
    parser.add_argument("--frames", type=positive, default=120, metavar="N", help="frames to look at (default: 120)")
    parser.add_argument("--apply", action="store_true", help="save the settings that the evidence supports")
    return parser


def run(arguments: argparse.Namespace, shell: Shell) -> Outcome:
    from mouseview.workflow.session_evidence import describe_judged, judge_path, use_evidence

    judged = judge_path(arguments.path, arguments.format, arguments.frames, shell.progress)
    document = describe_judged(judged)
    lines = _lines(document)
    code = FAILED if document["contradicts"] else FINE
    if arguments.apply and judged.changes_settings:
        use_evidence(judged)
        lines += ["", "saved; later openings follow these settings"]
        again = judge_path(arguments.path, arguments.format, arguments.frames, shell.progress)
        code = FAILED if again.verdict.contradicts else FINE
        document["contradicts_still"] = again.verdict.contradicts
        if again.verdict.contradicts:
            lines += ["with them there is left:", *(f"  {sentence}" for sentence in again.verdict.words)]
    elif arguments.apply:
        lines += ["", "nothing to save: the evidence supports no other settings than those in use"]
    elif document["contradicts"] and document["settings"]:
        lines += ["", "→ mouseview session PATH --apply saves the settings that the evidence supports"]
    document["saved"] = bool(arguments.apply and judged.changes_settings)
    return Outcome(document, "\n".join(lines), code)


def _lines(document: dict[str, Any]) -> list[str]:
    start, stop, stride = document["frames"]
    return [
        f"{document['path']}: {len(document['views'])} cameras, frames {start}–{stop - 1}"
        + (f", every {stride}" if stride > 1 else ""),
        f"calibration {document['calibration']}",
        *(f"assumed: {assumption}" for assumption in document["assumptions"]),
        *(f"unclear: {problem}" for problem in document["problems"]),
        "",
        *columns(_layout(document["views"])),
        "",
        f"judged by {document['evidence']} of frames "
        + (", ".join(f"{first}–{last}" for first, last in document["looked_at"]) or "none"),
        *(columns(_margins(document)) if document["assignment"] and document["assignment"]["frames"] else ()),
        "",
        *document["words"],
    ]


def _layout(views: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [("camera", "video", "masks", "size", "fps", "frames", "offset", "dropped")]
    for view in views:
        fits = view["size"] is None or view["size"] == view["camera_size"]
        size = "–" if view["size"] is None else "×".join(map(str, view["size"]))
        rows.append(
            (
                view["camera"],
                view["video"] or "none",
                view["masks"] or "none",
                size if fits else f"{size} (camera {'×'.join(map(str, view['camera_size']))})",
                number(view["fps"], 2),
                "–" if view["frame_count"] is None else str(view["frame_count"]),
                f"{view['offset_frames']:+d}",
                str(view["dropped_frames"]),
            )
        )
    return rows


def _margins(document: dict[str, Any]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [
        ("camera", "best video", "runner-up", "margin px", "shift", "fits from … to", "px there", "px now")
    ]
    timed = {entry["camera"]: entry for entry in document["offsets"]["cameras"]}
    for choice in document["assignment"]["cameras"]:
        offset = timed[choice["camera"]]
        margin = number(choice["margin_px"], 2)
        rows.append(
            (
                choice["camera"],
                choice["video"] or "none",
                choice["rival"] or "none",
                margin if choice["separated"] else f"{margin} (not told apart)",
                f"{offset['fraction_frames']:+.1f}" if offset["fraction_frames"] is not None else "–",
                f"{offset['fits_from']:+d} … {offset['fits_to']:+d}",
                number(offset["residual_px"], 2),
                number(offset["residual_now_px"], 2),
            )
        )
    return rows
