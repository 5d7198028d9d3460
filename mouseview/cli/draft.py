"""``mouseview draft``: masks for a session that has none, labelled as drafts wherever they are used."""

from __future__ import annotations

import argparse

from mouseview.cli.options import Subparsers, names, positive
from mouseview.cli.outcome import Outcome, Shell
from mouseview.cli.text import columns, number


def add(subparsers: Subparsers) -> argparse.ArgumentParser:
    parser = subparsers.add_parser(
        "draft",
        help="draft masks for a session without any",
        description="Learn each camera's background and keep it beside the videos; frames without masks then have "
        "drafts, which every command uses and calls drafts. Correct them in the window.",
    )
    parser.add_argument("path", metavar="PATH", help="a session of videos")
    parser.add_argument("--views", type=names, default=(), metavar="A,B", help="only these cameras")
    parser.add_argument("--frames", type=positive, metavar="N", help="frames to learn from (default: 24)")
    parser.add_argument("--forget", action="store_true", help="remove all drafts and corrections instead")
    return parser


def run(arguments: argparse.Namespace, shell: Shell) -> Outcome:
    from mouseview.workflow.drafts import FRAMES, draft_backgrounds, forget_drafts
    from mouseview.workflow.open import open_path

    dataset = open_path(arguments.path)
    if arguments.forget:
        count = forget_drafts(dataset)
        return Outcome({"removed": count}, f"removed the drafts of {count} videos or images")
    drafted = draft_backgrounds(dataset, arguments.views, arguments.frames or FRAMES, shell.progress)
    document = {
        "cameras": [
            {
                "name": camera.name,
                "folder": str(camera.folder),
                "frames": camera.frames,
                "guessed_share": camera.guessed_share,
                "empty": camera.empty,
            }
            for camera in drafted
        ]
    }
    if not drafted:
        return Outcome(document, "every camera has masks: nothing was drafted (--views A,B drafts all the same)")
    rows = [
        (camera.name, str(camera.frames), f"{number(100 * camera.guessed_share, 1)} %", str(camera.empty))
        for camera in drafted
    ]
    table = columns((("camera", "frames", "never seen empty", "without a subject"), *rows))
    told = f"drafted {len(drafted)} cameras; the masks are drafts, and lie in {drafted[0].folder.parent}"
    return Outcome(document, "\n".join([told, "", *table]))
