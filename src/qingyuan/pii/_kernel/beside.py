"""What stands beside a value of a form: its label, words near it, what it is part of; and its folded characters."""

# compiled loop; splitting it into calls costs the speed it exists for.
from __future__ import annotations

import numpy as np

from qingyuan.pii._kernel._compile import njit
from qingyuan.pii._kernel.cells import character_at, is_blank
from qingyuan.pii._kernel.context import AFTER, BEFORE, word_ending
from qingyuan.pii._kernel.flags import WHOLE
from qingyuan.pii.batch import Bytes, Longs

#: Most characters of a value that are checked.
ROOM = 512
#: How far a label may stand before its value, in bytes, with what joins them.
_REACH = 24
#: Longest value after a label in free text, in bytes.
_CLAUSE = 120

_RO = "Array(uint8, 1, 'C', readonly=True)"
_RO64 = "Array(int64, 1, 'C', readonly=True)"


def _runs() -> Bytes:
    """Return 1 for ASCII letters and digits."""
    table = np.zeros(256, dtype=np.uint8)
    for low, high in ((48, 58), (65, 91), (97, 123)):
        table[low:high] = 1
    return table


RUN = _runs()
#: An attribute of markup whose name says nothing, and the longest tag, in bytes.
_VALUE = np.array([118, 97, 108, 117, 101], dtype=np.uint8)
_TAG = 100


@njit("int64(int64)", cache=True, nogil=True)
def numeral(c: int) -> int:
    """Return the digit of a Chinese numeral, or -1."""
    if c in (0x96F6, 0x3007):
        return 0
    if c in (0x4E00, 0x5E7A, 0x58F9):
        return 1
    if c in (0x4E8C, 0x4E24, 0x8D30):
        return 2
    if c in (0x4E09, 0x53C1):
        return 3
    if c in (0x56DB, 0x8086):
        return 4
    if c in (0x4E94, 0x4F0D):
        return 5
    if c in (0x516D, 0x9646):
        return 6
    if c in (0x4E03, 0x67D2):
        return 7
    if c in (0x516B, 0x634C):
        return 8
    return 9 if c in (0x4E5D, 0x7396) else -1


@njit(f"int64({_RO}, int64, int64, uint8[::1])", cache=True, nogil=True)
def folded(data: Bytes, a: int, z: int, out: Bytes) -> int:
    """Write ``data[a:z]`` as :mod:`checks` wants it and return the number of characters."""
    n = 0
    p = a
    while p < z and n < ROOM:
        c, width = character_at(data, p, z)
        p += width
        if 0xFF01 <= c <= 0xFF5E:
            c -= 0xFEE0
        elif c >= 0x80:
            c = numeral(c)
            c = 32 if c < 0 else c + 48
        if 97 <= c <= 122:
            c -= 32
        out[n] = c
        n += 1
    return n


@njit(f"int64({_RO}, int64, int64)", cache=True, nogil=True)
def _joiner(data: Bytes, q: int, s: int) -> int:
    """Return the width of what may stand between a label and its value and ends at ``q``, or 0."""
    b = data[q - 1]
    if b < 0x80:
        return 1 if b in (32, 9, 10, 13, 58, 61, 34, 39, 62, 40, 91, 93, 41, 92, 42, 45, 35, 96) else 0
    if q - 3 < s:
        return 0
    c, width = character_at(data, q - 3, q)
    if width != 3:
        return 0
    joins = c in (0xFF1A, 0xFF08, 0xFF09, 0x3010, 0x3011, 0x201C, 0x3000, 0xFF1D, 0x300C, 0x2014, 0x200B)
    return 3 if joins or c in (0x662F, 0x4E3A, 0x53F7, 0x7801, 0x503C, 0x4E86) else 0


@njit(f"int64({_RO}, int64, int64)", cache=True, nogil=True)
def _part(data: Bytes, q: int, s: int) -> int:
    """Return the width of the sign between two cells of a flattened table that ends at ``q``: ``，``, ``、``, ``|``; or 0."""
    if data[q - 1] == 124:
        return 1
    if q - 3 < s or data[q - 1] < 0x80:
        return 0
    c, width = character_at(data, q - 3, q)
    return 3 if width == 3 and c in (0xFF0C, 0x3001, 0xFF5C) else 0


