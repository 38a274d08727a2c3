"""How an address in free text ends: buildings, sides, distances, brackets and further numbers behind its last level."""

# compiled loop; splitting it into calls costs the speed it exists for.
from __future__ import annotations

from qingyuan.pii._kernel._compile import njit
from qingyuan.pii._kernel.cells import MARK_NUMBER, MARK_PLACE, MARK_ROAD, character_at, is_han
from qingyuan.pii.batch import Bytes

#: 内 after 院, 场, 厦, 园, 区, 校, 厂 (12号院内, 停车场内).
_INSIDE, _WITHIN = 0x5185, (0x9662, 0x573A, 0x53A6, 0x56ED, 0x533A, 0x6821, 0x5382)
#: 底商, the shops of a ground floor, which are numbered, and 号, 室 behind the number.
_SHOPS, _SHOP = 0x5E955546, (0x53F7, 0x5BA4)
#: 行, and 米, 公里, of what lies so far off (交叉口北行200米路西); 路 before the side.
_GOES, _METRES, _KILO, _METRE_OF, _ROAD = 0x884C, 0x7C73, 0x516C, 0x91CC, 0x8DEF
#: What parts the numbers of one address: 、 — / ～ ~ and their wide forms; 层 and 室, behind which the next may follow (2层、3层).
BETWEEN, FLOORS = (0x3001, 0x2014, 0x2F, 0xFF0F, 0xFF5E, 0x7E), (0x5C42, 0x5BA4)
#: Characters of one more number, and of what stands in brackets behind an address, at most.
_MORE, _BRACKETED = 5, 24
#: What may end an address behind its last level, as pairs of characters: 院内, 底商, 对面, 路口, 交口, 叉口, 汇处, 界处. 门口 and 附近 are no part.
_BESIDE = (0x96625185, 0x5E955546, 0x5BF99762, 0x8DEF53E3, 0x4EA453E3, 0x53C953E3, 0x6C475904, 0x754C5904)
#: 东, 南, 西, 北, 斜, 正 before a side, a corner or what is opposite: 南侧, 东北角, 斜对面; and 侧, 角.
_SIDES, _CORNERS = (0x4E1C, 0x5357, 0x897F, 0x5317, 0x659C, 0x6B63), (0x4FA7, 0x89D2)
#: 向, 往 before a side: 向东200米; 旁, 旁边.
_TOWARDS, _BY, _EDGE = (0x5411, 0x5F80), 0x65C1, 0x8FB9
#: 交 of a crossing (交叉口, 交汇处).
_CROSS = 0x4EA4

_RO = "Array(uint8, 1, 'C', readonly=True)"


@njit("boolean(int64)", cache=True, nogil=True)
def counts(c: int) -> bool:
    """Tell whether the character may stand before 号, 楼, 室…: a digit, a letter, 一 to 十, 甲 to 丁."""
    return (
        0x30 <= c <= 0x39
        or 0x61 <= (c | 0x20) <= 0x7A
        or 0xFF10 <= c <= 0xFF19
        or c in (0x4E00, 0x4E8C, 0x4E09, 0x56DB, 0x4E94, 0x516D, 0x4E03, 0x516B, 0x4E5D, 0x5341, 0x7532, 0x4E59,
                 0x4E19, 0x4E01)
    )  # fmt: skip


@njit("boolean(int64)", cache=True, nogil=True)
def closes(c: int) -> bool:
    """Tell whether the name of a building or a housing estate ends so: 厦, 城, 邸, 府, 际, 轩, 庭, 阁, 墅, 郡, 期, 寓, 园, 苑, 场, 都."""
    return c in (0x53A6, 0x57CE, 0x90B8, 0x5E9C, 0x9645, 0x8F69, 0x5EAD, 0x9601, 0x5885, 0x90E1, 0x671F, 0x5BD3,
                 0x56ED, 0x82D1, 0x573A, 0x90FD)  # fmt: skip


@njit("boolean(int64)", cache=True, nogil=True)
def houses(c: int) -> bool:
    """Tell whether a place behind a road or a house number may end so.

    As above, or 站, 心, 院, 学, 校, 店, 馆, 柜, 厂, 局, 所, 地, 司, 楼, 部.
    """
    return closes(c) or c in (0x7AD9, 0x5FC3, 0x9662, 0x5B66, 0x6821, 0x5E97, 0x9986, 0x67DC, 0x5382, 0x5C40, 0x6240,
                               0x5730, 0x53F8, 0x697C, 0x90E8)  # fmt: skip


