"""Where records end, without their cells: for cutting a big text into parts."""

from __future__ import annotations

from qingyuan.pii._kernel._compile import njit
from qingyuan.pii._kernel.csv import CR, LF, QUOTE
from qingyuan.pii.batch import Bytes

_RO = "Array(uint8, 1, 'C', readonly=True)"


@njit(f"({_RO}, boolean, int64, int64, int64)", cache=True, nogil=True)
def skim(data: Bytes, quoted: bool, line: int, record: int, last: int) -> tuple[int, int, int, int]:
    """Pass over the whole lines of ``data``.

    Args:
        data: Decoded text that begins at a line.
        quoted: Whether a quote may hide a line break.
        line: Number of the first line.
        record: Number of the first record; a line that is not empty is one.
        last: Number of the last line before that is not empty.

    Returns:
        ``consumed, line, record, last``: how far the whole lines reach, and the numbers there;
        ``consumed`` is -1 where a quote or a lone carriage return asks for the full tokenizer.
    """
    begin = 0
    for i in range(len(data)):
        b = data[i]
        if b > QUOTE:
            continue
        if b == LF:
            end = i - 1 if i > begin and data[i - 1] == CR else i
            if end > begin:
                record += 1
                last = line
            line += 1
            begin = i + 1
        elif b == CR:
            if i + 1 < len(data) and data[i + 1] != LF:
                return -1, line, record, last
        elif quoted and b == QUOTE:
            return -1, line, record, last
    return begin, line, record, last
