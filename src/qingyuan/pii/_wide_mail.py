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
_SIGNS = (b"\xef\xbc\xa0", b"\xef\xbc\x8e")
_SIGN = re.compile(b"|".join(_SIGNS))
_NOTHING = np.zeros(0, dtype=np.int64)
#: Bytes looked at on either side.
_ASIDE = 240
#: Cells are few where a buffer has so many times their bytes.
_FEW = 8

Found = tuple[Longs, Longs, Longs]


def find(batch: Batch) -> Found:
    """Return ``(cell, start, end)`` of such addresses, ascending; addresses in ASCII alone are left out."""
    out: list[tuple[int, int, int]] = []
    reached = -1
    data = batch.data
    for at in _signs(batch).tolist():
        if at < reached:
            continue
        cell = int(np.searchsorted(batch.starts, at, side="right")) - 1
        if cell < 0 or at >= batch.ends[cell]:
            continue
        low, high = (
            max(int(batch.starts[cell]), at - _ASIDE, reached),
            min(int(batch.ends[cell]), at + _ASIDE),
        )
        while low < at and data[low] & 0xC0 == 0x80:  # noqa: PLR2004 - inside a character
            low += 1
        text = data[low:high].tobytes().decode("utf-8", "ignore")
        for found in _ADDRESS.finditer(text.translate(_WIDE)):
            said = text[found.start() : found.end()]
            begin = low + len(text[: found.start()].encode())
            end = begin + len(said.encode())
            if begin <= at < end and not said.isascii():
                out.append((cell, begin, end))
                reached = end
                break
    if not out:
        return _NOTHING, _NOTHING, _NOTHING
    made = np.array(out, dtype=np.int64).reshape(-1, 3)
    return made[:, 0].copy(), made[:, 1].copy(), made[:, 2].copy()


def _signs(batch: Batch) -> Longs:
    """Return where the signs stand, ascending; of few cells of a big buffer only their own bytes are read."""
    sizes = batch.ends - batch.starts
    total = int(sizes.sum())
    if _FEW * total >= len(batch.data):
        return _found(batch.data.tobytes())
    # Cells begin and end between characters, so no sign is made of the end of one and the begin of the next.
    before = np.cumsum(sizes) - sizes
    moved = batch.starts - before
    at = _found(batch.data[np.repeat(moved, sizes) + np.arange(total)].tobytes())
    return at + moved[np.searchsorted(before, at, side="right") - 1] if len(at) else at


def _found(raw: bytes) -> Longs:
    """Return where the signs stand in UTF-8 bytes, ascending."""
    if not any(sign in raw for sign in _SIGNS):
        return _NOTHING
    return np.array([sign.start() for sign in _SIGN.finditer(raw)], dtype=np.int64)
