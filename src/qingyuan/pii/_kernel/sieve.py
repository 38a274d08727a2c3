"""Which cells are worth the slow look: counting the bytes a number is made of, 64 at a time.

No number, clear or masked, has fewer than eight symbols (digits, stars, X), none goes across 汉字 (an extension comes
after it), and an e-mail address has its at sign.
Long cells are cut at commas, tabs, semicolons and bars, which no such value goes across.
"""

from __future__ import annotations

import numpy as np

from qingyuan.pii._kernel._blocks import BLOCK, bits, commas_of, features_of, lowest, wide_symbols_of
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
    row = 0
    long = False
    for p in range(s, e, BLOCK):
        if p + BLOCK + 2 > data.size:
            return True
        digits, _, crosses, stars, _, leads, at, han = features_of(data, p)
        kept = ~np.uint64(0)
        if e - p < BLOCK:
            kept = (np.uint64(1) << np.uint64(e - p)) - np.uint64(1)
        if at & kept:
            return True
        n += bits((digits | crosses | stars) & kept)
        if leads & kept:
            n += bits(wide_symbols_of(data, p) & kept)
        clear = beside_han(han, kept)
        long = long or eight_in_a_row(clear)
        if not long:
            # A row may go on from one block to the next.
            rest = ~clear
            ahead = lowest(rest) if rest else BLOCK
            long = bool(row + ahead >= _FEWEST)
            row = 0
            while row < _FEWEST and clear >> np.uint64(63 - row) & np.uint64(1):
                row += 1
        if long and n >= _FEWEST:
            return True
    return False


@njit("boolean(uint8)", cache=True, nogil=True)
def _cuts(b: int) -> bool:
    """Tell whether long cells are cut at the byte."""
    return b in (_COMMA, _TAB, _SEMICOLON, _BAR)


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
    for i in range(starts.size):
        s = starts[i]
        e = ends[i]
        a = s
        if e - s > BLOCK:
            for p in range(s, e, BLOCK):
                word = np.uint64(0)
                if p + BLOCK <= data.size:
                    word = commas_of(data, p)
                    if e - p < BLOCK:
                        word &= (np.uint64(1) << np.uint64(e - p)) - np.uint64(1)
                else:
                    for q in range(p, e):
                        if _cuts(data[q]):
                            word |= np.uint64(1) << np.uint64(q - p)
                while word:
                    z = p + lowest(word)
                    word &= word - np.uint64(1)
                    if z - a >= _SHORTEST and promising(data, a, z):
                        cells[n] = i
                        first[n] = a
                        last[n] = z
                        n += 1
                    a = z + 1
        if e - a >= _SHORTEST and promising(data, a, e):
            cells[n] = i
            first[n] = a
            last[n] = e
            n += 1
    return n
