"""Values written in customary groups up to a delimiter, decided without reading the run as a whole."""

# compiled loop; splitting it into calls costs the speed it exists for.
from __future__ import annotations

from qingyuan.pii._kernel._compile import njit
from qingyuan.pii._kernel.flags import (
    ASSIGNED,
    BANK_CARD,
    GROUPED,
    MASKED,
    MOBILE,
    PRIVACY_NUMBER,
    RESIDENT_ID,
    STANDARD,
)
from qingyuan.pii._kernel.match import judge
from qingyuan.pii._kernel.quick import ENDS, FOLLOWER
from qingyuan.pii._kernel.shapes import Symbols
from qingyuan.pii._kernel.symbols import STAR
from qingyuan.pii.batch import Bytes

_RO = "Array(uint8, 1, 'C', readonly=True)"


@njit(f"int64({_RO}, int64, int64)", cache=True, nogil=True)
def _digits_end(data: Bytes, p: int, e: int) -> int:
    """Return the end of the ASCII digits at ``p``."""
    while p < e and 48 <= data[p] <= 57:
        p += 1
    return p


@njit(f"boolean({_RO}, int64, int64)", cache=True, nogil=True)
def _ended(data: Bytes, z: int, e: int) -> bool:
    """Tell whether the cell or the value ends at ``z``."""
    return z >= e or FOLLOWER[data[z]] == ENDS


@njit(f"UniTuple(int64, 3)({_RO}, int64, int64, int8[::1], {_RO}, {_RO})", cache=True, nogil=True)
def _fours(
    data: Bytes, p: int, e: int, symbols: Symbols, plan: Bytes, provinces: Bytes
) -> tuple[int, int, int]:
    """Judge four groups of four digits or stars, perhaps one more of up to three; see :func:`separated`."""
    if p + 19 > e:
        return -1, 0, p
    separator = data[p + 4]
    count = 0
    z = p
    for group in range(5):
        size = 0
        while size < 4 and z < e:
            c = data[z]
            if 48 <= c <= 57:
                symbols[count] = c - 48
            elif c == 42:
                symbols[count] = STAR
            else:
                break
            count += 1
            size += 1
            z += 1
        if group < 3 and (size < 4 or z >= e or data[z] != separator):
            return -1, 0, p
        if group == 3:
            if size < 4:
                return -1, 0, p
            if z >= e or data[z] != separator:
                break
        if group == 4 and not 1 <= size <= 3:
            return -1, 0, p
        if group < 4:
            z += 1
    if not _ended(data, z, e):
        return -1, 0, p
    kind, found = judge(symbols, 0, count, True, plan, provinces)
    if kind in (RESIDENT_ID, BANK_CARD) and (found & MASKED or found != STANDARD | GROUPED):
        return kind, found, z
    return -1, 0, p


@njit(f"UniTuple(int64, 3)({_RO}, int64, int64, int64, int8[::1], {_RO}, {_RO})", cache=True, nogil=True)
def separated(
    data: Bytes, p: int, r: int, e: int, symbols: Symbols, plan: Bytes, provinces: Bytes
) -> tuple[int, int, int]:
    """Judge a value whose first digits ``p..r`` are followed by one ASCII space or dash.

    Mobiles in 3-4-4 or after 86, cards in fours and privacy numbers of two groups, up to a delimiter:
    ``(kind, evidence, end)``, kind -1 to read on. The same answers as :func:`match.match` for them;
    ``symbols`` is scratch.
    """
    n = r - p
    d = data[p] - 48
    if d == 9:
        z = _digits_end(data, r + 1, e)
        size = z - r - 1
        if data[p + 1] != 53 or data[p + 2] != 48 or data[p + 3] != 49:
            return -1, 0, p
        if n < 5 or not 1 <= size <= 8 or not 11 <= n + size <= 17 or not _ended(data, z, e):
            return -1, 0, p
        if n >= 11 and size != 4 and data[r] == 32:
            return -1, 0, p
        return PRIVACY_NUMBER, STANDARD | GROUPED, z
    if 4 <= d <= 6 and n == 4:
        return _fours(data, p, e, symbols, plan, provinces)
    q = p
    if (n == 2 and d == 8 and data[p + 1] == 54) or (
        n == 4 and d == 0 and data[p + 1] == 48 and data[p + 2] == 56 and data[p + 3] == 54
    ):
        q = r + 1
    elif n != 3 or d != 1:
        return -1, 0, p
    if q + 11 > e or data[q] != 49:
        return -1, 0, p
    first = _digits_end(data, q, e)
    z = first
    grouped = 0
    if first - q == 3:
        if data[first] not in (32, 45) or q + 13 > e or data[first + 5] != data[first]:
            return -1, 0, p
        for k in range(1, 10):
            if k != 5 and not 48 <= data[first + k] <= 57:
                return -1, 0, p
        z = first + 10
        grouped = GROUPED
    elif first - q != 11:
        return -1, 0, p
    known = plan[100 + (data[q + 1] - 48) * 10 + data[q + 2] - 48]
    if known == 0 or not _ended(data, z, e):
        return -1, 0, p
    return MOBILE, grouped | (STANDARD | ASSIGNED if known == 2 else STANDARD), z
