"""``mouseview bench``: timings, each beside its floor or peer of the same run, and the machine they hold for."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from mouseview.cli.machine import machine
from mouseview.cli.options import Subparsers
from mouseview.cli.outcome import Outcome, Shell

Row = dict[str, Any]
"""name, what, seconds, floor (what it is held against), floor_seconds, ratio."""


def _splats() -> list[Row]:
    from mouseview.splats.bench import measure

    return [dict(row) for row in measure()]


def _normalise(samples: int | None = None) -> list[Row]:
    from mouseview.normalise.bench import measure
    from mouseview.workflow.normalise_bench import SAMPLES
    from mouseview.workflow.normalise_bench import measure as measure_batch

    return [dict(row) for row in (*measure(), *measure_batch(samples or SAMPLES))]


def _reconstruct() -> list[Row]:
    from mouseview.inference.bench import measure

    return [dict(row) for row in measure()]


def _window() -> list[Row]:
    from mouseview.cli.bench_window import measure

    return [dict(row) for row in measure()]


def _probe() -> list[Row]:
    from mouseview.cli.bench_apart import measure_apart

    return measure_apart("mouseview.app.probing.bench", "the probe")


def _crop() -> list[Row]:
    from mouseview.cli.bench_apart import measure_apart

    return measure_apart("mouseview.app.crop.bench", "the crop panel")


def _session() -> list[Row]:
    from mouseview.formats.sessions.bench import measure

    return [dict(row) for row in measure()]


def _session_evidence() -> list[Row]:
    from mouseview.solve.sessions.bench import measure

    return [dict(row) for row in measure()]


def _jobs() -> list[Row]:
    from mouseview.jobs.bench import measure

    return [dict(row) for row in measure()]


def _open() -> list[Row]:
    from mouseview.formats.bench import measure

    return [dict(row) for row in measure()]


def _consistency(phantoms: int = 8) -> list[Row]:
    from mouseview.checks.bench import measure

    return [dict(row) for row in measure(phantoms)]


BENCHES: dict[str, Callable[[], list[Row]]] = {
    "splats": _splats,
    "normalize": _normalise,
    "reconstruct": _reconstruct,
    "window": _window,
    "probe": _probe,
    "crop": _crop,
    "open": _open,
    "session": _session,
    "session-evidence": _session_evidence,
    "jobs": _jobs,
    "consistency": _consistency,
}


SPELLINGS = {"normalise": "normalize"}  # the other one serves too

LEAST_SAMPLES = 10


def add(subparsers: Subparsers) -> argparse.ArgumentParser:
    parser = subparsers.add_parser("bench", help="measure speed against a floor of the same run")
    names = sorted({*BENCHES, *SPELLINGS})
    parser.add_argument("name", nargs="?", choices=names, metavar="NAME", help=", ".join(sorted(BENCHES)))
    parser.add_argument("--phantoms", type=int, metavar="N", help="consistency: of how many random phantoms (8)")
    parser.add_argument("--samples", type=int, metavar="N", help="normalize: of a batch of how many samples (60)")
    return parser


def run(arguments: argparse.Namespace, shell: Shell) -> Outcome:
    chosen = [SPELLINGS.get(arguments.name, arguments.name)] if arguments.name else list(BENCHES)
    before = machine()
    rows: list[Row] = []
    for index, name in enumerate(chosen):
        shell.progress(index / len(chosen), f"measuring {name}")
        if name == "consistency" and arguments.phantoms is not None:
            rows += _consistency(max(arguments.phantoms, 1))
        elif name == "normalize" and arguments.samples is not None:
            rows += _normalise(max(arguments.samples, LEAST_SAMPLES))
        else:
            rows += BENCHES[name]()
    after = machine()
    here = {**before, "load_after": after["load"]}
    return Outcome({"machine": here, "benches": rows}, _text(here, rows))


def _text(here: dict[str, Any], rows: list[Row]) -> str:
    lines = [
        f"{here['cpu']}, {here['cores']} cores, load {here['load']} before and {here['load_after']} after",
        str(here["system"]),
    ]
    for row in rows:
        lines += [
            f"{row['name']}: {row['seconds']:.4g} s   {row['what']}",
            f"    {row['ratio']:.2f} × {row['floor_seconds']:.4g} s   {row['floor']}",
        ]
    return "\n".join(lines)
