"""How fast a dataset is normalised: beside its floor on one core, on two cores, and what memory it needs meanwhile."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mouseview.geometry.rays import pixel_centres
from mouseview.jobs import Processes
from mouseview.jobs.job import JobProgress
from mouseview.model.recipe import Recipe
from mouseview.model.sample import Sample
from mouseview.normalise.centres import sample_masks
from mouseview.normalise.prepare import plan_sample
from mouseview.phantom.dataset import phantom_of_sample, write_sample
from mouseview.phantom.photographs import render_view
from mouseview.phantom.rig import demo_rig
from mouseview.workflow.normalise import normalise_dataset
from mouseview.workflow.open import open_path

SAMPLES = 60
_FLOOR_REPEATS = 9
_MOST_BY_TWO = 120  # samples tell how fast two processes are; memory is watched over all of them by one
_WARM_UP = 0.1  # of the samples: caches fill, the allocator settles


@dataclass
class _Watched:
    """When each sample of a run was done; what the worker processes held then, in bytes, and how long they had worked,
    in processor seconds: both empty where the system does not tell."""

    done_s: list[float] = field(default_factory=list)
    held: list[int] = field(default_factory=list)
    worked_s: list[float] = field(default_factory=list)

    def __call__(self, _progress: JobProgress) -> None:
        self.done_s.append(time.perf_counter())
        workers = [child.pid for child in multiprocessing.active_children()]
        with contextlib.suppress(OSError):
            self.held.append(sum(_resident(pid) for pid in workers))
            self.worked_s.append(sum(_worked(pid) for pid in workers))

    @property
    def first(self) -> int:
        return max(1, round(_WARM_UP * len(self.done_s)))

    @property
    def per_sample_s(self) -> float:
        """Seconds between two samples that are done, the median: on a busy machine others take turns of their own."""
        return statistics.median(np.diff(self.done_s[self.first - 1 :]))

    def rate(self, last: int | None = None) -> float:
        """Samples a second after the first ones, or of the last ones."""
        count = min(len(self.done_s) - self.first, last or len(self.done_s))
        return count / (self.done_s[-1] - self.done_s[-1 - count])

    @property
    def processor_s(self) -> float | None:
        """Processor seconds per sample, which other programs hardly change."""
        if not self.worked_s:
            return None
        return (self.worked_s[-1] - self.worked_s[self.first - 1]) / (len(self.worked_s) - self.first)

    @property
    def memory_mib(self) -> tuple[float, float] | None:
        """Early on and at the end, each the median over a tenth of the samples; None where the system does not tell."""
        if not self.held:
            return None
        parts = self.held[self.first : 2 * self.first], self.held[-self.first :]
        early, end = (statistics.median(part) / 2**20 for part in parts)
        return early, end


def _resident(pid: int | None) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _worked(pid: int | None) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def _cores(count: int) -> Iterator[None]:
    """This process and its children on so many cores, where the system can do that; OpenCV on one thread."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    before = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    try:
        if before:
            os.sched_setaffinity(0, set(sorted(before)[-count:]))
        yield
    finally:
        if before:
            os.sched_setaffinity(0, before)
        cv2.setNumThreads(threads)


def _dataset(folder: Path, samples: int) -> Path:
    """So many samples of eight views of 1152×1024, as the demo has them. It is one phantom, linked again and again."""
    rig, mouse = demo_rig(), phantom_of_sample(0, 0)
    first = folder / "samples" / "sample_0"
    write_sample(first, rig, [render_view(mouse, camera) for camera in rig])
    files = [path.relative_to(first) for path in first.rglob("*") if path.is_file()]
    for number in range(1, samples):
        other = first.with_name(f"sample_{number}")
        for file in files:
            (other / file).parent.mkdir(parents=True, exist_ok=True)
            os.link(first / file, other / file)
    return first.parent


def _floor(sample: Sample) -> tuple[float, float]:
    """Seconds, and of them processor seconds, to decode, remap once and encode all views of the sample with OpenCV.

    Its maps are at hand. Medians.
    """
    plan, _ = plan_sample(sample, Recipe(), sample_masks(sample))
    size = plan.model_format.size
    maps = [
        view.pixel_map.to_source(pixel_centres(size, size)).astype(np.float32) - np.float32(0.5) for view in plan.views
    ]
    encoded = [np.fromfile(str(source.path), np.uint8) for source in sample.sources if source is not None]

    def view(data: npt.NDArray[np.uint8], at: npt.NDArray[np.float32]) -> None:
        image = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
        cv2.imencode(".png", cv2.remap(image, at[..., 0], at[..., 1], cv2.INTER_LINEAR))

    seconds, processor = [], []
    for _ in range(_FLOOR_REPEATS):
        start, worked = time.perf_counter(), time.thread_time()
        for data, at in zip(encoded, maps, strict=True):
            view(data, at)
        seconds.append(time.perf_counter() - start)
        processor.append(time.thread_time() - worked)
    return statistics.median(seconds), statistics.median(processor)


def _run(dataset: Path, out: Path, processes: int, most: int | None = None) -> _Watched:
    watched = _Watched()
    only = open_path(dataset).names[:most]
    with _cores(processes):
        normalise_dataset(dataset, out, Recipe(), watch=watched, backend=Processes(processes), only=only)
    return watched


def measure(samples: int = SAMPLES) -> list[dict[str, Any]]:
    """Rows of name, what, seconds, floor, floor_seconds, ratio; where the system tells them, processor and memory.

    Takes some 0.3 s and 0.5 MB in the temporary folder for each sample.
    """
    with tempfile.TemporaryDirectory() as folder:
        dataset = _dataset(Path(folder), samples)
        sample = open_path(dataset)[0]
        with _cores(1):
            before = _floor(sample)
        one = _run(dataset, Path(folder) / "one", 1)
        with _cores(1):
            floor, floor_processor = np.mean([before, _floor(sample)], axis=0).tolist()
        two = _run(dataset, Path(folder) / "two", 2, _MOST_BY_TWO)
    alone = one.rate(_MOST_BY_TWO)  # the nearest in time: other programs come and go
    what = f"one sample of {len(sample.rig)} views of 1152×1024 in a batch on one core, with its ledger and record"
    memory, processor = one.memory_mib, one.processor_s
    told: dict[str, float] = {}
    if processor is not None:
        told |= {"processor_seconds": processor, "processor_ratio": processor / floor_processor}
        what += f"; {processor:.3f} s of a processor, {processor / floor_processor:.2f} × its floor's"
    if memory is not None:
        told |= {"memory_mib": memory[1], "memory_ratio": memory[1] / memory[0]}
        what += f"; the process holds {memory[1]:.0f} MiB after {samples} samples, {memory[0]:.0f} MiB early on"
    return [
        {
            "name": "normalise-sample",
            "what": what,
            "seconds": one.per_sample_s,
            "floor": "its images decoded, remapped once (bilinear, maps at hand) and encoded by OpenCV",
            "floor_seconds": floor,
            "ratio": one.per_sample_s / floor,
            **told,
        },
        {
            "name": "normalise-two-cores",
            "what": f"a sample of the same batch by two processes on two cores ({len(two.done_s)} samples)",
            "seconds": 1 / two.rate(),
            "floor": "by one process on one core (half of it is the best there is)",
            "floor_seconds": 1 / alone,
            "ratio": alone / two.rate(),
        },
    ]
