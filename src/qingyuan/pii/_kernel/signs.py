"""Signs that hide characters, whatever they look like, written as the stars all other passes know.

``138????1234``, ``张※※``, ``6222____1234``: people hide with any sign that comes to hand, and most of those signs mean
something else elsewhere. So a sign hides only by what stands beside it: a run of it at digits, or at 汉字.
Each sign is replaced by a star of as many bytes, so no place moves.
"""

# compiled loop; splitting it into calls costs the speed it exists for.
from __future__ import annotations

from typing import Any

import numpy as np

from qingyuan.pii._kernel._blocks import BLOCK, _Lanes, _on_block, lowest
from qingyuan.pii._kernel._compile import njit
from qingyuan.pii._kernel.cells import character_at
from qingyuan.pii.batch import Bytes

#: Digits of the shortest number that is whole: a mobile.
_WHOLE = 11
#: Characters of an ID.
_IDENTITY = 18
_RO = "Array(uint8, 1, 'C', readonly=True)"

#: What a character is as a sign: none; always one that hides; ``#``; a question mark; a sign of drawing lines; 〇; X.
_PLAIN, _HIDES, _HASH, _ASKS, _LINE, _ZERO, _CROSS = range(7)
_SIGNS = {
    _HIDES: "＊※☆★◆◇□■◯█▇▓✱✲✳﹡⁎◎△▲⊙",
    _HASH: "#＃",
    _ASKS: "?？",
    _LINE: "_-.＿",
    _ZERO: "〇",
    _CROSS: "xXｘＸ",
}
#: How many in a row hide digits, by what the sign is.
_AT_DIGITS = np.array([0, 2, 2, 2, 3, 2, 3], dtype=np.int64)
#: What stands beside a run: nothing that counts, a digit, a 汉字, a Chinese numeral, an ASCII letter.
_NOTHING, _DIGIT, _HAN, _NUMERAL, _LETTER = range(5)


def _kinds() -> Bytes:
    """Return what each character of the basic plane is as a sign."""
    table = np.zeros(0x10000, dtype=np.uint8)
    for kind, signs in _SIGNS.items():
        table[[ord(sign) for sign in signs]] = kind
    return table


def _besides() -> Bytes:
    """Return what each character of the basic plane is beside a run."""
    table = np.zeros(0x10000, dtype=np.uint8)
    table[0x3400:0xA000] = _HAN
    table[[ord(c) for c in "〇零一幺二两三四五六七八九十"]] = _NUMERAL
    table[0x30:0x3A] = _DIGIT
    table[0xFF10:0xFF1A] = _DIGIT
    table[0x41:0x5B] = _LETTER
    table[0x61:0x7B] = _LETTER
    return table


_KIND = _kinds()
_BESIDE = _besides()


def _alike(lanes: _Lanes, one: Any, two: Any) -> Any:
    """Return where two vectors are the same."""
    return lanes.same(lanes.other(one, two), 0)


def _narrow(lanes: _Lanes) -> Any:
    """Return where ASCII signs are repeated or stand behind a longer character."""
    v, after, before = lanes.load(0), lanes.load(1), lanes.load(-1)
    narrow = lanes.either(*(lanes.same(v, ord(sign)) for sign in "#?_-."), lanes.same(lanes.lower(v), 120))
    run = lanes.both(narrow, _alike(lanes, v, after))
    lone = lanes.both(lanes.same(v, 35), lanes.within(before, 0x80, 0xBF))
    return lanes.either(lone, run)


def _likely_narrow(lanes: _Lanes) -> list[Any]:
    return [lanes.word(_narrow(lanes))]


def _likely(lanes: _Lanes) -> list[Any]:
    """Mark the signs of :func:`_narrow`, and the first bytes of the other signs."""
    v, after, third = lanes.load(0), lanes.load(1), lanes.load(2)
    full = lanes.both(
        lanes.same(after, 0xBC),
        lanes.either(*(lanes.same(third, low) for low in (0x83, 0x8A, 0x9F, 0xB8, 0xBF))),
    )
    full = lanes.either(
        full, lanes.both(lanes.same(after, 0xBD), lanes.same(third, 0x98)), lanes.same(after, 0xB9)
    )
    mark = lanes.both(
        lanes.within(after, 0x80, 0x81), lanes.either(lanes.same(third, 0xBB), lanes.same(third, 0x8E))
    )
    drawn = lanes.either(lanes.within(after, 0x8A, 0x9C), mark)
    zero = lanes.both(lanes.same(after, 0x80), lanes.same(third, 0x87))
    wide = lanes.either(
        lanes.both(lanes.same(v, 0xEF), full),
        lanes.both(lanes.same(v, 0xE2), drawn),
        lanes.both(lanes.same(v, 0xE3), zero),
    )
    return [lanes.word(lanes.either(_narrow(lanes), wide))]


def _leads(lanes: _Lanes) -> list[Any]:
    """Mark what the signs that are not ASCII begin with."""
    v = lanes.load(0)
    return [lanes.word(lanes.either(*(lanes.same(v, lead) for lead in (0xE2, 0xE3, 0xEF))))]


#: ``(data, at)``: where a sign may hide something. Reads one byte before and two behind.
likely_signs_of: Any = _on_block(1, _likely)
#: ``(data, at)``: the ASCII ones of them. Reads one byte before and one behind.
narrow_signs_of: Any = _on_block(1, _likely_narrow)
#: ``(data, at)``: what the others begin with.
leads_of: Any = _on_block(1, _leads)


