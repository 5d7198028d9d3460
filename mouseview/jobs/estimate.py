"""How long a job still takes, from the pace of the items that were really done."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

_WINDOW_S = 120.0
_ENOUGH_S = 1.0
_ENOUGH_ITEMS = 3


class Estimate:
    """Counts items as they end. Skipped ones take next to no time: they say nothing about the pace.

    doubtful: how many items an earlier run has done. Each is skipped unless it turns out to be no longer valid; the
    share of those seen so far that had to be done again is expected of the rest.
    """

    def __init__(self, total: int, doubtful: int = 0, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._fresh = total - doubtful
        self._doubtful = doubtful
        self._again = self._seen = 0
        self._done: deque[float] = deque()

    def ended(self, *, skipped: bool, was_doubtful: bool) -> None:
        """skipped: nothing had to be done.  was_doubtful: an earlier run had done it."""
        now = self._clock()
        if was_doubtful:
            self._doubtful -= 1
            self._seen += 1
            self._again += not skipped
        else:
            self._fresh -= 1
        if not skipped:
            self._done.append(now)
            while self._done[0] < now - _WINDOW_S and len(self._done) > _ENOUGH_ITEMS:
                self._done.popleft()

    def remaining_s(self) -> float | None:
        """Seconds, or None while too little was done to tell. Grows while nothing ends."""
        expected = self._fresh + (self._doubtful * self._again / self._seen if self._seen else 0.0)
        if expected <= 0:
            return 0.0 if not self._doubtful else None
        if len(self._done) < _ENOUGH_ITEMS:
            return None
        # from the first end on: what came before it was start-up
        now, first, last, ended = self._clock(), self._done[0], self._done[-1], len(self._done) - 1
        if last - first < _ENOUGH_S:
            return None
        pace_s = max((last - first) / ended, (now - first) / (ended + 1))
        return max(expected * pace_s - min(now - last, pace_s), 0.0)
