"""Names and addresses in free text that no label announces, as candidates of the engine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from qingyuan.pii import prose
from qingyuan.pii._kernel import flags as f
from qingyuan.pii.batch import Bytes, Longs

#: Evidence bits by the bits of the compiled pass.
_EVIDENCE = np.array([prose.candidate_flags(bits) for bits in range(256)], dtype=np.uint32)


@dataclass(frozen=True, slots=True)
class Free:
    """Candidates, parallel arrays in the order of the bytes; see :class:`qingyuan.pii._candidates.Candidates`."""

    cell: Longs
    start: Longs
    end: Longs
    kind: Bytes
    flags: npt.NDArray[np.uint32]


def find(data: Bytes, starts: Longs, ends: Longs, cells: Longs) -> Free:
    """Return names in the given cells of free text.

    Args:
        data: UTF-8 bytes.
        starts: First byte of every cell.
        ends: One past the last byte.
        cells: The cells to look at, ascending.
    """
    found = prose.find(data, np.ascontiguousarray(starts[cells]), np.ascontiguousarray(ends[cells]))
    return Free(
        cell=cells[found.cell],
        start=found.start,
        end=found.end,
        kind=np.full(len(found.cell), f.NAME, dtype=np.uint8),
        flags=_EVIDENCE[found.bits],
    )


def apart(start: Longs, end: Longs, other_start: Longs, other_end: Longs) -> npt.NDArray[np.bool_]:
    """Return which ranges touch none of the others (both ascending, the others without overlap)."""
    if not len(other_start):
        return np.ones(len(start), dtype=np.bool_)
    at = np.searchsorted(other_end, start, side="right")
    inside = at < len(other_start)
    free: npt.NDArray[np.bool_] = ~inside | (other_start[np.minimum(at, len(other_start) - 1)] >= end)
    return free