@njit(f"boolean({_RO}, int64, int64, int64)", cache=True, nogil=True)
def _in_cells(data: Bytes, a: int, p: int, s: int) -> bool:
    """Tell whether the label that begins at ``a`` fills a cell of a flattened table, and the value at ``p`` has a digit."""
    while a > s and data[a - 1] in (32, 9):
        a -= 1
    if a > s and data[a - 1] not in (10, 13, 59) and _part(data, a, s) == 0:
        c, width = character_at(data, a - 3, a) if a - 3 >= s else (0, 1)
        if width != 3 or c not in (0xFF1A, 0xFF1B, 0x3002):
            return False
    q = p + (3 if 0xE4 <= data[p] <= 0xE9 else 0)  # 浙G12345
    while q < data.size and q - p < _CLAUSE and (RUN[data[q]] or data[q] in (45, 46, 64, 95)):
        if 48 <= data[q] <= 57:
            return True
        q += 1
    return False


@njit(f"int64({_RO}, int64, int64)", cache=True, nogil=True)
def behind_markup(data: Bytes, q: int, s: int) -> int:
    """Return where a tag that ends at ``q`` begins, or the name of an attribute whose value begins there; else ``q``."""
    if q - 7 >= s and data[q - 1] == 61 and data[q - 7] in (32, 9, 10, 13, 34, 39):
        for j in range(5):
            if data[q - 6 + j] | 32 != _VALUE[j]:
                return q
        return q - 6
    if q > s and data[q - 1] == 62:
        p = q - 2
        while p >= s and q - p < _TAG and data[p] not in (60, 62):
            p -= 1
        if p >= s and data[p] == 60:
            return p
    return q


@njit(f"int64({_RO}, int64, int64, {_RO}, {_RO64}, {_RO64})", cache=True, nogil=True)
def label_before(data: Bytes, p: int, s: int, text: Bytes, words: Longs, buckets: Longs) -> int:
    """Return the class of the word that stands directly before ``p`` (only what joins between), or 0."""
    q = p
    skipped = 0
    parts = 0
    while q > s and p - q - skipped <= _REACH:
        k = word_ending(data, q, s, q, text, words, buckets)
        if k >= 0:
            if parts and not _in_cells(data, q - words[3 * k + 1], p, s):
                return 0
            return int(words[3 * k + 2])
        z = behind_markup(data, q, s)
        if z < q:
            skipped += q - z
            q = z
            continue
        width = _joiner(data, q, s)
        if width == 0 and not parts:
            width = _part(data, q, s)
            parts = width
        if width == 0:
            return 0
        q -= width
    return 0


@njit(f"int64({_RO}, int64, int64, {_RO}, {_RO64}, {_RO64})", cache=True, nogil=True)
def label_after(data: Bytes, q: int, e: int, text: Bytes, words: Longs, buckets: Longs) -> int:
    """Return the class of the word that alone stands in round brackets behind the value that ends at ``q`` or later, or 0."""
    while q < e and q - _CLAUSE < e and (RUN[data[q]] or data[q] in (45, 46, 95)):
        q += 1
    wide = q + 2 < e and data[q] == 0xEF and data[q + 1] == 0xBC and data[q + 2] == 0x88
    if not wide and not (q < e and data[q] == 40):
        return 0
    a = q + (3 if wide else 1)
    z = a
    while z < e and z - a <= _CLAUSE and data[z] != 41:
        if z + 2 < e and data[z] == 0xEF and data[z + 1] == 0xBC and data[z + 2] == 0x89:
            break
        z += 1
    if z == a or z >= e or z - a > _CLAUSE:
        return 0
    k = word_ending(data, z, a, e, text, words, buckets)
    return int(words[3 * k + 2]) if k >= 0 and z - a == words[3 * k + 1] else 0


@njit(f"boolean({_RO}, int64, int64, int64, int64, int64, {_RO}, {_RO64}, {_RO64})", cache=True, nogil=True)
def near(
    data: Bytes, a: int, z: int, s: int, e: int, own: int, text: Bytes, words: Longs, buckets: Longs
) -> bool:
    """Tell whether a word of the class ``own`` stands near the value ``a..z``."""
    low = max(s, a - BEFORE)
    q = a
    while q > low:
        k = word_ending(data, q, low, e, text, words, buckets)
        if k >= 0 and words[3 * k + 2] == own:
            return True
        q -= 1
    high = min(e, z + AFTER)
    q = z + 2
    while q <= high:
        k = word_ending(data, q, z, e, text, words, buckets)
        if k >= 0 and words[3 * k + 2] == own:
            return True
        q += 1
    return False


@njit("boolean(uint8)", cache=True, nogil=True)
def _figure(b: int) -> bool:
    """Tell whether the byte is a hexadecimal figure."""
    return 48 <= b <= 57 or 97 <= (b | 32) <= 102


