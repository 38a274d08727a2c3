"""Signs that hide, whatever they look like, made into stars before anything else looks at a batch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from qingyuan.pii._kernel.signs import hidden_signs
from qingyuan.pii.batch import Batch


def starred(batch: Batch) -> Batch:
    """Return the batch with stars for such signs, in a buffer as long; the same batch if there are none."""
    nothing = np.empty(0, dtype=np.uint8)
    first = hidden_signs(batch.data, 0, batch.prose, nothing, False)
    if first < 0:
        return batch
    data = batch.data.copy()
    hidden_signs(batch.data, first, batch.prose, data, True)
    data.flags.writeable = False
    return replace(batch, data=data)
