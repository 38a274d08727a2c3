"""Checking citations against a corpus on a day: what exists, what does not, and what cannot be told."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal

import msgspec

from qingyuan.law.corpus.citing import Cited
from qingyuan.law.corpus.texts import Corpus, Edition

Verdict = Literal[
    "exists",
    "article-missing",
    "part-missing",
    "not-in-force",
    "superseded",
    "ambiguous",
    "not-in-corpus",
    "unknown-version",
]
#: From the day of a version to its first day in force.
_LONGEST_WAIT = 400
_MOST = 6
_ITEM = re.compile(r"^[（(]([零一二三四五六七八九十]+)[）)]")


class KnownEdition(msgspec.Struct, frozen=True):
    """A version of an instrument as the law data knows it: first and last day."""

    since: date | None
    until: date | None = None


class Moved(msgspec.Struct, frozen=True):
    """An article that stood elsewhere before: what it was, until when, and what it is on the day of the question.

    Attributes:
        article: Its number then, as in :class:`~qingyuan.law.corpus.citing.Cited`.
        until: The last day of that number.
        zh: What it says, Chinese.
        en: The same in English.
        now_zh: How it is cited now, Chinese.
        now_en: The same in English.
    """

    article: str
    until: date
    zh: str
    en: str
    now_zh: str
    now_en: str


class Checked(msgspec.Struct, frozen=True):
    """What was found about one citation.

    Attributes:
        cited: The citation.
        verdict: ``exists``; ``article-missing`` (the version has no such article); ``part-missing`` (no such paragraph or item);
            ``not-in-force`` (every version of the corpus begins later); ``superseded`` (the law data knows a later version that the
            corpus lacks); ``ambiguous`` (several statutes fit the name); ``unknown-version`` (the corpus names no day);
            ``not-in-corpus``.
        zh: The same in words, Chinese.
        en: The same in English.
        title: The statute found, or ``""``.
        version: The version compared with, or ``None``.
        sha256: Digest of the text of the article, or ``""``.
        text: The text, or ``""``.
        candidates: Titles that fit an ambiguous name.
    """

    cited: Cited
    verdict: Verdict
    zh: str
    en: str
    title: str = ""
    version: date | None = None
    sha256: str = ""
    text: str = ""
    candidates: tuple[str, ...] = ()


def check_citations(
    corpus: Corpus,
    cited: Sequence[Cited],
    on: date,
    known: dict[str, tuple[KnownEdition, ...]],
    moved: Mapping[str, Sequence[Moved]] | None = None,
) -> tuple[Checked, ...]:
    """Return what the corpus says to each citation on the day ``on``.

    Args:
        corpus: The texts.
        cited: The citations.
        on: Day of the act or of the document.
        known: Versions in the law data by plain title; they correct the days of the corpus.
        moved: What stood under other numbers before, by plain title; a citation by such a number is pointed out.
    """
    return tuple(_pointed(_check(corpus, one, on, known), moved or {}) for one in cited)


def _pointed(checked: Checked, moved: Mapping[str, Sequence[Moved]]) -> Checked:
    """Say of a citation that its number was that of something else, or of the same, before."""
    found = [one for one in moved.get(checked.title, ()) if one.article == checked.cited.article]
    return msgspec.structs.replace(
        checked,
        zh=checked.zh
        + "".join(
            f"；{one.until}以前该条号为“{one.zh}”，现为{one.now_zh}，请核对是否旧条号" for one in found
        ),
        en=checked.en
        + "".join(
            f"; until {one.until} this number was “{one.en}”, now {one.now_en}: check whether the old number is meant"
            for one in found
        ),
    )


def _check(corpus: Corpus, cited: Cited, on: date, known: dict[str, tuple[KnownEdition, ...]]) -> Checked:
    fitting = corpus.titled(cited.title)
    if not fitting:
        return Checked(
            cited,
            "not-in-corpus",
            "全文库中没有这部文件，无法核对",
            "the corpus has no such statute: cannot tell",
        )
    if len(fitting) > 1:
        names = tuple(fitting)
        return Checked(
            cited,
            "ambiguous",
            f"简称可以指：{'、'.join(names[:_MOST])}",
            f"the name fits: {', '.join(names[:_MOST])}",
            candidates=names,
        )
    title, editions = next(iter(fitting.items()))
    return _in_editions(cited, title, editions, on, known.get(title, ()))


def _in_editions(
    cited: Cited, title: str, editions: Sequence[Edition], on: date, versions: Sequence[KnownEdition]
) -> Checked:
    dated = [(start, one) for one in editions if (start := begins(one, versions)) is not None]
    if not dated:
        return _undated(cited, title, editions, on)
    fit = [(start, one) for start, one in dated if start <= on]
    if not fit:
        first = min(start for start, _ in dated)
        return _not_in_force(cited, title, first, on)
    start, edition = max(fit, key=lambda pair: pair[0])
    newer = [one.since for one in versions if one.since and start < one.since <= on]
    if newer:
        return Checked(
            cited,
            "superseded",
            f"全文库只有{start}起施行的版本，{max(newer)}起已有新版本",
            f"the corpus has the version of {start} only; a newer one applies from {max(newer)}",
            title=title,
            version=edition.version,
        )
    return _within(cited, edition, title, unsure=False)


def _undated(cited: Cited, title: str, editions: Sequence[Edition], on: date) -> Checked:
    if len({one.version for one in editions}) > 1:
        return Checked(
            cited,
            "unknown-version",
            "全文库没有写明各版本的施行日期，无法选择版本",
            "the corpus names no days of effect: no version can be chosen",
            title=title,
        )
    edition = editions[0]
    if edition.version is not None and on < edition.version:
        return _not_in_force(cited, title, edition.version, on)
    return _within(cited, edition, title, unsure=True)


def _not_in_force(cited: Cited, title: str, first: date, on: date) -> Checked:
    return Checked(
        cited,
        "not-in-force",
        f"全文库中最早的版本始于{first}，{on}尚未施行",
        f"the earliest version of the corpus begins on {first}, after {on}",
        title=title,
    )


def begins(edition: Edition, versions: Sequence[KnownEdition]) -> date | None:
    """Return the first day of an edition: as the law data knows it, else as the corpus says, else ``None``."""
    made = edition.version
    if made is not None:
        later = [one.since for one in versions if one.since and 0 <= (one.since - made).days <= _LONGEST_WAIT]
        if later:
            return min(later)
    return edition.effective


def _within(cited: Cited, edition: Edition, title: str, *, unsure: bool) -> Checked:
    told = "（全文库没有写明施行日期）" if unsure else ""
    told_en = " (the corpus names no day of effect)" if unsure else ""
    if not cited.article:
        return Checked(
            cited, "exists", f"有这部文件{told}", f"the statute is there{told_en}", title, edition.version
        )
    text = edition.articles.get(cited.article)
    if text is None:
        return Checked(
            cited,
            "article-missing",
            f"该版本没有第{cited.article}条{told}",
            f"this version has no article {cited.article}{told_en}",
            title,
            edition.version,
        )
    digest = hashlib.sha256(text.encode()).hexdigest()
    missing = _missing_part(cited, text)
    if missing is not None:
        return Checked(cited, "part-missing", missing[0], missing[1], title, edition.version, digest, text)
    return Checked(cited, "exists", f"存在{told}", f"exists{told_en}", title, edition.version, digest, text)


def _several(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _missing_part(cited: Cited, text: str) -> tuple[str, str] | None:
    paragraphs: list[list[str]] = []
    for line in text.splitlines():
        if _ITEM.match(line) and paragraphs:
            paragraphs[-1].append(line)
        else:
            paragraphs.append([])
    if cited.paragraph > len(paragraphs):
        return (
            f"该条只有{len(paragraphs)}款",
            f"the article has only {_several(len(paragraphs), 'paragraph')}",
        )
    held = (
        paragraphs[cited.paragraph - 1] if cited.paragraph else [line for one in paragraphs for line in one]
    )
    if cited.item > len(held):
        return f"只有{len(held)}项", f"there are only {_several(len(held), 'item')}"
    return None
