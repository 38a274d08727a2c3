"""The values of the catalogue's forms in one batch, as arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from qingyuan.pii._kernel.forms import SKIP, Flags, Scopes, scan_forms
from qingyuan.pii._kernel.nearby import words_near
from qingyuan.pii.batch import Batch, Bytes, Longs
from qingyuan.pii.grammar import FORM_SHIFT, MENTION, Grammar

#: Values for which room is made at first; the pass is taken up again when there are more.
_ROOM = 1 << 14


class Values(NamedTuple):
    """Parallel arrays, one element a value, in the order of the bytes."""

    cell: Longs
    start: Longs
    end: Longs
    kind: Bytes
    flags: Flags


def _room(size: int) -> Values:
    """Return uninitialised arrays for ``size`` values."""
    return Values(
        np.empty(size, np.int64),
        np.empty(size, np.int64),
        np.empty(size, np.int64),
        np.empty(size, np.uint8),
        np.empty(size, np.uint32),
    )


def find_forms(batch: Batch, scopes: Scopes, made: Grammar) -> Values:
    """Return the values in the cells of a batch.

    Args:
        batch: The cells; header cells (record 0 of a table) are passed over.
        scopes: ``int16[columns + 1]``, :meth:`Grammar.scope` of each column, the last for cells without one.
        made: The forms.
    """
    of_cells = scopes[batch.column]
    if not batch.prose:
        # Records ascend: the header comes first.
        of_cells[: np.searchsorted(batch.record, 1)] = SKIP
    if bool((scopes == SKIP).all()):
        return _room(0)
    most = int((batch.ends - batch.starts).max(initial=0))
    room = max(_ROOM, most + 2)
    parts: list[Values] = []
    state = np.array([0, batch.prose], dtype=np.int64)
    while state[0] < len(batch):
        out = _room(room)
        n = scan_forms(
            batch.data, batch.starts, batch.ends, int(state[0]), of_cells, made.classes, made.steps, made.ending,
            made.forms, made.checks, made.guard_text, made.guards, made.firsts, made.lengths, made.owned, made.modes,
            made.refusing, made.cells_of, made.empty, made.text, made.words, made.buckets, *out, state,
        )  # fmt: skip
        parts.append(Values(out.cell[:n], out.start[:n], out.end[:n], out.kind[:n], out.flags[:n]))
        room = max(min(room * 4, 1 << 20), most + 2)
    if not parts:
        parts.append(_room(0))
    return Values(
        np.concatenate([p.cell for p in parts]),
        np.concatenate([p.start for p in parts]),
        np.concatenate([p.end for p in parts]),
        np.concatenate([p.kind for p in parts]),
        np.concatenate([p.flags for p in parts]),
    )


def find_mentions(batch: Batch, cells: Longs, made: Grammar) -> Values:
    """Return the words about somebody in the given cells of text, which name a person."""
    out = _room(int((batch.ends[cells] - batch.starts[cells]).sum()) // 3 + 1)
    bits = MENTION << FORM_SHIFT
    text, words, buckets = made.mentions
    n = words_near(
        batch.data, batch.starts, batch.ends, cells, text, words, buckets, bits,
        out.cell, out.start, out.end, out.kind, out.flags,
    )  # fmt: skip
    return Values(out.cell[:n], out.start[:n], out.end[:n], out.kind[:n], out.flags[:n])
