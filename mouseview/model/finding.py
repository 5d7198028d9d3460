"""Finding: one thing a check has to say. Verdict: the two questions that are always kept apart."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    INFO = "info"  # worth knowing, nothing to do
    WARNING = "warning"  # costs quality, or is unusual
    ERROR = "error"  # the declared geometry is false or impossible, or a file is unusable


@dataclass(frozen=True)
class Finding:
    """``code`` is stable and kebab-case; ``place`` names file, sample or camera; ``camera`` lets a window go there."""

    code: str
    severity: Severity
    place: str
    message: str
    remedy: str
    camera: str | None = None


class Truth(StrEnum):
    """Is the declared geometry true: do the declared rays pass through what the pixels show?"""

    TRUE = "true"
    APPROXIMATE = "approximate"
    FALSE = "false"


@dataclass(frozen=True)
class Verdict:
    """truth: see ``Truth``.  in_format: is it what the model was trained on?  The one never implies the other."""

    truth: Truth
    in_format: bool
