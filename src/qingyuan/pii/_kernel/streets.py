"""Postal addresses in free text: from a listed place on through the levels to the last house or room number."""

# compiled loop; splitting it into calls costs the speed it exists for.
from __future__ import annotations

import numpy as np

from qingyuan.pii._kernel._compile import njit
from qingyuan.pii._kernel.cells import (
    MARK_CITY,
    MARK_COUNTY,
    MARK_NUMBER,
    MARK_PLACE,
    MARK_PROVINCE,
    MARK_ROAD,
    MARK_TOWN,
    character_at,
    is_han,
    is_star,
)
from qingyuan.pii._kernel.lexicon import TAG_PLACE, Keys, slot_of
from qingyuan.pii.batch import Bytes, Longs

#: Most characters of an address, and most of one level's name.
_LONGEST = 80
_LEVEL = 10
#: Digits no house number has.
_TOO_LONG = 6

#: 单元, a staircase, is written with a number before it.
_DAN, _YUAN = 0x5355, 0x5143
#: 房 after a number is a room; 号 may stand before 楼.
_FANG, _HAO = 0x623F, 0x53F7

#: Bits of a found address: a house number, hidden in part.
FOUND_NUMBERED = 1
FOUND_HIDDEN = 2

_RO = "Array(uint8, 1, 'C', readonly=True)"
_RO64 = "Array(int64, 1, 'C', readonly=True)"
_ROK = "Array(uint64, 1, 'C', readonly=True)"


@njit("boolean(int64)", cache=True, nogil=True)
def _breaks(c: int) -> bool:
    """Tell whether the character stands in no address: 的, 在, 于, 是, 和, 与, 及, 有, 由, 被, 将, 已, 了, 并, 到, 从, 向, 为, 这, 该, 其, 等."""
    return c in (
        0x7684, 0x5728, 0x4E8E, 0x662F, 0x548C, 0x4E0E, 0x53CA, 0x6709, 0x7531, 0x88AB, 0x5C06, 0x5DF2, 0x4E86, 0x5E76,
        0x5230, 0x4ECE, 0x5411, 0x4E3A, 0x8FD9, 0x8BE5, 0x5176, 0x7B49,
    )  # fmt: skip


@njit("boolean(int64, int64)", cache=True, nogil=True)
def _named(c: int, after: int) -> bool:
    """Tell whether such a character begins a name.

    和平路, 和睦, 和谐, 和兴, 和顺, 和田, 呼和浩特, 和林, 和静, 和县, 和政, 和硕; 向阳路, 向荣; 为民路; 从化区, 从江县; 于都县, 于洪区,
    于田县; 将乐县.
    """
    if c == 0x548C:
        return after in (
            0x5E73,
            0x7766,
            0x8C10,
            0x5174,
            0x987A,
            0x7530,
            0x6D69,
            0x6797,
            0x9759,
            0x53BF,
            0x653F,
            0x7855,
        )
    if c == 0x5411:
        return after in (0x9633, 0x8363)
    if c == 0x4E8E:
        return after in (0x90FD, 0x6D2A, 0x7530)
    if c == 0x4ECE:
        return after in (0x5316, 0x6C5F)
    return bool((c == 0x4E3A and after == 0x6C11) or (c == 0x5C06 and after == 0x4E50))


@njit("boolean(int64)", cache=True, nogil=True)
def _counts(c: int) -> bool:
    """Tell whether the character may stand before 号, 楼, 室…: a digit, a letter, 一 to 十, 甲 to 丁."""
    return (
        0x30 <= c <= 0x39
        or 0x41 <= (c & 0xDF) <= 0x5A
        or 0xFF10 <= c <= 0xFF19
        or c in (0x4E00, 0x4E8C, 0x4E09, 0x56DB, 0x4E94, 0x516D, 0x4E03, 0x516B, 0x4E5D, 0x5341, 0x7532, 0x4E59,
                 0x4E19, 0x4E01)
    )  # fmt: skip


