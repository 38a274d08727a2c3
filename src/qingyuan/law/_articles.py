"""Article references: a compact notation in the data, printed as the statutes print them.

``47`` is an article, ``47.2`` its second paragraph, ``47.2[3]`` the third item of that paragraph,
``2[9]`` the ninth item of an article, ``253-1`` the article inserted after article 253. Anything with a
Chinese character in it (a section of a guiding case, say) is printed as it stands; what it is in English,
``data/references.yaml`` says, and what that does not know stands in Chinese.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from importlib.resources import files

from qingyuan.plainyaml import read_yaml
from qingyuan.shapes import convert

_NOTATION = re.compile(r"(\d{1,4})(?:-(\d+))?(?:\.(\d+))?(?:\[(\d+)\])?")
_DIGITS = "零一二三四五六七八九"
_UNITS = ("", "十", "百", "千")
_TEN = 10
_TWENTY = 20


def numeral(number: int) -> str:
    """Return ``number`` (1 to 9999) in the Chinese numerals used by statutes, e.g. 102 → 一百零二."""
    digits = str(number)
    words = ""
    for place, digit in zip(range(len(digits) - 1, -1, -1), digits, strict=True):
        if digit == "0":
            words += "" if words.endswith("零") else "零"
        else:
            words += _DIGITS[int(digit)] + _UNITS[place]
    words = words.rstrip("零")
    return words[1:] if _TEN <= number < _TWENTY else words


def is_reference(article: str) -> bool:
    """Tell whether ``article`` can be printed."""
    return bool(_NOTATION.fullmatch(article)) or any("\u4e00" <= char <= "\u9fff" for char in article)


def chinese(articles: Sequence[str]) -> str:
    """Return the references as a statute would print them, e.g. ``第四十七条第二款、第四十八条``."""
    return "、".join(_chinese(article) for article in articles)


def english(articles: Sequence[str]) -> str:
    """Return the references in English, e.g. ``arts. 47(2), 48``."""
    printed = [_english(article) for article in articles]
    if not all(_NOTATION.fullmatch(article) for article in articles):
        return ", ".join(printed)
    return f"{'art.' if len(printed) == 1 else 'arts.'} {', '.join(printed)}"


def _chinese(article: str) -> str:
    match = _NOTATION.fullmatch(article)
    if match is None:
        return article
    number, inserted, paragraph, item = match.groups()
    return (
        f"第{numeral(int(number))}条"
        + (f"之{numeral(int(inserted))}" if inserted else "")
        + (f"第{numeral(int(paragraph))}款" if paragraph else "")
        + (f"第{numeral(int(item))}项" if item else "")
    )


@functools.cache
def references() -> Mapping[str, str]:
    """Return what references that are no numbers are in English."""
    return convert(read_yaml((files("qingyuan.law") / "data/references.yaml").read_bytes()), dict[str, str])


def _english(article: str) -> str:
    match = _NOTATION.fullmatch(article)
    if match is None:
        return references().get(article, article)
    number, inserted, paragraph, item = match.groups()
    return (
        number
        + (f"-{inserted}" if inserted else "")
        + (f"({paragraph})" if paragraph else "")
        + (f" item {item}" if item else "")
    )
