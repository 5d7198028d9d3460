"""Does every damage of the phantom get found, and does nothing else? Counted on random phantoms seen by masks alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from multiprocessing import get_context
from typing import Any

import cv2
import numpy as np

from mouseview.checks.bench_phantoms import RGBA, masked_phantom, sample_of
from mouseview.checks.evidence import Evidence
from mouseview.checks.registry import CHECKS
from mouseview.model.camera import Rig
from mouseview.model.finding import Finding, Severity
from mouseview.multiview.hull import silhouette_hull
from mouseview.phantom.damage import DAMAGES
from mouseview.resources import model_format
from mouseview.splats.threads import available_threads

TRUE = "true"  # the name under which an undamaged phantom is counted

CONSISTENCY = frozenset(
    {
        "silhouettes-disagree", "view-inconsistent", "views-swapped", "lens-already-undone", "principal-points-assumed",
        "images-shifted", "per-camera-scaling", "pixel-aspect", "another-reading",
        "squashed-frame", "intrinsics-declared", "duplicate-cameras",
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
    "one_focal_length": Expectation(frozenset({"pixel-aspect"}), camera=3),
    "centred_principal_points": Expectation(frozenset({"principal-points-assumed"})),
    "another_frame": Expectation(frozenset({"view-inconsistent"}), camera=2),
    "undistorted_twice": Expectation(frozenset({"lens-already-undone"})),
    "lens_dropped": Expectation(
        frozenset({"silhouettes-disagree", "view-inconsistent"}), about="no camera declares a lens"
    ),
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
    """One phantom in one state: what it is, what was said about it, and how long that took."""

    seed: int
    state: str
    noise: str
    cut: bool
    views: int
    named: bool
    told: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class Terms:
    """How phantoms are tried. size: (width, height) of the images, see ``masked_phantom``.  without: names of checks
    that are left out, and halves: even seeds get one half of the damages and odd ones the other, where a test has no
    time for all."""

    size: tuple[int, int] | None = None
    without: frozenset[str] = frozenset()
    halves: bool = False


def trials(seed: int, terms: Terms = Terms()) -> list[Trial]:
    """One phantom, true and in every damage."""
    cv2.setNumThreads(1)
    card = model_format("facelift")
    phantom = masked_phantom(seed, terms.size)

    def judged(state: str, rig: Rig, images: tuple[RGBA, ...]) -> Trial:
        start = time.perf_counter()
        evidence = Evidence.of_sample(sample_of(rig, images, state), card)
        asked = [check for check in CHECKS if getattr(check, "__name__", "") not in terms.without]
        findings = [finding for check in asked for finding in check(evidence)]
        seconds = time.perf_counter() - start
        told = complaints(findings)
        found = not told if state == TRUE else named(state, findings, rig.names)
        return Trial(seed, state, str(phantom.noise), phantom.is_cut, len(rig), found, told, seconds)

    out = [judged(TRUE, phantom.rig, phantom.images)]
    for damage in DAMAGES[seed % 2 :: 2] if terms.halves else DAMAGES:
        out.append(judged(damage.name, *damage.apply(phantom.rig, phantom.images, card, phantom.later)))
    return out


def run(
    seeds: Sequence[int],
    terms: Terms = Terms(),
    processes: int | None = None,
    progress: Callable[[float], None] = lambda _: None,
) -> list[Trial]:
    """The trials of these phantoms, spread over processes (as many as cores where none is given)."""
    workers = min(processes or available_threads(), len(seeds))
    out: list[Trial] = []
    for done, some in enumerate(_spread(seeds, terms, workers), 1):
        out += some
        progress(done / len(seeds))
    return out


def _spread(seeds: Sequence[int], terms: Terms, workers: int) -> Iterator[list[Trial]]:
    if workers <= 1:
        yield from (trials(seed, terms) for seed in seeds)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(trials, seeds, repeat(terms))


def summary(done: Sequence[Trial], state: str) -> str:
    """How many of a state were named (or, if true, left in peace), by noise of the masks, and which seeds were not."""
    mine = [trial for trial in done if trial.state == state]
    subtle = next((damage.subtle for damage in DAMAGES if damage.name == state), False)
    kinds = dict.fromkeys(trial.noise for trial in mine)
    by_noise = (f"{k} {sum(t.named for t in mine if t.noise == k)}/{sum(t.noise == k for t in mine)}" for k in kinds)
    missed = ", ".join(f"{trial.seed}" for trial in mine if not trial.named)
    what = f"{'left in peace' if state == TRUE else 'named'} {sum(trial.named for trial in mine)} of {len(mine)}"
    what += f" ({'; '.join(by_noise)}), told of anything {sum(bool(trial.told) for trial in mine)}"
    what += "; subtle: masks need not show it" if subtle else ""
    return what + (f"; seeds missed: {missed}" if missed and not subtle else "")


def measure(count: int = 8, progress: Callable[[float], None] = lambda _: None) -> list[dict[str, Any]]:
    """Rows for ``mouseview bench``: the hull's own speed, then what was found of ``count`` phantoms in every state."""
    hull_seconds, floor_seconds = _hull_speed()
    rows = [
        _row(
            "consistency-hull",
            "hull of six 1152×1024 masks, 192 outline points a view",
            hull_seconds,
            "two distance transforms of each of the six masks",
            floor_seconds,
        )
    ]
    done = run(range(count), progress=progress)
    for state in dict.fromkeys(trial.state for trial in done):
        seconds = float(np.mean([trial.seconds for trial in done if trial.state == state]))
        rows.append(
            _row(
                f"consistency-{state}",
                f"{summary(done, state)}; seconds an inspection",
                seconds,
                "the hull of one rig",
                hull_seconds,
            )
        )
    return rows


def _row(name: str, what: str, seconds: float, floor: str, floor_seconds: float) -> dict[str, Any]:
    return {
        "name": name,
        "what": what,
        "seconds": seconds,
        "floor": floor,
        "floor_seconds": floor_seconds,
        "ratio": seconds / floor_seconds,
    }


def _hull_speed() -> tuple[float, float]:
    """Seconds of a hull and of its floor, the best of three."""
    phantom = masked_phantom(0)
    masks = [image[..., 3] > 0 for image in phantom.images]

    def hull() -> object:
        found = silhouette_hull(list(phantom.rig), masks)
        return found and found.views

    def floor() -> object:
        solids = [mask.astype(np.uint8) for mask in masks]
        return [cv2.distanceTransform(s, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) for m in solids for s in (m, 1 - m)]

    best = []
    for work in (hull, floor):
        work()
        seconds = []
        for _ in range(3):
            start = time.perf_counter()
            work()
            seconds.append(time.perf_counter() - start)
        best.append(min(seconds))
    return best[0], best[1]
