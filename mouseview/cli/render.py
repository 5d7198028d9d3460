"""``mouseview render``: a PLY of Gaussians at the cameras of a file."""

from __future__ import annotations

import argparse
from pathlib import Path

from mouseview.cli.options import Subparsers, positive
from mouseview.cli.outcome import Outcome, Shell


def add(subparsers: Subparsers) -> argparse.ArgumentParser:
    parser = subparsers.add_parser("render", help="render Gaussians at the cameras of a file")
    parser.add_argument("ply", type=Path, metavar="PLY", help="Gaussians")
    parser.add_argument("--cameras", required=True, metavar="FILE", help="cameras in the frame and units of the PLY")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="one PNG a camera is written here")
    parser.add_argument("--size", type=positive, metavar="N", help="longer side, px (default: as the cameras say)")
    return parser


def run(arguments: argparse.Namespace, shell: Shell) -> Outcome:
    from mouseview.formats.files import file_names
    from mouseview.formats.images import write_png
    from mouseview.splats.ply import read_ply
    from mouseview.splats.rasterise import render
    from mouseview.workflow.open import open_path, sample_named
    from mouseview.workflow.reconstruct import as_uint8

    gaussians = read_ply(arguments.ply)
    rig = sample_named(open_path(arguments.cameras), None).rig
    arguments.out.mkdir(parents=True, exist_ok=True)
    written: list[str] = []
    for index, (name, camera) in enumerate(zip(file_names(rig.names), rig, strict=True)):
        shell.progress(index / len(rig), f"rendering {camera.name}")
        factor = 1.0 if arguments.size is None else arguments.size / max(camera.size)
        view = camera.resized(max(1, round(factor * camera.width)), max(1, round(factor * camera.height)))
        target = arguments.out / f"{name}.png"
        write_png(target, as_uint8(render(gaussians, view)[..., :3]))
        written.append(str(target))
    document = {"images": written, "gaussians": len(gaussians)}
    return Outcome(document, f"rendered {len(gaussians)} Gaussians at {len(written)} cameras into {arguments.out}")
