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
from qingyuan.pii._kernel.streetends import (
    BETWEEN,
    FLOORS,
    another,
    bracketed,
    closes,
    counts,
    houses,
    with_side,
)
from qingyuan.pii.batch import Bytes, Longs

#: Most characters of an address, and most of one level's name.
_LONGEST = 80
_LEVEL = 14
#: Digits no house number has.
_TOO_LONG = 6

#: 单元, a staircase, is written with a number before it.
_DAN, _YUAN = 0x5355, 0x5143
#: 房 after a number is a room; 号 may stand before 楼.
_FANG, _HAO = 0x623F, 0x53F7
#: 院 after 号 (12号院), and what joins the roads of a crossing: 与, 和; it goes on with 交 (交叉口) within so many characters.
_COURT, _AND, _CROSS, _ROADS = 0x9662, (0x4E0E, 0x548C), 0x4EA4, 12
#: 县, before which 为 and 等 end a name (犍为县, 天等县).
_XIAN = 0x53BF
#: What a building behind a road or a number ends with, as pairs of characters, whatever follows: 医院, 生院, 学校, 小学, 中学, 大学, 学院,
#: 儿园, 超市, 宾馆, 酒店, 饭店, 车站, 油站, 费站, 出所, 委会, 驿站, 公寓, 大厦, 公园.
_BUILDINGS = (0x533B9662, 0x751F9662, 0x5B666821, 0x5C0F5B66, 0x4E2D5B66, 0x59275B66, 0x5B669662, 0x513F56ED, 0x8D855E02,
              0x5BBE9986, 0x91525E97, 0x996D5E97, 0x8F667AD9, 0x6CB97AD9, 0x8D397AD9, 0x51FA6240, 0x59D44F1A, 0x9A7F7AD9,
              0x516C5BD3, 0x592753A6, 0x516C56ED)  # fmt: skip
#: Fewest characters of the name of a building.
_SHORTEST = 2
#: 村 before 民: 村民, 村民小组.
_VILLAGE, _PEOPLE = 0x6751, 0x6C11
#: 和 inside a name (太和路) joins nothing.
_HE = 0x548C

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
    于田县; 将乐县, 将台, 将军路.
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
    if c == 0x5C06:
        return after in (0x4E50, 0x53F0, 0x519B)
    return bool(c == 0x4E3A and after == 0x6C11)


@njit(f"boolean({_RO}, int64, int64, int64, int64)", cache=True, nogil=True)
def _stops(data: Bytes, q: int, e: int, c: int, run: int) -> bool:
    """Tell whether the character ``c``, which ends before ``q``, ends the address; 太和路 and 犍为县 go on, 路和 does not."""
    if not _breaks(c) or (c == _HE and run):
        return False
    after = 0
    if q < e:
        after, _ = character_at(data, q, e)
    return not (_named(c, after) or (run and after == _XIAN))


@njit("boolean(int64)", cache=True, nogil=True)
def _encloses(c: int) -> bool:
    """Tell whether 区 after this character is no county: 小区, 社区, 园区, 校区, 厂区."""
    return c in (0x5C0F, 0x793E, 0x56ED, 0x6821, 0x5382)


@njit(f"boolean({_RO}, int64, int64)", cache=True, nogil=True)
def _goes_on(data: Bytes, q: int, e: int) -> bool:
    """Tell whether 市 before ``q`` is part of a word: 市场, 市政, 市民, 市监."""
    if q >= e:
        return False
    c, _ = character_at(data, q, e)
    return c in (0x573A, 0x653F, 0x6C11, 0x76D1)


@njit(f"boolean({_RO}, int64, int64, {_RO})", cache=True, nogil=True)
def _crosses(data: Bytes, q: int, e: int, marks: Bytes) -> bool:
    """Tell whether another road and 交叉口 or the like follow at ``q``: 文一路与古翠路交叉口."""
    road = False
    for _ in range(_ROADS):
        if q >= e:
            return False
        c, width = character_at(data, q, e)
        if road and c == _CROSS:
            return True
        if not is_han(c) and not counts(c):
            return False
        road = marks[c] & MARK_ROAD != 0
        q += width
    return False


