"""A Dask scheduler and workers as processes of their own on 127.0.0.1."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

_START_S = 60.0


@contextmanager
def started(module: str, *words: object, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process of Dask's that ends with the test; what it says lies in a file beside it."""
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    command = [sys.executable, "-m", f"distributed.cli.{module}", *map(str, words)]
    with (
        open(folder / "log.txt", "ab") as log,
        subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log) as child,
    ):
        try:
            yield child
        finally:
            child.kill()


@dataclass
class Running:
    address: str
    scheduler: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]]


@contextmanager
def cluster(folder: Path, workers: int) -> Iterator[Running]:
    """Processes of their own on 127.0.0.1; no nannies, so what is killed stays dead."""
    told = folder / "scheduler.json"
    with ExitStack() as stack:
        here = ("--host", "127.0.0.1", "--no-dashboard")
        scheduler = stack.enter_context(
            started("dask_scheduler", *here, "--port", 0, "--scheduler-file", told, folder=folder)
        )
        deadline = time.monotonic() + _START_S
        while not told.exists() or not told.read_bytes():
            assert scheduler.poll() is None, (folder / "log.txt").read_text("utf-8")
            assert time.monotonic() < deadline
            time.sleep(0.05)
        address = json.loads(told.read_text("utf-8"))["address"]
        alone = ("--nthreads", 1, "--no-nanny")
        yield Running(
            address,
            scheduler,
            [
                stack.enter_context(started("dask_worker", address, *here, *alone, folder=folder))
                for _ in range(workers)
            ],
        )


def wait_for_workers(running: Running, count: int) -> None:
    from distributed import Client

    with Client(running.address, set_as_default=False) as client:
        client.wait_for_workers(count, timeout=_START_S)
