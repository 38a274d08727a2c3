"""No form has a fact in its own words: dates, numbers, articles and names of laws come from events and from the law data."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from qingyuan.documents import Form, forms

#: What is filled in, and the logic around it.
FILLED = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
#: A digit, an article, a law in its marks, a day of a month; none of them may be words of a form.
FACTS = re.compile(
    r"[0-9０-９]|第[一二三四五六七八九十百零]+(?:条|款|项)|《[^》]*》|[一二三四五六七八九十〇]年|月[一二三四五六七八九十]+日"
    r"|[一二两三四五六七八九十]+(?:日|天|个月|个工作日|小时)"
)

#: Names of algorithms, and the numbers of a list, are no facts.
NAMES = re.compile(r"SHA-256|SM3|前 ?16 ?位|^(?:附件：)?[1-9][．.]", re.MULTILINE)


def own_words(form: Form) -> Iterator[str]:
    for block in form.blocks:
        texts = [block.text or "", *((*block.table.columns, *block.table.cells) if block.table else ())]
        yield from (NAMES.sub("", FILLED.sub("", text)) for text in texts)


@pytest.mark.parametrize("form", sorted(forms()))
def test_no_date_number_article_or_law_is_typed_into_a_form(form: str) -> None:
    typed = [found[0] for words in own_words(forms()[form]) for found in FACTS.finditer(words)]
    assert typed == []


@pytest.mark.parametrize(
    "words", ["依据《某法》", "第七十五条", "于2026年", "三十日内", "（第四款）", "两个月"]
)
def test_a_typed_fact_would_be_seen(words: str) -> None:
    assert FACTS.search(FILLED.sub("", f"{words}{{{{ case.id }}}}"))
