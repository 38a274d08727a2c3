"""The shape of whole cells: names and addresses, clear and masked, and plain digits.

One pass over the characters of every cell; which columns hold names is decided later from the
shares of the shapes.
"""

# compiled loop; splitting it into calls costs the speed it exists for.
from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel._compile import njit
from qingyuan.pii.batch import Bytes, Longs

Shapes = npt.NDArray[np.uint16]

FILLED = 1 << 0
DIGITS = 1 << 1  # eight or more digits and nothing else
NAME = 1 << 2  # a listed surname and a given name
NAME_MASKED = 1 << 3
NAME_LOOSE = 1 << 4  # two to four 汉字 without a listed surname, or a name in Latin letters
ADDRESS = 1 << 5
ADDRESS_MASKED = 1 << 6
ADDRESS_LOOSE = 1 << 7

#: Bits of a character in an address (``marks`` below).
MARK_PROVINCE, MARK_CITY, MARK_COUNTY, MARK_TOWN, MARK_ROAD, MARK_NUMBER, MARK_PLACE = (
    1 << i for i in range(7)
)
#: Bits of a character in a name (``letters`` below).
LETTER_SURNAME = 1
LETTER_HIDDEN = 2
#: A name of two parts has more characters than this.
_JOINED = 4

_RO = "Array(uint8, 1, 'C', readonly=True)"
_RO64 = "Array(int64, 1, 'C', readonly=True)"


@njit(f"UniTuple(int64, 2)({_RO}, int64, int64)", cache=True, nogil=True)
def character_at(data: Bytes, p: int, e: int) -> tuple[int, int]:
    """Return ``(code point, width)`` of the UTF-8 character at ``p``; code points over 0xFFFF as 0xFFFF."""
    b = data[p] + 0
    if b < 0x80:
        return b, 1
    if b < 0xE0 and p + 1 < e:
        return (b & 0x1F) << 6 | (data[p + 1] & 0x3F), 2
    if b < 0xF0 and p + 2 < e:
        return (b & 0x0F) << 12 | (np.int64(data[p + 1]) & 0x3F) << 6 | (data[p + 2] & 0x3F), 3
    return 0xFFFF, min(4, e - p)


@njit("boolean(int64)", cache=True, nogil=True)
def is_han(c: int) -> bool:
    """Tell whether the code point is a CJK unified ideograph of the basic block or extension A."""
    return 0x4E00 <= c <= 0x9FFF or 0x3400 <= c <= 0x4DBF


@njit("boolean(int64)", cache=True, nogil=True)
def is_star(c: int) -> bool:
    """Tell whether the code point is used to hide characters: stars, crosses, bullets, blocks."""
    if c < 0x2000:
        return c in (0x2A, 0xD7)
    return c in (
        0xFF0A,
        0x2022,
        0x25CF,
        0x25CB,
        0x2217,
        0x2588,
        0x2587,
        0x2593,
        0x25A0,
        0x25A1,
        0x2605,
        0x2606,
    )


@njit("boolean(int64)", cache=True, nogil=True)
def is_blank(c: int) -> bool:
    """Tell whether the code point is white space or a quote around a value."""
    return c in (0x20, 0x09, 0x0A, 0x0D, 0x22, 0x27, 0xA0, 0x3000, 0xFEFF)


@njit(f"boolean(int64, int64, {_RO64})", cache=True, nogil=True)
def _pair_listed(first: int, second: int, pairs: Longs) -> bool:
    """Tell whether the two characters are among the sorted ``pairs``."""
    key = first << 16 | second
    low = np.int64(0)
    high = np.int64(pairs.size)
    while low < high:
        middle = (low + high) >> 1
        if pairs[np.uint64(middle)] < key:
            low = middle + 1
        else:
            high = middle
    return bool(low < pairs.size and pairs[low] == key)


@njit(f"int64(int64[::1], int64, int64, int64, int64, {_RO}, {_RO64})", cache=True, nogil=True)
def name_shape(chars: Longs, n: int, han: int, stars: int, dots: int, letters: Bytes, surnames: Longs) -> int:
    """Judge ``n`` characters as a personal name."""
    first = chars[0]
    if stars == 1 and dots == 0 and n > _JOINED:
        # A bullet between two parts of a name joins them and hides nothing.
        for i in range(2, n - 2):
            if chars[i] == 0x2022:
                stars, dots = 0, 1
    double = n >= 2 and is_han(first) and is_han(chars[1]) and _pair_listed(first, chars[1], surnames)
    listed = double or (is_han(first) and letters[first] & LETTER_SURNAME != 0)
    hidden = stars
    for i in range(1, n):
        if is_han(chars[i]) and letters[chars[i]] & LETTER_HIDDEN:
            hidden += 1
    if han + stars == n and 2 <= n <= 4 and hidden > 0:
        if stars == n or (is_han(first) and not listed and not (han <= 2 and hidden == stars)):
            return 0
        return NAME_MASKED if stars == 0 or han <= 3 else 0
    if stars:
        return 0
    if han == n and 2 <= n <= 4:
        if double and n >= 3:
            return NAME
        if listed and (n <= 3 or letters[chars[1]] & LETTER_SURNAME):
            title = (
                (chars[n - 2] == 0x5148 and chars[n - 1] == 0x751F)
                or (chars[n - 2] == 0x5973 and chars[n - 1] == 0x58EB)
                or (chars[n - 2] == 0x5C0F and chars[n - 1] == 0x59D0)
            )
            return NAME_MASKED if title and n == 3 else NAME
        return NAME_LOOSE
    if han == n and n in (5, 6):
        return NAME_LOOSE
    if dots in (1, 2) and han + dots == n and 4 <= n <= 15 and is_han(first) and is_han(chars[n - 1]):
        return NAME
    return 0


