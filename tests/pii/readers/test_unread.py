"""The sentences: every code used has one, and says what to do."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from qingyuan.pii import readers
from qingyuan.pii.readers._unread import sentences

FOLDER = Path(readers.__file__).parent


def used() -> set[str]:
    """Return the codes given to ``unread`` and ``Refused``, directly or by way of a variable ``code``."""
    found: set[str] = set()
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            taken: list[ast.AST] = []
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                taken = (
                    list(node.args[:1])
                    if name in {"unread", "Refused"} or ast.unparse(node.func) == "wrong.append"
                    else []
                )
            elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "code":
                assert isinstance(node.value, (ast.IfExp, ast.Constant))
                taken = (
                    [node.value.body, node.value.orelse]
                    if isinstance(node.value, ast.IfExp)
                    else [node.value]
                )
            elif (
                isinstance(node, ast.For)
                and "code" in ast.unparse(node.target)
                and isinstance(node.iter, ast.Tuple)
            ):
                taken = [pair.elts[0] for pair in node.iter.elts if isinstance(pair, ast.Tuple)]
            found |= {str(one.value) for one in taken if isinstance(one, ast.Constant) and one.value}
    return found


def test_every_code_used_in_the_readers_has_its_sentences_and_no_sentence_is_idle() -> None:
    assert set(sentences()) == used()


@pytest.mark.parametrize("code", sorted(sentences()))
def test_both_languages_name_the_same_parts_and_say_what_to_do(code: str) -> None:
    said = sentences()[code]
    assert set(re.findall(r"{(\w+)}", said.zh)) >= set(re.findall(r"{(\w+)}", said.en)) - {"format"}
    assert said.remedy_zh
    assert said.remedy_en
    assert re.search(r"[\u4e00-\u9fff]", said.zh + said.remedy_zh)
    assert not re.search(r"[\u4e00-\u9fff]", said.en + said.remedy_en)
