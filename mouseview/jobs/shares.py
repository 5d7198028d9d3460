"""Who does which items: a stretch for each worker, so that sequential decoding stays cheap; then they help others."""

from __future__ import annotations

import itertools
from collections.abc import Hashable

_MOST_AT_ONCE = 8


class Shares:
    """Hands out the items 0 … count − 1 in ascending runs.

    Each worker goes through a stretch of its own; one that has finished takes the further half of the longest stretch
    that is left. Items given back (their worker has died) are handed out first, one by one.
    """

    def __init__(self, count: int, workers: int) -> None:
        edges = [count * share // workers for share in range(workers + 1)]
        self._free = [range(a, b) for a, b in itertools.pairwise(edges) if b > a]
        self._owned: dict[Hashable, range] = {}
        self._returned: list[int] = []

    @property
    def left(self) -> int:
        """Items that are not handed out."""
        return sum(map(len, (*self._free, *self._owned.values()))) + len(self._returned)

    def take(self, worker: Hashable) -> list[int]:
        """The next items of a worker; empty when nothing is left."""
        if self._returned:
            return [self._returned.pop(0)]
        own = self._owned.pop(worker, range(0)) or self._another()
        most = max(1, min(_MOST_AT_ONCE, len(own) // 4))
        self._owned[worker] = own[most:]
        return list(own[:most])

    def give_back(self, worker: Hashable, items: list[int]) -> None:
        """``worker`` is no more; ``items`` were handed to it and are not done."""
        rest = self._owned.pop(worker, range(0))
        if rest:
            self._free.append(rest)
        self._returned += items

    def _another(self) -> range:
        if self._free:
            return self._free.pop(0)
        longest = max(self._owned, key=lambda worker: len(self._owned[worker]), default=None)
        if longest is None:
            return range(0)
        stretch = self._owned[longest]
        middle = len(stretch) // 2
        self._owned[longest] = stretch[:middle]
        return stretch[middle:]
