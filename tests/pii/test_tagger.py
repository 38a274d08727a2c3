"""The file of the weights of the model of names."""

from __future__ import annotations

import numpy as np
import pytest

from qingyuan.pii import prose, tagger
from qingyuan.pii._kernel.described import STRETCH
from qingyuan.pii._kernel.tagging import LABELS, ascii_stretch
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


def _by_character(raw: bytes) -> int:
    """Return the length of the stretch at the begin of a text as the model cuts it, or 0 where it must be read."""
    for n, byte in enumerate(raw[:STRETCH], start=1):
        if byte >= 0x80 or byte in b"\r\n":
            return 0
        if n > STRETCH - 24 and byte in b", ":
            break
    return (
        n if len(raw) >= STRETCH and raw[:STRETCH].isascii() and not set(raw[:STRETCH]) & set(b"\r\n") else 0
    )


def test_a_stretch_of_ascii_is_passed_by_at_once_and_as_long_as_it_would_be() -> None:
    rng = np.random.default_rng(20261123)
    signs = np.frombuffer(b"abcdefghijklmnopqrstuvwxyz0123456789" * 4 + b", \n\xe5", dtype=np.uint8)
    lengths = set()
    for share in (3, 4):
        for size in (*range(STRETCH - 3, STRETCH + 3), 400):
            for _ in range(60):
                # Line ends and 汉字 only in some of the texts.
                raw = rng.choice(signs[: len(signs) - 4 + rng.integers(0, share + 1)], size)
                text = raw.tobytes()
                lengths.add(made := ascii_stretch(raw, 0, size))
                assert made == _by_character(text), text
    assert {0, STRETCH, STRETCH - 12} <= lengths
    for gap, size in ((STRETCH - 25, STRETCH), (STRETCH - 24, STRETCH - 23), (STRETCH - 1, STRETCH)):
        raw = np.full(STRETCH, ord("a"), dtype=np.uint8)
        raw[gap] = ord(",")
        assert ascii_stretch(raw, 0, STRETCH) == size


def test_names_behind_long_ascii_are_found_and_names_in_it_are_not() -> None:
    text = "x1" * 700 + "，联系人王小明，" + "0123 " * 300 + "，经办人李建国。"
    raw = text.encode()
    found = prose.find(np.frombuffer(raw, dtype=np.uint8), np.array([0]), np.array([len(raw)]))
    assert [raw[a:b].decode() for a, b in zip(found.start, found.end, strict=True)] == ["王小明", "李建国"]
