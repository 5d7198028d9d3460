"""Camera formats of other packages, found through the entry point group ``mouseview.formats``.

An entry point names a ``CameraFormat`` or a sequence of them. What is broken about a plug-in is a finding: it never
keeps MouseView from starting, nor from reading other formats.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from importlib import metadata
from typing import Any

from mouseview.formats.camera_format import CameraFormat
from mouseview.model.errors import FileFormatError, MouseViewError
from mouseview.model.finding import Finding, Severity

GROUP = "mouseview.formats"
_USING = ("read", "write", "labels", "read_with_images")
_SNIFFING = ("sniff", "sniff_folder")


@dataclass(frozen=True)
class Plugins:
    """Formats that can be used, and what was wrong; problems grow when a plug-in fails to look at a file."""

    formats: tuple[CameraFormat, ...]
    problems: list[Finding]


def load_plugins(taken: Sequence[str]) -> Plugins:
    """The formats of all installed plug-ins; ``taken``: names that they may not use."""
    formats: list[CameraFormat] = []
    problems: list[Finding] = []
    for entry in metadata.entry_points(group=GROUP):
        owner = f"{entry.name} ({entry.dist.name if entry.dist else entry.value})"
        try:
            loaded = entry.load()
        except Exception as error:  # code of others: anything can come out of its import
            problems.append(_broken(owner, f"cannot be loaded: {type(error).__name__}: {error}"))
            continue
        for candidate in loaded if isinstance(loaded, list | tuple) else (loaded,):
            if not isinstance(candidate, CameraFormat):
                problems.append(_broken(owner, f"registers a {type(candidate).__name__}, expected a CameraFormat"))
            elif candidate.name in (*taken, *(known.name for known in formats)):
                problems.append(_broken(owner, f"registers the name {candidate.name!r}, which is taken"))
            else:
                formats.append(_guarded(candidate, owner, problems))
    return Plugins(tuple(formats), problems)


def _broken(owner: str, what: str) -> Finding:
    return Finding(
        "format-plugin-broken", Severity.WARNING, f"plug-in {owner}", what, "update the package, or uninstall it"
    )


def _guarded(known: CameraFormat, owner: str, problems: list[Finding]) -> CameraFormat:
    """The format with errors of its code contained.

    Reading and writing raise ``FileFormatError`` that name the plug-in. Sniffing, which happens to every file that is
    opened, says no and leaves one problem.
    """

    def contained(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def call(*arguments: Any) -> Any:
            try:
                return function(*arguments)
            except (MouseViewError, OSError):
                raise
            except Exception as error:  # code of others: whatever it raises, a user has to read whose fault it is
                raise FileFormatError(
                    f"the plug-in {owner} failed: {type(error).__name__}: {error}",
                    place=str(arguments[-1]),
                    remedy="report it to the plug-in's authors, or choose another format by name",
                ) from error

        return call

    def careful(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def call(*arguments: Any) -> Any:
            try:
                return bool(function(*arguments))
            except Exception as error:  # a format that cannot even look at a file must not keep the others from it
                problem = _broken(owner, f"fails to recognise files: {type(error).__name__}: {error}"[:300])
                if problem not in problems:
                    problems.append(problem)
                return False

        return call

    changes: dict[str, Any] = {}
    for wrap, keys in ((contained, _USING), (careful, _SNIFFING)):
        changes |= {key: wrap(getattr(known, key)) for key in keys if getattr(known, key) is not None}
    return dataclasses.replace(known, **changes)
