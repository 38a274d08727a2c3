"""Finding citations in a text: 《…》第…条, lists and ranges of articles, paragraphs and items, abbreviations and 该法."""

from __future__ import annotations

import re

import msgspec

from qingyuan.law.corpus.numerals import NUMBER, integer

_PLACE = rf"第\s*{NUMBER}\s*条(?:之{NUMBER})?(?:第\s*{NUMBER}\s*款)?(?:第?\s*[（(]?{NUMBER}[）)]?\s*项)?"
_MORE = rf"(?:\s*(?:、|，|,|和|及|以及|与|至|到|—|－|-)\s*(?:{_PLACE}|第\s*{NUMBER}\s*款(?:第?\s*[（(]?{NUMBER}[）)]?\s*项)?))*"
_TITLE = r"《(?P<title>[^《》]*(?:《[^《》]*》[^《》]*)*)》"
_BRACKET = r"(?:\s*[（(][^（）()]*[）)])*"
_CITATION = re.compile(
    rf"(?:{_TITLE}(?P<said>{_BRACKET})|(?P<same>该法|同法|本法|该条例|该规定|该办法|该解释|前述规定))\s*(?P<places>{_PLACE}{_MORE})?"
)
_SHORT = re.compile(r"(?:以下简称|下称|简称)\s*[“\"《]?([^”\"》）)]+)[”\"》]?")
_ONE = re.compile(
    rf"(?P<join>至|到|—|－|-)?\s*第\s*(?P<article>{NUMBER})\s*条(?:之(?P<after>{NUMBER}))?"
    rf"(?:第\s*(?P<paragraph>{NUMBER})\s*款)?(?:第?\s*[（(]?(?P<item>{NUMBER})[）)]?\s*项)?"
    rf"|第\s*(?P<more>{NUMBER})\s*款(?:第?\s*[（(]?(?P<item2>{NUMBER})[）)]?\s*项)?"
)
_LONGEST_RANGE = 200


class Cited(msgspec.Struct, frozen=True):
    """One article cited.

    Attributes:
        title: The statute as the text names it, abbreviations written out.
        article: ``28`` or ``253-1``; ``""`` when only the statute is named.
        paragraph: Number of the paragraph, or 0.
        item: Number of the item, or 0.
        words: The words of the text.
        at: Where they begin, in characters.
    """

    title: str
    article: str
    paragraph: int
    item: int
    words: str
    at: int


def citations(text: str) -> tuple[Cited, ...]:
    """Return every statute and article that ``text`` cites, in order; ranges give every article within."""
    found: list[Cited] = []
    short: dict[str, str] = {}
    last = ""
    for match in _CITATION.finditer(text):
        title = match["title"] if match["title"] is not None else last
        if not title:
            continue
        title = short.get(title, title)
        if match["said"] and (named := _SHORT.search(match["said"])):
            short[named[1].strip()] = title
        last = title
        places = match["places"]
        if places:
            found += _articles(title, places, match[0], match.start())
        elif match["title"] is not None:
            found.append(Cited(title, "", 0, 0, match[0].strip(), match.start()))
    return tuple(found)


def _articles(title: str, places: str, words: str, at: int) -> list[Cited]:
    found: list[Cited] = []
    for one in _ONE.finditer(places):
        if one["more"]:
            article = found[-1].article if found else ""
            found.append(
                Cited(title, article, integer(one["more"]), _number(one["item2"]), words.strip(), at)
            )
            continue
        number = integer(one["article"])
        after = f"-{integer(one['after'])}" if one["after"] else ""
        if one["join"] and found and found[-1].article.isdecimal():
            first = int(found[-1].article)
            between = range(first + 1, number) if number - first < _LONGEST_RANGE else range(0)
            found += [Cited(title, str(each), 0, 0, words.strip(), at) for each in between]
        found.append(
            Cited(
                title, f"{number}{after}", _number(one["paragraph"]), _number(one["item"]), words.strip(), at
            )
        )
    return found


def _number(words: str | None) -> int:
    return integer(words) if words else 0
