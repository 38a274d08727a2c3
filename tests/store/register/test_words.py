"""The search finds a run of Chinese characters wherever it stands, and finds nothing else."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingyuan.store import Database
from qingyuan.store._driver import Driver
from qingyuan.store.register import find
from qingyuan.store.register.words import phrases, put_words, words

_HAN = "公益诉讼检察快递面单个人信息"


def test_a_run_is_cut_into_pairs_and_its_last_character() -> None:
    assert words("公益诉讼 App2.0，Ａ") == ["公益", "益诉", "诉讼", "讼", "app2", "0", "a"]
    assert phrases("公益诉讼") == [(("公益", "益诉", "诉讼"), False)]
    assert phrases("诉 app") == [(("诉",), True), (("app",), True)]
    assert phrases("，。 !\"'") == []


@given(st.text(_HAN, min_size=1, max_size=12), st.text(_HAN, min_size=2, max_size=5))
def test_the_pairs_of_a_query_follow_each_other_just_where_it_occurs(text: str, query: str) -> None:
    (run, more), *_ = phrases(query)
    cut = words(text)
    assert not more
    follows = any(tuple(cut[at : at + len(run)]) == run for at in range(len(cut)))
    assert follows == (query in text)


def test_what_is_found_is_what_a_reader_finds(database: Database) -> None:
    chance = random.Random(17)
    texts = {
        number: "".join(chance.choice(_HAN) for _ in range(chance.randrange(1, 15)))
        for number in range(1, 200)
    }
    with database.write() as connection:
        for number, text in texts.items():
            put_words(
                Driver(connection), connection.dialect.name, f"M{number}", [number], [text, f"No{number}"], ["/33/"],
                shielded=False,
            )  # fmt: skip

    def search(query: str, limit: int = 500) -> list[int]:
        with database.read() as connection:
            return [
                row
                for row, _ in find(
                    connection, query, places=("/33/",), shielded=False, named=None, recused=(), before=None,
                    limit=limit,
                )
            ]  # fmt: skip

    for query in ("公益", "益诉", "快", "信息", "个人信", "单"):
        assert search(query) == sorted((n for n, text in texts.items() if query in text), reverse=True)
    assert search("公益 快递") == sorted(
        (n for n, text in texts.items() if "公益" in text and "快递" in text), reverse=True
    )
    assert search("no19") == [199, 198, 197, 196, 195, 194, 193, 192, 191, 190, 19]
    assert search("快", limit=3) == search("快")[:3]


@pytest.mark.parametrize(
    "query", ['"', "'", "a' & 'b", 'x" OR "y', "NOT", "words : 公益", "公益*", "\\", "(公", "%", "\x00公"]
)
def test_no_query_is_an_order_to_the_database(database: Database, query: str) -> None:
    with database.write() as connection:
        put_words(
            Driver(connection), connection.dialect.name, "M1", [1], ["公益 not"], ["/33/"], shielded=False
        )
    with database.read() as connection:
        found = find(
            connection, query, places=("/33/",), shielded=True, named=None, recused=(), before=None, limit=5
        )
    assert found == ([(1, "M1")] if query in {"NOT", "公益*", "(公", "\x00公"} else [])


@pytest.mark.parametrize("newest", [1, 7, 40, 1000])
def test_pages_give_everything_once_however_many_of_the_newest_are_looked_through_first(
    database: Database, newest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qingyuan.store.register.words._NEWEST", newest)
    texts = {n: "快递面单" if n % 3 else "医疗美容" if n % 30 else "电鱼" for n in range(1, 121)}
    with database.write() as connection:
        for n, text in texts.items():
            put_words(
                Driver(connection), connection.dialect.name, f"M{n}", [n], [text], ["/33/"], shielded=False
            )
    for query, word in (("面单", "快递面单"), ("医疗", "医疗美容"), ("电鱼", "电鱼"), ("没有", "没有")):
        found: list[int] = []
        before: int | None = None
        while True:
            with database.read() as connection:
                page = find(
                    connection,
                    query,
                    places=("/33/",),
                    shielded=False,
                    named=None,
                    recused=("M119",),
                    before=before,
                    limit=9,
                )
            found += [row for row, _ in page]
            if len(page) < 9:
                break
            before = page[-1][0]
        assert found == sorted((n for n, text in texts.items() if text == word and n != 119), reverse=True)
