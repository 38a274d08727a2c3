"""Checking UTF-8 and telling the Chinese encodings apart."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel._blocks import BLOCK, ill_formed_of
from qingyuan.pii._kernel._compile import njit

Bytes = npt.NDArray[np.uint8]
Longs = npt.NDArray[np.int64]

SUBSTITUTE = 0x1A
#: Positions of bad bytes that are kept; beyond, they are only counted.
KEPT = 4096

_RO = "Array(uint8, 1, 'C', readonly=True)"


@njit(f"({_RO}, int64, int64)", cache=True, nogil=True)
def _sequence(data: Bytes, i: int, n: int) -> int:
    """Return the length of the well-formed sequence at ``i``; 0: ill-formed; -1: cut off by the end.

    Unicode 15, table 3-7.
    """
    b = data[i]
    if b < 0xC2 or b > 0xF4:
        return 0
    length = 2 if b < 0xE0 else (3 if b < 0xF0 else 4)
    if i + 1 < n:
        second = data[i + 1]
        low, high = 0x80, 0xBF
        if b == 0xE0:
            low = 0xA0
        elif b == 0xED:
            high = 0x9F
        elif b == 0xF0:
            low = 0x90
        elif b == 0xF4:
            high = 0x8F
        if second < low or second > high:
            return 0
    for k in range(2, length):
        if i + k < n and (data[i + k] & 0xC0) != 0x80:
            return 0
    return length if i + length <= n else -1


@njit("(uint8[::1], boolean, boolean)", cache=True, nogil=True)
def repair(data: Bytes, final: bool, ascii_only: bool) -> tuple[Longs, int, int]:
    """Replace every byte that is not part of well-formed UTF-8 by U+001A, in place.

    Args:
        data: ``uint8[n]``.
        final: Whether nothing follows; otherwise a sequence cut off by the end is left alone.
        ascii_only: Replace every byte above 0x7F.

    Returns:
        The positions replaced (the first ``KEPT``), how many were replaced, and how many bytes of
        ``data`` are settled.
    """
    n = len(data)
    bad = np.empty(KEPT, np.int64)
    count, i = 0, 0
    words = data[: n // 8 * 8].view(np.uint64)
    high = np.uint64(0x8080808080808080)
    while i < n:
        if data[i] < 0x80:
            if i % 8 == 0:
                w = i // 8
                while w < len(words) and (words[w] & high) == 0:
                    w += 1
                i = max(i, w * 8)
                if i >= n:
                    break
            if data[i] < 0x80:
                i += 1
            continue
        length = 0 if ascii_only else _sequence(data, i, n)
        if length > 0:
            i += length
            continue
        if length < 0 and not final:
            return bad[: min(count, KEPT)], count, i
        if count < KEPT:
            bad[count] = i
        count += 1
        data[i] = SUBSTITUTE
        i += 1
    return bad[: min(count, KEPT)], count, n


@njit("boolean(Array(uint8, 1, 'C', readonly=True))", cache=True, nogil=True)
def well_formed(data: Bytes) -> bool:
    """Tell whether ``data`` is well-formed UTF-8 (RFC 3629, section 4), 64 bytes at a time."""
    n = len(data)
    i = 0
    while i < n and i < BLOCK:
        length = 1 if data[i] < 0x80 else _sequence(data, i, n)
        if length <= 0:
            return False
        i += length
    p = BLOCK
    while p + BLOCK <= n:
        if ill_formed_of(data, p):
            return False
        p += BLOCK
    if p > n:
        return True
    i = p
    while i > p - 4 and data[i - 1] & 0xC0 == 0x80:
        i -= 1
    if data[i - 1] >= 0xC0:
        i -= 1
    while i < n:
        length = 1 if data[i] < 0x80 else _sequence(data, i, n)
        if length <= 0:
            return False
        i += length
    return True


@njit(f"({_RO},)", cache=True, nogil=True)
def byte_pairs(data: Bytes) -> tuple[int, int, int, int, int, int, int, int, int]:
    """Count what ``data`` would be in UTF-8, GB18030 and Big5; a character cut off at the end is ignored.

    Returns:
        Bytes above 0x7F; of these in well-formed UTF-8; not in it; GB double bytes, everyday ones
        among them, bad bytes; Big5 double bytes, everyday ones among them, bad bytes.
    """
    n = len(data)
    high = 0
    for b in data:
        if b >= 0x80:
            high += 1
    good, bad, i = 0, 0, 0
    while i < n:
        if data[i] < 0x80:
            i += 1
            continue
        length = _sequence(data, i, n)
        if length > 0:
            good += length
            i += length
        elif length < 0:
            break
        else:
            bad += 1
            i += 1
    gb, gb_common, gb_bad, i = 0, 0, 0, 0
    while i + 1 < n:
        lead, trail = data[i], data[i + 1]
        if lead < 0x80:
            i += 1
        elif lead == 0x80 or lead == 0xFF:
            gb_bad += 1
            i += 1
        elif trail >= 0x40 and trail != 0x7F and trail != 0xFF:
            gb += 1
            if trail >= 0xA1 and (0xB0 <= lead <= 0xD7 or 0xA1 <= lead <= 0xA3):
                gb_common += 1
            i += 2
        elif (
            0x30 <= trail <= 0x39
            and i + 3 < n
            and 0x81 <= data[i + 2] <= 0xFE
            and 0x30 <= data[i + 3] <= 0x39
        ):
            gb += 1
            gb_common += 1  # four bytes in this pattern are hardly chance
            i += 4
        else:
            gb_bad += 1
            i += 1
    big5, big5_common, big5_bad, i = 0, 0, 0, 0
    while i + 1 < n:
        lead, trail = data[i], data[i + 1]
        if lead < 0x80:
            i += 1
        elif 0x81 <= lead <= 0xFE and (0x40 <= trail <= 0x7E or 0xA1 <= trail <= 0xFE):
            big5 += 1
            if 0xA4 <= lead <= 0xC6 or (lead == 0xA1 and trail < 0x80):
                big5_common += 1
            i += 2
        else:
            big5_bad += 1
            i += 1
    return high, good, bad, gb, gb_common, gb_bad, big5, big5_common, big5_bad
