"""``mouseview extract``: frames of videos, or any samples, as folders of images in FaceLift's layout."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from mouseview.cli.job_options import add_job_options, backend_of, progress_line, resumable, words_of
from mouseview.cli.options import Subparsers, add_path, names, positive
from mouseview.cli.outcome import FAILED, FINE, Outcome, Shell
from mouseview.cli.text import error_lines


def add(subparsers: Subparsers) -> argparse.ArgumentParser:
    parser = subparsers.add_parser("extract", help="write samples, above all frames of videos, as folders of images")
    add_path(parser)
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="one folder a sample is written here")
    parser.add_argument("--stride", type=positive, default=None, metavar="N", help="every Nth frame or sample")
    parser.add_argument("--start", type=int, metavar="N", help="first frame of the session, or sample counted from 0")
    parser.add_argument("--stop", type=int, metavar="N", help="the one behind the last")
    parser.add_argument(
        "--offset",
        type=_offset,
        action="append",
        default=[],
        metavar="CAM=N",
        help="frame i shows frame i + N of this camera's video (may be repeated)",
    )
    parser.add_argument("--views", type=names, default=(), metavar="A,B,…", help="only these cameras")
    parser.add_argument("--no-masks", action="store_true", help="write no alpha")
    add_job_options(parser)
    return parser


def _offset(text: str) -> tuple[str, int]:
    camera, equals, frames = text.rpartition("=")
    try:
        if not equals or not camera:
            raise ValueError(text)
        return camera, int(frames)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not CAMERA=FRAMES") from None


def run(arguments: argparse.Namespace, shell: Shell) -> Outcome:
    from mouseview.workflow.extract import Extraction, extract_dataset

    extraction = Extraction(
        arguments.stride,
        arguments.start,
        arguments.stop,
        tuple(arguments.offset),
        arguments.views,
        not arguments.no_masks,
    )
    with resumable(shell, *_words(arguments)):
        document = extract_dataset(
            arguments.path,
            arguments.out,
            extraction,
            backend_of(arguments),
            arguments.resume,
            progress_line(shell, "extracting"),
        )
    for failure in document["failed"]:
        shell.say("\n".join(error_lines(failure["name"], failure["error"])))
    failed = bool(document["failed"]) or not document["samples"]
    return Outcome(document, _text(document), FAILED if failed else FINE)


def _words(arguments: argparse.Namespace) -> list[str]:
    """The command line again, with everything that decides what is written."""
    given = words_of(
        out=arguments.out,
        stride=arguments.stride,
        start=arguments.start,
        stop=arguments.stop,
        views=",".join(arguments.views) or None,
        no_masks=arguments.no_masks,
        jobs=arguments.jobs if arguments.jobs > 1 else None,
        cluster=arguments.cluster,
    )
    offsets = [f"--offset={camera}={frames}" for camera, frames in arguments.offset]
    return ["extract", str(arguments.path), *given, *offsets]


def _text(document: dict[str, Any]) -> str:
    lines = [f"{len(document['samples'])} sample(s) in {document['out']}, {len(document['failed'])} failed"]
    if document["resumed"]:
        lines.append(f"{document['resumed']} of them were there already")
    if document["list"]:
        lines.append(f"listed in {document['list']}")
    return "\n".join([*lines, *document["notes"]])
