"""Reading a run of digits, masks and separators as people write them.

A *symbol* is one digit (ASCII or full-width), one mask character, or an ``X``; a *group* is a
run of symbols with nothing between; groups are joined by one space or dash (or a closing
bracket after ``(0571`` or ``(+86``).
"""

# compiled loop; splitting it into calls costs the speed it exists for.
from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel._compile import njit
from qingyuan.pii.batch import Bytes

Hashes = npt.NDArray[np.uint64]

#: Symbols: 0–9 are digits.
STAR = 10
CROSS = 11  # the letter X: check digit of an ID, or a mask when repeated
#: What is in a group.
MAX_SYMBOLS = 192
MAX_GROUPS = 24

SPACE = 1
DASH = 2
BRACKET = 3

#: How a group hangs on what stands before or after it.
GLUED = 1
DASHED = 2


def _classes() -> Bytes:
    """Return what each byte may begin: 1 digit, 2 star, 3 multi-byte form, 4 at sign, 5 per cent, 6 汉字 and the like."""
    table = np.zeros(256, dtype=np.uint8)
    table[48:58] = 1
    table[ord("*")] = 2
    table[[0xC2, 0xC3, 0xE2, 0xEF]] = 3
    table[ord("@")] = 4
    table[ord("%")] = 5
    table[0xE3:0xEA] = 6
    return table


CLASSES = _classes()


@njit("UniTuple(int64, 2)(Array(uint8, 1, 'C', readonly=True), int64, int64)", cache=True, nogil=True)
def symbol_at(data: Bytes, p: int, e: int) -> tuple[int, int]:
    """Return ``(symbol, width)`` at ``p``: -1 for a zero-width character, width 0 for none."""
    b = data[p]
    if 48 <= b <= 57:
        return b - 48, 1
    if b == 42:
        return STAR, 1
    if b in (88, 120):
        return CROSS, 1
    if b == 0xEF and p + 2 < e:
        if data[p + 1] == 0xBC:
            c = data[p + 2]
            if 0x90 <= c <= 0x99:
                return c - 0x90, 3
            if c == 0x8A:
                return STAR, 3
            if c == 0xB8:
                return CROSS, 3
        elif data[p + 1] == 0xBD and data[p + 2] == 0x98:
            return CROSS, 3
        elif data[p + 1] == 0xBB and data[p + 2] == 0xBF:
            return -1, 3
    elif b == 0xE2 and p + 2 < e:
        c = data[p + 1]
        d = data[p + 2]
        if (c == 0x80 and 0x8B <= d <= 0x8D) or (c == 0x81 and d == 0xA0):
            return -1, 3
        if (c == 0x80 and d == 0xA2) or (c == 0x97 and d in (0x8F, 0x8B)) or (c == 0x88 and d == 0x97):
            return STAR, 3  # • ● ○(U+25CB) ∗
    elif b == 0xC3 and p + 1 < e and data[p + 1] == 0x97:
        return STAR, 2  # ×
    elif b == 0xC2 and p + 1 < e:
        if data[p + 1] == 0xB7:
            return STAR, 2  # ·
        if data[p + 1] == 0xAD:
            return -1, 2  # a soft hyphen
    return 0, 0


@njit("UniTuple(int64, 2)(Array(uint8, 1, 'C', readonly=True), int64, int64)", cache=True, nogil=True)
def separator_at(data: Bytes, p: int, e: int) -> tuple[int, int]:
    """Return ``(kind, width)`` of one space or dash at ``p``; width 0 if there is none."""
    b = data[p]
    if b == 32:
        return SPACE, 1
    if b == 45:
        return DASH, 1
    if b == 0xC2 and p + 1 < e and data[p + 1] == 0xA0:
        return SPACE, 2
    if p + 2 < e:
        c = data[p + 1]
        d = data[p + 2]
        if b == 0xE2 and c == 0x80 and 0x90 <= d <= 0x95:
            return DASH, 3
        if b == 0xE3 and c == 0x80 and d == 0x80:
            return SPACE, 3
        if b == 0xEF and c == 0xBC and d == 0x8D:
            return DASH, 3
    return 0, 0


@njit("int64(Array(uint8, 1, 'C', readonly=True), int64, int64)", cache=True, nogil=True)
def bracket_at(data: Bytes, p: int, e: int) -> int:
    """Return the width of a closing round bracket at ``p``, or 0."""
    if data[p] == 41:
        return 1
    if data[p] == 0xEF and p + 2 < e and data[p + 1] == 0xBC and data[p + 2] == 0x89:
        return 3
    return 0