@njit(f"UniTuple(int64, 2)({_RO}, int64, int64, {_RO})", cache=True, nogil=True)
def address_from(data: Bytes, p: int, e: int, marks: Bytes) -> tuple[int, int]:
    """Return ``(end, bits)`` of the address that begins at ``p``, ``(0, 0)`` if none does."""
    levels = 0
    last = 0
    run = 0
    digits = 0
    stars = 0
    only_digits = False
    numbered = False
    before = 0
    q = p
    size = 0
    while q < e and size < _LONGEST:
        c, width = character_at(data, q, e)
        if is_star(c) and levels:
            stars += 1
            q += width
            size += 1
            if stars >= 2:
                last = q
            continue
        if stars:
            break
        if is_han(c):
            if _breaks(c):
                after = 0
                if q + width < e:
                    after, _ = character_at(data, q + width, e)
                if not _named(c, after):
                    break
            m = marks[c] + 0
            if c == _FANG and 0x30 <= before <= 0x39 and numbered:
                m = MARK_NUMBER
            if m & MARK_NUMBER and not _counts(before) and before != _HAO:
                m = 0
            if c == _YUAN and before == _DAN and numbered:
                m = MARK_NUMBER
            run += 1
            digits = 0
            if m and size > 0:
                levels |= m
                numbered = numbered or m & MARK_NUMBER != 0
                last = q + width
                run = 0
                only_digits = True
            else:
                only_digits = False
                if run > _LEVEL:
                    break
        elif _counts(c) or c in (0x2D, 0xFF0D, 0x23):
            digits += 1
            if digits >= _TOO_LONG:
                break
            if (
                only_digits
                and levels & (MARK_TOWN | MARK_ROAD | MARK_NUMBER | MARK_PLACE)
                and 0x30 <= c <= 0x39
            ):
                after = 0
                if q + width < e:
                    after, _ = character_at(data, q + width, e)
                follows = is_han(after) and (marks[after] != 0 or after in (_DAN, _FANG) or not numbered)
                if not _counts(after) and after != 0x2D and not follows and digits < _TOO_LONG - 1:
                    last = q + width
                    numbered = True
        else:
            break
        before = c
        q += width
        size += 1
    fine = levels & (MARK_TOWN | MARK_ROAD | MARK_PLACE)
    if stars >= 2 and levels & (MARK_PROVINCE | MARK_CITY | MARK_COUNTY):
        return last, FOUND_HIDDEN
    if numbered and fine and last > p:
        return last, FOUND_NUMBERED
    if levels & MARK_TOWN and fine & (MARK_ROAD | MARK_PLACE) and levels & (MARK_CITY | MARK_COUNTY):
        return last, 0
    return 0, 0


@njit(
    f"int64({_RO}, {_RO64}, {_RO64}, {_RO}, {_RO64}, {_RO}, {_ROK}, {_RO}, int64[::1], int64[::1], int64[::1],"
    " uint8[::1])",
    cache=True,
    nogil=True,
)
def addresses(
    data: Bytes, starts: Longs, ends: Longs, begins: Bytes, pairs: Longs, marks: Bytes, keys: Keys, tags: Bytes,
    out_cell: Longs, out_start: Longs, out_end: Longs, out_bits: Bytes,
) -> int:  # fmt: skip
    """Find the addresses of every cell; return their number.

    Args:
        data: UTF-8 bytes.
        starts: First byte of each cell.
        ends: One past the last byte.
        begins: ``uint8[65536]``: 1 for the first character of a listed province or city.
        pairs: Sorted numbers ``first << 16 | second`` of their first two characters.
        marks: Bits of the characters that mark a level.
        keys: The word list; of its places, those that end in 市, 区, 县 or 旗 begin an address too.
        tags: Its tags.
        out_cell: Receives the cell; outputs hold at least ``len(data) // 12 + 8`` elements.
        out_start: First byte.
        out_end: One past the last.
        out_bits: ``FOUND_…`` bits.
    """
    count = 0
    for cell in range(starts.size):
        s = starts[cell]
        e = ends[cell]
        p = s
        done = s
        while p + 5 < e:
            b = data[p]
            if b < 0xE0 or b >= 0xF0:
                p += 1
                continue
            c, _ = character_at(data, p, e)
            start = -1
            if begins[c]:
                d, _ = character_at(data, p + 3, e)
                key = c << 16 | d
                at = np.searchsorted(pairs, key)
                if at < pairs.size and pairs[at] == key:
                    start = p
            elif marks[c] & (MARK_CITY | MARK_COUNTY) and p - 6 >= done:
                word = np.uint64(c)
                shift = np.uint64(16)
                q = p
                for _ in range(3):
                    if q - 3 < done or data[q - 3] < 0xE0 or data[q - 3] >= 0xF0:
                        break
                    q -= 3
                    d, _ = character_at(data, q, p)
                    word = word | np.uint64(d) << shift
                    shift = shift + np.uint64(16)
                    slot = slot_of(keys, word << (np.uint64(64) - shift))
                    if p - q >= 6 and slot >= 0 and tags[slot] == TAG_PLACE:
                        start = q
            if start < 0:
                p += 3
                continue
            end, bits = address_from(data, start, e, marks)
            if end <= p:
                p += 3
                continue
            out_cell[count], out_start[count], out_end[count] = cell, start, end
            out_bits[count] = bits
            count += 1
            p = done = end
    return count
