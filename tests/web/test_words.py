"""Every string of the interface is there in both languages, and none is left over."""

from __future__ import annotations

import re
import string
from pathlib import Path

from qingyuan.web.words import catalogue

ROOM = Path(__file__).parents[2] / "src" / "qingyuan" / "web"
#: ``t("key"`` and, for keys put together, ``t("begin." +``.
USED = re.compile(r"""\b(?:t\(|word\(\w+, )\s*f?["']([a-z-]+\.[a-z.-]*?)["'{]\s*(\+|~)?""")
KEYED = re.compile(r"""["'](done\.[a-z-]+|nav\.[a-z-]+)["']""")


def used() -> tuple[set[str], set[str]]:
    """Return the keys that templates and modules name, and the beginnings of those put together."""
    keys: set[str] = set()
    begun: set[str] = set()
    for path in [*ROOM.rglob("*.html"), *ROOM.rglob("*.py")]:
        text = path.read_text(encoding="utf-8")
        for match in USED.finditer(text):
            (begun if match[2] or match[1].endswith(".") else keys).add(match[1])
        keys |= {key for key in KEYED.findall(text) if not key.endswith(".")}
    return keys, begun


def test_every_string_that_is_used_is_there() -> None:
    keys, begun = used()
    assert keys - set(catalogue()) == set()
    assert [one for one in begun if not any(key.startswith(one) for key in catalogue())] == []


def test_no_string_is_left_over() -> None:
    keys, begun = used()
    left = {key for key in catalogue() if key not in keys and not key.startswith(tuple(begun))}
    assert left == set()


def test_both_languages_say_something_and_fill_in_the_same() -> None:
    def names(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    for key, word in catalogue().items():
        assert word.zh.strip(), key
        assert word.en.strip(), key
        assert names(word.zh) == names(word.en), key
        assert not re.search(r"[\u4e00-\u9fff]", word.en), key


def test_templates_hold_no_words_of_their_own() -> None:
    for path in ROOM.rglob("*.html"):
        text = re.sub(
            r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL
        )
        found = re.findall(r"[\u4e00-\u9fff]{2,}", text)
        assert [one for one in found if one != "中文"] == [], path.name