@njit(f"UniTuple(int64, 2)({_RO}, int64, int64, {_RO})", cache=True, nogil=True)
def address_from(data: Bytes, p: int, e: int, marks: Bytes) -> tuple[int, int]:
    """Return ``(end, bits)`` of the address that begins at ``p``, ``(0, 0)`` if none does."""
    levels = 0
    last = 0
    run = 0
    digits = 0
    dashes = 0
    stars = 0
    hidden = False
    only_digits = False
    numbered = False
    numbers = 0
    closed = 0
    whole = 0
    whole_end = p
    built = False
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
                hidden = True
                last = q
            before = c
            continue
        if is_han(c):
            if c in _AND and run == 0 and levels & MARK_ROAD and _crosses(data, q + width, e, marks):
                before = c
                q += width
                size += 1
                continue
            if _stops(data, q + width, e, c, run):
                break
            m = marks[c] + 0
            if c == _FANG and 0x30 <= before <= 0x39 and numbered:
                m = MARK_NUMBER
            counted = counts(before) or before == _HAO or (stars > 0 and hidden)
            if m & MARK_NUMBER and not counted:
                m = 0
            if c == _YUAN and before == _DAN and numbered:
                m = MARK_NUMBER
            if c == _COURT and before == _HAO and numbered:
                m = MARK_NUMBER
            if m & MARK_COUNTY and _encloses(before):
                m = MARK_PLACE
            if m & MARK_CITY and _goes_on(data, q + width, e):
                m = 0
            if c == _VILLAGE and q + width < e and character_at(data, q + width, e)[0] == _PEOPLE:
                m = 0
            run += 1
            digits = 0
            dashes = 0
            if (
                m == 0
                and run >= _SHORTEST
                and (
                    closes(c)
                    or before << 16 | c in _BUILDINGS
                    or (houses(c) and with_side(data, q + width, e) > q + width)
                )
            ):
                closed = q + width
            if m & MARK_NUMBER and built:
                # 歙县印象徽州商业广场39号: a building and its number are as telling as a road.
                levels |= MARK_PLACE
            built = False
            if m and size > 0:
                numbers += m & MARK_NUMBER != 0
                closed = 0
                levels |= m
                numbered = numbered or m & MARK_NUMBER != 0
                last = q + width
                run = 0
                only_digits = True
            else:
                only_digits = False
                if run > _LEVEL:
                    break
        elif counts(c) or c in (0x2D, 0xFF0D, 0x23):
            dashed = c in (0x2D, 0xFF0D)
            if dashed and not digits:
                break
            built = built or (digits == 0 and closed == q)
            if digits == 0 and not dashed:
                whole, whole_end = before, q
            digits = 0 if dashed else digits + 1
            if dashed:
                dashes += 1
            if digits >= _TOO_LONG:
                # A telephone number: the clause ends before it.
                before, q = whole, whole_end
                break
            placed = levels & (MARK_TOWN | MARK_ROAD | MARK_NUMBER | MARK_PLACE) != 0 and only_digits
            if dashes > 0 and levels & (MARK_CITY | MARK_COUNTY) != 0:
                placed = True
            if 0x30 <= c <= 0x39 and placed:
                after = 0
                if q + width < e:
                    after, _ = character_at(data, q + width, e)
                follows = False
                if is_han(after):
                    follows = marks[after] != 0 or after == _DAN or after == _FANG or not numbered
                ends = dashes > 0 or not follows
                if ends and not counts(after) and after != 0x2D and digits < _TOO_LONG - 1:
                    last = q + width
                    numbered = True
                    numbers += 1
                    if dashes > 0:
                        levels |= MARK_PLACE
        elif (
            c not in BETWEEN
            or not (0x30 <= before <= 0x39 or before in FLOORS)
            or not numbered
            or not another(data, q + width, e, marks)
        ):
            break
        stars = 0
        before = c
        q += width
        size += 1
    coarse = levels & (MARK_CITY | MARK_COUNTY)
    if coarse and 1 < run <= _LEVEL and is_han(before) and not stars:
        # 文三路12号人民医院, 西湖区阳光名邸: a building or an estate ends the address.
        fine = levels & (MARK_TOWN | MARK_ROAD | MARK_NUMBER | MARK_PLACE)
        ends = houses(before) if fine else closes(before)
        if ends:
            levels |= MARK_PLACE
            last = q
        elif closed > last:
            levels |= MARK_PLACE
            last = closed
    if last > p and not hidden:
        last = bracketed(data, with_side(data, last, e), e, marks)
    fine = levels & (MARK_TOWN | MARK_ROAD | MARK_PLACE)
    if hidden and levels & (MARK_PROVINCE | MARK_CITY | MARK_COUNTY):
        return last, FOUND_HIDDEN
    if numbered and last > p and (fine != 0 or (numbers > 1 and coarse != 0)):
        return last, FOUND_NUMBERED
    if fine and levels & MARK_COUNTY and last > p:
        return last, 0
    if levels & MARK_TOWN and fine & (MARK_ROAD | MARK_PLACE) and coarse:
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
