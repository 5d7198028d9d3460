"""Runs compiled kernels on a few threads.

The kernels release the GIL, so plain Python threads are enough. numba's own threading layers are avoided: the one
that is always there must not be entered from two threads at once, and a window renders while a job does.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

_default: int | None = None


def available_threads() -> int:
    """CPUs this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def set_num_threads(count: int | None) -> None:
    """Threads of every later render that does not say otherwise; None means all CPUs. A window leaves one free."""
    global _default
    if count is not None and count < 1:
        raise ValueError(f"at least one thread is needed, got {count}")
    _default = count


def resolve_threads(count: int | None) -> int:
    """What a ``threads`` argument means: itself, or the default."""
    if count is not None and count < 1:
        raise ValueError(f"at least one thread is needed, got {count}")
    return count or _default or available_threads()


def run_all(task: Callable[[int], None], count: int, threads: int) -> None:
    """``task(0) … task(count − 1)`` on ``threads`` threads, the caller's among them; the first error is raised here."""
    if threads == 1 or count <= 1:
        for index in range(count):
            task(index)
        return
    lock = threading.Lock()
    upcoming = 0

    def work() -> None:
        nonlocal upcoming
        while True:
            with lock:
                index, upcoming = upcoming, upcoming + 1
            if index >= count:
                return
            task(index)

    helpers = min(threads, count) - 1
    with ThreadPoolExecutor(helpers, thread_name_prefix="splats") as pool:
        pending = [pool.submit(work) for _ in range(helpers)]
        work()
    for helper in pending:
        helper.result()


def run_in_rows(kernel: Callable[[int, int], None], rows: int, at_once: int) -> None:
    """``kernel(first, last)`` over all rows, ``at_once`` of them to a task, on the default number of threads."""
    starts = range(0, rows, at_once)
    run_all(lambda k: kernel(starts[k], min(starts[k] + at_once, rows)), len(starts), resolve_threads(None))
