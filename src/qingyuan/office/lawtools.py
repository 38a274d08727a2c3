"""What the law's calculators are asked with, wherever they stand: places by name, periods from a day of service, citations of a document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from qingyuan.law import titled
from qingyuan.office.errors import OfficeError

if TYPE_CHECKING:
    from qingyuan.law import Deadline, Law
    from qingyuan.law.corpus import Checked, Corpus

#: What a wrong citation is; anything else but ``exists`` cannot be told.
WRONG = frozenset({"article-missing", "part-missing", "not-in-force"})
#: Folder of a home in which full texts may lie.
CORPUS = "corpus"
#: Divisions that an error offers at most.
_OFFERED = 8


def code_of(known: Law, text: str, on: date, where: str) -> str:
    """Return the code that ``text`` means: itself when it is digits, else the one division of that name on the day, or before it.

    The code of an abolished division is returned as it was: what asks with it follows it to what it became, and says so.

    Raises:
        OfficeError: No division, or several, have the name.
    """
    if text.isdecimal():
        return text
    found = known.divisions_named(text, on) or known.divisions_ended(text, on)
    if not found:
        raise unnamed(known, text, on).within(where)
    if len(found) > 1:
        listed = "、".join(f"{each.full_name} {each.code}" for each in found)
        raise OfficeError(
            "office.ambiguous-division",
            zh=f"“{text}”有{len(found)}个：{listed}",
            en=f"{len(found)} divisions are called {text!r}: {listed}",
            where=where,
            remedy_zh="请写全称或者代码",
            remedy_en="give the full name or the code",
        )
    return found[0].code


def unnamed(known: Law, name: str, on: date) -> OfficeError:
    """Return the error for a name that no division had on a day; it offers those whose names begin so."""
    meant = "、".join(each.full_name for each in known.divisions_begun(name, on)[:_OFFERED])
    was = "、".join(f"{each.full_name} {each.code}" for each in known.divisions_ended(name, on)[:_OFFERED])
    if was:
        return OfficeError(
            "office.no-such-division",
            zh=f"{on}已没有名为“{name}”的行政区划",
            en=f"no division was called {name!r} any more on {on}",
            where=name,
            remedy_zh=f"此前为：{was}；请用此前的日期查询",
            remedy_en=f"it was {was}; ask with an earlier day",
        )
    return OfficeError(
        "office.no-such-division",
        zh=f"{on}没有名为“{name}”的行政区划",
        en=f"no division was called {name!r} on {on}",
        where=name,
        remedy_zh=f"是否指：{meant}" if meant else "请核对名称和日期，或者改用代码查询后继",
        remedy_en=f"perhaps {meant}" if meant else "check name and day, or ask by code for what became of it",
    )


def served_deadline(
    known: Law,
    period: str,
    start: date,
    *,
    mode: str = "",
    extend: int = 0,
    suspend: Sequence[tuple[date, date]] = (),
    analogous: bool = False,
) -> Deadline:
    """Return when a period ends that runs from an event, or from the day of service when a way of service is named.

    Args:
        known: The law.
        period: Identifier of the period.
        start: Day (or time) of the event, or of the act of service.
        mode: Identifier of a way of service, ``""`` for none.
        extend: Number of extensions.
        suspend: Days that do not count, both ends included.
        analogous: Whether rules apply to days before them.

    Raises:
        LawError: As :meth:`qingyuan.law.Law.deadline` and :meth:`qingyuan.law.Law.service`.
    """
    if not mode:
        return known.deadline(period, start, extend=extend, suspend=suspend, analogous=analogous)
    served = known.service(mode, start, analogous=analogous)
    answer = known.deadline(period, served.day, extend=extend, suspend=suspend, analogous=analogous)
    return msgspec.structs.replace(
        answer,
        firm=answer.firm and served.firm,
        verified=answer.verified and served.verified,
        steps=(*served.steps, *answer.steps),
        articles=tuple({one.rule: one for one in (*served.articles, *answer.articles)}.values()),
    )


class Citations(msgspec.Struct, frozen=True):
    """The citations of a document, checked.

    Attributes:
        verdict: ``"right"`` when every one exists; ``"wrong"`` when one is wrong; else ``"cannot-tell"``.
        counts: Number by verdict.
        rows: Each citation.
    """

    verdict: Literal["right", "wrong", "cannot-tell"]
    counts: dict[str, int]
    rows: tuple[Checked, ...]


def check_text(corpus: Corpus, text: str, on: date, known: Law) -> Citations:
    """Return what a corpus says to every citation of a text on a day."""
    from qingyuan.law.corpus import check_citations, citations  # noqa: PLC0415 - only texts need it

    found = check_citations(corpus, citations(text), on, known.editions(), known.moved(on))
    counts: Counter[str] = Counter(one.verdict for one in found)
    wrong, unsure = WRONG & set(counts), set(counts) - {"exists"}
    return Citations("wrong" if wrong else "cannot-tell" if unsure else "right", dict(counts), found)


def article_text(corpus: Corpus, title: str, article: str, on: date, known: Law) -> Checked:
    """Return what a corpus says to one article on a day, with its text when it has one."""
    from qingyuan.law.corpus import Cited, check_citations  # noqa: PLC0415 - only texts need it
    from qingyuan.law.corpus.numerals import article_key  # noqa: PLC0415

    cited = Cited(title.strip("《》"), article_key(article), 0, 0, f"{titled(title)}{article}", 0)
    (found,) = check_citations(corpus, [cited], on, known.editions(), known.moved(on))
    return found


def corpus_path(home: Path, given: str) -> Path | None:
    """Return where the full texts lie: what was ``given``, else the folder ``corpus`` of the home; ``None`` when there are none."""
    if given:
        return Path(given)
    folder = home / CORPUS
    return folder if folder.is_dir() else None


def no_corpus(where: str) -> OfficeError:
    """Return the error for texts that are asked for while there are none."""
    return OfficeError(
        "law.no-corpus",
        zh="没有法规全文库：本软件不附法规全文，不猜测条文",
        en="there is no corpus: the program brings no full texts and guesses none",
        where=where,
        remedy_zh="用 --corpus 或者环境变量 QINGYUAN_CORPUS 给出自备的全文库；工作台还读取主目录中的 corpus 文件夹",
        remedy_en="give your own with --corpus or QINGYUAN_CORPUS; the workbench also reads the folder corpus of the home",
    )