@njit(f"int64({_RO}, int64, int64)", cache=True, nogil=True)
def _digits_from(data: Bytes, q: int, e: int) -> int:
    """Return the end of the digits at ``q``, of which there are :data:`_MORE` at most, or ``q``."""
    p = q
    while p < e and p < q + _MORE and 0x30 <= data[p] <= 0x39:
        p += 1
    return q if p < e and 0x30 <= data[p] <= 0x39 else p


@njit(f"boolean({_RO}, int64, int64, {_RO})", cache=True, nogil=True)
def another(data: Bytes, q: int, e: int, marks: Bytes) -> bool:
    """Tell whether one more number of a house, floor or room stands at ``q``, perhaps behind further ones: 0、3层."""
    for _ in range(_MORE):
        p = q
        while p < e and p < q + _MORE and (counts(data[p]) or data[p] == 0x2D):
            p += 1
        if p == q or p >= e:
            return False
        c, width = character_at(data, p, e)
        if marks[c] & MARK_NUMBER:
            return True
        if c not in BETWEEN:
            return False
        q = p + width
    return False


@njit(f"int64({_RO}, int64, int64)", cache=True, nogil=True)
def _so_far(data: Bytes, q: int, e: int) -> int:
    """Return the end of a distance and a side of the road at ``q``: 200米路西, 行2公里; ``q`` if there is none."""
    c, width = character_at(data, q, e) if q < e else (0, 0)
    p = q + width if c == _GOES else q
    number = _digits_from(data, p, e)
    if number == p or number >= e:
        return q
    c, width = character_at(data, number, e)
    p = number + width
    if c == _KILO and p < e and character_at(data, p, e)[0] == _METRE_OF:
        p += 3
    elif c != _METRES:
        return q
    if p + 5 < e and character_at(data, p, e)[0] == _ROAD and character_at(data, p + 3, e)[0] in _SIDES:
        p += 6
    return p


@njit(f"int64({_RO}, int64, int64, {_RO})", cache=True, nogil=True)
def bracketed(data: Bytes, p: int, e: int, marks: Bytes) -> int:
    """Return the end of the brackets at ``p`` if what is in them ends as a place does: （社区服务中心二层）; else ``p``."""
    c, width = character_at(data, p, e) if p < e else (0, 0)
    if c not in (0x28, 0xFF08):
        return p
    q = p + width
    last = 0
    for _ in range(_BRACKETED):
        if q >= e:
            return p
        d, width = character_at(data, q, e)
        if d in (0x29, 0xFF09):
            placed = (
                marks[last] & (MARK_NUMBER | MARK_ROAD | MARK_PLACE) != 0 or houses(last) or last in _CORNERS
            )
            return q + width if placed or last == _SHOPS & 0xFFFF else p
        if not is_han(d) and not counts(d) and d not in (0x2D, 0x3001):
            return p
        last = d
        q += width
    return p


@njit(f"int64({_RO}, int64, int64)", cache=True, nogil=True)
def with_side(data: Bytes, p: int, e: int) -> int:
    """Return the end of an address that has its last level or number before ``p``, with what stands beside it: 院内, 东南角, 斜对面."""
    for _ in range(2):
        q = p
        c, width = character_at(data, q, e) if q < e else (0, 0)
        if c == _INSIDE and character_at(data, p - 3, p)[0] in _WITHIN:
            p += width
            continue
        if c == _CROSS and q + width < e:
            d, more = character_at(data, q + width, e)
            if d in (0x53C9, 0x6C47, 0x754C):
                q += width
                c, width = d, more
        if (
            c in _SIDES
            and character_at(data, p - 3, p)[0] == _ROAD
            and character_at(data, p - 6, p)[0] == _METRES
        ):
            return p + width
        if c == _BY:
            p += width
            if p < e and character_at(data, p, e)[0] == _EDGE:
                p += 3
            return p
        if c in _TOWARDS and q + width < e:
            q += width
            c, width = character_at(data, q, e)
        turns = 0
        while c in _SIDES and turns < 3 and q + width < e:
            q += width
            turns += 1
            c, width = character_at(data, q, e)
        if turns and c in _CORNERS:
            p = q + width
            continue
        if turns:
            end = _so_far(data, q, e)
            if end > q:
                return end
        if not is_han(c) or q + width >= e:
            return p
        d, more = character_at(data, q + width, e)
        if c << 16 | d not in _BESIDE:
            return p
        p = q + width + more
        if c << 16 | d == _SHOPS:
            end = _digits_from(data, p, e)
            if end > p and end < e:
                c, width = character_at(data, end, e)
                end += width if c in _SHOP else 0
            p = end
    return p
