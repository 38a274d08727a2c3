"""Mobiles, names and addresses told outright: the commonest cells of a table, by their bytes alone.

The answers are those of :func:`qingyuan.pii._kernel.quick.plain` and :func:`qingyuan.pii._kernel.cells.shape_of`;
whatever is not plain is left to them.
"""

# compiled loop; splitting it into calls costs the speed it exists for.
from __future__ import annotations

import numpy as np

from qingyuan.pii._kernel._blocks import BLOCK, bits, features_of, lowest, same_of
from qingyuan.pii._kernel._compile import njit
from qingyuan.pii._kernel._words import word_at
from qingyuan.pii._kernel.cells import (
    ADDRESS,
    ADDRESS_LOOSE,
    ADDRESS_MASKED,
    DIGITS,
    FILLED,
    LETTER_HIDDEN,
    LETTER_SURNAME,
    MARK_CITY,
    MARK_COUNTY,
    MARK_NUMBER,
    MARK_PLACE,
    MARK_PROVINCE,
    MARK_ROAD,
    MARK_TOWN,
    NAME,
    NAME_MASKED,
)
from qingyuan.pii._kernel.flags import ASSIGNED, MOBILE, STANDARD, WHOLE
from qingyuan.pii._kernel.recall import Table, blurred
from qingyuan.pii._kernel.said import told
from qingyuan.pii._kernel.sieve import beside_han, eight_in_a_row
from qingyuan.pii.batch import Bytes, Ints, Longs

#: Slots of the table of first two characters of provinces, a power of two.
BEGINNINGS = 1 << 8
_DASH = 45
#: Digits of a mobile.
_MOBILE = 11
#: Fewest symbols of a number.
_FEWEST = 8
#: A name has no more characters than this, an address at least so many.
_LONGEST_NAME, _SHORTEST_PLACE = 15, 4
#: Characters up to which :func:`qingyuan.pii._kernel.cells.shape_of` reads.
_READ = 200
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_ZEROS = np.uint64(0x3030303030303030)
_SIXES = np.uint64(0x0606060606060606)
_HIGH = np.uint64(0xF0F0F0F0F0F0F0F0)

#: ``0000-00-``, ``00-00-00`` and ``00:00:00``, the first byte lowest.
_YEAR, _DAY, _TIME = (
    np.uint64(int.from_bytes(text, "little")) for text in (b"0000-00-", b"00-00-00", b"00:00:00")
)

_RO = "Array(uint8, 1, 'C', readonly=True)"
_RO32 = "Array(int32, 1, 'C', readonly=True)"
_RO64 = "Array(int64, 1, 'C', readonly=True)"


@njit(f"boolean({_RO}, int64)", cache=True, nogil=True)
def eleven_digits(data: Bytes, s: int) -> bool:
    """Tell whether eleven ASCII digits stand at ``s``."""
    a = word_at(data, s) ^ _ZEROS
    b = word_at(data, s + 3) ^ _ZEROS
    return bool(((a | (a + _SIXES)) | (b | (b + _SIXES))) & _HIGH == 0)


