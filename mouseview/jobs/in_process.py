"""The plainest backend: one item after the other, in this process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mouseview.jobs.job import Job, Outcome
from mouseview.jobs.journal import Record
from mouseview.jobs.one_item import Place, do_item


@dataclass(frozen=True)
class InProcess:
    """A cancel is heeded between two items: use ``Processes(1)`` where one takes long and somebody waits."""

    def start(self, job: Job, earlier: Sequence[Record | None], place: Place) -> _OneByOne:
        return _OneByOne(job, earlier, place)


class _OneByOne:
    def __init__(self, job: Job, earlier: Sequence[Record | None], place: Place) -> None:
        self._work = job.open(None)
        self._earlier, self._place = earlier, place
        self._next = 0

    @property
    def finished(self) -> bool:
        return self._next >= len(self._earlier)

    def poll(self, timeout_s: float) -> list[Outcome]:
        index, self._next = self._next, self._next + 1
        return [do_item(self._work, index, self._earlier[index], self._place)]

    def stop(self) -> list[Outcome]:
        return []
