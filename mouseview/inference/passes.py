"""Passes that were run on this machine, kept so that the next one can be estimated. Torch-free."""

from __future__ import annotations

import dataclasses
import json
import math
import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mouseview.formats.files import read_bytes, write_atomically
from mouseview.inference.cache import cache_folder
from mouseview.inference.hardware import CPU, Processor
from mouseview.model.errors import MouseViewError

_FILE = "passes.json"
_VERSION = 1
_MAX_BYTES = 1 << 20
_KEPT = 96
_KEPT_OF_A_KIND = 3
_MAX_TEXT = 200
_MAX_NUMBER = 1e30


@dataclass(frozen=True)
class Pass:
    """One pass through a network.

    device: ``cpu`` or ``cuda``.  machine: the processor's name and, on the CPU, its threads.  network: sizes of the
    network in short.  seconds: of the pass alone.  memory_bytes: the most that the worker (``cpu``) or the GPU's
    allocator (``cuda``) had held up to its end; None where the system does not tell.  cold: the first on a GPU by a
    process, which also loads what it runs.
    """

    device: str
    machine: str
    network: str
    tokens: int
    flop: float
    seconds: float
    memory_bytes: int | None = None
    cold: bool = False


@dataclass(frozen=True)
class Duration:
    """seconds: estimated.  machine: where it was measured.  same_network: with these sizes, not others."""

    seconds: float
    machine: str
    same_network: bool


def known_passes() -> tuple[Pass, ...]:
    """Oldest first; none where nothing was run yet or the file is not ours: it is a memory, not a document."""
    try:
        document = json.loads(read_bytes(_path(), _MAX_BYTES))
    except (MouseViewError, OSError, ValueError, RecursionError):
        return ()
    entries = document.get("passes") if isinstance(document, dict) and document.get("version") == _VERSION else None
    return tuple(filter(None, map(_read, entries))) if isinstance(entries, list) else ()


def remember(ran: Pass) -> None:
    """Keep a pass beside the last ones of the same kind. Raises ``MouseViewError`` or ``OSError``."""
    known = known_passes()
    others = [old for old in known if _kind(old) != _kind(ran)]
    like_it = [old for old in known if _kind(old) == _kind(ran)][1 - _KEPT_OF_A_KIND :]
    kept = [dataclasses.asdict(each) for each in [*others, *like_it, ran][-_KEPT:]]
    write_atomically(_path(), json.dumps({"version": _VERSION, "passes": kept}, indent=1).encode())


def expected(flop: float, network: str, processor: Processor, passes: Iterable[Pass]) -> Duration | None:
    """How long a pass will take by the rate of the most similar one on this processor; None before the first.

    The CPU's rate in one network tells it in another; a GPU's differs tens of times between a narrow and a wide one,
    so there only the same sizes count.
    """
    there = [each for each in passes if each.device == processor.device and each.machine.startswith(processor.name)]
    same = [each for each in there if each.network == network]
    usable = same or (there if processor.device == CPU else [])
    usable = [each for each in usable if not each.cold] or usable
    if not usable:
        return None
    nearest = min(usable, key=lambda each: abs(math.log(each.flop / flop)))
    # of several the middle one: the machine may have been busy with something else
    seconds = statistics.median(each.seconds for each in usable if each.flop == nearest.flop)
    return Duration(flop * seconds / nearest.flop, nearest.machine, bool(same))


def _kind(ran: Pass) -> tuple[str, str, str, int, bool]:
    return ran.device, ran.machine, ran.network, ran.tokens, ran.cold


def _path() -> Path:
    return cache_folder("measured") / _FILE


def _read(entry: object) -> Pass | None:
    if not isinstance(entry, dict):
        return None
    device, machine, network = (_text(entry.get(name)) for name in ("device", "machine", "network"))
    tokens, flop, seconds, held = (_positive(entry.get(name)) for name in ("tokens", "flop", "seconds", "memory_bytes"))
    if device is None or machine is None or network is None or tokens is None or flop is None or seconds is None:
        return None
    memory = None if held is None else int(held)
    return Pass(device, machine, network, int(tokens), flop, seconds, memory, entry.get("cold") is True)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and len(value) <= _MAX_TEXT else None


def _positive(value: object) -> float | None:
    usable = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < _MAX_NUMBER
    return float(value) if usable else None  # type: ignore[arg-type]  # it is a number then
