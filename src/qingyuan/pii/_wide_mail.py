"""E-mail addresses of free text written with full-width signs or letters: ``zhang＠example.com``, ``ｚ１＠ｅｘａｍｐｌｅ．ｃｏｍ``."""

from __future__ import annotations

import re

import numpy as np

from qingyuan.pii.batch import Batch, Longs

_ADDRESS = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@[A-Za-z0-9-]{1,40}(?:\.[A-Za-z0-9-]{1,30}){0,4}\.[A-Za-z]{2,24}(?![A-Za-z0-9@])"
)
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
#: The full-width at sign and full stop.
_LEAD, _SECOND, _LAST = 0xEF, 0xBC, (0xA0, 0x8E)
_NOTHING = np.zeros(0, dtype=np.int64)
#: Bytes looked at on either side.
_ASIDE = 240
#: How many times as much as the cells looked at a buffer holds that is not looked through.
_SPARSE = 12

Found = tuple[Longs, Longs, Longs]


def find(batch: Batch) -> Found:
    """Return ``(cell, start, end)`` of such addresses, ascending; addresses in ASCII alone are left out."""
    out: list[tuple[int, int, int]] = []
    reached = -1
    signs = _signs(batch)
    if not len(signs):
        return _NOTHING, _NOTHING, _NOTHING
    raw = batch.data.tobytes()
    for at in signs.tolist():
        if at < reached:
            continue
        cell = int(np.searchsorted(batch.starts, at, side="right")) - 1
        if cell < 0 or at >= batch.ends[cell]:
            continue
        low, high = (
            max(int(batch.starts[cell]), at - _ASIDE, reached),
            min(int(batch.ends[cell]), at + _ASIDE),
        )
        while low < at and raw[low] & 0xC0 == 0x80:  # noqa: PLR2004 - inside a character
            low += 1
        text = raw[low:high].decode("utf-8", "ignore")
        for found in _ADDRESS.finditer(text.translate(_WIDE)):
            said = text[found.start() : found.end()]
            begin = low + len(text[: found.start()].encode())
            end = begin + len(said.encode())
            if begin <= at < end and not said.isascii():
                out.append((cell, begin, end))
                reached = end
                break
    made = np.array(out, dtype=np.int64).reshape(-1, 3)
    return made[:, 0].copy(), made[:, 1].copy(), made[:, 2].copy()


def _signs(batch: Batch) -> Longs:
    """Return the places of such signs: ``bytes.find`` is many times slower where other full-width signs abound."""
    data = batch.data
    sizes = batch.ends - batch.starts
    total = int(sizes.sum())
    if total * _SPARSE < len(data):
        # The few cells of a table that are left lie far apart: the rest of it is not looked at.
        place = np.arange(total) + np.repeat(batch.starts - np.cumsum(sizes) + sizes, sizes)
        at = place[data[place] == _LEAD]
        at = at[at < len(data) - 2]
    else:
        at = np.flatnonzero(data[:-2] == _LEAD)
    found: Longs = at[(data[at + 1] == _SECOND) & np.isin(data[at + 2], _LAST)]
    return found
