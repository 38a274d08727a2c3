"""Tokenizers for delimited text and for lines, over decoded UTF-8.

RFC 4180 with the tolerance files in the wild need: ragged rows, CRLF, LF or lone CR, a quote inside
an unquoted field is a character, text after a closing quote belongs to the field.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel._blocks import BLOCK, bits, delimiters_of, lowest, same_of
from qingyuan.pii._kernel._compile import njit

Bytes = npt.NDArray[np.uint8]
Longs = npt.NDArray[np.int64]
Ints = npt.NDArray[np.int32]

QUOTE, LF, CR = 0x22, 0x0A, 0x0D
#: Why a call of :func:`tokenize` stopped.
DONE, TOO_WIDE = 0, 1

_RO = "Array(uint8, 1, 'C', readonly=True)"
_RO64 = "Array(int64, 1, 'C', readonly=True)"


@njit(f"int64({_RO}, int64)", cache=True, nogil=True)
def count_cells(data: Bytes, delimiter: int) -> int:
    """Return an upper bound of the number of cells in ``data``."""
    n = np.int64(2)
    whole = len(data) & ~(BLOCK - 1)
    for p in range(0, whole, BLOCK):
        n += bits(delimiters_of(data, p, np.uint8(delimiter)))
    for p in range(whole, len(data)):
        n += data[p] == delimiter or data[p] == LF or data[p] == CR
    return int(n)


@njit(f"int64({_RO}, int64)", cache=True, nogil=True)
def count_bytes(data: Bytes, byte: int) -> int:
    """Return how often ``byte`` occurs in ``data``."""
    n = np.int64(0)
    whole = len(data) & ~(BLOCK - 1)
    for p in range(0, whole, BLOCK):
        n += bits(same_of(data, p, np.uint8(byte)))
    for p in range(whole, len(data)):
        n += data[p] == byte
    return int(n)


def count_quotes(data: Bytes) -> int:
    """Return the number of quotes in ``data``."""
    return int(count_bytes(data, QUOTE))


@njit(f"({_RO}, int64, int64, int64[::1], int64)", cache=True, nogil=True)
def _quoted(data: Bytes, start: int, reach: int, gone: Longs, g: int) -> tuple[int, int, int]:
    """Find the end of the quoted field whose text begins at ``start``.

    Returns:
        ``after, g, breaks``: the position after the closing quote (-1: none in ``data``; -2: none
        within ``reach`` bytes), the new length of ``gone`` and the line breaks inside.
    """
    n = len(data)
    stop = min(n, start + reach)
    i, breaks = start, 0
    while i < stop:
        b = data[i]
        if b == QUOTE:
            if i + 1 >= n or data[i + 1] != QUOTE:
                return i + 1, g, breaks
            gone[g] = i + 1
            g += 1
            i += 1
        elif b == LF or (b == CR and i + 1 < n and data[i + 1] != LF):
            breaks += 1
        i += 1
    return (-2 if stop < n else -1), g, breaks


@njit(f"uint64({_RO}, int64, int64)", cache=True, nogil=True)
def _ends_at(data: Bytes, p: int, delimiter: int) -> np.uint64:
    """Return the delimiters and line ends among the 64 bytes from ``p`` on, which may go beyond the end."""
    if p + BLOCK <= len(data):
        found: np.uint64 = delimiters_of(data, p, np.uint8(delimiter))
        return found
    word = np.uint64(0)
    for q in range(p, len(data)):
        if data[q] == delimiter or data[q] == LF or data[q] == CR:
            word |= np.uint64(1) << np.uint64(q - p)
    return word


@njit(f"({_RO}, int64, boolean, int64, int64, int64, int64, int64, int64)", cache=True, nogil=True)
def tokenize(
    data: Bytes,
    delimiter: int,
    final: bool,
    line: int,
    record: int,
    reach: int,
    max_columns: int,
    room: int,
    quotes: int,
) -> tuple[Longs, Longs, Ints, Longs, Longs, Longs, Longs, int, int, int, int]:
    """Split ``data`` into cells, up to the last complete record (or the end, when ``final``).

    The quotes around a field are not part of its cell. Other quotes that must go (one of each
    doubled pair, a closing quote with text after it) are listed for :func:`unquote`.

    Args:
        data: ``uint8[n]``, decoded text that begins at a record.
        delimiter: The separating byte.
        final: Whether nothing follows ``data`` in the file.
        line: Physical line number of the first byte.
        record: Number of the first record.
        reach: Longest quoted field; an opening quote not closed within is an ordinary character.
        max_columns: A record with more cells stops the call with ``TOO_WIDE``.
        room: Size for the cell arrays, see :func:`count_cells`.
        quotes: Number of quotes in ``data``, see :func:`count_quotes`; 0 turns quoting off.

    Returns:
        ``starts, ends, column, record, line, gone, unclosed, consumed, line, record, status``: the
        cells; positions of quotes to take out; lines whose opening quote is never closed (the first
        64); how far the text was used; line and record number there; why it stopped.
    """
    n = len(data)
    starts = np.empty(room, np.int64)
    ends = np.empty(room, np.int64)
    columns = np.empty(room, np.int32)
    records = np.empty(room, np.int64)
    lines = np.empty(room, np.int64)
    gone = np.empty(quotes + 1, np.int64)
    unclosed = np.empty(64, np.int64)
    i, k, g, u, column = 0, 0, 0, 0, 0
    status = DONE
    consumed, line_done, record_done, cells_done, gone_done, unclosed_done = 0, line, record, 0, 0, 0
    # Delimiters and line ends of the 64 bytes at ``base``, as bits.
    base = 0
    word = _ends_at(data, base, delimiter)
    while i < n or (column > 0 and final):
        field_line = line
        begin, j, end = i, i, -1
        if quotes > 0 and i < n and data[i] == QUOTE:
            after, g_after, breaks = _quoted(data, i + 1, reach, gone, g)
            if after == -1 and not final:
                break
            if after == n and not final:
                break  # the next byte decides whether this quote closes the field
            if after < 0:
                if u < len(unclosed):
                    unclosed[u] = line
                    u += 1
                j = i + 1
            else:
                begin, j, g = i + 1, after, g_after
                line += breaks
                if j == n or data[j] == delimiter or data[j] == LF or data[j] == CR:
                    end = after - 1
                else:
                    gone[g] = after - 1
                    g += 1
        if j < n and data[j] != delimiter and data[j] != LF and data[j] != CR:
            if j >= base + BLOCK:
                base = j & ~(BLOCK - 1)
                word = _ends_at(data, base, delimiter)
            word &= ~np.uint64(0) << np.uint64(j - base)
            while not word and base < n:
                base += BLOCK
                word = _ends_at(data, base, delimiter)
            j = base + lowest(word) if word else n
        if not final and (j == n or (data[j] == CR and j + 1 == n)):
            break
        if end < 0:
            end = j
        if j < n and data[j] == delimiter:
            starts[k], ends[k], columns[k], records[k], lines[k] = begin, end, column, record, field_line
            k += 1
            column += 1
            i = j + 1
            if column >= max_columns:
                status = TOO_WIDE
                break
            continue
        if column > 0 or j > i:
            starts[k], ends[k], columns[k], records[k], lines[k] = begin, end, column, record, field_line
            k += 1
            record += 1
        column = 0
        i = j
        if j < n:
            i = j + 2 if data[j] == CR and j + 1 < n and data[j + 1] == LF else j + 1
            line += 1
        consumed, line_done, record_done = i, line, record
        cells_done, gone_done, unclosed_done = k, g, u
    return (
        starts[:cells_done],
        ends[:cells_done],
        columns[:cells_done],
        records[:cells_done],
        lines[:cells_done],
        gone[:gone_done],
        unclosed[:unclosed_done],
        consumed,
        line_done,
        record_done,
        status,
    )


@njit(f"(uint8[::1], int64[::1], {_RO64})", cache=True, nogil=True)
def unquote(data: Bytes, ends: Longs, gone: Longs) -> tuple[Longs, Longs]:
    """Take the bytes at ``gone`` out of their cells, in place; ``ends`` shrinks, starts stay.

    Freed bytes at the end of a cell become quotes.

    Returns:
        ``at, shift``: from buffer position ``at[i]`` on, the text came from ``shift[i]`` bytes later.
    """
    at = np.empty(2 * len(gone) + 1, np.int64)
    shift = np.empty(2 * len(gone) + 1, np.int64)
    at[0], shift[0] = 0, 0
    s, g, k = 1, 0, 0
    while g < len(gone):
        while ends[k] <= gone[g]:
            k += 1
        end = ends[k]
        write = gone[g]
        read = gone[g]
        removed = 0
        while read < end:
            if g < len(gone) and gone[g] == read:
                removed += 1
                at[s], shift[s] = write, removed
                s += 1
                g += 1
            else:
                data[write] = data[read]
                write += 1
            read += 1
        ends[k] = write
        for fill in range(write, end):
            data[fill] = QUOTE
        at[s], shift[s] = end, 0
        s += 1
    return at[:s], shift[:s]


@njit(f"({_RO}, boolean, int64, int64)", cache=True, nogil=True)
def split_lines(data: Bytes, final: bool, line: int, room: int) -> tuple[Longs, Longs, Longs, int, int]:
    """Split ``data`` into its non-empty lines.

    Returns:
        ``starts, ends, lines, consumed, line``: the cells, their physical lines, how far the text
        was used (whole lines only, unless ``final``), and the number of the line there.
    """
    n = len(data)
    starts = np.empty(room, np.int64)
    ends = np.empty(room, np.int64)
    lines = np.empty(room, np.int64)
    k, begin, i = 0, 0, 0
    while i < n:
        b = data[i]
        if b != LF and b != CR:
            i += 1
            continue
        if b == CR and i + 1 == n and not final:
            break
        if i > begin:
            starts[k] = begin
            ends[k] = i
            lines[k] = line
            k += 1
        i += 2 if b == CR and i + 1 < n and data[i + 1] == LF else 1
        begin = i
        line += 1
    if final and begin < n:
        starts[k] = begin
        ends[k] = n
        lines[k] = line
        k += 1
        begin = n
    return starts[:k], ends[:k], lines[:k], begin, line
