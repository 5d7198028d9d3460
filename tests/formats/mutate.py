"""Damages files: bytes at random, and the structure itself (numbers, brackets, quoted texts) where it is text."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

_TOKENS = [
    b"NaN",
    b"-1",
    b"1e999",
    b"-1e308",
    b"0",
    b"1e-320",
    b"[",
    b"]",
    b"{",
    b"}",
    b"null",
    b"true",
    b"[[]]",
    b'""',
    b'"',
    b"'",
    b"\n",
    b"=",
    b": ",
    b"#",
    b"&a ",
    b"*a",
    b"<a>",
    b"</a>",
    b"!!opencv-matrix",
    b".Nan",
    b"-.Inf",
    b"99999999999",
    b"9" * 400,
    b"\xff\xff\xff\xff",
    b"\xff\xfe",
    b"../",
    b"/etc/passwd",
    b"\0",
]
_PIECES = re.compile(rb'[-+]?\d[\d.eE+-]*|"[^"\n]{0,80}"|[\[\]{}<>:=,]|[A-Za-z_][\w-]*')
_MAX_PIECES = 20_000


def mutants(whole: bytes, count: int, seed: int = 0) -> Iterator[bytes]:
    """Cut, overwritten, inserted, deleted, repeated, swapped: one to four wounds each, half of them of structure."""
    rng = np.random.default_rng(seed)
    pieces = [match.span() for _, match in zip(range(_MAX_PIECES), _PIECES.finditer(whole), strict=False)]
    for _ in range(count):
        data = bytearray(whole)
        if pieces and rng.random() < 0.5:
            chosen = sorted(rng.choice(len(pieces), min(len(pieces), int(rng.integers(1, 4))), replace=False))
            for index in reversed(chosen):
                _wound_piece(data, pieces, int(index), rng)
        else:
            for _ in range(int(rng.integers(1, 5))):
                _wound_bytes(data, rng)
        yield bytes(data)


def _wound_piece(data: bytearray, pieces: list[tuple[int, int]], index: int, rng: np.random.Generator) -> None:
    start, end = pieces[index]
    match int(rng.integers(0, 5)):
        case 0:
            data[start:end] = b""
        case 1:
            data[start:end] = data[start:end] * int(rng.integers(2, 40))
        case 2:
            other = pieces[int(rng.integers(0, len(pieces)))]
            data[start:end] = bytes(data[other[0] : other[1]])
        case _:
            data[start:end] = _TOKENS[int(rng.integers(0, len(_TOKENS)))]


def _wound_bytes(data: bytearray, rng: np.random.Generator) -> None:
    at = int(rng.integers(0, max(1, len(data))))
    length = int(rng.integers(1, 9))
    match int(rng.integers(0, 6)):
        case 0:
            data[at : at + 1] = bytes([int(rng.integers(0, 256))])
        case 1:
            data[at : at + length] = b""
        case 2:
            data[at : at + length] = _TOKENS[int(rng.integers(0, len(_TOKENS)))]
        case 3:
            data[at:at] = data[at : at + length * 8]
        case 4 if rng.random() < 0.3:
            del data[at:]
        case _:
            data[at : at + 1] = bytes([data[at] ^ (1 << int(rng.integers(0, 8)))]) if data else b""
