"""Words around a value: the nearest label before it, any word of its kind near it, amounts.

Also values found only through their label in free text (``收件人：张三``).
"""

# compiled loop; splitting it into calls costs the speed it exists for.
from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel._compile import njit
from qingyuan.pii._kernel.cells import (
    ADDRESS as SHAPE_ADDRESS,
)
from qingyuan.pii._kernel.cells import (
    ADDRESS_LOOSE,
    ADDRESS_MASKED,
    NAME_MASKED,
    character_at,
    is_blank,
    is_han,
    is_star,
    name_shape,
    shape_of,
)
from qingyuan.pii._kernel.cells import (
    NAME as SHAPE_NAME,
)
from qingyuan.pii._kernel.flags import (
    ADDRESS,
    ADJACENT,
    AMOUNT,
    BANK_CARD,
    BIN_LISTED,
    BIN_RANGE,
    CONTEXT,
    LABEL_ADDRESS,
    LABEL_NAME,
    LABEL_SHIFT,
    LABELLED,
    MASKED,
    MOBILE,
    NAME,
)
from qingyuan.pii._kernel.symbols import is_letter, symbol_at
from qingyuan.pii.batch import Bytes, Longs

Flags = npt.NDArray[np.uint32]

#: How far a label may stand before a value and a word after it, in bytes.
BEFORE = 96
AFTER = 42
#: Digits no house number has: here an address ends and a telephone or ID number begins.
_TOO_LONG = 8
#: What is counted in tens of thousands: 元, 人, 次, 件, 条, 股, 吨, 美, 余, 多, 个, 块.
_UNITS = (0x5143, 0x4EBA, 0x6B21, 0x4EF6, 0x6761, 0x80A1, 0x5428, 0x7F8E, 0x4F59, 0x591A, 0x4E2A, 0x5757)
#: More characters than stand between the last star of an address and a blank behind it.
_NO_STAR = 1 << 20

_RO = "Array(uint8, 1, 'C', readonly=True)"
_RO64 = "Array(int64, 1, 'C', readonly=True)"


@njit("boolean(uint8, uint8)", cache=True, nogil=True)
def _same_word(before: int, after: int) -> bool:
    """Tell whether two bytes are letters with no word boundary between, as in ``bankCard`` before ``C``."""
    return bool(is_letter(before) and is_letter(after) and not (before >= 97 and after <= 90))


@njit(f"boolean({_RO}, int64, int64)", cache=True, nogil=True)
def _escaped(data: Bytes, p: int, s: int) -> bool:
    r"""Tell whether the letter at ``p`` is that of an escape left in the text: ``\n``, ``\r``, ``\t``."""
    return bool(p > s and data[p - 1] == 0x5C and data[p] in (0x6E, 0x72, 0x74))


@njit(f"int64({_RO}, int64, int64, int64, {_RO}, {_RO64}, {_RO64})", cache=True, nogil=True)
def word_ending(data: Bytes, q: int, s: int, e: int, text: Bytes, words: Longs, buckets: Longs) -> int:
    """Return the number of the longest word that ends at ``q`` within ``s..e``, or -1.

    ``words`` holds ``(offset in text, length, class)`` triples, longest first within a bucket;
    ``buckets[b]`` is the first word whose last byte is ``b``. ASCII is compared without case, on letter
    boundaries (``cardNo`` has one before ``N``), and a space in a word also stands for ``_`` or ``-``, or for
    nothing before a capital (``homeReturnPermit``).
    """
    last = data[q - 1]
    if 65 <= last <= 90:
        last |= 32
    for k in range(buckets[last], buckets[last + 1]):
        at = words[3 * k]
        size = words[3 * k + 1]
        d = q - 1
        j = at + size - 1
        while j >= at and d >= s:
            c = data[d]
            if 65 <= c <= 90:
                c |= 32
            if c != text[j]:
                if text[j] != 32:
                    break
                if c not in (95, 45):
                    if not (97 <= data[d] <= 122 and 65 <= data[d + 1] <= 90):
                        break
                    d += 1
            j -= 1
            d -= 1
        if j >= at:
            continue
        d += 1
        if is_letter(text[at]) and (
            (d > s and _same_word(data[d - 1], data[d]) and not _escaped(data, d - 1, s))
            or (q < e and _same_word(data[q - 1], data[q]))
        ):
            continue
        return k
    return -1


