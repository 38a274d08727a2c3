"""Short cells decided from bit masks of their bytes: most cells of a table are one number, or hold none.

The answers are those of :func:`qingyuan.pii._kernel.scan.scan_cells`; whatever is not plain is left to it.
"""

# compiled loop; splitting it into calls costs the speed it exists for.
from __future__ import annotations

import numpy as np

from qingyuan.pii._kernel._blocks import bits, lowest, wide_symbols_of
from qingyuan.pii._kernel._compile import njit
from qingyuan.pii._kernel.around import extension
from qingyuan.pii._kernel.flags import EXTENDED, LANDLINE, MOBILE, PRIVACY_NUMBER, RESIDENT_ID, WHOLE
from qingyuan.pii._kernel.quick import (
    CONTINUES,
    FOLLOWER,
    crossed,
    date_rest,
    hopeless,
    plain,
    starred,
    time_rest,
)
from qingyuan.pii._kernel.shapes import Symbols
from qingyuan.pii._kernel.sieve import beside_han, eight_in_a_row
from qingyuan.pii._kernel.symbols import Hashes, glued_before
from qingyuan.pii.batch import Bytes

#: Longest cell that is looked at, in bytes; two more behind it must be readable.
LONGEST = 64
_RO = "Array(uint8, 1, 'C', readonly=True)"
_WORDS = "Array(uint64, 1, 'C', readonly=True)"
_MASKS = ", ".join(["uint64"] * 7)


@njit(
    f"UniTuple(int64, 2)({_RO}, int64, int64, {_RO}, {_RO}, {_WORDS}, int8[::1], {_MASKS})",
    cache=True,
    nogil=True,
)
def glance(
    data: Bytes, s: int, e: int, plan: Bytes, provinces: Bytes, words: Hashes, symbols: Symbols,
    digits: np.uint64, letters: np.uint64, crosses: np.uint64, stars: np.uint64, leads: np.uint64, at: np.uint64,
    han: np.uint64,
) -> tuple[int, int]:  # fmt: skip
    """Judge a cell of 1 to 64 bytes: ``(kind, evidence)`` of the number that fills it, 0 for none in it.

    The kind is -1 where :func:`scan_cells` has to read it.

    Args:
        data: UTF-8 bytes; two are readable behind the 64 from ``s`` on.
        s: First byte of the cell.
        e: One past its last byte.
        plan: See :func:`qingyuan.pii._kernel.scan.scan_cells`.
        provinces: See there.
        words: See there.
        symbols: Scratch.
        digits: ASCII digits among the bytes of the cell, as bits; nothing is set beyond its end. So are the others.
        letters: ASCII letters.
        crosses: X.
        stars: Stars.
        leads: Lead bytes of symbols beyond ASCII.
        at: At signs.
        han: Lead bytes of 汉字.
    """
    n = e - s
    kept = ~np.uint64(0) >> np.uint64(64 - n)
    if at:
        return -1, 0
    size = bits(digits | crosses | stars)
    if leads:
        size += bits(wide_symbols_of(data, s) & kept)
    if size < 8 or not eight_in_a_row(beside_han(han, kept)):
        return 0, 0
    if leads:
        return -1, 0
    ones = lowest(~digits) if ~digits else 64
    if ones == n:
        if n < 10:
            return 0, 0
        kind, found = plain(data, s, e, plan, provinces)
        if kind > 0:
            return kind, found | WHOLE
        return (0, 0) if kind == 0 or hopeless(data, s, e, e, provinces) else (-1, 0)
    if digits | letters == kept:
        return _glued(data, s, e, ones, digits, provinces, words)
    if ones == 0:
        return -1, 0
    after = data[s + ones]
    if after == 42:
        kind, found, z = starred(data, s, s + ones, e, symbols, plan, provinces)
        return (kind, found | WHOLE) if kind > 0 and z == e else (-1, 0)
    if ones == 4 and date_rest(data, s + 4, e):
        q = time_rest(data, s + 10, e)
        return (0, 0) if q == e or (q + 2 == e and digits >> np.uint64(n - 2) == np.uint64(3)) else (-1, 0)
    if ones >= 10 and FOLLOWER[after] == 0:
        kind, found = plain(data, s, s + ones, plan, provinces)
        if kind in (MOBILE, PRIVACY_NUMBER, LANDLINE):
            z = extension(data, s + ones, e, True)
            if z == e:
                return (
                    (kind, found | WHOLE) if kind == LANDLINE else (PRIVACY_NUMBER, found | EXTENDED | WHOLE)
                )
    return -1, 0


@njit(f"UniTuple(int64, 2)({_RO}, int64, int64, int64, uint64, {_RO}, {_WORDS})", cache=True, nogil=True)
def _glued(
    data: Bytes, s: int, e: int, ones: int, digits: np.uint64, provinces: Bytes, words: Hashes
) -> tuple[int, int]:
    """Judge a cell of letters and digits, neither alone, as :func:`glance` does; ``ones`` digits come first."""
    n = e - s
    if ones == 17 and n == 18:
        found = crossed(data, s, s + 17, e, provinces)
        return (RESIDENT_ID, found | WHOLE) if found >= 0 else (-1, 0)
    if not digits:
        return 0, 0
    first = lowest(digits)
    rest = ~(digits >> np.uint64(first))
    run = lowest(rest) if rest else 64 - first
    if first + run == n:
        return (0, 0) if run < 10 or glued_before(data, s + first, s, words) else (-1, 0)
    follower = data[s + first + run]
    if FOLLOWER[follower] == CONTINUES or (run >= 10 and (follower | 32) == 101):
        return -1, 0
    return 0, 0