@njit(
    f"int64({_RO}, {_RO64}, {_RO64}, {_RO32}, {_RO64}, {_RO}, uint8[::1], int64, int64, int64, int64, int64[:, ::1],"
    " uint64[::1], int64[::1])",
    cache=True,
    nogil=True,
)
def mobiles_among(
    data: Bytes, starts: Longs, ends: Longs, column: Ints, record: Longs, plan: Bytes, alone: Bytes, begin: int, first: int,
    last: int, step: int, bins: Longs, said: Table, others: Longs,
) -> int:  # fmt: skip
    """Say of cells which are filled by eleven digits of a mobile, without branches, and return the number of the others.

    Args:
        data: UTF-8 bytes, at least :data:`~qingyuan.pii._kernel._blocks.BLOCK` and two.
        starts: First byte of each cell.
        ends: One past the last byte.
        column: Column of each cell, -1 for none.
        record: Record of each cell; that of the header is 0.
        plan: See :func:`qingyuan.pii._kernel.scan.scan_cells`.
        alone: ``uint8[columns + 1]``, 1 where such a cell is nothing but a mobile.
        begin: Cell that ``said`` begins with.
        first: First of the cells.
        last: One past the last.
        step: How many cells on the next one is.
        bins: Grows by the cells told; see :func:`qingyuan.pii._kernel.settle.settle`.
        said: Receives what is known of the cells told; see :func:`qingyuan.pii._kernel.said.told`.
        others: Receives the others.
    """
    n = 0
    clear = data.size - BLOCK - 2
    known = told(MOBILE, FILLED | DIGITS, np.uint32(STANDARD | WHOLE))
    assigned = told(MOBILE, FILLED | DIGITS, np.uint32(STANDARD | WHOLE | ASSIGNED))
    for i in range(first, last, step):
        cell = np.uint64(i)
        c = column[cell]
        s = starts[cell]
        fits = (
            (ends[cell] - s == _MOBILE) & (record[cell] != 0) & (alone[c] != 0) & (s <= clear)
        )  # fmt: skip
        s = min(s, clear)
        a = word_at(data, s) ^ _ZEROS
        b = word_at(data, s + 3) ^ _ZEROS
        digits = ((a | (a + _SIXES)) | (b | (b + _SIXES))) & _HIGH
        begins = (a >> np.uint64(8) & np.uint64(15)) * np.uint64(10) + (a >> np.uint64(16) & np.uint64(15))
        range_ = plan[begins + np.uint64(100)]
        fits = fits & (digits == 0) & (a & np.uint64(255) == 1) & (range_ != 0)
        said[np.uint64(i - begin)] = assigned if range_ == 2 else known
        others[np.uint64(n)] = i
        n += not fits
        bins[c + 1, FILLED | DIGITS] += fits
    return n


@njit(f"boolean({_RO}, int64, int64)", cache=True, nogil=True)
def is_date(data: Bytes, s: int, size: int) -> bool:
    """Tell whether ``2026-03-11``, if ``size`` is 10, else ``2026-03-11 12:30:59`` or the same with T stands at ``s``."""
    if data[s + 5] > 49 or blurred(word_at(data, s)) != _YEAR or blurred(word_at(data, s + 2)) != _DAY:
        return False
    if size == 10:
        return True
    return data[s + 10] in (32, 84) and bool(blurred(word_at(data, s + 11)) == _TIME)


@njit(f"int64({_RO}, int64)", cache=True, nogil=True)
def _han_at(data: Bytes, p: int) -> int:
    """Return the code point of the three bytes at ``p``."""
    c = (np.int64(data[np.uint64(p)]) & 0x0F) << 12 | (np.int64(data[np.uint64(p + 1)]) & 0x3F) << 6
    return int(c | (np.int64(data[np.uint64(p + 2)]) & 0x3F))


@njit(f"int64({_RO}, int64, int64, {_RO})", cache=True, nogil=True)
def name_at(data: Bytes, s: int, e: int, letters: Bytes) -> int:
    """Return the shape of a listed surname and one or two 汉字 or stars, or -1 for any other cell."""
    size = e - s
    if size < 4 or size > 9 or not 0xE4 <= data[s] <= 0xE9:
        return -1
    last = _han_at(data, s)
    if last < 0x4E00 or not letters[last] & LETTER_SURNAME:
        return -1
    p = s + 3
    n = 1
    stars = 0
    before = 0
    while p < e:
        b = data[np.uint64(p)]
        if b == 42:
            stars += 1
            p += 1
        elif 0xE4 <= b <= 0xE9:
            before = last
            last = _han_at(data, p)
            if last < 0x4E00 or letters[last] & LETTER_HIDDEN:
                return -1
            p += 3
        else:
            return -1
        n += 1
    if n > 3:
        return -1
    if stars:
        return FILLED | NAME_MASKED
    # 王先生, 王女士, 王小姐: no given name.
    if n == 3 and (
        (before == 0x5148 and last == 0x751F)
        or (before == 0x5973 and last == 0x58EB)
        or (before == 0x5C0F and last == 0x59D0)
    ):
        return -1
    return FILLED | NAME


@njit(f"void({_RO64}, int64[::1])", cache=True, nogil=True)
def note_beginnings(pairs: Longs, table: Longs) -> None:
    """Put the sorted ``pairs`` of first characters of provinces into ``table``, :data:`BEGINNINGS` zeros."""
    for k in range(pairs.size):
        at = np.int64((np.uint64(pairs[k]) * _GOLDEN) >> np.uint64(56))
        while table[at]:
            at = (at + 1) & (BEGINNINGS - 1)
        table[at] = pairs[k]


