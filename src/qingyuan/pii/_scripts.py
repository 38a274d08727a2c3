"""Digits of other scripts made into digits all passes know, before anything else looks at a batch."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from qingyuan.pii._kernel.scripts import plain_digits
from qingyuan.pii.batch import Batch

#: Signs of values that addresses of the Web escape, as full-width signs of as many bytes.
_ESCAPED = {b"%40": "＠".encode(), b"%2B": "＋".encode(), b"%2b": "＋".encode()}
_ESCAPE = re.compile(b"|".join(_ESCAPED))


def _unescaped(batch: Batch) -> Batch:
    """Return the batch with ``%40`` and ``%2B`` written as the signs they stand for."""
    raw = batch.data.tobytes()
    if not any(code in raw for code in _ESCAPED):
        return batch
    data = np.frombuffer(_ESCAPE.sub(lambda found: _ESCAPED[found[0]], raw), dtype=np.uint8)
    return replace(batch, data=data)


def plain(batch: Batch) -> Batch:
    """Return the batch with such digits written otherwise, in a buffer as long; the same batch if there are none."""
    batch = _unescaped(batch) if batch.prose else batch
    nothing = np.empty(0, dtype=np.uint8)
    first = plain_digits(batch.data, 0, batch.prose, nothing, False)
    if first < 0:
        return batch
    data = batch.data.copy()
    plain_digits(batch.data, 0, batch.prose, data, True)
    data.flags.writeable = False
    return replace(batch, data=data)
