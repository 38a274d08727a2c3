"""E-mail addresses part of which is hidden by signs that are no ASCII star: ``zha●●●@example.com``, ``●●●8@example.com``."""

from __future__ import annotations

import re

import numpy as np

from qingyuan.pii._kernel import flags as f
from qingyuan.pii.batch import Batch, Longs

#: Signs that hide, as :mod:`qingyuan.pii._signs` leaves them, and the last byte of each.
_SIGNS = "∗×•●○＊"
_LAST = np.array(sorted({sign.encode()[-1] for sign in _SIGNS}), dtype=np.uint8)
_SIGN = rb"(?:\*|" + b"|".join(re.escape(sign.encode()) for sign in _SIGNS) + rb")"
_LOCAL = re.compile(rb"[A-Za-z0-9._-]{0,12}" + _SIGN + rb"{2,12}[A-Za-z0-9._-]{0,12}$")
_DOMAIN = re.compile(rb"@[A-Za-z0-9-]{1,30}(?:\.[A-Za-z0-9-]{1,20}){0,3}\.[A-Za-z]{2,24}(?![A-Za-z0-9])")
#: Bytes looked at before the at sign and behind it.
_BEFORE, _BEHIND = 64, 120
_AT = 0x40

Found = tuple[Longs, Longs, Longs]


def begins(batch: Batch, cell: Longs, start: Longs) -> Longs:
    """Return where addresses begin whose first characters are hidden.

    Args:
        batch: The cells.
        cell: Cell of each address found.
        start: First byte of each.

    Returns:
        ``int64[n]``: the first byte with the hidden part, ``-1`` where nothing is hidden.
    """
    out = np.full(len(start), -1, dtype=np.int64)
    if not len(start):
        return out
    before = batch.data[np.maximum(start - 1, 0)]
    for n in np.flatnonzero((start > batch.starts[cell]) & np.isin(before, _LAST)).tolist():
        low = max(int(batch.starts[cell[n]]), int(start[n]) - _BEFORE)
        head = _LOCAL.search(batch.data[low : int(start[n])].tobytes())
        if head:
            out[n] = int(start[n]) - len(head[0])
    return out


def find(batch: Batch) -> Found:
    """Return ``(cell, start, end)`` of the addresses of free text all of whose last characters before ``@`` are hidden."""
    data = batch.data
    at = np.flatnonzero(data == _AT)
    at = at[at > 0]
    if len(at):
        at = at[np.isin(data[at - 1], _LAST)]
    out: list[tuple[int, int, int]] = []
    for p in at.tolist():
        cell = int(np.searchsorted(batch.starts, p, side="right")) - 1
        if cell < 0 or p >= batch.ends[cell]:
            continue
        head = _LOCAL.search(data[max(int(batch.starts[cell]), p - _BEFORE) : p].tobytes())
        tail = _DOMAIN.match(data[p : min(int(batch.ends[cell]), p + _BEHIND)].tobytes())
        if head and tail:
            out.append((cell, p - len(head[0]), p + tail.end()))
    made = np.array(out, dtype=np.int64).reshape(-1, 3)
    return made[:, 0].copy(), made[:, 1].copy(), made[:, 2].copy()


#: Evidence of such an address.
FLAGS = np.uint32(f.MASKED)
