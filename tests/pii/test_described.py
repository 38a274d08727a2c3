"""What the model of names is told of a place: runs of characters of foreign names, titles, what stands near a possible name."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from qingyuan.pii import prose
from qingyuan.pii._kernel import described as t

Grid = npt.NDArray[np.int64]


def cues(text: str) -> tuple[Grid, int]:
    """Return the cues of a text and the place of its first character."""
    m = prose.model()
    chars = np.zeros(t.STRETCH + 2 * t.PAD, dtype=np.int64)
    chars[t.PAD : t.PAD + len(text)] = [t.plain(ord(c)) for c in text]
    out = np.zeros((t.STRETCH + 2 * t.PAD, t.CUES), dtype=np.int64)
    t.prepare(chars, len(text), m.keys, m.pairs, m.cost, m.tags, m.before, m.after, m.before1, m.after1, out)
    t.runs(chars, len(text), m.keys, m.cost, prose.classes(), out)
    return out, t.PAD


@pytest.mark.parametrize(
    ("text", "run"),
    [
        ("主帅弗格森说", "弗格森"),
        ("后卫布兰科加入曼联", "布兰科"),  # 加入 is a word, 加 alone is a character of foreign names
        ("他说天气不错", ""),
        ("在马达加斯加的时候", "马达加斯加"),
    ],
)
def test_a_run_of_characters_of_foreign_names_ends_where_another_word_begins(text: str, run: str) -> None:
    told, first = cues(text)
    at = [i for i in range(len(text)) if told[first + i, t.RUN]]
    assert "".join(text[i] for i in at) == run
    if run:
        behind = {int(told[first + i, t.RUN_BEHIND]) for i in at}
        assert behind == {int(told[first + at[-1] + 1, t.WORD])}


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("他读《红楼梦》了", "红楼梦"),
        ("英雄传》已经上市", "英雄传"),
        ("昨天看了《英雄传", "英雄传"),
        ("没有书名的一句话", ""),
    ],
)
def test_a_title_is_told_also_where_one_of_its_signs_was_cut_off(text: str, title: str) -> None:
    told, first = cues(text)
    assert "".join(c for i, c in enumerate(text) if told[first + i, t.TITLE]) == title


def test_what_stands_near_a_possible_name_alone_is_labelled() -> None:
    m = prose.model()
    text = "今天的天气真的非常好而且道路也很通畅昨天王丽华来了"
    chars = np.zeros(t.STRETCH + 2 * t.PAD, dtype=np.int64)
    chars[t.PAD : t.PAD + len(text)] = [ord(c) for c in text]
    near = np.zeros(t.STRETCH, dtype=np.uint8)
    assert t.promising(chars, len(text), m.single, m.surname, m.given, m.foreign, near)
    name = text.index("王丽华")
    assert near[name : name + 3].tolist() == [1, 1, 1]
    assert not near[: len("今天的天")].any()
