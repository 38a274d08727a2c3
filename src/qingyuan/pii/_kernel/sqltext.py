"""The value lists of SQL INSERT statements and the rows of PostgreSQL COPY."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel._compile import njit
from qingyuan.pii._kernel.escapes import HEX, PLAIN, SQL_COPY, SQL_DOUBLE, SQL_SINGLE, SQL_STANDARD

Bytes = npt.NDArray[np.uint8]
Longs = npt.NDArray[np.int64]

#: How a call of :func:`read_rows` ended: more rows follow, the statement is over, or it is not understood.
GOES_ON, OVER, BROKEN = 0, 1, 2

_RO = "Array(uint8, 1, 'C', readonly=True)"


@njit(f"({_RO},)", cache=True, nogil=True)
def value_room(data: Bytes) -> int:
    """Return an upper bound of the values in ``data``."""
    n = 2
    for b in data:
        if b == 0x2C or b == 0x28:
            n += 1
    return n


@njit(f"({_RO}, int64, int64, boolean)", cache=True, nogil=True)
def _skip_string(data: Bytes, i: int, n: int, raw: bool) -> int:
    """Return the position after the string whose quote is at ``i``, or -1; ``raw``: a backslash is a sign like any other."""
    quote = data[i]
    i += 1
    while i < n:
        b = data[i]
        if b == 0x5C and not raw:
            i += 2
            continue
        if b == quote:
            if i + 1 < n and data[i + 1] == quote:
                i += 2
                continue
            return i + 1
        i += 1
    return -1


@njit("(int64,)", cache=True, nogil=True)
def _in_name(b: int) -> bool:
    return b == 0x5F or 65 <= (b & 0xDF) <= 90 or 48 <= b <= 57


@njit(f"({_RO}, int64, int64)", cache=True, nogil=True)
def _dollar(data: Bytes, i: int, n: int) -> int:
    """Return the length of the tag ``$…$`` at ``i``, 0 if there is none."""
    if data[i] != 0x24:
        return 0
    j = i + 1
    if j < n and 48 <= data[j] <= 57:
        return 0
    while j < n and j < i + 64 and _in_name(data[j]):
        j += 1
    return j + 1 - i if j < n and data[j] == 0x24 else 0


@njit(f"({_RO}, int64, int64, int64)", cache=True, nogil=True)
def _close_dollar(data: Bytes, i: int, n: int, length: int) -> int:
    """Return where the tag at ``i`` comes again, or -1."""
    j = i + length
    while j + length <= n:
        k = 0
        while k < length and data[j + k] == data[i + k]:
            k += 1
        if k == length:
            return j
        j += 1
    return -1


@njit("(int64,)", cache=True, nogil=True)
def _closing(sign: int) -> int:
    """Return what closes a text of ``q'…'`` that ``sign`` opens."""
    if sign == 0x28:
        return 0x29
    if sign == 0x3C:
        return 0x3E
    return sign + 2 if sign == 0x5B or sign == 0x7B else sign


@njit(f"({_RO}, int64, int64)", cache=True, nogil=True)
def _close_bracketed(data: Bytes, i: int, n: int) -> int:
    """Return where the text of ``q'[…]'`` ends whose quote is at ``i``, or -1."""
    if i + 1 >= n:
        return -1
    sign = _closing(data[i + 1])
    for j in range(i + 2, n - 1):
        if data[j] == sign and data[j + 1] == 0x27:
            return j
    return -1


@njit(f"({_RO}, int64, int64, boolean)", cache=True, nogil=True)
def _skip_bare(data: Bytes, i: int, n: int, raw: bool) -> int:
    """Return the position of the comma or bracket that ends an unquoted value at ``i``, or -1."""
    depth = 0
    while i < n:
        b = data[i]
        if b == 0x27 or b == 0x22:
            i = _skip_string(data, i, n, raw)
            if i < 0:
                return -1
            continue
        if b == 0x24:
            length = _dollar(data, i, n)
            if length > 0:
                i = _close_dollar(data, i, n, length)
                if i < 0:
                    return -1
                i += length
                continue
        if b == 0x28:
            depth += 1
        elif b == 0x29:
            if depth == 0:
                return i
            depth -= 1
        elif b == 0x2C and depth == 0:
            return i
        i += 1
    return -1


@njit("(int64,)", cache=True, nogil=True)
def _blank(b: int) -> bool:
    return b == 0x20 or b == 0x0A or b == 0x0D or b == 0x09


@njit(f"({_RO}, int64, int64, boolean)", cache=True, nogil=True)
def _value(data: Bytes, i: int, n: int, raw: bool) -> tuple[int, int, int, int]:
    """Return first byte, end, form of the value at ``i`` and where it is over (-1: beyond ``data``)."""
    length = _dollar(data, i, n)
    if length > 0:
        end = _close_dollar(data, i, n, length)
        return (i + length, end, PLAIN, end + length) if end >= 0 else (0, 0, 0, -1)
    begin = i
    while begin < n and begin < i + 16 and _in_name(data[begin]):
        begin += 1
    word = begin - i
    if 1 <= word <= 2 and begin < n and data[begin] == 0x27 and (data[begin - 1] & 0xDF) == 0x51:
        end = _close_bracketed(data, begin, n)
        return (begin + 2, end, PLAIN, end + 2) if end >= 0 else (0, 0, 0, -1)
    while begin > i and begin < n and data[begin] == 0x20:
        begin += 1
    if begin < n and (data[begin] == 0x27 or data[begin] == 0x22):
        # A quote at once, or after an introducer: N'..', X'..', E'..', _utf8'..'.
        standard = raw and not (word == 1 and (data[i] & 0xDF) == 0x45)
        after = _skip_string(data, begin, n, standard)
        if after < 0:
            return 0, 0, 0, -1
        form = SQL_SINGLE if data[begin] == 0x27 else SQL_DOUBLE
        if standard and form == SQL_SINGLE:
            form = SQL_STANDARD
        if begin == i + 1 and (data[i] & 0xDF) == 0x58:
            form = HEX
        return begin + 1, after - 1, form, after
    end = _skip_bare(data, i, n, raw)
    if end < 0:
        return 0, 0, 0, -1
    last = end
    while last > i and _blank(data[last - 1]):
        last -= 1
    if last - i > 2 and data[i] == 0x30 and data[i + 1] == 0x78:
        return i + 2, last, HEX, end
    if (
        last - i == 4
        and (data[i] & 0xDF) == 0x4E
        and (data[i + 1] & 0xDF) == 0x55
        and (data[i + 2] & 0xDF) == 0x4C
    ):
        return i, i, PLAIN, end
    return i, last, PLAIN, end


@njit(f"({_RO}, int64, int64, int64)", cache=True, nogil=True)
def _next_statement(data: Bytes, i: int, head: int, head_end: int) -> int:
    """Return where the values begin if the statement after ``i`` has the same head, else -1."""
    n = len(data)
    while i < n and _blank(data[i]):
        i += 1
    length = head_end - head
    if length == 0 or i + length >= n:
        return -1
    for k in range(length):
        if data[i + k] != data[head + k]:
            return -1
    return i + length


@njit(
    f"({_RO}, int64, boolean, boolean, int64, int64, int64[:, ::1], int64, int64, int64)",
    cache=True,
    nogil=True,
)
def read_rows(
    data: Bytes,
    start: int,
    final: bool,
    raw: bool,
    head: int,
    head_end: int,
    cells: Longs,
    k: int,
    table: int,
    row: int,
) -> tuple[int, int, int, int]:
    """Read rows ``(…),(…);`` from ``start``, up to the last complete one.

    Statements that follow with the very same head are read on.

    Args:
        data: ``uint8[n]``.
        start: Position of the first bracket, or between two rows.
        final: Whether nothing follows ``data``.
        raw: Whether a backslash in a string is a sign like any other (standard SQL), not an escape (MySQL).
        head: First byte of the head of the statement in ``data``, from ``INSERT`` on.
        head_end: One past its last byte; equal to ``head`` when it is not in ``data``.
        cells: ``int64[m, 6]``, filled from ``k`` on: start, end, column, row, form, table.
        k: Number of cells so far.
        table: Number of the table.
        row: Number of the next row.

    Returns:
        The number of cells, the number of the next row, how far was read, and how it ended.
    """
    n = len(data)
    i, used = start, start
    while True:
        while i < n and (_blank(data[i]) or data[i] == 0x2C):
            i += 1
        if i >= n:
            return k, row, n, GOES_ON
        if data[i] == 0x3B:
            used = i + 1
            i = _next_statement(data, used, head, head_end)
            if i < 0:
                return k, row, used, OVER
            continue
        if data[i] != 0x28:
            # ON DUPLICATE KEY, a comment, or another statement without a semicolon between.
            return k, row, i, OVER
        i += 1
        column, first = 0, k
        complete = False
        while i < n:
            while i < n and _blank(data[i]):
                i += 1
            if i >= n:
                break
            begin, end, form, after = _value(data, i, n, raw)
            if after < 0:
                break
            i = after
            while i < n and _blank(data[i]):
                i += 1
            if i >= n:
                break
            if data[i] != 0x2C and data[i] != 0x29:
                # An expression such as 'a' || 'b': keep its text as it stands.
                stop = _skip_bare(data, i, n, raw)
                if stop < 0:
                    break
                end, i, form = stop, stop, PLAIN
            if end > begin:
                cells[k, 0], cells[k, 1], cells[k, 2] = begin, end, column
                cells[k, 3], cells[k, 4], cells[k, 5] = row, form, table
                k += 1
            column += 1
            i += 1
            if data[i - 1] == 0x29:
                complete = True
                break
        if not complete:
            return first, row, used, BROKEN if final else GOES_ON
        row += 1
        used = i


@njit(f"({_RO}, int64)", cache=True, nogil=True)
def copy_room(data: Bytes, start: int) -> int:
    """Return an upper bound of the values in rows of COPY from ``start`` on."""
    n = 2
    for i in range(start, len(data)):
        if data[i] == 0x09 or data[i] == 0x0A:
            n += 1
    return n


@njit(f"({_RO}, int64, boolean, int64[:, ::1], int64, int64, int64)", cache=True, nogil=True)
def read_copied(
    data: Bytes, start: int, final: bool, cells: Longs, k: int, table: int, row: int
) -> tuple[int, int, int, int]:
    r"""Read rows of ``COPY … FROM stdin``: one a line, values divided by tabs, ``\N`` for null, up to ``\.``.

    Args:
        data: ``uint8[n]``.
        start: Beginning of a row.
        final: Whether nothing follows ``data``.
        cells: ``int64[m, 6]``, filled from ``k`` on as by :func:`read_rows`.
        k: Number of cells so far.
        table: Number of the table.
        row: Number of the next row.

    Returns:
        The number of cells, the number of the next row, how far was read, and how it ended.
    """
    n = len(data)
    used = start
    while used < n:
        end = used
        while end < n and data[end] != 0x0A:
            end += 1
        if end == n and not final:
            return k, row, used, GOES_ON
        after = min(end + 1, n)
        if end > used and data[end - 1] == 0x0D:
            end -= 1
        if end - used == 2 and data[used] == 0x5C and data[used + 1] == 0x2E:
            return k, row, after, OVER
        column = 0
        begin = used
        for i in range(used, end + 1):
            if i < end and data[i] != 0x09:
                continue
            null = i - begin == 2 and data[begin] == 0x5C and data[begin + 1] == 0x4E
            if i > begin and not null:
                cells[k, 0], cells[k, 1], cells[k, 2] = begin, i, column
                cells[k, 3], cells[k, 4], cells[k, 5] = row, SQL_COPY, table
                k += 1
            column += 1
            begin = i + 1
        row += 1
        used = after
    return k, row, n, GOES_ON
