"""Copying cells out of a text while resolving its escapes, keeping track of where each byte came from."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel._compile import njit

Bytes = npt.NDArray[np.uint8]
Longs = npt.NDArray[np.int64]

#: How a cell is written: as it stands; JSON string; SQL string in ``'`` or ``"`` with backslashes; hexadecimal; PostgreSQL
#: COPY; SQL string in ``'`` as the standard has it, a backslash being a sign like any other.
PLAIN, JSON, SQL_SINGLE, SQL_DOUBLE, HEX, SQL_COPY, SQL_STANDARD = 0, 1, 2, 3, 4, 5, 6
_BACKSLASH, _GAP = 0x5C, 0x0A

_RO = "Array(uint8, 1, 'C', readonly=True)"
_RO64 = "Array(int64, 1, 'C', readonly=True)"


@njit("(int64,)", cache=True, nogil=True)
def _hex(b: int) -> int:
    if 48 <= b <= 57:
        return b - 48
    if 97 <= b <= 102:
        return b - 87
    if 65 <= b <= 70:
        return b - 55
    return -1


@njit(f"({_RO}, int64, int64)", cache=True, nogil=True)
def _unit(src: Bytes, i: int, end: int) -> int:
    r"""Return the UTF-16 unit of the ``\uXXXX`` at ``i``, or -1."""
    if i + 6 > end or src[i] != _BACKSLASH or src[i + 1] != 0x75:
        return -1
    value = 0
    for k in range(2, 6):
        digit = _hex(src[i + k])
        if digit < 0:
            return -1
        value = value * 16 + digit
    return value


@njit("(uint8[::1], int64, int64)", cache=True, nogil=True)
def _put(out: Bytes, w: int, code: int) -> int:
    """Write a code point as UTF-8 (a lone surrogate as U+FFFD); return the new length."""
    if 0xD800 <= code <= 0xDFFF:
        code = 0xFFFD
    if code < 0x80:
        out[w] = code
        return w + 1
    if code < 0x800:
        out[w], out[w + 1] = 0xC0 | (code >> 6), 0x80 | (code & 0x3F)
        return w + 2
    if code < 0x10000:
        out[w], out[w + 1], out[w + 2] = (
            0xE0 | (code >> 12),
            0x80 | ((code >> 6) & 0x3F),
            0x80 | (code & 0x3F),
        )
        return w + 3
    out[w], out[w + 1] = 0xF0 | (code >> 18), 0x80 | ((code >> 12) & 0x3F)
    out[w + 2], out[w + 3] = 0x80 | ((code >> 6) & 0x3F), 0x80 | (code & 0x3F)
    return w + 4


@njit(f"({_RO}, int64, int64, uint8[::1], int64)", cache=True, nogil=True)
def _json_escape(src: Bytes, i: int, end: int, out: Bytes, w: int) -> tuple[int, int]:
    """Resolve the backslash at ``i``; return how far was read and written."""
    b = src[i + 1] if i + 1 < end else 0
    if b == 0x75:
        code = _unit(src, i, end)
        if code >= 0:
            low = _unit(src, i + 6, end) if 0xD800 <= code < 0xDC00 else -1
            if 0xDC00 <= low < 0xE000:
                return i + 12, _put(out, w, 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00))
            return i + 6, _put(out, w, code)
    elif b == 0x22 or b == 0x5C or b == 0x2F:
        out[w] = b
        return i + 2, w + 1
    else:
        plain = 0
        if b == 0x6E:
            plain = 0x0A
        elif b == 0x74:
            plain = 0x09
        elif b == 0x72:
            plain = 0x0D
        elif b == 0x62:
            plain = 0x08
        elif b == 0x66:
            plain = 0x0C
        if plain:
            out[w] = plain
            return i + 2, w + 1
    out[w] = _BACKSLASH
    return i + 1, w + 1


@njit(f"({_RO}, int64, int64, uint8[::1], int64)", cache=True, nogil=True)
def _sql_escape(src: Bytes, i: int, end: int, out: Bytes, w: int) -> tuple[int, int]:
    """Resolve the MySQL backslash escape at ``i``; return how far was read and written."""
    if i + 1 >= end:
        out[w] = _BACKSLASH
        return i + 1, w + 1
    b = src[i + 1]
    if b == 0x6E:
        b = 0x0A
    elif b == 0x74:
        b = 0x09
    elif b == 0x72:
        b = 0x0D
    elif b == 0x30:
        b = 0x00
    elif b == 0x62:
        b = 0x08
    elif b == 0x5A:
        b = 0x1A
    out[w] = b
    return i + 2, w + 1


@njit(f"({_RO}, int64, int64, uint8[::1], int64)", cache=True, nogil=True)
def _copy_escape(src: Bytes, i: int, end: int, out: Bytes, w: int) -> tuple[int, int]:
    r"""Resolve the PostgreSQL backslash escape at ``i``: ``\t``, ``\101``, ``\x41``; return how far was read and written."""
    base = 0
    most = 0
    k = i + 1
    if k < end and 48 <= src[k] <= 55:
        base, most = 8, 3
    elif k + 1 < end and src[k] == 0x78 and _hex(src[k + 1]) >= 0:
        base, most = 16, 2
        k += 1
    if base:
        value = 0
        first = k
        while k < end and k - first < most and 0 <= _hex(src[k]) < base:
            value = value * base + _hex(src[k])
            k += 1
        # Bytes of a multi-byte character written as escapes are blanked: the buffer stays valid UTF-8.
        out[w] = value if value < 0x80 else 0x1A
        return k, w + 1
    if k < end and (src[k] == 0x76 or src[k] == 0x66):
        out[w] = 0x0B if src[k] == 0x76 else 0x0C
        return i + 2, w + 1
    return _sql_escape(src, i, end, out, w)


@njit(f"({_RO},)", cache=True, nogil=True)
def escape_room(src: Bytes) -> int:
    """Return the number of bytes of ``src`` that may begin an escape."""
    n = 0
    for b in src:
        if b == _BACKSLASH or b == 0x27 or b == 0x22:
            n += 1
    return n


@njit(f"({_RO}, {_RO64}, {_RO64}, {_RO}, int64)", cache=True, nogil=True)
def copy_cells(
    src: Bytes, starts: Longs, ends: Longs, forms: Bytes, escapes: int
) -> tuple[Bytes, Longs, Longs, Longs, Longs]:
    """Copy cells into a buffer of their own, a line feed between two, resolving escapes.

    Args:
        src: The text.
        starts: First byte of each cell in ``src``, in the order wanted.
        ends: One past the last byte.
        forms: How each cell is written: ``PLAIN``, ``JSON``, ...
        escapes: See :func:`escape_room`.

    Returns:
        ``data, starts, ends, at, shift``: the buffer, the cells in it, and from which position of the
        buffer on the text came from how many bytes further on in ``src``.
    """
    total = 0
    hexes = 0
    for k in range(len(starts)):
        total += ends[k] - starts[k] + 1
        if forms[k] == HEX:
            hexes += (ends[k] - starts[k]) // 2
    out = np.empty(total, np.uint8)
    new_starts = np.empty(len(starts), np.int64)
    new_ends = np.empty(len(starts), np.int64)
    at = np.empty(len(starts) + escapes + hexes + 1, np.int64)
    shift = np.empty(len(at), np.int64)
    w, s = 0, 0
    for k in range(len(starts)):
        i, end, form = starts[k], ends[k], forms[k]
        new_starts[k] = w
        at[s], shift[s] = w, i - w
        s += 1
        quote = 0x22 if form == SQL_DOUBLE else 0x100
        if form == SQL_SINGLE or form == SQL_STANDARD:
            quote = 0x27
        while i < end:
            b = src[i]
            if form == HEX:
                high, low = _hex(b), _hex(src[i + 1]) if i + 1 < end else -1
                if high < 0 or low < 0:
                    break
                out[w] = high * 16 + low
                i, w = i + 2, w + 1
            elif form != PLAIN and form != SQL_STANDARD and b == _BACKSLASH:
                if form == JSON:
                    i, w = _json_escape(src, i, end, out, w)
                elif form == SQL_COPY:
                    i, w = _copy_escape(src, i, end, out, w)
                else:
                    i, w = _sql_escape(src, i, end, out, w)
            elif b == quote:
                out[w] = b
                i, w = min(i + 2, end), w + 1
            else:
                out[w] = b
                i, w = i + 1, w + 1
                continue
            at[s], shift[s] = w, i - w
            s += 1
        new_ends[k] = w
        out[w] = _GAP
        w += 1
    return out[:w], new_starts, new_ends, at[:s], shift[:s]
