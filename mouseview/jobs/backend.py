"""What the engine asks of those who do the items: this process, other processes, a cluster."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from mouseview.jobs.job import Job, Outcome
from mouseview.jobs.journal import Record
from mouseview.jobs.one_item import Place


class Pool(Protocol):
    """Items at work."""

    @property
    def finished(self) -> bool:
        """Whether every item's outcome was handed over."""
        ...

    def poll(self, timeout_s: float) -> list[Outcome]:
        """Outcomes that have arrived; waits for the first, but not longer. Raises ``JobStopped``."""
        ...

    def stop(self) -> list[Outcome]:
        """End everything within about half a second; outcomes that still arrive are handed over."""
        ...


class Backend(Protocol):
    """A way to do items."""

    def start(self, job: Job, earlier: Sequence[Record | None], place: Place) -> Pool:
        """earlier: parallel to the job's keys. Raises ``MouseViewError`` when nothing can be started."""
        ...
