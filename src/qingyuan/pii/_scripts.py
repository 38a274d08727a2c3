"""Digits of other scripts made into digits all passes know, before anything else looks at a batch."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from qingyuan.pii._candidates import Candidates, take
from qingyuan.pii._kernel.flags import KINDS
from qingyuan.pii._kernel.scripts import plain_digits
from qingyuan.pii.batch import Batch

#: Signs of values that addresses of the Web escape, as signs of at most as many bytes.
_SIGNS = {b"%40": "＠", b"%2B": "＋", b"%C2%B7": "－", b"%E2%80%A2": "－", b"%20": "－"}
_DOT = rb"%[Cc]2%[Bb]7|%[Ee]2%80%[Aa]2|%20"
_HAN = rb"%[Ee][3-9](?:%[89ABab][0-9A-Fa-f]){2}"
#: An escape; a plate with a dot is one, that nothing stands between its parts.
_ESCAPE = re.compile(rb"%40|%2[Bb]|" + _HAN + rb"(?:[A-Z](?:" + _DOT + rb"))?")
_PART = re.compile(rb"(?:%[0-9A-Fa-f]{2})+|[A-Z]")
#: Three bytes of nothing, which every pass skips.
_NOTHING = "\u200b".encode()
#: How often it stands before a value at most: 汉字, a letter and a dot.
_MOST = 4
_GEO = KINDS.index("geo")
_BEARINGS = tuple(word.encode() for word in ("北纬", "南纬", "东经", "西经"))


def _sign(part: bytes) -> bytes:
    """Return what one escape stands for; a letter as it is."""
    part = part.upper()
    if part in _SIGNS:
        return _SIGNS[part].encode()
    return bytes.fromhex(part.replace(b"%", b"").decode()) if part.startswith(b"%") else part


def _written(found: re.Match[bytes]) -> bytes:
    """Return an escape as what it stands for, in as many bytes.

    What is left over stands before it, or behind the 汉字 that a plate ends with.
    """
    out = b"".join(_sign(part) for part in _PART.findall(found[0]))
    fill = _NOTHING * ((len(found[0]) - len(out)) // len(_NOTHING))
    before = found.string[max(found.start() - 1, 0) : found.start()]
    return out + fill if before.isalnum() else fill + out


def _unescaped(batch: Batch) -> Batch:
    """Return the batch with escaped 汉字, ``%40`` and ``%2B`` written as the signs they stand for."""
    raw = batch.data.tobytes()
    if raw.find(b"%") < 0 or not _ESCAPE.search(raw):
        return batch
    return replace(batch, data=np.frombuffer(_ESCAPE.sub(_written, raw), dtype=np.uint8))


def widened(batch: Batch, shown: Batch, found: Candidates) -> Candidates:
    """Return the candidates from escape to escape, and positions from the 北纬 or 东经 before the first of two on.

    Args:
        batch: The cells as they were read.
        shown: The same cells as the passes saw them.
        found: The candidates in byte order.
    """
    data = shown.data
    positions = np.flatnonzero(found.kind == _GEO)
    escaped = batch.prose and (batch.data == ord("%")).any()
    if not len(positions) and not escaped:
        return found
    found = take(found, slice(None))
    for i in positions.tolist():
        begin = int(found.start[i])
        free = max(int(batch.starts[found.cell[i]]), int(found.end[i - 1]) if i else 0)
        value = data[begin : int(found.end[i])].tobytes()
        before = data[max(begin - len(_BEARINGS[0]), free) : begin].tobytes()
        if before in _BEARINGS and any(word in value for word in _BEARINGS):
            found.start[i] = begin - len(before)
    if data is batch.data or not escaped:
        return found
    filled = np.zeros(len(data) + 2 * len(_NOTHING), dtype=np.bool_)
    filled[: len(data) - 2] = (
        (data[:-2] == _NOTHING[0])
        & (data[1:-1] == _NOTHING[1])
        & (data[2:] == _NOTHING[2])
        & (batch.data[:-2] != _NOTHING[0])
    )
    for _ in range(_MOST):
        back = np.maximum(found.start - len(_NOTHING), batch.starts[found.cell])
        np.copyto(found.start, back, where=filled[back])
        np.copyto(found.end, found.end + len(_NOTHING), where=filled[found.end])
    return found


def plain(batch: Batch) -> Batch:
    """Return the batch with such digits written otherwise, in a buffer as long; the same batch if there are none."""
    batch = _unescaped(batch) if batch.prose else batch
    nothing = np.empty(0, dtype=np.uint8)
    first = plain_digits(batch.data, 0, nothing, False)
    if first < 0:
        return batch
    data = batch.data.copy()
    plain_digits(batch.data, 0, data, True)
    data.flags.writeable = False
    return replace(batch, data=data)
