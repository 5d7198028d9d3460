"""How a run is divided: stages of growing image size, by steps or by the clock, and the learning rate along it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

_WARM_UP = 0.02


@dataclass(frozen=True)
class Stage:
    """size: px.  steps: optimiser steps.  batch: scenes a step when six views are fed (fewer of more views)."""

    size: int
    steps: int
    batch: int

    @classmethod
    def parse(cls, text: str) -> Stage:
        """``SIZE:STEPS`` or ``SIZE:STEPS:BATCH``; raises ``ValueError``."""
        numbers = [int(part) for part in text.split(":")]
        if len(numbers) not in (2, 3) or min(numbers) < 1:
            raise ValueError(f"{text!r} is no stage; expected SIZE:STEPS or SIZE:STEPS:BATCH")
        size, steps = numbers[:2]
        return cls(size, steps, numbers[2] if len(numbers) == 3 else max(2, round(10 * (256 / size) ** 1.25)))

    def scenes(self, views: int) -> int:
        return max(1, round(self.batch * 6 / views))


class Schedule:
    """Where a run stands, as ``progress`` 0..1 over all stages.

    Without a time limit progress counts steps. With ``seconds`` it is the clock from now on: what is left of the run
    (from ``progress`` where it was resumed) fills that time, and the stages share it by their cost in pixels. Either
    way the learning rate has come down to nothing when progress reaches 1.
    """

    def __init__(
        self,
        stages: tuple[Stage, ...],
        seconds: float | None = None,
        step: int = 0,
        progress: float = 0.0,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        weights = [s.steps * (s.batch * s.size**2 if seconds is not None else 1) for s in stages]
        total = sum(weights)
        self._ends = [sum(weights[: k + 1]) / total for k in range(len(stages))]
        self._stages, self._seconds, self._clock = stages, seconds, clock
        self._started, self._from = clock(), progress
        self._all_steps = sum(s.steps for s in stages)
        self.step = step

    @property
    def progress(self) -> float:
        if self._seconds is None:
            return min(1.0, self.step / self._all_steps)
        gone = (self._clock() - self._started) / self._seconds if self._seconds > 0 else 1.0
        return min(1.0, self._from + (1.0 - self._from) * gone)

    def stage(self, progress: float) -> Stage:
        return next((s for s, end in zip(self._stages, self._ends, strict=True) if progress < end), self._stages[-1])

    @staticmethod
    def learning_rate(peak: float, progress: float) -> float:
        """Linear up over the first 2 %, then a cosine down to a thousandth of the peak."""
        rise = min(1.0, (progress + 1e-4) / _WARM_UP)
        fall = 0.5 + 0.5 * math.cos(math.pi * min(1.0, progress))
        return peak * rise * max(fall, 1e-3)
