"""What commands that run long jobs share: options, progress with the time left, and how to go on after an end."""

from __future__ import annotations

import argparse
import contextlib
import shlex
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from mouseview.cli.options import positive
from mouseview.cli.outcome import Shell
from mouseview.model.errors import Cancelled

if TYPE_CHECKING:  # a start must stay light
    from mouseview.jobs import JobProgress
    from mouseview.jobs.backend import Backend


def add_job_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--jobs", type=positive, default=1, metavar="N", help="processes (default: 1)")
    parser.add_argument("--resume", action="store_true", help="leave alone what is already written and still valid")
    parser.add_argument(
        "--cluster", metavar="ADDRESS", help="Dask scheduler whose workers do it, as tcp://host:8786 (extra [cluster])"
    )


def backend_of(arguments: argparse.Namespace) -> Backend:
    from mouseview.workflow.output_folder import backend_for

    return backend_for(arguments.jobs, arguments.cluster)


def progress_line(shell: Shell, doing: str) -> Callable[[JobProgress], None]:
    def tell(progress: JobProgress) -> None:
        shell.progress(progress.fraction, doing, detail_text(progress))

    return tell


def detail_text(progress: JobProgress) -> str:
    """``312 of 18000, 2 failed, about 3 min left``."""
    parts = [f"{progress.finished} of {progress.total}"]
    parts += [f"{progress.failed} failed"] if progress.failed else []
    if progress.remaining_s is not None and progress.finished < progress.total:
        parts.append(f"about {time_text(progress.remaining_s)} left")
    return ", ".join(parts)


def time_text(seconds: float) -> str:
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


@contextlib.contextmanager
def resumable(shell: Shell, *command: object) -> Iterator[None]:
    """Says the command that goes on where an interrupted one was. command: its words but ``--resume``."""
    from mouseview.jobs import JobStopped

    words = [str(word) for word in command]
    line = shlex.join(["mouseview", *words, *([] if "--resume" in words else ["--resume"])])
    try:
        yield
    except (KeyboardInterrupt, Cancelled):
        shell.say(f"what is done stays; to go on: {line}")
        raise
    except JobStopped as stopped:
        remedy = f"{stopped.remedy}: {line}"
        raise JobStopped(stopped.message, place=stopped.place, remedy=remedy) from stopped


def words_of(**options: Any) -> list[str]:
    """``--name value`` of every option that was given; names as the parser has them."""
    words: list[str] = []
    for name, value in options.items():
        if value is None or value is False:
            continue
        flag = f"--{name.replace('_', '-')}"
        words += [flag] if value is True else [f"{flag}={value}"]
    return words
