"""Article numbers as statutes write them: Chinese numerals to integers."""

from __future__ import annotations

import re

_DIGITS = {char: number for number, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}
#: A number in Chinese numerals or digits.
NUMBER = r"(?:[零〇一二三四五六七八九十百千两]+|\d+)"
#: The head of an article, 之一 included.
ARTICLE = rf"第\s*({NUMBER})\s*条(?:之({NUMBER}))?"
_HEAD = re.compile(ARTICLE)


def integer(words: str) -> int:
    """Return the number that ``words`` (Chinese numerals or digits) says, e.g. 一百零二 → 102."""
    if words.isdecimal():
        return int(words)
    total = current = 0
    for char in words:
        if char in _UNITS:
            total += (current or 1) * _UNITS[char]
            current = 0
        else:
            current = _DIGITS[char]
    return total + current


def article_key(words: str) -> str:
    """Return e.g. ``253-1`` for 第二百五十三条之一, ``28`` for 28 or 第二十八条; ``words`` itself when it is neither."""
    match = _HEAD.search(words)
    if match is None:
        return words.strip()
    after = f"-{integer(match[2])}" if match[2] else ""
    return f"{integer(match[1])}{after}"
