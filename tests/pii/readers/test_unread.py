"""The sentences: every code used has one, and says what to do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from qingyuan.pii import readers
from qingyuan.pii.readers._unread import sentences

FOLDER = Path(readers.__file__).parent
USED = {
    code
    for path in FOLDER.glob("*.py")
    for code in re.findall(r'(?:unread|Refused)\(\s*"([a-z0-9-]+)"', path.read_text(encoding="utf-8"))
    + re.findall(r'^\s*(?:code = |for code, \w+ in |wrong\.append\().*?"([a-z-]+)"', path.read_text(encoding="utf-8"), re.M)
    + re.findall(r'else "(bad-bytes|corrupt)"|\("(bad-pages)"', path.read_text(encoding="utf-8"))
    for code in ([code] if isinstance(code, str) else [part for part in code if part])
}


def test_every_code_used_in_the_readers_has_its_sentences_and_no_sentence_is_idle() -> None:
    assert set(sentences()) == USED


@pytest.mark.parametrize("code", sorted(sentences()))
def test_both_languages_name_the_same_parts_and_say_what_to_do(code: str) -> None:
    said = sentences()[code]
    assert set(re.findall(r"{(\w+)}", said.zh)) >= set(re.findall(r"{(\w+)}", said.en)) - {"format"}
    assert said.remedy_zh
    assert said.remedy_en
    assert re.search(r"[\u4e00-\u9fff]", said.zh + said.remedy_zh)
    assert not re.search(r"[\u4e00-\u9fff]", said.en + said.remedy_en)