@njit(f"boolean({_RO}, int64, int64)", cache=True, nogil=True)
def _only_joins(data: Bytes, a: int, b: int) -> bool:
    """Tell whether only punctuation, blanks and 号码值是为 stand between a label and its value."""
    reach = 30
    while a < b:
        c, width = character_at(data, a, b)
        if c == 0x3C:
            z = a + 1
            while z < b and data[z] not in (0x3C, 0x3E):
                z += 1
            if z < b and data[z] == 0x3E:
                a = z + 1
                continue
        reach -= width
        if reach < 0:
            return False
        a += width
        if 0x30 <= c <= 0x39 or (0x41 <= (c & 0xDF) <= 0x5A and c < 0x80):
            return False
        if is_han(c) and c not in (0x53F7, 0x7801, 0x662F, 0x4E3A, 0x503C, 0x4E86):
            return False
        if c in (0xFF0C, 0x3002, 0xFF1B, 0x2C, 0x3B):
            return False
    return True


@njit(
    f"void({_RO}, {_RO64}, {_RO64}, int64[::1], int64[::1], int64[::1], uint8[::1], uint32[::1], boolean,"
    f" {_RO}, {_RO64}, {_RO64}, {_RO64})",
    cache=True,
    nogil=True,
)
def read_context(
    data: Bytes,
    starts: Longs,
    ends: Longs,
    cells: Longs,
    first: Longs,
    last: Longs,
    kinds: Bytes,
    flags: Flags,
    prose: bool,
    text: Bytes,
    words: Longs,
    buckets: Longs,
    own: Longs,
) -> None:
    """Add the context bits to ``flags`` for every candidate.

    Args:
        data: UTF-8 bytes.
        starts: First byte of each cell.
        ends: One past the last byte of each cell.
        cells: Cell of each candidate.
        first: First byte of each candidate.
        last: One past its last byte.
        kinds: Its kind.
        flags: Its evidence, changed in place.
        prose: Whether a value alone on its line may have its label on the line before.
        text: Bytes of all words.
        words: See :func:`word_ending`.
        buckets: See :func:`word_ending`.
        own: Class of context words of each kind.
    """
    for i in range(cells.size):
        cell = cells[i]
        s = starts[cell]
        e = ends[cell]
        if prose and cell > 0 and first[i] - s < 4:
            s = starts[cell - 1]
        bits = np.int64(0)
        label = np.int64(0)
        low = max(s, first[i] - BEFORE)
        q = first[i]
        while q > low:
            k = word_ending(data, q, low, e, text, words, buckets)
            if k >= 0:
                kind = words[3 * k + 2]
                if label == 0:
                    label = kind
                    if _only_joins(data, q, first[i]):
                        bits |= ADJACENT
                if kind == own[kinds[i]]:
                    bits |= CONTEXT
                    break
                q -= words[3 * k + 1]
            else:
                q -= 1
        high = min(e, last[i] + AFTER)
        q = last[i] + 2
        while q <= high and bits & CONTEXT == 0:
            k = word_ending(data, q, last[i], e, text, words, buckets)
            if k >= 0 and words[3 * k + 2] == own[kinds[i]]:
                bits |= CONTEXT
            q += 1
        p = last[i]
        while p < e and data[p] == 32:
            p += 1
        if p + 2 < e:
            c, width = character_at(data, p, e)
            then = 0
            if c == 0x5143 and p + width < e:
                then, _ = character_at(data, p + width, e)
            if c == 0x4E07 and kinds[i] == MOBILE and p + width < e:
                # Nothing has so many times ten thousand: 万 begins a name here, unless a unit follows.
                then, _ = character_at(data, p + width, e)
                if is_han(then) and then not in _UNITS:
                    c = 0
            if c in (0x5143, 0x4E07, 0x5757) and then not in (0x65E6, 0x5BB5):  # 元旦 and 元宵 are days
                bits |= AMOUNT
        if first[i] > s and data[first[i] - 1] == 36:
            bits |= AMOUNT
        if first[i] - 3 >= s:
            c, width = character_at(data, first[i] - 3, e)
            if c == 0xFFE5 and width == 3:
                bits |= AMOUNT
        if first[i] - 2 >= s and data[first[i] - 2] == 0xC2 and data[first[i] - 1] == 0xA5:
            bits |= AMOUNT
        flags[i] |= np.uint32(bits | label << LABEL_SHIFT)


