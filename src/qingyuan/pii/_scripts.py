"""Digits of other scripts made into digits all passes know, before anything else looks at a batch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from qingyuan.pii._kernel.scripts import plain_digits
from qingyuan.pii.batch import Batch


def plain(batch: Batch) -> Batch:
    """Return the batch with such digits written otherwise, in a buffer as long; the same batch if there are none."""
    nothing = np.empty(0, dtype=np.uint8)
    first = plain_digits(batch.data, 0, batch.prose, nothing, False)
    if first < 0:
        return batch
    data = batch.data.copy()
    plain_digits(batch.data, 0, batch.prose, data, True)
    data.flags.writeable = False
    return replace(batch, data=data)
