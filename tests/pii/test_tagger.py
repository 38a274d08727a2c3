"""The file of the weights of the model of names."""

from __future__ import annotations

import numpy as np
import pytest

from qingyuan.pii import tagger
from qingyuan.pii._kernel.tagging import LABELS
from qingyuan.pii.errors import PiiError

HEADER = tagger.Header(
    steps=((0.0, 1.0, 0.0, 0.0),) * LABELS, sure=4.5, least=-10.0, trained_on="nothing but this test"
)
TABLE = np.arange(8 * LABELS, dtype=np.int8).reshape(8, LABELS)


def test_weights_are_read_as_they_were_written() -> None:
    read = tagger.unpack(tagger.pack(HEADER, TABLE))
    # A byte a label, the first one lowest, each 128 too high.
    assert [
        [(int(row) >> 8 * n & 0xFF) - 128 for n in range(LABELS)] for row in read.weights
    ] == TABLE.tolist()
    assert read.steps.tolist() == [list(row) for row in HEADER.steps]
    assert (read.sure, read.least) == (4.5, -10.0)


@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: b"",
        lambda raw: b"X" + raw[1:],
        lambda raw: raw[:-3],
        lambda raw: raw[:20],
        lambda raw: raw[:16] + b"?" + raw[17:],
        lambda raw: tagger.pack(HEADER, TABLE[:5]),
    ],
    ids=["empty", "mark", "short", "head only", "header", "size"],
)
def test_damaged_weights_are_refused_with_a_remedy(damage: object) -> None:
    assert callable(damage)
    with pytest.raises(PiiError) as refused:
        tagger.unpack(damage(tagger.pack(HEADER, TABLE)))
    assert refused.value.remedy_en


def test_the_shipped_weights_fit_the_compiled_pass() -> None:
    shipped = tagger.trained()
    assert shipped.weights.shape == (1 << 20,)
    assert shipped.least < 0 < shipped.sure
