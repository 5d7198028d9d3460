"""What the engine costs an item, and what a second process gains."""

from __future__ import annotations

import functools
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mouseview.formats.images import write_png
from mouseview.jobs.backend import Backend
from mouseview.jobs.engine import run_job
from mouseview.jobs.in_process import InProcess
from mouseview.jobs.job import Job, Result, Work
from mouseview.jobs.processes import Processes

_SMALL, _SMALL_SIDE = 300, 64
_LARGE, _LARGE_SIDE = 120, 1024
_REPEATS = 5


@dataclass(frozen=True)
class _Picture:
    """Writes one noisy image: the work of extracting one view."""

    out: Path
    side: int
    index: int

    @property
    def fingerprint(self) -> str:
        return f"{self.side}-{self.index}"

    @property
    def folder(self) -> Path:
        return self.out / f"{self.index:05d}"

    def is_whole(self, result: Result) -> bool:
        return (self.folder / "image.png").is_file()

    def write(self) -> Result:
        self.folder.mkdir(exist_ok=True)
        coarse = np.random.default_rng(self.index).integers(0, 256, (16, 16, 3), dtype=np.uint8)
        write_png(self.folder / "image.png", cv2.resize(coarse, (self.side, self.side), interpolation=cv2.INTER_CUBIC))
        return {"index": self.index}


def _open(out: Path, side: int, threads: int | None) -> Work:
    return functools.partial(_Picture, out, side)


def _bare(count: int, side: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        for index in range(count):
            _Picture(Path(folder), side, index).write()
        return time.perf_counter() - start


def _engine(count: int, side: int, backend: Backend) -> float:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        job = Job("bench", out, tuple(f"{index:05d}" for index in range(count)), functools.partial(_open, out, side))
        start = time.perf_counter()
        run_job(job, backend)
        return time.perf_counter() - start


def measure() -> list[dict[str, Any]]:
    """Rows of name, what, seconds, floor, floor_seconds, ratio."""
    # in turns: what else uses the disk meets both
    pairs = [(_bare(_SMALL, _SMALL_SIDE), _engine(_SMALL, _SMALL_SIDE, InProcess())) for _ in range(_REPEATS)]
    bare, engine = (min(seconds) for seconds in zip(*pairs, strict=True))
    one, two = (_engine(_LARGE, _LARGE_SIDE, Processes(count)) for count in (1, 2))
    return [
        {
            "name": "job of small items",
            "what": f"{_SMALL} images of {_SMALL_SIDE} px through the engine, with its journal",
            "seconds": engine,
            "floor": "the same calls in a bare loop",
            "floor_seconds": bare,
            "ratio": engine / bare,
        },
        {
            "name": "two processes",
            "what": f"{_LARGE} images of {_LARGE_SIDE} px by two processes, their start included",
            "seconds": two,
            "floor": "by one process (half of it is the best there is)",
            "floor_seconds": one,
            "ratio": two / one,
        },
    ]
