"""The demo: photograph a phantom, walk the whole journey on it, and leave a report that shows what happened."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from mouseview.inference.worker.client import WorkerClient
from mouseview.model.finding import Finding
from mouseview.model.recipe import Mode
from mouseview.phantom.damage import DAMAGES
from mouseview.phantom.dataset import write_demo
from mouseview.workflow.compare_modes import ModeResult, compare_modes
from mouseview.workflow.inspect import inspect
from mouseview.workflow.open import held_out_by_name, open_path
from mouseview.workflow.reconstruct import Progress, never, no_progress, write_reconstruction
from mouseview.workflow.report import DamagedSet, DemoRecord, write_report

Photographer = Callable[[Path, Path], Sequence[Path]]
"""Given the dataset and a folder, takes screenshots of the window into it; the composition root supplies one."""


def write_demo_dataset(
    out: str | Path,
    seed: int = 0,
    samples: int = 4,
    progress: Progress = no_progress,
    cancelled: Callable[[], bool] = never,
) -> Path:
    """Write the demo's samples and damaged sets below ``out``; return the folder of samples to open."""
    return write_demo(Path(out), seed, samples, progress, cancelled).dataset


def run_demo(
    out: str | Path,
    seed: int = 0,
    samples: int = 4,
    progress: Progress = no_progress,
    cancelled: Callable[[], bool] = never,
    photograph: Photographer | None = None,
    checkpoint: str = "mouse-256",
) -> dict[str, Any]:
    """The journey of the README: data, checks, every mode, scores at held-out cameras, screenshots, report.

    Returns the report's document with ``dataset``, ``report`` and ``screenshots``. Raises ``MouseViewError`` or
    ``Cancelled``; what was written stays.
    """
    folder = Path(out)
    seconds: dict[str, float] = {}

    def timed(what: str, start: float) -> None:
        seconds[what] = time.perf_counter() - start

    start = time.perf_counter()
    paths = write_demo(folder, seed, samples, lambda f, what: progress(0.15 * f, what), cancelled)
    timed("photographing the phantom", start)

    start = time.perf_counter()
    dataset = open_path(paths.dataset)
    sample = dataset[0]
    held_out = held_out_by_name(sample.rig)
    findings = inspect(sample)
    damaged = tuple(
        DamagedSet(damage.name, str(paths.damaged[damage.name]), damage.story, _findings_of(paths.damaged[damage.name]))
        for damage in DAMAGES
    )
    timed("checking", start)

    start = time.perf_counter()
    with WorkerClient() as worker:
        modes = compare_modes(
            sample,
            tuple(Mode),
            checkpoint,
            "auto",
            held_out,
            lambda f, what: progress(0.2 + 0.6 * f, what),
            cancelled,
            client=worker,
        )
    timed("reconstructing in every mode", start)
    _keep_best(modes, folder)

    start = time.perf_counter()
    progress(0.85, "taking screenshots")
    screenshots = tuple(photograph(paths.dataset, folder / "screenshots")) if photograph else ()
    timed("screenshots", start)
    record = DemoRecord(paths.dataset, sample.name, findings, modes, damaged, seconds, screenshots)
    document = write_report(record, folder)
    progress(1.0, f"report: {document['report']}")
    return document


def _findings_of(path: Path) -> tuple[Finding, ...]:
    return inspect(open_path(path)[0])


def _keep_best(modes: Sequence[ModeResult], folder: Path) -> None:
    """The default mode's Gaussians and renders stay beside the report, to be opened elsewhere."""
    exact = next((result for result in modes if result.mode is Mode.EXACT_AIMED and result.reconstruction), None)
    if exact is not None and exact.reconstruction is not None:
        write_reconstruction(exact.reconstruction, folder / "reconstruction")
