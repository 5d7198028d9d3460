"""``mouseview formats``: what can be read and written."""

from __future__ import annotations

import argparse
import dataclasses

from mouseview.cli.options import Subparsers
from mouseview.cli.outcome import Outcome, Shell
from mouseview.cli.text import columns


def add(subparsers: Subparsers) -> argparse.ArgumentParser:
    return subparsers.add_parser("formats", help="list the camera and keypoint formats that can be read and written")


def run(_arguments: argparse.Namespace, _shell: Shell) -> Outcome:
    from mouseview.formats.keypoints import KEYPOINT_FORMATS
    from mouseview.formats.registry import all_formats, plugins

    listed = [
        {
            "name": known.name,
            "title": known.title,
            "description": known.description,
            "file_names": list(known.file_names),
            "read": True,
            "write": known.can_write,
            "labels": known.labels is not None,
        }
        for known in all_formats()
    ]
    rows = [
        (known.name, "read, write" if known.can_write else "read", f"{known.title}: {known.description}")
        for known in all_formats()
    ]
    points = [(known.name, "read", f"{known.title}: {known.description}") for known in KEYPOINT_FORMATS]
    widths = columns([row[:2] for row in (*rows, *points)])
    lines = [f"{line}  {row[2]}" for line, row in zip(widths, (*rows, *points), strict=True)]
    text = "\n".join(["cameras", *lines[: len(rows)], "", "keypoints", *lines[len(rows) :]])
    problems = [dataclasses.asdict(problem) for problem in plugins().problems]
    text = "\n".join([text, *(f"{problem.place}: {problem.message}" for problem in plugins().problems)])
    keypoints = [
        {
            "name": known.name,
            "title": known.title,
            "description": known.description,
            "file_names": list(known.file_names),
        }
        for known in KEYPOINT_FORMATS
    ]
    return Outcome({"formats": listed, "keypoints": keypoints, "problems": problems}, text)
