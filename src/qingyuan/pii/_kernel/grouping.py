"""Numbers for candidates alike, without sorting."""

# compiled loop; splitting it into calls costs the speed it exists for.
from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel._compile import njit
from qingyuan.pii.batch import Bytes, Ints, Longs

Flags = npt.NDArray[np.uint32]

_RO32 = "Array(int32, 1, 'C', readonly=True)"
_RO64 = "Array(int64, 1, 'C', readonly=True)"
_GOLDEN = 0x9E3779B97F4A7C15


@njit("int64(int64, int64)", cache=True, nogil=True)
def _slot(code: int, bits: int) -> int:
    """Return where the search for ``code`` begins in a table of ``2**bits`` slots."""
    return int((np.uint64(code) * np.uint64(_GOLDEN)) >> np.uint64(64 - bits))


@njit(
    f"UniTuple(int64, 2)(int64, int64[::1], uint8[::1], uint32[::1], {_RO32}, {_RO64}, int64[::1], int64[::1],"
    " int64, int64[::1], int64[:, ::1], int32[::1], int64[::1])",
    cache=True,
    nogil=True,
)
def group_candidates(
    begin: int,
    cells: Longs,
    kinds: Bytes,
    flags: Flags,
    column: Ints,
    record: Longs,
    codes: Longs,
    numbers: Longs,
    known: int,
    counts: Longs,
    firsts: Longs,
    group: Ints,
    records: Longs,
) -> tuple[int, int]:
    """Give every candidate the number of its group and its record.

    Args:
        begin: The first candidate to look at.
        cells: Cell of each candidate.
        kinds: Its kind.
        flags: Its evidence.
        column: ``int32[cells]``, column of each cell.
        record: ``int64[cells]``, record of each cell.
        codes: Open addressing: codes of the groups known, -1 where a slot is free. The code of a group is
            ``(column + 1) << 40 | kind << 32 | flags``. Its size is a power of two.
        numbers: Their numbers.
        known: Groups known so far; new ones are numbered from here.
        counts: Receives the candidates of each group; grows by what is found.
        firsts: ``int64[groups, examples]`` receives the first candidates of each group, -1 for none.
        group: ``int32[n]`` receives the group of each candidate.
        records: ``int64[n]`` receives its record.

    Returns:
        ``(candidates done, groups known)``; fewer than all when the table must grow first.
    """
    bits = 0
    while 1 << bits < codes.size:
        bits += 1
    for i in range(begin, cells.size):
        cell = np.uint64(cells[i])
        code = (int(column[cell]) + 1) << 40 | int(kinds[i]) << 32 | int(flags[i])
        at = _slot(code, bits)
        while codes[np.uint64(at)] != code:
            if codes[np.uint64(at)] < 0:
                if 2 * known >= codes.size or known >= counts.size:
                    return i, known
                codes[at] = code
                numbers[at] = known
                known += 1
                break
            at = (at + 1) & (codes.size - 1)
        number = np.uint64(numbers[np.uint64(at)])
        if counts[number] < firsts.shape[1]:
            k = 0
            while k < firsts.shape[1] and firsts[number, k] >= 0:
                k += 1
            if k < firsts.shape[1]:
                firsts[number, k] = i
        counts[number] += 1
        group[i] = np.int32(number)
        records[i] = record[cell]
    return cells.size, known