@njit(f"int64({_RO}, int64, int64, int64[::1], {_RO}, {_RO64}, {_RO}, {_RO64})", cache=True, nogil=True)
def shape_of(
    data: Bytes, s: int, e: int, chars: Longs, letters: Bytes, surnames: Longs, marks: Bytes, provinces: Longs
) -> int:
    """Return the shape bits of ``data[s:e]`` as a whole; ``chars`` is scratch of 16 or more."""
    n = 0
    han = 0
    stars = 0
    dots = 0
    digits = 0
    latin = 0
    seen = 0
    size = 0
    p = s
    while p < e and size < 200:
        b = data[np.uint64(p)] + 0
        if 0xE4 <= b <= 0xE9 and p + 2 < e:
            # Most characters of a Chinese text, and no others from U+4E00 on.
            c = (b & 0x0F) << 12 | (np.int64(data[np.uint64(p + 1)]) & 0x3F) << 6
            c |= np.int64(data[np.uint64(p + 2)]) & 0x3F
            if c >= 0x4E00:
                p += 3
                size += 1
                han += 1
                seen |= marks[np.uint64(c)]
                if n < 16:
                    chars[n] = c
                    n += 1
                continue
        elif 0x30 <= b <= 0x39:
            p += 1
            size += 1
            digits += 1
            if n < 16:
                chars[n] = b
                n += 1
            continue
        c, width = character_at(data, p, e)
        p += width
        if is_blank(c):
            continue
        size += 1
        if n < 16:
            chars[n] = c
            n += 1
        if is_han(c):
            han += 1
            seen |= marks[c]
        elif is_star(c) or (c in (0x58, 0x78) and size > 1 and han + stars == size - 1):
            stars += 1
        elif 0x30 <= c <= 0x39:
            digits += 1
        elif 0x41 <= (c & 0xDF) <= 0x5A:
            latin += 1
        elif c in (0xB7, 0x2022, 0x30FB):
            dots += 1
    if size == 0:
        return 0
    if digits == size:
        return FILLED | DIGITS if size >= 8 else FILLED
    shape = FILLED
    if size <= 15:
        shape |= name_shape(chars, n, han, stars, dots, letters, surnames)
        if latin == size and 4 <= size <= 15:
            shape |= NAME_LOOSE
    if han >= 2 and size >= 4:
        at_province = n >= 2 and _pair_listed(chars[0], chars[1], provinces)
        levels = 0
        for i in range(7):
            levels += (seen >> i) & 1
        fine = seen & (MARK_TOWN | MARK_ROAD | MARK_NUMBER | MARK_PLACE)
        coarse = seen & (MARK_PROVINCE | MARK_CITY | MARK_COUNTY)
        numbered = digits > 0 and seen & MARK_NUMBER != 0
        if stars >= 2 and han + stars >= 4 and (at_province or coarse):
            shape |= ADDRESS_MASKED
        elif stars == 0 and (
            (at_province and fine and coarse)
            or (levels >= 3 and (coarse or digits))
            or (numbered and (at_province or coarse or seen & MARK_ROAD) and han >= 4)
        ):
            shape |= ADDRESS
        elif (at_province and levels >= 1) or levels >= 2:
            shape |= ADDRESS_LOOSE
    return shape


@njit(
    f"void({_RO}, {_RO64}, {_RO64}, {_RO}, {_RO64}, {_RO}, {_RO64}, uint16[::1])",
    cache=True,
    nogil=True,
)
def cell_shapes(
    data: Bytes,
    starts: Longs,
    ends: Longs,
    letters: Bytes,
    surnames: Longs,
    marks: Bytes,
    provinces: Longs,
    out: Shapes,
) -> None:
    """Write the shape bits of every cell.

    Args:
        data: UTF-8 bytes.
        starts: First byte of each cell.
        ends: One past the last byte.
        letters: ``uint8[65536]`` by code point: surname and hiding characters.
        surnames: Sorted pairs ``first << 16 | second`` of double surnames.
        marks: ``uint8[65536]`` by code point: the address bits.
        provinces: Sorted pairs of the first two characters of provinces.
        out: ``uint16[n]`` receives the bits.
    """
    chars = np.empty(16, dtype=np.int64)
    for i in range(starts.size):
        out[i] = shape_of(data, starts[i], ends[i], chars, letters, surnames, marks, provinces)


@njit(f"void({_RO}, int64[::1], int64[::1])", cache=True, nogil=True)
def trim(data: Bytes, starts: Longs, ends: Longs) -> None:
    """Move the bounds of each value inward over blanks and quotes (in place)."""
    for i in range(starts.size):
        s = starts[i]
        e = ends[i]
        while s < e:
            c, width = character_at(data, s, e)
            if not is_blank(c):
                break
            s += width
        while e > s:
            q = e - 1
            while q > s and data[q] & 0xC0 == 0x80:
                q -= 1
            c, width = character_at(data, q, e)
            if not is_blank(c):
                break
            e = q
        starts[i] = s
        ends[i] = e


@njit(f"void({_RO}, int64[::1], int64[::1], int32[::1])", cache=True, nogil=True)
def count_characters(data: Bytes, starts: Longs, ends: Longs, out: npt.NDArray[np.int32]) -> None:
    """Write the number of code points in ``data[start:end]`` for each pair."""
    for i in range(starts.size):
        n = 0
        for p in range(starts[i], ends[i]):
            n += data[p] & 0xC0 != 0x80
        out[i] = n
