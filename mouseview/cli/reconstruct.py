"""``mouseview reconstruct``: GS-LRM on one sample; Gaussians, renders and scores against the photographs."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mouseview.cli.options import Subparsers, add_path, add_recipe, add_sample, names, recipe_of
from mouseview.cli.outcome import Outcome, Shell
from mouseview.cli.text import columns, finding_lines, number

if TYPE_CHECKING:
    from mouseview.inference.catalog import DownloadOffer
    from mouseview.model.sample import Sample


def add(subparsers: Subparsers) -> argparse.ArgumentParser:
    parser = subparsers.add_parser("reconstruct", help="run GS-LRM on a sample and judge it")
    add_path(parser)
    add_sample(parser)
    out = parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="results are written here")
    parser.add_argument(
        "--checkpoint",
        default="mouse-256",
        metavar="FILE|FOLDER|NAME",
        help="weights: a file, a run folder or a name (default: mouse-256, bundled)",
    )
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    add_recipe(parser)
    parser.add_argument(
        "--views", type=names, default=(), metavar="A,B,…", help="cameras to feed (default: the others)"
    )
    parser.add_argument(
        "--held-out",
        type=names,
        metavar="C,…",
        help="cameras never fed, only judged (default: those whose names begin with held_)",
    )
    parser.add_argument(
        "--accept-download", action="store_true", help="agree to download a named checkpoint under its licence"
    )
    parser.add_argument(
        "--estimate",
        "--dry-run",
        action=_without(out),
        help="tell tokens, memory and time, and what one more view would add, and run nothing",
    )
    parser.add_argument(
        "--check-order", action="store_true", help="feed the views in other orders too and tell what that changes"
    )
    return parser


def _without(needed: argparse.Action) -> type[argparse.Action]:
    """A flag that makes an option needless that is else required."""

    class Flag(argparse.Action):
        def __init__(self, option_strings: list[str], dest: str, **options: Any) -> None:
            super().__init__(option_strings, dest, nargs=0, default=False, **options)

        def __call__(self, _parser: argparse.ArgumentParser, namespace: argparse.Namespace, *_given: Any) -> None:
            setattr(namespace, self.dest, True)
            needed.required = False

    return Flag


def run(arguments: argparse.Namespace, shell: Shell) -> Outcome:
    from mouseview.inference.declared import declared_format
    from mouseview.inference.worker.client import WorkerClient
    from mouseview.model.finding import Severity
    from mouseview.workflow.inspect import describe_finding, inspect
    from mouseview.workflow.open import held_out_by_name, open_path, sample_named
    from mouseview.workflow.order import check_order, describe_order
    from mouseview.workflow.reconstruct import reconstruct, write_reconstruction
    from mouseview.workflow.session_survey import resolved

    dataset = open_path(arguments.path)
    sample = sample_named(dataset, arguments.sample)
    held_out = held_out_by_name(sample.rig) if arguments.held_out is None else arguments.held_out
    if arguments.estimate:
        return _estimate(arguments, sample, held_out, shell)
    # the checkpoint decides the model's format
    recipe = recipe_of(arguments, declared_format(arguments.checkpoint), arguments.views)
    recipe = resolved(dataset, recipe, shell.progress, held_out=held_out)
    findings = [describe_finding(finding) for finding in inspect(sample) if finding.severity is Severity.ERROR]
    if findings:
        shell.say("\n".join(finding_lines(findings)))
    with WorkerClient(consent=lambda offer: _consent(offer, arguments.accept_download, shell)) as client:
        result = reconstruct(
            sample,
            recipe,
            arguments.checkpoint,
            arguments.device,
            held_out,
            shell.progress,
            client=client,
        )
        order = None
        if arguments.check_order:
            order = check_order(
                sample, recipe, arguments.checkpoint, arguments.device, held_out, shell.progress, client=client
            )
    document = {**write_reconstruction(result, arguments.out), "sample": sample.name, "findings": findings}
    if order is not None:
        document["order"] = describe_order(order)
    if document["white_collapse"]:
        shell.say("white collapse: the model painted nothing where the photographs show the subject")
    return Outcome(document, _text(document))


def _estimate(arguments: argparse.Namespace, sample: Sample, held_out: tuple[str, ...], shell: Shell) -> Outcome:
    """What the run would cost; torch is asked only for weights that tell their sizes to nobody else."""
    from mouseview.inference.config import GSLRMConfig
    from mouseview.inference.declared import declared_config
    from mouseview.inference.hardware import processor
    from mouseview.inference.passes import known_passes
    from mouseview.inference.worker.client import WorkerClient
    from mouseview.workflow.estimate import describe_estimate, estimate
    from mouseview.workflow.open import fed_and_held_out

    fed = fed_and_held_out(sample.rig, held_out, arguments.views)
    config = declared_config(arguments.checkpoint)
    if config is None:
        with WorkerClient(consent=lambda offer: _consent(offer, arguments.accept_download, shell)) as client:
            config = GSLRMConfig.from_mapping(client.describe(arguments.checkpoint, shell.progress)["config"])
    found = estimate(arguments.checkpoint, config, len(fed), processor(arguments.device), known_passes())
    kept = [name for name in sample.rig.names if name not in fed]
    document = {
        "sample": sample.name,
        "fed": list(fed),
        "held_out": kept,
        "checkpoint": arguments.checkpoint,
        "estimate": describe_estimate(found),
    }
    lines = [f"fed: {', '.join(fed)}", f"not fed: {', '.join(kept) or 'none'}", found.text, found.more_text]
    return Outcome(document, "\n".join([*lines, *found.warnings]))


def _consent(offer: DownloadOffer, accepted: bool, shell: Shell) -> bool:
    """Shows what would be downloaded; agreed to by option, or by an answer where a person can give one."""
    shell.say("\n".join(offer.terms))
    if accepted:
        return True
    if not sys.stdin.isatty():
        shell.say("agree with --accept-download")
        return False
    print("download it under this licence? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _text(document: dict[str, Any]) -> str:
    header = ("view", "role", "PSNR", "blank white", "on the subject", "blank white", "SSIM")
    figures = ("psnr", 2), ("white_baseline", 2), ("psnr_subject", 2), ("white_baseline_subject", 2), ("ssim", 4)
    rows = [
        (
            view["name"],
            view["role"],
            *(number(view[key], digits) for key, digits in figures),
        )
        for view in document["views"]
    ]
    lines = [
        f"{document['count']} Gaussians in {document['seconds']:.1f} s on {document['device']}, {document['mode']}",
        *columns((header, *rows)),
        *([f"does the order of the views matter? {document['order']['text']}"] if "order" in document else []),
        f"wrote {document['gaussians']}",
    ]
    return "\n".join(lines)
