"""Texts that the user supplies: every format, and what is said of each citation. The statutes here are invented."""

from __future__ import annotations

import json
import sqlite3
from datetime import date
from pathlib import Path

import docx
import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingyuan.law import LawError, load
from qingyuan.law._articles import numeral
from qingyuan.law.corpus import Cited, KnownEdition, check_citations, citations, open_corpus
from qingyuan.law.corpus.numerals import article_key, integer

ARTICLES = {
    "1": "甲款。",
    "2": "总述：\n（一）第一项；\n（二）第二项。\n后一款。",
    "253-1": "插入的一条。",
}
PROSE = (
    "第一章 总则\n第一条　甲款。\n第二条　总述：\n（一）第一项；\n（二）第二项。\n后一款。\n第二章 附则\n"
    "第二百五十三条之一　插入的一条。\n"
)


def write(folder: Path, kind: str) -> Path:
    if kind == "jsonl":
        file = folder / "corpus.jsonl"
        lines = [
            {"law": "中华人民共和国试验法", "version_date": "2021-06-01", "db_effective_date": "2021-09-01"}
            | {
                "article": f"第{numeral(int(key.split('-')[0]))}条" + ("之一" if "-" in key else ""),
                "text": text,
            }
            for key, text in ARTICLES.items()
        ]
        file.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
    elif kind == "html":
        file = folder / "试验法(2021-06-01).html"
        body = "".join(f"<p>&emsp;&emsp;<b>{line}</b></p>" for line in PROSE.splitlines())
        file.write_text(f"<html><body>{body}</body></html>", encoding="utf-8")
    elif kind == "docx":
        file = folder / "试验法(2021-06-01).docx"
        word = docx.Document()
        for line in PROSE.splitlines():
            word.add_paragraph(line)
        word.save(str(file))
    elif kind in {"db", "duckdb"}:
        file = folder / f"laws.{kind}"
        connection = sqlite3.connect(file) if kind == "db" else duckdb.connect(str(file))
        connection.execute("CREATE TABLE laws (id INTEGER, title TEXT, version_date TEXT)")
        connection.execute("CREATE TABLE articles (law_id INTEGER, article_no TEXT, article_text TEXT)")
        connection.execute("INSERT INTO laws VALUES (1, '中华人民共和国试验法', '2021-06-01')")
        for key, text in ARTICLES.items():
            connection.execute("INSERT INTO articles VALUES (1, ?, ?)", (key, text))
        connection.commit()
        connection.close()
    else:
        file = folder / f"试验法(2021-06-01).{kind}"
        file.write_text(PROSE, encoding="utf-8")
    return file


@pytest.mark.parametrize("kind", ["jsonl", "txt", "md", "html", "docx", "db", "duckdb"])
def test_every_format_gives_the_same_articles(tmp_path: Path, kind: str) -> None:
    corpus = open_corpus(write(tmp_path, kind))
    (edition,) = next(iter(corpus.titled("试验法").values()))
    assert edition.articles == ARTICLES
    assert edition.version == date(2021, 6, 1)
    assert open_corpus(tmp_path).editions[0].articles == ARTICLES


def test_a_missing_corpus_is_said_and_not_guessed(tmp_path: Path) -> None:
    for path in (tmp_path / "nothing", tmp_path):
        with pytest.raises(LawError) as caught:
            open_corpus(path)
        assert caught.value.code == "law.no-corpus"


def test_what_cannot_be_read_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    write(tmp_path, "txt")
    (tmp_path / "broken.docx").write_bytes(b"PK no zip")
    (tmp_path / "broken.db").write_bytes(b"no database at all, but long enough to look at" * 40)
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    corpus = open_corpus(tmp_path)
    assert len(corpus.editions) == 1
    assert {one.file for one in corpus.skipped} == {"broken.docx", "broken.db", "picture.png"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("依照《试验法》第二条", [("试验法", "2", 0, 0)], id="an article"),
        pytest.param(
            "《试验法》第二条第一款第（二）项", [("试验法", "2", 1, 2)], id="a paragraph and an item"
        ),
        pytest.param("《试验法》第一条、第三条和第五条", [("试验法", n, 0, 0) for n in "135"], id="a list"),
        pytest.param("《试验法》第一条至第四条", [("试验法", n, 0, 0) for n in "1234"], id="a range"),
        pytest.param("《刑法》第二百五十三条之一", [("刑法", "253-1", 0, 0)], id="an inserted article"),
        pytest.param("《试验法》（2021年修正）第28条", [("试验法", "28", 0, 0)], id="digits and a bracket"),
        pytest.param(
            "《试验法》第二条；同法第三条", [("试验法", "2", 0, 0), ("试验法", "3", 0, 0)], id="the same law"
        ),
        pytest.param(
            "《关于适用《试验法》的解释》第九条",
            [("关于适用《试验法》的解释", "9", 0, 0)],
            id="marks inside marks",
        ),
        pytest.param(
            "《国家试验管理条例》（以下简称《条例》）第二条、《条例》第三条",
            [("国家试验管理条例", "2", 0, 0), ("国家试验管理条例", "3", 0, 0)],
            id="an abbreviation that the text defines",
        ),
        pytest.param("根据《试验法》的规定", [("试验法", "", 0, 0)], id="the statute alone"),
        pytest.param("第二条没有书名号", [], id="no statute"),
    ],
)
def test_citations_are_found(text: str, expected: list[tuple[str, str, int, int]]) -> None:
    assert [(one.title, one.article, one.paragraph, one.item) for one in citations(text)] == expected


