"""The day of service by the way of service."""

from __future__ import annotations

from datetime import date

import msgspec

from qingyuan.law._calendar import WorkCalendar
from qingyuan.law._deadline import count
from qingyuan.law._schema import ServiceMode
from qingyuan.law._store import Store
from qingyuan.law._versions import Citer
from qingyuan.law._words import articles_en, articles_zh
from qingyuan.law.errors import LawError
from qingyuan.law.model import Citation, Step


class Service(msgspec.Struct, frozen=True):
    """Which day counts as the day a document was served.

    Attributes:
        mode: Identifier of the way of service.
        zh: Its name, Chinese.
        en: Its name, English.
        on: Day of the act: signed, left, read out, arrived, received, published.
        day: Day of service, from which periods run.
        firm: ``False`` when the day is provisional (暂定); a step says why.
        asks_zh: What has to be on record for this way, Chinese; ``""`` for nothing beside the proof of service.
        asks_en: The same in English.
        steps: How the day was found, in order.
        articles: The provisions applied.
        verified: Whether all of them were read in a named source.
    """

    mode: str
    zh: str
    en: str
    on: date
    day: date
    firm: bool
    asks_zh: str
    asks_en: str
    steps: tuple[Step, ...]
    articles: tuple[Citation, ...]
    verified: bool


def serve(
    store: Store, citer: Citer, work: WorkCalendar, mode: str, on: date, *, analogous: bool = False
) -> Service:
    """Return the day of service of what was done on ``on``; see :meth:`qingyuan.law.Law.service`.

    Raises:
        LawError: No such way of service, or its rules were not in force.
    """
    record = known_mode(store, mode)
    cited = citer.cite_all(record.rules, on, analogous=analogous)
    gap = citer.cite_those_in_force(store.service_gap, on) if _through(store, record) else ()
    basis = tuple({one.rule: one for one in (*cited, *gap)}.values())
    said, said_en = articles_zh(basis), articles_en(basis)
    counts = record.counts
    steps = [
        Step(
            f"{record.zh}：以{counts.zh}为送达日期（{said}）",
            f"{record.en}: {counts.en} is the day of service ({said_en})",
        )
    ]
    day, firm, articles = on, True, basis
    if record.period:
        notice = count(store, citer, work, record.period, on, 0, (), analogous=analogous)
        steps += notice.steps
        day, firm = notice.due, notice.firm
        articles = tuple({one.rule: one for one in (*basis, *notice.articles)}.values())
    steps.append(Step(f"送达日期：{day}", f"day of service: {day}", day))
    if record.asks:
        steps.append(Step(f"注意：须记录在案：{record.asks.zh}", f"note: to be on record: {record.asks.en}"))
    steps += _unread(basis if not record.period else ())
    return Service(
        mode=record.id,
        zh=record.zh,
        en=record.en,
        on=on,
        day=day,
        firm=firm and not any(one.analogous for one in articles),
        asks_zh=record.asks.zh if record.asks else "",
        asks_en=record.asks.en if record.asks else "",
        steps=tuple(steps),
        articles=articles,
        verified=all(one.verified for one in articles),
    )


def known_mode(store: Store, mode: str) -> ServiceMode:
    """Return a way of service by its identifier or name.

    Raises:
        LawError: There is none.
    """
    modes = [entry.record for entry in store.service_modes.values()]
    found = next((one for one in modes if mode in {one.id, one.zh, one.en}), None)
    if found is None:
        raise LawError(
            "law.unknown-service",
            zh=f"没有名为“{mode}”的送达方式",
            en=f"there is no way of service named {mode!r}",
            where=mode,
            remedy_zh="可用：" + "、".join(f"{one.id}（{one.zh}）" for one in modes),
            remedy_en="known: " + ", ".join(one.id for one in modes),
        )
    return found


def _through(store: Store, record: ServiceMode) -> bool:
    """Tell whether a rule of the procedure laws is among those applied."""
    own = {store.instrument_of(rule) for rule in store.service_gap}
    return any(store.instrument_of(rule) not in own for rule in record.rules)


def _unread(articles: tuple[Citation, ...]) -> list[Step]:
    unread = [one for one in articles if not one.verified]
    if not unread:
        return []
    return [
        Step(
            f"未核对原文，使用前须核对：{articles_zh(unread)}",
            f"not read in the original, check before use: {articles_en(unread)}",
        )
    ]