@njit(f"int64({_RO}, int64)", cache=True, nogil=True)
def _begin(data: Bytes, p: int) -> int:
    """Return the first byte of the character that ends before ``p``, which is not 0."""
    q = p - 1
    while q > 0 and p - q < 4 and data[q] & 0xC0 == 0x80:
        q -= 1
    return q


@njit(f"int64({_RO}, int64, int64, int64)", cache=True, nogil=True)
def _beside(data: Bytes, p: int, sign: int, step: int) -> int:
    """Return what stands before (``step`` -1) or behind ``p``, a blank or dash aside: the sign itself counts as a digit."""
    for turn in range(2):
        if (step < 0 and p <= 0) or (step > 0 and p >= data.size):
            return _NOTHING
        begin = _begin(data, p) if step < 0 else p
        c, width = character_at(data, begin, data.size)
        found = int(_BESIDE[c])
        if found or (turn and c == sign):
            return found if (found == _DIGIT or not turn) else (_DIGIT if c == sign else _NOTHING)
        if c not in (32, 45, 0xA0, 0x3000):
            return _NOTHING
        p = begin if step < 0 else p + width
    return _NOTHING


@njit(f"int64({_RO}, int64)", cache=True, nogil=True)
def _digits_before(data: Bytes, p: int) -> int:
    """Return how many ASCII digits stand directly before ``p``, one blank or dash between two of them aside."""
    n = 0
    while p > 0:
        b = data[p - 1]
        if 48 <= b <= 57:
            n += 1
        elif n == 0 or b not in (32, 45) or p < 2 or not 48 <= data[p - 2] <= 57:
            break
        p -= 1
    return n


@njit(f"UniTuple(int64, 2)({_RO}, int64, boolean)", cache=True, nogil=True)
def _run(data: Bytes, p: int, prose: bool) -> tuple[int, int]:
    """Return ``(end, hides)`` of the run of one sign that begins at ``p``; hides is 1 if it hides something.

    In ``prose`` question marks may ask and the letters X may stand for any company.
    """
    c, width = character_at(data, p, data.size)
    kind = _KIND[c]
    if kind == _PLAIN:
        return p + width, 0
    if p > 0 and character_at(data, _begin(data, p), data.size)[0] == c:
        return p + width, 0
    n = 0
    q = p
    while q < data.size and character_at(data, q, data.size)[0] == c:
        n += 1
        q += width
    before = _beside(data, p, c, -1)
    after = _beside(data, q, c, 1)
    if kind == _CROSS and (before == _LETTER or after == _LETTER) and not (q < data.size and data[q] == 64):
        return q, 0
    if kind == _ZERO and (before == _NUMERAL or after == _NUMERAL):
        return q, 0
    if n >= _AT_DIGITS[kind] and (before == _DIGIT or after == _DIGIT):
        # 打13812345678... and 是13812345678??? trail off behind the whole number.
        shown = _digits_before(data, p) if after != _DIGIT and kind in (_LINE, _ASKS) else 0
        # 37010219730515____ leaves out the end of an ID.
        left_out = kind == _LINE and c != 46 and shown + n == _IDENTITY
        whole = shown >= _WHOLE and not left_out
        return q, int(not whole)
    if kind == _CROSS:
        # 西湖区xx路xxx, and z****@163.com as zxxxx@163.com.
        return q, int((not prose and before == _HAN and n > 1) or (n > 3 and q < data.size and data[q] == 64))
    if kind == _LINE:
        return q, 0
    if kind == _ASKS:
        return q, int(before == _HAN and (n > 2 or (n == 2 and (not prose or after in (_HAN, _DIGIT)))))
    behind = before in (_HAN, _NUMERAL)
    if kind == _HASH:
        lone = n == 1 and after in (_DIGIT, _LETTER)
        ahead = after in (_HAN, _NUMERAL) or before == _LETTER
        return q, int((behind and not lone) or (ahead and n > 1))
    return q, int(behind or after in (_HAN, _NUMERAL))


@njit(f"int64({_RO}, int64, boolean, uint8[::1], boolean)", cache=True, nogil=True)
def hidden_signs(data: Bytes, begin: int, prose: bool, out: Bytes, write: bool) -> int:
    """Find the signs that hide something, or write stars over them.

    Args:
        data: UTF-8 bytes.
        begin: Where to begin.
        prose: Whether the text is free text.
        out: Receives the stars; as long as ``data`` if ``write``, else not used.
        write: Whether to write; if not, the first such sign ends the search.

    Returns:
        The position of the first such sign, or -1; in writing, how many runs there were.
    """
    runs = np.int64(0)
    reached = begin
    base = begin
    while base < data.size:
        word = ~np.uint64(0)
        size = min(BLOCK, data.size - base)
        if base > 0 and base + BLOCK + 2 < data.size:
            # Most blocks of a table have none of the longer signs, which take most of the comparing.
            if leads_of(data, base):
                word = likely_signs_of(data, base)
            else:
                word = narrow_signs_of(data, base)
        elif size < BLOCK:
            word = (np.uint64(1) << np.uint64(size)) - np.uint64(1)
        while word:
            p = base + lowest(word)
            word &= word - np.uint64(1)
            if p < reached or data[p] & 0xC0 == 0x80:
                continue
            q, hides = _run(data, p, prose)
            if not hides:
                reached = max(reached, p + 1)
                continue
            if not write:
                return int(p)
            runs += 1
            reached = q
            _, width = character_at(data, p, data.size)
            while p < q:
                if width == 1:
                    out[p] = 42
                elif width == 2:
                    out[p] = 0xC3
                    out[p + 1] = 0x97
                else:
                    out[p] = 0xE2
                    out[p + 1] = 0x88
                    out[p + 2] = 0x97
                p += width
        base += BLOCK
    return int(runs) if write else -1