@given(st.integers(1, 9999))
def test_numerals_are_read_back(number: int) -> None:
    assert integer(numeral(number)) == number
    assert article_key(f"第{numeral(number)}条之二") == f"{number}-2"


@pytest.mark.parametrize(
    ("text", "on", "verdict"),
    [
        pytest.param("《试验法》第二条第一款第二项", date(2022, 1, 1), "exists", id="there"),
        pytest.param(
            "《中华人民共和国试验法》第九条", date(2022, 1, 1), "article-missing", id="no such article"
        ),
        pytest.param("《试验法》第二条第三款", date(2022, 1, 1), "part-missing", id="no such paragraph"),
        pytest.param("《试验法》第二条第一款第三项", date(2022, 1, 1), "part-missing", id="no such item"),
        pytest.param("《试验法》第一条", date(2021, 8, 31), "not-in-force", id="the day before"),
        pytest.param(
            "《试验法》第一条", date(2024, 1, 1), "superseded", id="the law data knows a later version"
        ),
        pytest.param("《别的法》第一条", date(2022, 1, 1), "not-in-corpus", id="not there"),
    ],
)
def test_each_citation_gets_its_verdict(tmp_path: Path, text: str, on: date, verdict: str) -> None:
    known: dict[str, tuple[KnownEdition, ...]] = {
        "试验法": (KnownEdition(date(2021, 9, 1), date(2023, 12, 31)), KnownEdition(date(2024, 1, 1)))
    }
    corpus = open_corpus(write(tmp_path, "jsonl"))
    (found,) = check_citations(corpus, citations(text), on, known)
    assert found.verdict == verdict
    assert found.zh
    assert found.en
    assert bool(found.sha256) == (verdict in {"exists", "part-missing"})


def test_an_abbreviation_that_fits_two_statutes_is_ambiguous(tmp_path: Path) -> None:
    for name in ("甲试验条例", "乙试验条例"):
        (tmp_path / f"{name}.txt").write_text("第一条　某。\n", encoding="utf-8")
    corpus = open_corpus(tmp_path)
    (found,) = check_citations(corpus, citations("《试验条例》第一条"), date(2022, 1, 1), {})
    assert (found.verdict, set(found.candidates)) == ("ambiguous", {"甲试验条例", "乙试验条例"})


@pytest.mark.parametrize(
    ("text", "on", "told"),
    [
        ("《民事诉讼法》第五十五条第二款", date(2026, 3, 1), "2021-12-31以前该条号为"),
        ("《网络安全法》第四十条", date(2026, 1, 1), "现为第四十二条、第四十三条、第四十五条"),
        ("《快递暂行条例》第四十四条", date(2025, 6, 1), "现为第五十四条"),
    ],
)
def test_the_number_of_an_earlier_text_is_pointed_out(tmp_path: Path, text: str, on: date, told: str) -> None:
    law = load()
    (cited,) = citations(text)
    (tmp_path / f"{cited.title}.txt").write_text(
        "第四十条　甲。\n第四十四条　乙。\n第五十五条　丙。\n　　丁。\n", encoding="utf-8"
    )
    corpus = open_corpus(tmp_path)
    (found,) = check_citations(corpus, [cited], on, {}, law.moved(on))
    assert found.verdict == "exists"
    assert told in found.zh
    assert "check whether the old number is meant" in found.en
    (before,) = check_citations(corpus, [cited], date(2021, 12, 31), {}, law.moved(date(2021, 12, 31)))
    assert "旧条号" not in before.zh


def test_a_day_of_effect_before_the_version_itself_is_not_believed(tmp_path: Path) -> None:
    line = {
        "law": "网络安全法",
        "version_date": "2025-10-28",
        "db_effective_date": "2017-06-01",
        "no": 1,
        "text": "甲",
    }
    file = tmp_path / "c.jsonl"
    file.write_text(json.dumps(line, ensure_ascii=False), encoding="utf-8")
    known = load().editions()
    cited = [Cited("网络安全法", "1", 0, 0, "", 0)]
    assert check_citations(open_corpus(file), cited, date(2025, 12, 31), known)[0].verdict == "not-in-force"
    assert check_citations(open_corpus(file), cited, date(2026, 1, 1), known)[0].verdict == "exists"