@njit(f"int64({_RO}, int64, int64, {_RO})", cache=True, nogil=True)
def issuer_bits(data: Bytes, p: int, last: int, issuers: Bytes) -> int:
    """Return the issuer bits of the card ``p..last``; see :func:`read_bins`."""
    number = np.int64(0)
    n = 0
    while p < last and n < 6 and 48 <= data[p] <= 57:
        number = number * 10 + data[p] - 48
        n += 1
        p += 1
    while p < last and n < 6:
        symbol, width = symbol_at(data, p, last)
        if width > 0 and symbol > 9:
            break
        if width > 0 and symbol >= 0:
            number = number * 10 + symbol
            n += 1
        p += max(width, 1)
    if n < 4:
        return 0
    for _ in range(6 - n):
        number *= 10
    known = issuers[number]
    return (BIN_LISTED if n == 6 and known & 1 else 0) | (BIN_RANGE if known & 2 else 0)


@njit(f"void({_RO}, int64[::1], int64[::1], uint8[::1], uint32[::1], {_RO})", cache=True, nogil=True)
def read_bins(data: Bytes, first: Longs, last: Longs, kinds: Bytes, flags: Flags, issuers: Bytes) -> None:
    """Add the issuer bits to ``flags`` of cards.

    ``issuers`` is ``uint8[1000000]`` by the first six digits: bit 0 for a listed issuer number, bit 1
    for the range of a card network.
    """
    for i in range(kinds.size):
        if kinds[i] == BANK_CARD:
            flags[i] |= np.uint32(issuer_bits(data, first[i], last[i], issuers))


@njit(
    f"int64({_RO}, int64, int64, {_RO}, {_RO64}, {_RO64}, int64[::1], {_RO}, {_RO64})",
    cache=True,
    nogil=True,
)
def _name_end(
    data: Bytes,
    p: int,
    e: int,
    text: Bytes,
    words: Longs,
    buckets: Longs,
    chars: Longs,
    letters: Bytes,
    surnames: Longs,
) -> int:
    """Return the end of a name at ``p``; negative if masked, 0 if none.

    The run of 汉字 and stars must end after the name, or go on with a context word.
    """
    n = 0
    han = 0
    stars = 0
    dots = 0
    q = p
    best = 0
    while q < e and n < 12:
        c, width = character_at(data, q, e)
        if is_han(c):
            han += 1
        elif is_star(c):
            stars += 1
        elif c == 0xB7:
            dots += 1
        else:
            break
        chars[n] = c
        n += 1
        q += width
        if 2 <= n <= 4 and dots == 0 and q < e:
            follows = False
            for size in (6, 9, 12):
                if q + size <= e:
                    k = word_ending(data, q + size, q, e, text, words, buckets)
                    follows = follows or (k >= 0 and words[3 * k + 1] == size)
            if follows:
                shape = name_shape(chars, n, han, stars, dots, letters, surnames)
                if shape == SHAPE_NAME:
                    return q
                if shape == NAME_MASKED:
                    return -q
    if n < 2 or (q < e and n >= 12):
        return best
    shape = name_shape(chars, n, han, stars, dots, letters, surnames)
    if shape == SHAPE_NAME:
        best = q
    elif shape == NAME_MASKED:
        best = -q
    return best


@njit(f"boolean({_RO}, int64, int64)", cache=True, nogil=True)
def _hidden_on(data: Bytes, p: int, e: int) -> bool:
    """Tell whether a star or a digit stands behind the blanks at ``p``."""
    while p < e:
        c, width = character_at(data, p, e)
        if not is_blank(c):
            return bool(is_star(c) or 0x30 <= c <= 0x39)
        p += width
    return False


