"""Which cells are worth the slow look: counting the bytes a number is made of, 64 at a time.

No number, clear or masked, has fewer than eight symbols (digits, stars, X), none goes across 汉字 (an extension comes
after it), and an e-mail address has its at sign.
Long cells are cut at commas, tabs, semicolons and bars, which no such value goes across.
"""

from __future__ import annotations

import numpy as np

from qingyuan.pii._kernel._blocks import (
    BLOCK,
    bits,
    commas_of,
    features_of,
    lowest,
    symbols_of,
    wide_symbols_of,
)
from qingyuan.pii._kernel._compile import njit
from qingyuan.pii.batch import Bytes, Longs

_RO = "Array(uint8, 1, 'C', readonly=True)"
_RO64 = "Array(int64, 1, 'C', readonly=True)"
#: Fewest symbols of a number, and fewest bytes of an e-mail address.
_FEWEST = 8
_SHORTEST = 5
_COMMA, _TAB, _SEMICOLON, _BAR = 44, 9, 59, 124


@njit("uint64(uint64, uint64)", cache=True, nogil=True)
def beside_han(han: np.uint64, kept: np.uint64) -> np.uint64:
    """Return which of the ``kept`` bytes are none of 汉字, whose lead bytes are ``han``."""
    return kept & ~(han | han << np.uint64(1) | han << np.uint64(2))


@njit("boolean(uint64)", cache=True, nogil=True)
def eight_in_a_row(word: np.uint64) -> bool:
    """Tell whether eight neighbouring bits are set."""
    word &= word >> np.uint64(1)
    word &= word >> np.uint64(2)
    return bool(word & word >> np.uint64(4))


@njit(f"boolean({_RO}, int64, int64)", cache=True, nogil=True)
def promising(data: Bytes, s: int, e: int) -> bool:
    """Tell whether ``data[s:e]`` may hold a number or an e-mail address (never wrongly no)."""
    n = np.int64(0)
    for p in range(s, e, BLOCK):
        if p + BLOCK + 2 > data.size:
            return True
        plain, leads, at = symbols_of(data, p)
        kept = ~np.uint64(0)
        if e - p < BLOCK:
            kept = (np.uint64(1) << np.uint64(e - p)) - np.uint64(1)
        if at & kept:
            return True
        n += bits(plain & kept)
        if leads & kept:
            n += bits(wide_symbols_of(data, p) & kept)
        if n >= _FEWEST:
            return _in_a_row(data, s, e)
    return False


@njit(f"boolean({_RO}, int64, int64)", cache=True, nogil=True)
def _in_a_row(data: Bytes, s: int, e: int) -> bool:
    """Tell whether ``data[s:e]`` has an at sign, or eight bytes in a row that are none of 汉字 (never wrongly no)."""
    row = 0
    for p in range(s, e, BLOCK):
        if p + BLOCK + 2 > data.size:
            return True
        _, _, _, _, _, _, at, han = features_of(data, p)
        kept = ~np.uint64(0)
        if e - p < BLOCK:
            kept = (np.uint64(1) << np.uint64(e - p)) - np.uint64(1)
        clear = beside_han(han, kept)
        if at & kept or eight_in_a_row(clear):
            return True
        # A row may go on from one block to the next.
        rest = ~clear
        ahead = lowest(rest) if rest else BLOCK
        if row + ahead >= _FEWEST:
            return True
        row = 0
        while row < _FEWEST and clear >> np.uint64(63 - row) & np.uint64(1):
            row += 1
    return False


@njit("boolean(uint8)", cache=True, nogil=True)
def _cuts(b: int) -> bool:
    """Tell whether long cells are cut at the byte."""
    return b in (_COMMA, _TAB, _SEMICOLON, _BAR)


@njit(f"uint64({_RO}, int64, int64)", cache=True, nogil=True)
def _cuts_of(data: Bytes, p: int, e: int) -> np.uint64:
    """Return at which of the 64 bytes from ``p`` on, before ``e``, long cells are cut."""
    word = np.uint64(0)
    if p + BLOCK <= data.size:
        word = commas_of(data, p)
        if e - p < BLOCK:
            word &= (np.uint64(1) << np.uint64(e - p)) - np.uint64(1)
    else:
        for q in range(p, min(e, p + BLOCK)):
            if _cuts(data[q]):
                word |= np.uint64(1) << np.uint64(q - p)
    return word


@njit(f"int64({_RO}, {_RO64}, {_RO64}, int64[::1], int64[::1], int64[::1])", cache=True, nogil=True)
def sift(data: Bytes, starts: Longs, ends: Longs, cells: Longs, first: Longs, last: Longs) -> int:
    """Write the parts of cells that may hold something; return their number.

    Args:
        data: UTF-8 bytes.
        starts: First byte of each cell.
        ends: One past the last byte.
        cells: Receives the cell of each part; all outputs hold ``len(data) // 5 + len(starts) + 8`` elements.
        first: Receives the first byte of each part.
        last: Receives one past its last byte.
    """
    n = 0
    # The block looked at last, which as a rule holds several parts.
    base = np.int64(-BLOCK)
    plain = np.uint64(0)
    leads = np.uint64(0)
    at = np.uint64(0)
    for i in range(starts.size):
        a = starts[i]
        e = ends[i]
        p = a
        word = _cuts_of(data, p, e) if e - a > BLOCK else np.uint64(0)
        more = True
        while more:
            while not word and e - p > BLOCK:
                p += BLOCK
                word = _cuts_of(data, p, e)
            more = word != 0
            z = p + lowest(word) if more else e
            word &= word - np.uint64(1)
            size = z - a
            if size >= _SHORTEST:
                if size > BLOCK or a + BLOCK + 2 > data.size:
                    good = promising(data, a, z)
                else:
                    if a < base or z > base + BLOCK:
                        base = a
                        plain, leads, at = symbols_of(data, base)
                    by = np.uint64(a - base)
                    kept = ~np.uint64(0) >> np.uint64(BLOCK - size)
                    symbols = plain >> by & kept
                    count = bits(symbols)
                    if leads >> by & kept:
                        count += bits(wide_symbols_of(data, a) & kept)
                    good = (at >> by & kept) != 0
                    if count >= _FEWEST and not good:
                        good = eight_in_a_row(symbols) or _in_a_row(data, a, z)
                if good:
                    cells[n] = i
                    first[n] = a
                    last[n] = z
                    n += 1
            a = z + 1
    return n
