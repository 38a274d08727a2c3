"""E-mail addresses in full-width signs: few cells of a big buffer give what their own buffer gives."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa

from qingyuan.pii import _wide_mail
from qingyuan.pii.arrow import batches_of


def test_few_cells_of_a_big_buffer_are_found_where_they_stand() -> None:
    """Places count from the begin of the whole buffer; signs in cells not asked for do not matter."""
    rows = ["１３８１２３４５６７８", "", "ｚ１＠ｅｘａｍｐｌｅ．ｃｏｍ", "无", "z2＠mail.cn"] * 40
    (batch,) = batches_of(pa.record_batch([pa.array(rows)], names=["x"]))
    every = np.stack(_wide_mail.find(batch), axis=1)
    chosen = np.array([0, 1, 2, 3, 61, 104, 196, 197])
    few = replace(batch, starts=batch.starts[chosen], ends=batch.ends[chosen])
    cell, start, end = _wide_mail.find(few)
    assert cell.tolist() == [2, 5, 7]
    found = np.stack((chosen[cell], start, end), axis=1)
    np.testing.assert_array_equal(found, every[np.isin(every[:, 0], chosen)])
