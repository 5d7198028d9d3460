"""A job that is easily checked: item k writes its number a few times, and can be told to misbehave."""

from __future__ import annotations

import hashlib
import os
import signal
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from mouseview.formats.files import write_atomically
from mouseview.jobs import Job
from mouseview.jobs.job import Result
from mouseview.model.errors import MouseViewError

PART_BYTES = 1000
PARTS = 3


@dataclass(frozen=True)
class Behaviour:
    """seconds: that an item takes.  fails: raise the user's kind of error.  defects: another kind.

    dies: kills its process; ``always``, or once for each item. size: of a part, in bytes. traces: a folder in which
    every attempt leaves a file of its own.
    """

    seconds: float = 0.0
    fails: frozenset[int] = frozenset()
    defects: frozenset[int] = frozenset()
    dies: frozenset[int] = frozenset()
    always: bool = False
    size: int = PART_BYTES
    salt: str = ""
    traces: Path | None = None
    opens: bool = True


@dataclass(frozen=True)
class Part:
    out: Path
    index: int
    behaviour: Behaviour = field(default_factory=Behaviour)

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(f"{self.index} {self.behaviour.salt} {self.behaviour.size}".encode()).hexdigest()

    @property
    def folder(self) -> Path:
        return self.out / key(self.index)

    def is_whole(self, result: Result) -> bool:
        return (self.folder / "whole").is_file()

    def write(self) -> Result:
        told = self.behaviour
        if told.traces is not None:
            (told.traces / f"{self.index}-{os.getpid()}-{time.monotonic_ns()}").touch()
        if self.index in told.fails:
            raise MouseViewError("this one is broken", place=key(self.index), remedy="mend it")
        if self.index in told.defects:
            raise ZeroDivisionError("a defect of ours")
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "whole").unlink(missing_ok=True)
        for part in range(PARTS):
            time.sleep(told.seconds / PARTS)
            write_atomically(self.folder / f"part{part}", (b"%d" % self.index + told.salt.encode()) * told.size)
            if self.index in told.dies and part == 1:
                self._die()
        write_atomically(self.folder / "whole", b"")
        return {"square": self.index**2}

    def _die(self) -> None:
        died = self.folder / "died"
        if self.behaviour.always or not died.exists():
            died.touch()
            os.kill(os.getpid(), signal.SIGKILL)


def key(index: int) -> str:
    return f"item_{index:05d}"


def open_work(out: Path, behaviour: Behaviour, _threads: int | None) -> partial[Part]:
    if not behaviour.opens:
        raise MouseViewError("the dataset is gone", place="somewhere", remedy="bring it back")
    return partial(Part, out, behaviour=behaviour)


def job(out: Path, count: int, behaviour: Behaviour | None = None, needs: tuple[Path, ...] = ()) -> Job:
    keys = tuple(key(index) for index in range(count))
    return Job("test", out, keys, partial(open_work, out, behaviour or Behaviour()), needs, {"count": count})


def tree(folder: Path) -> dict[str, str]:
    """Digest of every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
