"""Traditional characters of cells as simplified ones of the same length."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from qingyuan.pii._simplified import simplified, simplified_cells


def cells(*texts: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return texts as cells of one buffer."""
    raw = [text.encode() for text in texts]
    ends = np.cumsum([len(one) for one in raw], dtype=np.int64)
    return (
        np.frombuffer(b"".join(raw), np.uint8),
        ends - np.array([len(one) for one in raw], dtype=np.int64),
        ends,
    )


def plain(*texts: str) -> list[str]:
    """Return the simplified cells."""
    data, starts, ends = cells(*texts)
    out = simplified_cells(data, starts, ends)
    return [out[a:b].tobytes().decode() for a, b in zip(starts, ends, strict=True)]


def test_traditional_text_becomes_simplified() -> None:
    assert plain("證人陳志豪說", "证人王小明说") == ["证人陈志豪说", "证人王小明说"]


def test_what_simplified_text_has_too_changes_only_among_traditional_characters() -> None:
    assert plain("乾隆年间李乾坤") == ["乾隆年间李乾坤"]
    assert plain("陈昇唱歌")[0] == "陈昇唱歌"
    assert plain("把衣服晾乾，謝謝你們") == [simplified("把衣服晾乾，謝謝你們")]


def test_only_the_given_cells_change() -> None:
    data, starts, ends = cells("謝謝", "謝謝", "😀謝a")
    out = simplified_cells(data, starts[1:], ends[1:])
    assert out.tobytes().decode() == "謝謝谢谢😀谢a"


def test_nothing_is_copied_where_nothing_changes() -> None:
    data, starts, ends = cells("没有", "abc", "", "😀é")
    assert simplified_cells(data, starts, ends) is data


@given(st.lists(st.text(max_size=12), max_size=5))
def test_any_text_keeps_its_length_and_what_is_no_han(texts: list[str]) -> None:
    texts = [text.encode("utf-8", "ignore").decode() for text in texts]
    for before, after in zip(texts, plain(*texts), strict=True):
        assert len(after.encode()) == len(before.encode())
        assert [c for c in after if c < "\u3400"] == [c for c in before if c < "\u3400"]


@given(st.binary(max_size=40))
def test_broken_bytes_do_no_harm(raw: bytes) -> None:
    data = np.frombuffer(raw, np.uint8)
    out = simplified_cells(data, np.array([0]), np.array([len(raw)]))
    assert len(out) == len(raw)