@njit("boolean(int64)", cache=True, nogil=True)
def _ends_address(c: int) -> bool:
    """Tell whether the character ends an address in free text: comma, stop, colon, tab, quote…."""
    return c in (0xFF0C, 0x2C, 0x3002, 0xFF1B, 0x3B, 0x0A, 0x09, 0x7C, 0xFF1A, 0x3A, 0x22, 0x3010)


@njit(
    f"int64({_RO}, {_RO64}, {_RO64}, {_RO}, {_RO64}, {_RO64}, {_RO}, {_RO64}, {_RO}, {_RO64},"
    " int64[::1], int64[::1], int64[::1], uint8[::1], uint32[::1])",
    cache=True,
    nogil=True,
)
def labelled_values(
    data: Bytes,
    starts: Longs,
    ends: Longs,
    text: Bytes,
    words: Longs,
    buckets: Longs,
    letters: Bytes,
    surnames: Longs,
    marks: Bytes,
    provinces: Longs,
    out_cell: Longs,
    out_start: Longs,
    out_end: Longs,
    out_kind: Bytes,
    out_flags: Flags,
) -> int:
    """Find names and addresses that follow a label and a colon; return their number.

    The outputs hold at least ``len(data) // 6 + 8`` elements.
    """
    chars = np.empty(16, dtype=np.int64)
    n = 0
    for cell in range(starts.size):
        s = starts[cell]
        e = ends[cell]
        p = s
        while p < e:
            b = data[p]
            width = 1 if b in (58, 61, 93) else 0
            if b == 0xEF and p + 2 < e and data[p + 1] == 0xBC and data[p + 2] == 0x9A:
                width = 3  # ：
            elif b == 0xE3 and p + 2 < e and data[p + 1] == 0x80 and data[p + 2] == 0x91:
                width = 3  # 】
            if width == 0 or p == s:
                p += 1
                continue
            q = p
            while q > s and data[q - 1] == 32:
                q -= 1
            k = word_ending(data, q, s, e, text, words, buckets) if q > s else -1
            p += width
            if k < 0 or words[3 * k + 2] not in (LABEL_NAME, LABEL_ADDRESS):
                continue
            while p < e:
                c, width = character_at(data, p, e)
                if not is_blank(c) and c not in (0x3A, 0xFF1A):
                    break
                p += width
            if p >= e:
                continue
            if words[3 * k + 2] == LABEL_NAME:
                end = _name_end(data, p, e, text, words, buckets, chars, letters, surnames)
                masked = MASKED if end < 0 else 0
                end = abs(end)
                kind = NAME
            else:
                end = p
                kind = ADDRESS
                digits = 0
                shown = _NO_STAR
                while end < e:
                    c, width = character_at(data, end, e)
                    digits = digits + 1 if 0x30 <= c <= 0x39 else 0
                    # 浙江省杭州市**** 电话…: behind what is hidden, a blank ends the address.
                    if is_blank(c) and shown <= 1 and not _hidden_on(data, end, e):
                        break
                    shown = 0 if is_star(c) else shown + 1
                    if digits == _TOO_LONG:
                        end -= digits - 1
                        break
                    if _ends_address(c):
                        break
                    end += width
                for _ in range(2):
                    while end > p and data[end - 1] == 32:
                        end -= 1
                    k = word_ending(data, end, p, e, text, words, buckets) if p < end < e else -1
                    if k < 0 or words[3 * k + 2] == LABEL_ADDRESS:
                        break
                    end -= words[3 * k + 1]
                shape = shape_of(data, p, end, chars, letters, surnames, marks, provinces)
                masked = MASKED if shape & ADDRESS_MASKED else 0
                if shape & (SHAPE_ADDRESS | ADDRESS_MASKED | ADDRESS_LOOSE) == 0:
                    end = 0
            if end <= p:
                continue
            out_cell[n] = cell
            out_start[n] = p
            out_end[n] = end
            out_kind[n] = kind
            out_flags[n] = LABELLED | masked
            n += 1
            p = end
    return n
