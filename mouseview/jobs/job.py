"""The values of a long job: what is to be done, item by item, what came of each, and how far it is."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from mouseview.model.errors import MouseViewError

Result = dict[str, Any]
"""What an item hands back: small and JSON-able."""


class Item(Protocol):
    """One piece of work, looked at but not yet done.

    fingerprint: changes when anything does that the output depends on, but for what ``is_whole`` looks at itself.
    folder: written by this item alone.
    """

    @property
    def fingerprint(self) -> str: ...

    @property
    def folder(self) -> Path: ...

    def is_whole(self, result: Result) -> bool:
        """Whether the output that gave ``result`` still lies on the disk, whole, and is still what it should be."""
        ...

    def write(self) -> Result:
        """Do it: every file atomically, the one that makes the output count last. Raises ``MouseViewError``."""
        ...


Work = Callable[[int], Item]
"""From an item's index to the item; raises ``MouseViewError`` when it cannot be done."""

Opener = Callable[[int | None], Work]
"""Opens the work in the process that does it; gets the number of threads that process may use, None: all."""


@dataclass(frozen=True)
class Job:
    """Work over items that write below one folder.

    kind: names the work in the folder's journal.  keys: of the items, unique, in order; what is reported.
    open: picklable; called once in every process that takes part.  needs: sources without which no item can be done.
    settings: JSON-able, what was asked for, to offer it again when the folder is chosen again.  summary: name of a
    file in ``out`` that tells of all items: it is taken away when the job begins, and is there again when all is done.
    """

    kind: str
    out: Path
    keys: tuple[str, ...]
    open: Opener
    needs: tuple[Path, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    summary: str = ""

    def __post_init__(self) -> None:
        if len(set(self.keys)) != len(self.keys):
            raise ValueError("keys of a job's items must be unique")


@dataclass(frozen=True)
class ItemError:
    """Why an item was not done. details: a traceback where the error was not foreseen."""

    message: str
    place: str = ""
    remedy: str = ""
    details: str = ""

    @classmethod
    def of(cls, error: BaseException) -> ItemError:
        if isinstance(error, MouseViewError):
            return cls(error.message, error.place, error.remedy)
        if isinstance(error, MemoryError):
            return cls("there is not enough memory", remedy="use fewer workers, or close other programs")
        if isinstance(error, OSError):
            return cls(error.strerror or str(error), str(error.filename or ""), "check the path and its permissions")
        return cls(
            f"internal error: {type(error).__name__}: {error}",
            remedy="report it with its details",
            details="".join(traceback.format_exception(error)),
        )

    def document(self) -> dict[str, str]:
        told = {"message": self.message, "place": self.place, "remedy": self.remedy}
        return {**told, "details": self.details} if self.details else told


@dataclass(frozen=True)
class Outcome:
    """What came of one item: a result or an error.

    skipped: the result is an earlier run's, still whole.  stop: the error is not this item's alone, nothing more can
    be done.
    """

    index: int
    fingerprint: str = ""
    result: Result | None = None
    error: ItemError | None = None
    skipped: bool = False
    stop: bool = False


@dataclass(frozen=True)
class JobProgress:
    """How far a job is. item: the key of the last one.  remaining_s: None while nothing honest can be said."""

    total: int
    done: int
    skipped: int
    failed: int
    item: str
    elapsed_s: float
    remaining_s: float | None

    @property
    def finished(self) -> int:
        return self.done + self.skipped + self.failed

    @property
    def fraction(self) -> float:
        return self.finished / self.total if self.total else 1.0


@dataclass(frozen=True)
class JobReport:
    """Outcomes of all items, in order. seconds: of this run."""

    job: Job
    outcomes: tuple[Outcome, ...]
    seconds: float

    @property
    def done(self) -> list[tuple[str, Result, bool]]:
        """(key, result, kept from an earlier run) of what lies whole in the folder now."""
        return [(self.job.keys[o.index], o.result, o.skipped) for o in self.outcomes if o.result is not None]

    @property
    def failed(self) -> list[tuple[str, ItemError]]:
        return [(self.job.keys[o.index], o.error) for o in self.outcomes if o.error is not None]

    @property
    def skipped(self) -> int:
        return sum(outcome.skipped for outcome in self.outcomes)


Watch = Callable[[JobProgress], None]
Cancel = Callable[[], bool]
Conclude = Callable[[JobReport], None]


class JobStopped(MouseViewError):
    """A job had to stop; what is done stays, and it can be resumed."""
