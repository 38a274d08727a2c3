"""Normal forms of values: what of them makes their tokens and keys, one pass, no Python per value."""

# compiled loop; splitting it into calls costs the speed it exists for.
from __future__ import annotations

import numpy as np

from qingyuan.pii._identity import CENTENARIANS, LENGTH, MARKS, OLD, WEIGHTS
from qingyuan.pii._kernel._compile import njit
from qingyuan.pii._kernel.beside import numeral
from qingyuan.pii._kernel.cells import character_at
from qingyuan.pii._kernel.flags import ADDRESS, EMAIL, MOBILE, NAME, RESIDENT_ID
from qingyuan.pii._kernel.symbols import CROSS, is_letter, symbol_at
from qingyuan.pii.batch import Bytes

#: What of a value makes its token; see ``normal`` of :class:`qingyuan.pii.catalog.Kind`.
DIGITS, LETTERS, TEXT, EXACT = 0, 1, 2, 3
#: Weights and check characters of identity numbers, as numbers that compiled code reads.
_WEIGHTS = np.array(WEIGHTS, dtype=np.int64)
_MARKS = np.frombuffer(MARKS.encode(), dtype=np.uint8).astype(np.int64)


@njit(
    "int64(Array(uint8, 1, 'C', readonly=True), int64, int64, int64, uint8[::1], int64, int64)",
    cache=True,
    nogil=True,
)
def _plain(data: Bytes, a: int, b: int, form: int, out: Bytes, at: int, limit: int) -> int:
    """Write the value without blanks and quotes, full-width ASCII as ASCII; see :data:`LETTERS`."""
    n = at
    p = a
    while p < b and n - at < limit:
        c = data[p] + 0
        width = 1
        if c == 0xEF and p + 2 < b and data[p + 1] in (0xBC, 0xBD):
            full = ((data[p + 1] & 3) << 6 | (data[p + 2] & 0x3F)) + 0x20
            if full <= 0x7E:
                c = full
                width = 3
        elif c == 0xE3 and p + 2 < b and data[p + 1] == 0x80 and data[p + 2] == 0x80:
            p += 3
            continue
        p += width
        if c in (32, 9, 10, 13, 34, 39):
            continue
        if form != EXACT and 97 <= c <= 122:
            c -= 32
        if form == LETTERS and c >= 0x80:
            # Of what is not ASCII only 汉字 belong to a number; dots between its parts do not.
            size = 4 if c >= 0xF0 else 3 if c >= 0xE0 else 2 if c >= 0xC0 else 1
            if 0xE4 <= c <= 0xE9 and p + 1 < b and n - at + 2 < limit:
                for k in range(3):
                    out[n + k] = data[p - 1 + k]
                n += 3
            p += size - 1
            continue
        if form == LETTERS and not (is_letter(c) or 48 <= c <= 57):
            continue
        out[n] = c
        n += 1
    return n


@njit("int64(uint8[::1], int64)", cache=True, nogil=True)
def _current(out: Bytes, at: int) -> int:
    """Make the old identity number ``out[at : at + OLD]`` the one of today, as :func:`qingyuan.pii._identity.current` does; return its end."""
    last = 0
    for k in range(OLD):
        if out[at + k] > 57:
            return at + OLD
        if k >= OLD - 3:
            last = last * 10 + out[at + k] - 48
    for k in range(OLD - 1, 5, -1):
        out[at + k + 2] = out[at + k]
    out[at + 6] = 49
    out[at + 7] = 56 if last >= CENTENARIANS else 57
    total = 0
    for k in range(LENGTH - 1):
        total += (out[at + k] - 48) * _WEIGHTS[k]
    out[at + LENGTH - 1] = _MARKS[total % 11]
    return at + LENGTH


@njit(
    "int64(Array(uint8, 1, 'C', readonly=True), int64, int64, int64, int64, uint8[::1], int64, int64)",
    cache=True,
    nogil=True,
)
def normalise(data: Bytes, a: int, b: int, kind: int, form: int, out: Bytes, at: int, limit: int) -> int:
    """Write the normal form of ``data[a:b]`` into ``out`` from ``at``; return its end.

    ``form`` is one of :data:`DIGITS`, :data:`LETTERS`, :data:`TEXT`, :data:`EXACT`. Numbers keep their digits (``X`` upper-case in an ID, one of fifteen digits as that of today
    of the same person, no country code before a mobile); e-mail addresses are lower-case; names and addresses lose their spaces. At most ``limit`` bytes.
    """
    if form != DIGITS:
        return _plain(data, a, b, form, out, at, limit)
    n = at
    p = a
    if kind in (EMAIL, NAME, ADDRESS):
        while p < b and n - at < limit:
            c = data[np.uint64(p)]
            if 0xE4 <= c <= 0xE9 and p + 2 < b and n - at + 2 < limit:
                for k in range(3):
                    out[np.uint64(n + k)] = data[np.uint64(p + k)]
                n += 3
                p += 3
                continue
            if kind == EMAIL:
                if c == 0xEF and p + 2 < b and 0xBC <= data[p + 1] <= 0xBD:  # full-width signs
                    c = np.uint8(((data[p + 1] - 0xBC) << 6) + (data[p + 2] & 0x3F) + 0x20)
                    p += 2
                if 65 <= c <= 90:
                    c |= 32
            elif c in (32, 9, 10, 13, 34, 39):
                p += 1
                continue
            elif c == 0xE3 and p + 2 < b and data[p + 1] == 0x80 and data[p + 2] == 0x80:
                p += 3
                continue
            out[n] = c
            n += 1
            p += 1
        return n
    while p < b and n - at < limit:
        symbol, width = symbol_at(data, p, b)
        if width == 0:
            if kind == MOBILE and data[p] >= 0xE3:
                c, width = character_at(data, p, b)
                symbol = numeral(c)
                if symbol >= 0:
                    out[n] = 48 + symbol
                    n += 1
                p += width
                continue
            p += 1
            continue
        if 0 <= symbol <= 9:
            out[n] = 48 + symbol
            n += 1
        elif symbol == CROSS and kind == RESIDENT_ID:
            out[n] = 88
            n += 1
        p += width
    if kind == MOBILE and n - at > 11:
        shift = n - at - 11
        for k in range(at, at + 11):
            out[k] = out[k + shift]
        n = at + 11
    if kind == RESIDENT_ID and n - at == OLD:
        n = _current(out, at)
    return n
