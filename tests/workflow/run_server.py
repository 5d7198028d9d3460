"""Normalisations that may be killed: each is forked from this process, which has loaded everything, and starts at once.

Reads lines of JSON with the arguments of a run, answers with the process id, leader of a group of its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from typing import Any

from mouseview.model.recipe import Recipe
from mouseview.workflow.normalise import normalise_dataset

SMALL = Recipe(model="mouse-256")


def run(path: str, out: str, jobs: int) -> int:
    """0: all samples are there. 1: some are not, as when a worker was killed twice at the same one."""
    return bool(normalise_dataset(path, out, SMALL, jobs=jobs, resume=True)["failed"])


def _serve() -> None:
    for line in sys.stdin:
        arguments: dict[str, Any] = json.loads(line)
        process = os.fork()
        if process == 0:
            code = 2
            with contextlib.suppress(BrokenPipeError):
                os.setsid()
                try:
                    code = run(**arguments)
                finally:
                    os._exit(code)
        print(process, flush=True)
        _, status = os.waitpid(process, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    _serve()