@njit(f"boolean({_RO}, int64, int64[::1])", cache=True, nogil=True)
def _begins(data: Bytes, s: int, table: Longs) -> bool:
    """Tell whether the two 汉字 at ``s`` are among the pairs of the table."""
    if not (0xE4 <= data[s] <= 0xE9 and 0xE4 <= data[s + 3] <= 0xE9):
        return False
    key = _han_at(data, s) << 16 | _han_at(data, s + 3)
    at = np.int64((np.uint64(key) * _GOLDEN) >> np.uint64(56))
    while table[at]:
        if table[at] == key:
            return True
        at = (at + 1) & (BEGINNINGS - 1)
    return False


@njit(f"int64({_RO}, int64, int64, {_RO}, int64[::1])", cache=True, nogil=True)
def place_at(data: Bytes, s: int, e: int, marks: Bytes, table: Longs) -> int:
    """Return the shape of a cell of 汉字, digits, letters, dashes and stars that holds no number, or -1.

    Args:
        data: UTF-8 bytes.
        s: First byte of the cell.
        e: One past its last byte.
        marks: See :func:`qingyuan.pii._kernel.cells.cell_shapes`.
        table: See :func:`note_beginnings`.
    """
    han = np.int64(0)
    digits = np.int64(0)
    stars = np.int64(0)
    seen = np.int64(0)
    low = 0xFFFF
    carry = np.uint64(0)
    row = 0
    for p in range(s, e, BLOCK):
        if p + BLOCK + 2 > data.size:
            return -1
        digit, letter, cross, star, _, _, _, leads = features_of(data, p)
        kept = ~np.uint64(0) if e - p >= BLOCK else ~np.uint64(0) >> np.uint64(BLOCK - (e - p))
        known = digit | (letter & ~cross) | star | same_of(data, p, _DASH) | carry
        known |= leads | leads << np.uint64(1) | leads << np.uint64(2)
        if ~known & kept:
            return -1
        # No number goes across 汉字, nor has it fewer symbols than eight; a row may go on from one block to the next.
        clear = beside_han(leads, kept) & ~carry
        rest = ~clear
        if eight_in_a_row(clear) or row + (lowest(rest) if rest else BLOCK) >= _FEWEST:
            return -1
        row = 0
        while clear >> np.uint64(63 - row) & np.uint64(1):
            row += 1
        # A 汉字 may do so too.
        carry = leads >> np.uint64(62) & np.uint64(1) | (leads >> np.uint64(63)) * np.uint64(3)
        leads &= kept
        digits += bits(digit & kept)
        stars += bits(star & kept)
        han += bits(leads)
        while leads:
            c = _han_at(data, p + lowest(leads))
            leads &= leads - np.uint64(1)
            low = min(low, c)
            seen |= marks[np.uint64(c)]
    size = e - s - 2 * han
    if low < 0x4E00 or han < 2 or size < _SHORTEST_PLACE or size >= _READ:
        return -1
    if (stars and (digits or size <= _SHORTEST_PLACE)) or (han == size and size <= _LONGEST_NAME):
        return -1
    at_province = _begins(data, s, table)
    levels = bits(np.uint64(seen & 0x7F))
    fine = seen & (MARK_TOWN | MARK_ROAD | MARK_NUMBER | MARK_PLACE) != 0
    coarse = seen & (MARK_PROVINCE | MARK_CITY | MARK_COUNTY) != 0
    numbered = digits > 0 and seen & MARK_NUMBER != 0
    if stars:
        if stars >= 2 and han + stars >= 4 and (at_province or coarse):
            return FILLED | ADDRESS_MASKED
    elif (
        (at_province and fine and coarse)
        or (levels >= 3 and (coarse or digits > 0))
        or (numbered and (at_province or coarse or seen & MARK_ROAD != 0) and han >= 4)
    ):
        return FILLED | ADDRESS
    if (at_province and levels >= 1) or levels >= 2:
        return FILLED | ADDRESS_LOOSE
    return FILLED
