"""Digits of other scripts written as ASCII and full-width digits, in as many bytes, so that no place moves.

``١٣٨٠٠…``, ``𝟏𝟑𝟖…``, ``①③⑧…``, in free text 一三八 … too when at least eleven stand in a row: all are numbers people read. A run of
digits of two, three or four bytes each becomes as many digits of one byte (ASCII) and three bytes (full-width), filled
up by zero-width characters, which all passes skip. Narrow blanks and minus signs between digits become ordinary ones.
"""

# compiled loop; splitting it into calls costs the speed it exists for.
from __future__ import annotations

from typing import Any

import numpy as np

from qingyuan.pii._kernel._blocks import BLOCK, _Lanes, _on_block, lowest
from qingyuan.pii._kernel._compile import njit
from qingyuan.pii._kernel.cells import character_at
from qingyuan.pii.batch import Bytes

_RO = "Array(uint8, 1, 'C', readonly=True)"
#: Fewest digits of a run; Chinese numerals in a row are a number from eleven on.
_FEWEST, _FEWEST_NUMERALS = 3, 11
#: Bytes from one look for Chinese numerals to the next.
_STRIDE = 3 * (_FEWEST_NUMERALS - 1)
_NUMERALS = ("零〇", "一幺壹", "二贰", "三叁", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖")
#: First characters of ten digits in a row, and characters that are one digit each.
_TENS = (
    0x0660,
    0x06F0,
    0x0966,
    0x09E6,
    0x0A66,
    0x0AE6,
    0x0BE6,
    0x0C66,
    0x0CE6,
    0x0D66,
    0x0E50,
    0x0ED0,
    0x0F20,
)
_NINES = (0x2460, 0x2474, 0x24F5, 0x2776, 0x2780, 0x278A)
_SINGLE = {0x24EA: 0, 0x2070: 0, 0x00B9: 1, 0x00B2: 2, 0x00B3: 3}
#: Classes of a character: none, ASCII or full-width digit, digit of another script, Chinese numeral.
_NONE, _OWN, _OTHER, _NUMERAL = range(4)


def _digits() -> tuple[Bytes, Bytes]:
    """Return class and value of each character of the basic plane."""
    kind, value = np.zeros(0x10000, dtype=np.uint8), np.zeros(0x10000, dtype=np.uint8)
    for first in (0x30, 0xFF10, *_TENS):
        kind[first : first + 10] = _OWN if first in (0x30, 0xFF10) else _OTHER
        value[first : first + 10] = np.arange(10)
    for first in _NINES:
        kind[first : first + 9] = _OTHER
        value[first : first + 9] = np.arange(1, 10)
    for first in (0x2070, 0x2080):  # raised and lowered digits
        low = 4 if first == 0x2070 else 0
        kind[first + low : first + 10] = _OTHER
        value[first + low : first + 10] = np.arange(low, 10)
    for code, digit in _SINGLE.items():
        kind[code], value[code] = _OTHER, digit
    for digit, signs in enumerate(_NUMERALS):
        for sign in signs:
            kind[ord(sign)], value[ord(sign)] = _NUMERAL, digit
    return kind, value


_KIND, _VALUE = _digits()
_MATHEMATICAL, _LAST_MATHEMATICAL = 0x1D7CE, 0x1D7FF


def _likely(lanes: _Lanes) -> list[Any]:
    """Mark the first bytes of digits of other scripts, narrow blanks, minus signs and zero-width characters."""
    v, after, third = lanes.load(0), lanes.load(1), lanes.load(2)
    leads = lanes.either(lanes.same(v, 0xD9), lanes.same(v, 0xDB), lanes.same(v, 0xE0), lanes.same(v, 0xF0))
    raised = lanes.both(
        lanes.same(v, 0xC2), lanes.either(lanes.same(after, 0xB9), lanes.within(after, 0xB2, 0xB3))
    )
    enclosed = lanes.either(
        lanes.same(after, 0x91),
        lanes.same(after, 0x93),
        lanes.within(after, 0x9D, 0x9E),
        lanes.within(after, 0x81, 0x82),
    )
    blank = lanes.both(
        lanes.same(after, 0x80), lanes.either(lanes.within(third, 0x80, 0x8D), lanes.same(third, 0xAF))
    )
    minus = lanes.both(lanes.same(after, 0x88), lanes.same(third, 0x92))
    wide = lanes.both(lanes.same(v, 0xE2), lanes.either(enclosed, blank, minus))
    mark = lanes.both(lanes.same(v, 0xEF), lanes.both(lanes.same(after, 0xBB), lanes.same(third, 0xBF)))
    return [lanes.word(lanes.either(leads, raised, wide, mark))]


def _leads(lanes: _Lanes) -> list[Any]:
    """Mark what such a character begins with."""
    v = lanes.load(0)
    return [
        lanes.word(
            lanes.either(*(lanes.same(v, lead) for lead in (0xC2, 0xD9, 0xDB, 0xE0, 0xE2, 0xEF, 0xF0)))
        )
    ]


#: ``(data, at)``: where such a character may stand. Reads two bytes behind.
likely_digits_of: Any = _on_block(1, _likely)
#: ``(data, at)``: what such a character begins with.
leads_of: Any = _on_block(1, _leads)


@njit(f"UniTuple(int64, 3)({_RO}, int64)", cache=True, nogil=True)
def _digit_at(data: Bytes, p: int) -> tuple[int, int, int]:
    """Return ``(class, value, width)`` of the character at ``p``."""
    b = data[p]
    if b == 0xF0 and p + 3 < data.size and data[p + 1] == 0x9D and data[p + 2] == 0x9F:
        c = _MATHEMATICAL - 0x0E + (data[p + 3] & 0x3F)
        return (_OTHER, (c - _MATHEMATICAL) % 10, 4) if c >= _MATHEMATICAL else (_NONE, 0, 4)
    c, width = character_at(data, p, data.size)
    if c >= 0x10000:
        return _NONE, 0, width
    return int(_KIND[c]), int(_VALUE[c]), width


@njit(f"boolean({_RO}, int64)", cache=True, nogil=True)
def _digit_before(data: Bytes, p: int) -> bool:
    """Tell whether an ASCII or full-width digit ends before ``p``."""
    if p > 0 and 0x30 <= data[p - 1] <= 0x39:
        return True
    return p > 2 and data[p - 3] == 0xEF and data[p - 2] == 0xBC and 0x90 <= data[p - 1] <= 0x99


@njit(f"int64({_RO}, int64, int64, int64, uint8[::1], boolean)", cache=True, nogil=True)
def _rewrite(data: Bytes, p: int, q: int, n: int, out: Bytes, write: bool) -> int:
    """Write the ``n`` digits of ``data[p:q]`` in as many bytes; return 1, or 0 if they do not fit."""
    spare = q - p - n
    fills = spare & 1
    while fills * 3 <= spare and (spare - 3 * fills) // 2 > n:
        fills += 2
    if fills * 3 > spare or fills > n:
        return 0
    if not write:
        return 1
    wide = (spare - 3 * fills) // 2
    at = p
    w = p
    for i in range(n):
        _, value, width = _digit_at(data, at)
        at += width
        if i < wide:
            out[w], out[w + 1], out[w + 2] = 0xEF, 0xBC, 0x90 + value
            w += 3
        else:
            out[w] = 0x30 + value
            w += 1
        if i < fills:
            out[w], out[w + 1], out[w + 2] = 0xE2, 0x80, 0x8B
            w += 3
    return 1


@njit(f"UniTuple(int64, 2)({_RO}, int64, uint8[::1], boolean)", cache=True, nogil=True)
def _at(data: Bytes, p: int, out: Bytes, write: bool) -> tuple[int, int]:
    """Return ``(end, changes)`` of what stands at ``p``; changes is 1 if it is written otherwise."""
    kind, _, width = _digit_at(data, p)
    if kind in (_OTHER, _NUMERAL):
        n = 0
        q = p
        while q < data.size:
            also, _, size = _digit_at(data, q)
            if also != kind:
                break
            n += 1
            q += size
        fewest = _FEWEST if kind == _OTHER else _FEWEST_NUMERALS
        own_behind = q < data.size and _digit_at(data, q)[0] == _OWN
        if n >= fewest or (kind == _OTHER and own_behind and _digit_before(data, p)):
            return q, _rewrite(data, p, q, n, out, write)
        return q, 0
    if data[p] not in (0xE2, 0xEF) or p + 2 >= data.size or width != 3:
        return p + max(width, 1), 0
    second, third = data[p + 1], data[p + 2]
    behind = p + 3 < data.size and _digit_at(data, p + 3)[0] == _OWN
    hair = data[p] == 0xE2 and ((second == 0x80 and (third <= 0x8A or third == 0xAF)) or second == 0x88)
    if hair:
        if not behind or not _digit_before(data, p) or (second == 0x80 and third < 0x80):
            return p + 3, 0
        if write:
            minus = second == 0x88
            out[p], out[p + 1], out[p + 2] = 0xE2 if minus else 0xE3, 0x80, 0x90 if minus else 0x80
        return p + 3, 1
    # A zero-width character behind a separator changes places with it.
    nothing = (second == 0x80 and third <= 0x8D) or (second == 0x81 and third == 0xA0) or second == 0xBB
    if nothing and p > 1 and data[p - 1] in (0x20, 0x2D) and behind and _digit_before(data, p - 1):
        if write:
            out[p + 2] = data[p - 1]
            for k in range(3):
                out[p - 1 + k] = data[p + k]
        return p + 3, 1
    return p + 3, 0


@njit(f"int64({_RO}, int64, uint8[::1], boolean)", cache=True, nogil=True)
def plain_digits(data: Bytes, begin: int, out: Bytes, write: bool) -> int:
    """Find the first run that is to be written otherwise, or write all of them.

    Args:
        data: UTF-8 bytes.
        begin: Where to begin.
        out: A copy of ``data`` to write into if ``write``, else not used.
        write: Whether to write; if not, the first such run ends the search.

    Returns:
        The position of the first run, or -1; in writing, how many there were.
    """
    runs = np.int64(0)
    reached = begin
    base = begin
    while base < data.size:
        word = ~np.uint64(0)
        size = min(BLOCK, data.size - base)
        if base + BLOCK + 2 < data.size:
            word = leads_of(data, base)
            if word:
                word = likely_digits_of(data, base)
        elif size < BLOCK:
            word = (np.uint64(1) << np.uint64(size)) - np.uint64(1)
        while word:
            p = base + lowest(word)
            word &= word - np.uint64(1)
            if p < reached or data[p] < 0x80 or data[p] & 0xC0 == 0x80 or _digit_at(data, p)[0] == _NUMERAL:
                continue
            q, changes = _at(data, p, out, write)
            reached = q
            if changes:
                if not write:
                    return int(p)
                runs += 1
        base += BLOCK
    # So many numerals in a row are met wherever one steps over fewer of them.
    reached = begin
    p = begin
    while p < data.size:
        a = p
        while a > reached and data[a] & 0xC0 == 0x80:
            a -= 1
        if data[a] < 0xE3 or data[a] > 0xE9 or _digit_at(data, a)[0] != _NUMERAL:
            p += _STRIDE
            continue
        while a - 3 >= reached and 0xE3 <= data[a - 3] <= 0xE9 and _digit_at(data, a - 3)[0] == _NUMERAL:
            a -= 3
        p = a
        q, changes = _at(data, p, out, write)
        if changes:
            if not write:
                return int(p)
            runs += 1
        reached = q
        p = q
    return int(runs) if write else -1
