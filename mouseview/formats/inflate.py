"""DEFLATE (RFC 1951) inside zlib (RFC 1950), and the row filters of PNG, compiled.

Hostile input cannot lead out of the arrays: every read and write is checked. The checksum over the result is left to
the caller, whose chunks have their own.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mouseview.geometry.compiled import compiled

U8 = npt.NDArray[np.uint8]
I32 = npt.NDArray[np.int32]

_LONGEST = 15  # bits of a code
_ORDER = np.array([16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15], np.int64)
_LENGTH_EXTRA = np.array([0] * 8 + [k // 4 for k in range(4, 24)] + [0], np.int64)
_LENGTH_BASE = np.array(
    [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258],
    np.int64,
)
_DISTANCE_EXTRA = np.array([0, 0] + [k // 2 for k in range(28)], np.int64)
_DISTANCE_BASE = np.array(
    [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
        6145, 8193, 12289, 16385, 24577,
    ],
    np.int64,
)  # fmt: skip


@compiled(nogil=True)
def _table(lengths: U8, count: int, table: I32) -> int:
    """Canonical code of ``count`` symbols: table[next bits] = symbol · 16 + length, 0 where none. Its bits, or −1."""
    used = np.zeros(_LONGEST + 1, np.int64)
    for symbol in range(count):
        used[lengths[symbol]] += 1
    used[0] = 0
    left, bits = 1, 0
    following = np.zeros(_LONGEST + 2, np.int64)
    for length in range(1, _LONGEST + 1):
        left = 2 * left - used[length]
        if left < 0:
            return -1
        if used[length]:
            bits = length
        following[length + 1] = (following[length] + used[length]) << 1
    size = 1 << bits
    table[:size] = 0
    for symbol in range(count):
        width = np.int64(lengths[symbol])
        if width == 0:
            continue
        code, reverse = following[width], 0
        following[width] += 1
        for _ in range(width):
            reverse, code = (reverse << 1) | (code & 1), code >> 1
        for place in range(reverse, size, 1 << width):
            table[place] = (symbol << 4) | width
    return bits


@compiled(nogil=True)
def _more(data: U8, at: int, bits: int, count: int) -> tuple[int, int, int]:
    """At least 49 bits, zeros after the end of the data."""
    while count <= 48:
        if at < len(data):
            bits |= int(data[at]) << count
        at += 1
        count += 8
    return at, bits, count


@compiled(nogil=True)
def _codes(data: U8, at: int, bits: int, count: int, lengths: U8) -> tuple[int, int, int, int, int]:
    """A dynamic block's code lengths → lengths (320,). (at, bits, count, literals, distances); 0 literals: bad."""
    at, bits, count = _more(data, at, bits, count)
    literals, distances, given = (bits & 31) + 257, ((bits >> 5) & 31) + 1, ((bits >> 10) & 15) + 4
    bits, count = bits >> 14, count - 14
    short = np.zeros(19, np.uint8)
    for k in range(given):
        at, bits, count = _more(data, at, bits, count)
        short[_ORDER[k]] = bits & 7
        bits, count = bits >> 3, count - 3
    table = np.zeros(1 << 7, np.int32)
    width = _table(short, 19, table)
    if width <= 0 or literals > 286 or distances > 30:
        return at, bits, count, 0, 0
    filled = 0
    while filled < literals + distances:
        at, bits, count = _more(data, at, bits, count)
        entry = table[bits & ((1 << width) - 1)]
        if entry == 0 or at > len(data) + 16:
            return at, bits, count, 0, 0
        bits, count = bits >> (entry & 15), count - (entry & 15)
        symbol = entry >> 4
        value, repeat = symbol, 1
        if symbol == 16:
            if filled == 0:
                return at, bits, count, 0, 0
            value, repeat = int(lengths[filled - 1]), 3 + (bits & 3)
            bits, count = bits >> 2, count - 2
        elif symbol == 17:
            value, repeat = 0, 3 + (bits & 7)
            bits, count = bits >> 3, count - 3
        elif symbol == 18:
            value, repeat = 0, 11 + (bits & 127)
            bits, count = bits >> 7, count - 7
        if filled + repeat > literals + distances:
            return at, bits, count, 0, 0
        lengths[filled : filled + repeat] = value
        filled += repeat
    return at, bits, count, literals, distances


@compiled(nogil=True)
def _fixed_codes(lengths: U8) -> None:
    lengths[:144] = 8
    lengths[144:256] = 9
    lengths[256:280] = 7
    lengths[280:288] = 8
    lengths[288:318] = 5


