"""``law text`` and ``law cite-check``: in words, in JSON, and by exit code."""

from __future__ import annotations

from pathlib import Path

import docx
import pytest

from tests.cli.running import run

TEXT = "第一条　甲。\n第二条　乙。\n"


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "试验法(2021-06-01).txt").write_text(TEXT, encoding="utf-8")
    return folder


def test_the_text_of_an_article_is_shown(corpus: Path) -> None:
    done = run("law", "text", "试验法", "第二条", "--corpus", str(corpus), "--on", "2022-01-01", "--json")
    assert done.json()["text"] == "乙。"


@pytest.mark.parametrize(
    ("said", "code"),
    [("《试验法》第二条", 0), ("《试验法》第三条", 1), ("《别的法》第三条", 3), ("没有引用", 0)],
)
def test_a_document_is_checked(tmp_path: Path, corpus: Path, said: str, code: int) -> None:
    file = tmp_path / "suggestion.docx"
    word = docx.Document()
    word.add_paragraph(f"依照{said}，提出检察建议。")
    word.save(str(file))
    done = run("law", "cite-check", str(file), "--corpus", str(corpus), "--on", "2022-01-01", "--json")
    assert done.code == code
    assert done.json()["on"] == "2022-01-01"


def test_without_a_corpus_nothing_is_guessed() -> None:
    done = run("law", "text", "个人信息保护法", "28", "--json")
    assert done.code == 2
    assert done.json()["error"]["code"] == "law.no-corpus"