@njit("boolean(Array(uint8, 1, 'C', readonly=True), int64, int64)", cache=True, nogil=True)
def opened_before(data: Bytes, p: int, s: int) -> bool:
    """Tell whether an opening round bracket (or a plus after one) stands directly before ``p``."""
    if p > s and data[p - 1] == 43:
        p -= 1
    if p > s and data[p - 1] == 40:
        return True
    return p - 2 > s and data[p - 3] == 0xEF and data[p - 2] == 0xBC and data[p - 1] == 0x88


@njit("boolean(uint8)", cache=True, nogil=True)
def is_letter(b: int) -> bool:
    """Tell whether the byte is an ASCII letter."""
    return 65 <= b <= 90 or 97 <= b <= 122


@njit("int64(Array(uint8, 1, 'C', readonly=True), int64, int64)", cache=True, nogil=True)
def escape_width(data: Bytes, p: int, e: int) -> int:
    """Return 3 if a percent escape of a separator or of a non-ASCII byte stands at ``p``, else 1.

    Escapes of digits and letters are left alone: in ``50%13800000000`` the sign is a per cent.
    """
    if p + 2 >= e:
        return 1
    value = 0
    for k in range(1, 3):
        c = data[p + k]
        if 48 <= c <= 57:
            value = value * 16 + (c - 48)
        elif 65 <= (c & 0xDF) <= 70:
            value = value * 16 + ((c & 0xDF) - 55)
        else:
            return 1
    if value >= 0x80 or value in (9, 10, 13) or 32 <= value <= 47 or 58 <= value <= 64 or 91 <= value <= 95:
        return 3
    return 1


@njit(
    "boolean(Array(uint8, 1, 'C', readonly=True), int64, int64, Array(uint64, 1, 'C', readonly=True))",
    cache=True,
    nogil=True,
)
def glued_before(data: Bytes, p: int, s: int, words: Hashes) -> bool:
    r"""Tell whether the run beginning at ``p`` continues a word, a hash or a decimal number.

    Letters directly before are tolerated when they are a label such as ``tel`` (``words`` holds
    the FNV-1a hashes of the lower-case labels) or an escape such as ``\\n``.
    """
    if p <= s:
        return False
    b = data[p - 1]
    if b == 46:
        return p - 2 >= s and 48 <= data[p - 2] <= 57
    if not is_letter(b) or (p - 3 >= s and data[p - 3] == 37 and escape_width(data, p - 3, p) == 3):
        return False
    h = np.uint64(14695981039346656037)
    first = p
    while first > s and is_letter(data[first - 1]) and p - first <= 10:
        first -= 1
    if first > s and data[first - 1] == 92 and p - first == 1:
        return False
    if first > s and 48 <= data[first - 1] <= 57:
        return True
    q = first
    while q < p:
        c = np.uint64(data[q] | 32)
        h = (h ^ c) * np.uint64(1099511628211)
        q += 1
    for k in range(words.size):
        if words[k] == h:
            return False
    return True


@njit(
    "int64(Array(uint8, 1, 'C', readonly=True), int64, int64, Array(uint64, 1, 'C', readonly=True))",
    cache=True,
    nogil=True,
)
def joined_before(data: Bytes, p: int, s: int, words: Hashes) -> int:
    """Return GLUED if the run at ``p`` continues something else, DASHED after a short number and a dash."""
    if glued_before(data, p, s, words):
        return GLUED
    if p - 1 <= s or data[p - 1] != 45:
        return 0
    q = p - 1
    while q > s and 48 <= data[q - 1] <= 57:
        q -= 1
    if p - 1 - q >= 5 or glued_before(data, q, s, words):
        return GLUED
    return DASHED if q < p - 1 else 0


@njit("boolean(Array(uint8, 1, 'C', readonly=True), int64, int64)", cache=True, nogil=True)
def glued_after(data: Bytes, q: int, e: int) -> bool:
    """Tell whether the run ending at ``q`` goes on as a word or a decimal fraction other than ``.0``."""
    if q >= e:
        return False
    b = data[q]
    if is_letter(b):
        return not ((b | 32) == 101 and q + 2 < e and (data[q + 1] | 32) == 120 and (data[q + 2] | 32) == 116)
    if b == 46 and q + 1 < e and 48 <= data[q + 1] <= 57:
        r = q + 1
        while r < e and data[r] == 48:
            r += 1
        return r < e and (48 <= data[r] <= 57 or is_letter(data[r]) or data[r] == 46)
    return False