@compiled(nogil=True)
def inflate(data: U8, out: U8) -> int:
    """zlib data (N,) → out, bytes written; −1 where the data are not right or are more than fit."""
    if len(data) < 2 or data[0] & 15 != 8 or data[1] & 32 or (np.int64(data[0]) * 256 + data[1]) % 31:
        return -1
    size, filled = len(out), 0
    at, bits, count = 2, 0, 0
    lengths = np.zeros(320, np.uint8)
    literal_table, distance_table = np.empty(1 << _LONGEST, np.int32), np.empty(1 << _LONGEST, np.int32)
    last = 0
    while not last:
        at, bits, count = _more(data, at, bits, count)
        last, kind = bits & 1, (bits >> 1) & 3
        bits, count = bits >> 3, count - 3
        if kind == 0:
            at -= count // 8
            bits, count = 0, 0
            if at + 4 > len(data):
                return -1
            stored = int(data[at]) | int(data[at + 1]) << 8
            if stored ^ (int(data[at + 2]) | int(data[at + 3]) << 8) != 65535:
                return -1
            at += 4
            if at + stored > len(data) or filled + stored > size:
                return -1
            out[filled : filled + stored] = data[at : at + stored]
            at, filled = at + stored, filled + stored
            continue
        if kind == 1:
            literals, distances = 288, 30
            _fixed_codes(lengths)
        elif kind == 2:
            at, bits, count, literals, distances = _codes(data, at, bits, count, lengths)
            if literals == 0:
                return -1
        else:
            return -1
        literal_bits = _table(lengths, literals, literal_table)
        distance_bits = _table(lengths[literals:], distances, distance_table)
        if literal_bits <= 0 or distance_bits < 0:
            return -1
        literal_mask, distance_mask = (1 << literal_bits) - 1, (1 << distance_bits) - 1
        while True:
            at, bits, count = _more(data, at, bits, count)
            entry = literal_table[bits & literal_mask]
            if entry == 0 or at > len(data) + 16:
                return -1
            bits, count = bits >> (entry & 15), count - (entry & 15)
            symbol = entry >> 4
            if symbol < 256:
                if filled >= size:
                    return -1
                out[filled] = symbol
                filled += 1
                continue
            if symbol == 256:
                break
            symbol -= 257
            if symbol > 28:
                return -1
            extra = _LENGTH_EXTRA[symbol]
            length = _LENGTH_BASE[symbol] + (bits & ((1 << extra) - 1))
            bits, count = bits >> extra, count - extra
            entry = distance_table[bits & distance_mask]
            if entry == 0 or distance_bits == 0:
                return -1
            bits, count = bits >> (entry & 15), count - (entry & 15)
            symbol = entry >> 4
            if symbol > 29:
                return -1
            extra = _DISTANCE_EXTRA[symbol]
            distance = _DISTANCE_BASE[symbol] + (bits & ((1 << extra) - 1))
            bits, count = bits >> extra, count - extra
            if distance > filled or filled + length > size:
                return -1
            if distance == 1:
                value = out[filled - 1]
                for k in range(filled, filled + length):
                    out[k] = value
            elif distance >= length:
                source, target = out[filled - distance : filled], out[filled : filled + length]
                for k in range(length):
                    target[k] = source[k]
            else:
                for k in range(filled, filled + length):
                    out[k] = out[k - distance]
            filled += length
    return filled if at - count // 8 <= len(data) else -1


@compiled(nogil=True)
def unfilter(kinds: U8, channels: int, rows: U8) -> bool:
    """Undo, in place, PNG's row filters (H,) of rows (H, n); False: an unknown filter."""
    height, count = rows.shape
    nothing = np.zeros(count, np.uint8)
    for y in range(height):
        kind, line = kinds[y], rows[y]
        above = nothing if y == 0 else rows[y - 1]
        if kind > 4:
            return False
        if kind == 1:
            for n in range(channels, count):
                line[n] += line[n - channels]
        elif kind == 2:
            for n in range(count):
                line[n] += above[n]
        elif kind == 3:
            for n in range(channels):
                line[n] += above[n] >> 1
            for n in range(channels, count):
                line[n] += (np.int64(line[n - channels]) + np.int64(above[n])) >> 1
        elif kind == 4:
            for n in range(channels):
                line[n] += above[n]
            for n in range(channels, count):
                a, b, c = np.int64(line[n - channels]), np.int64(above[n]), np.int64(above[n - channels])
                pa, pb, pc = abs(b - c), abs(a - c), abs(a + b - 2 * c)
                line[n] += a if pa <= pb and pa <= pc else b if pb <= pc else c
    return True