@njit(f"boolean({_RO}, int64, int64, int64, int64, boolean)", cache=True, nogil=True)
def free(data: Bytes, a: int, z: int, s: int, e: int, colons: bool) -> bool:
    """Tell whether the value ``a..z`` is no part of a longer number, word, address or code."""
    if a > s:
        c = data[a - 1]
        if c in (64, 95) or RUN[c]:
            return False
        if c in (43, 45, 46, 47, 92, 126) and a - 2 >= s and RUN[data[a - 2]]:
            # The dot of "no." joins nothing.
            return bool(c == 46 and a - 4 > s and data[a - 2] | 32 == 111 and data[a - 3] | 32 == 110)
        if colons and c == 58 and a - 3 >= s and _figure(data[a - 2]) and _figure(data[a - 3]):
            return bool(a - 4 >= s and RUN[data[a - 4]])
    if z < e:
        c = data[z]
        if c in (64, 95) or RUN[c]:
            return False
        if c in (34, 39) and z > a and data[z - 1] == 61 and not (a > s and data[a - 1] == c):
            # The name of an attribute of markup: value="…".
            return False
        if c in (43, 45, 46, 126) and z + 1 < e and RUN[data[z + 1]]:
            return False
        if colons and c == 58 and z + 2 < e and RUN[data[z + 1]] and RUN[data[z + 2]]:
            return False
        if c == 0xEF and z + 2 < e and data[z + 1] == 0xBC and 0x90 <= data[z + 2] <= 0x99:
            return False
    return True


@njit(
    f"boolean({_RO}, int64, int64, int64, int64, int64, int64, boolean, {_RO}, {_RO64})",
    cache=True,
    nogil=True,
)
def guarded(
    data: Bytes,
    a: int,
    z: int,
    s: int,
    e: int,
    first: int,
    last: int,
    before: bool,
    text: Bytes,
    guards: Longs,
) -> bool:
    """Tell whether one of the guards ``first..last`` stands directly after the value, or (side 0) ``before`` it."""
    for g in range(first, last):
        at = guards[3 * g]
        size = guards[3 * g + 1]
        begin = z if guards[3 * g + 2] else a - size
        if guards[3 * g + 2] == 0 and not before:
            continue
        if begin < s or begin + size > e:
            continue
        same = True
        for j in range(size):
            if data[begin + j] != text[at + j]:
                same = False
                break
        if same:
            return True
    return False


@njit(f"int64({_RO}, int64, int64, int64, int64)", cache=True, nogil=True)
def whole(data: Bytes, a: int, z: int, s: int, e: int) -> int:
    """Return WHOLE if only blanks and quotes stand around ``a..z`` in the cell."""
    while a > s and data[a - 1] in (32, 9, 34, 39, 96):
        a -= 1
    while z < e and data[z] in (32, 9, 34, 39, 96):
        z += 1
    return WHOLE if a == s and z == e else 0


@njit(f"int64({_RO}, int64, int64)", cache=True, nogil=True)
def fingerprint(data: Bytes, a: int, z: int) -> int:
    """Return the 64-bit FNV-1a hash (as a signed number) of the bytes ``a..z``, ASCII letters as lower-case."""
    h = np.uint64(14695981039346656037)
    for p in range(a, z):
        c = data[p]
        if 65 <= c <= 90:
            c |= 32
        h = (h ^ np.uint64(c)) * np.uint64(1099511628211)
    return np.int64(h)  # type: ignore[return-value]


@njit(f"UniTuple(int64, 2)({_RO}, int64, int64, boolean)", cache=True, nogil=True)
def value(data: Bytes, s: int, e: int, clause: bool) -> tuple[int, int]:
    """Return the trimmed bounds of a cell, or of the clause that begins at ``s``."""
    p = s
    while p < e:
        c, width = character_at(data, p, e)
        if not is_blank(c) and c not in (0x3A, 0xFF1A, 0x201C):
            break
        p += width
    z = p
    end = p
    while z < e and not (clause and z - p >= _CLAUSE):
        c, width = character_at(data, z, e)
        if clause and c in (
            0xFF0C,
            0x3002,
            0xFF1B,
            0x2C,
            0x3B,
            0x0A,
            0x0D,
            0x09,
            0x7C,
            0x201D,
            0x22,
            0x7D,
            0x3C,
        ):
            break
        z += width
        if not is_blank(c):
            end = z
    return p, end


@njit(f"boolean({_RO}, int64, int64, {_RO64})", cache=True, nogil=True)
def says_something(data: Bytes, a: int, z: int, empty: Longs) -> bool:
    """Tell whether the value is no blank line, no hint in brackets and none of the words for nothing."""
    told = False
    if data[a] == 40 or (a + 2 < z and data[a] == 0xEF and data[a + 1] == 0xBC and data[a + 2] == 0x88):
        return False
    for p in range(a, z):
        told |= RUN[data[p]] != 0 or 0xE4 <= data[p] <= 0xE9
    if not told:
        return False
    h = fingerprint(data, a, z)
    at = np.searchsorted(empty, h)
    return not (at < empty.size and empty[at] == h)
