"""Does every damage of the phantom get found, and does nothing else? Counted on random phantoms seen by masks alone."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import cv2

from mouseview.checks.bench_phantoms import masked_phantom, sample_of
from mouseview.checks.registry import inspect
from mouseview.model.finding import Finding, Severity
from mouseview.phantom.damage import DAMAGES
from mouseview.resources import model_format

TRUE = "true"  # the name under which an undamaged phantom is counted

CONSISTENCY = frozenset(
    {
        "silhouettes-disagree", "view-inconsistent", "views-swapped", "lens-already-undone", "principal-points-assumed",
        "images-shifted", "per-camera-scaling", "squashed-frame", "intrinsics-declared", "duplicate-cameras",
        "axes-do-not-meet", "axes-parallel", "facing", "labels-disagree",
    }
)  # fmt: skip
"""Codes that say that cameras and images do not belong together: a warning or error of these on true views is false."""


@dataclass(frozen=True)
class Expectation:
    """What counts as naming a damage: a warning or error with one of ``codes`` that ``names`` the right thing."""

    codes: frozenset[str]
    about: str = ""  # text that the message must hold
    camera: int | None = None  # the view that must be named
    both: tuple[int, int] | None = None  # two views that must both be named


EXPECTED: dict[str, Expectation] = {
    "raw_millimetres": Expectation(frozenset({"units-and-distances"})),
    "distance_per_view": Expectation(frozenset({"per-camera-scaling"})),
    "data_mouse": Expectation(frozenset({"intrinsics-declared"})),
    "pixel_based": Expectation(frozenset({"images-shifted"})),
    "swapped_views": Expectation(frozenset({"views-swapped"}), both=(1, 2)),
    "squashed_frames": Expectation(frozenset({"squashed-frame"}), about="not squashed"),
    "one_focal_length": Expectation(frozenset({"view-inconsistent"}), camera=3),
    "centred_principal_points": Expectation(frozenset({"principal-points-assumed"})),
    "another_frame": Expectation(frozenset({"view-inconsistent"}), camera=2),
    "undistorted_twice": Expectation(frozenset({"lens-already-undone"})),
    "lens_dropped": Expectation(frozenset({"lens-missing"})),
}


def named(damage: str, findings: Iterable[Finding], names: Sequence[str]) -> bool:
    """Whether some warning or error names the damage as ``EXPECTED`` demands; names: of the rig's cameras."""
    wanted = EXPECTED[damage]
    for finding in findings:
        if finding.severity is Severity.INFO or finding.code not in wanted.codes or wanted.about not in finding.message:
            continue
        if wanted.camera is not None and finding.camera != names[wanted.camera]:
            continue
        if wanted.both is not None and not all(f"{names[view]} " in finding.message for view in wanted.both):
            continue
        return True
    return False


def complaints(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Codes of warnings and errors about consistency."""
    return tuple(f.code for f in findings if f.severity is not Severity.INFO and f.code in CONSISTENCY)


@dataclass(frozen=True)
class Trial:
    """One phantom in one state: what it is, and what was said about it."""

    seed: int
    state: str
    noise: str
    cut: bool
    views: int
    named: bool
    told: tuple[str, ...]


def trials(seed: int, damages: Sequence[str] | None = None) -> list[Trial]:
    """One phantom, true and in every damage (or in those given)."""
    cv2.setNumThreads(1)
    card = model_format("facelift")
    phantom = masked_phantom(seed)
    out = []

    def note(state: str, findings: Sequence[Finding], found: bool) -> None:
        kind = str(phantom.noise)
        out.append(Trial(seed, state, kind, phantom.is_cut, len(phantom.rig), found, complaints(findings)))

    findings = inspect(sample_of(phantom.rig, phantom.images, TRUE), card)
    note(TRUE, findings, not complaints(findings))
    for damage in DAMAGES:
        if damages is None or damage.name in damages:
            rig, images = damage.apply(phantom.rig, phantom.images, card, phantom.later)
            findings = inspect(sample_of(rig, images, damage.name), card)
            note(damage.name, findings, named(damage.name, findings, rig.names))
    return out


def run(count: int, processes: int | None = None, progress: Callable[[float], None] = lambda _: None) -> list[Trial]:
    """The trials of ``count`` phantoms, seeds 0 …, spread over processes (as many as cores where none is given)."""
    workers = processes or os.cpu_count() or 1
    out: list[Trial] = []
    for done, some in enumerate(_spread(count, min(workers, count)), 1):
        out += some
        progress(done / count)
    return out


def _spread(count: int, workers: int) -> Iterator[list[Trial]]:
    if workers <= 1:
        yield from map(trials, range(count))
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(trials, range(count))


def measure(count: int = 20, progress: Callable[[float], None] = lambda _: None) -> dict[str, object]:
    """Found and told per state, the seeds that were missed, by noise of the masks, and the seconds it took."""
    start = time.perf_counter()
    done = run(count, progress=progress)
    states = dict.fromkeys(trial.state for trial in done)
    rows = []
    for state in states:
        mine = [trial for trial in done if trial.state == state]
        kinds = dict.fromkeys(trial.noise for trial in mine)
        rows.append(
            {
                "state": state,
                "total": len(mine),
                "named": sum(trial.named for trial in mine),
                "contradicted": sum(bool(trial.told) for trial in mine),
                "by_noise": {
                    kind: [sum(t.named for t in mine if t.noise == kind), sum(t.noise == kind for t in mine)]
                    for kind in kinds
                },
                "missed_seeds": [trial.seed for trial in mine if not trial.named],
            }
        )
    return {"phantoms": count, "seconds": time.perf_counter() - start, "rows": rows}
