"""The one family of errors that a user is meant to read."""

from __future__ import annotations


class MouseViewError(Exception):
    """What went wrong (``message``), where (``place``: file, camera, field) and what to do next (``remedy``)."""

    def __init__(self, message: str, *, place: str = "", remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.place = place
        self.remedy = remedy

    def __str__(self) -> str:
        text = f"{self.place}: {self.message}" if self.place else self.message
        return f"{text}\n  → {self.remedy}" if self.remedy else text

    def __reduce__(self) -> tuple[object, ...]:
        # the default would call cls(message) and drop place and remedy between processes
        return (_rebuild, (type(self), self.message, self.place, self.remedy))


def _rebuild(cls: type[MouseViewError], message: str, place: str, remedy: str) -> MouseViewError:
    return cls(message, place=place, remedy=remedy)


class FileFormatError(MouseViewError):
    """A file cannot be read or written as what it claims to be."""


class CheckpointError(MouseViewError):
    """Weights or their configuration cannot be used."""


class EngineError(MouseViewError):
    """Inference or its worker process failed."""


class Cancelled(MouseViewError):
    """The user stopped it; nothing is wrong."""
