"""The law: search and reading, and the calculators, whose answers have addresses of their own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from starlette.responses import Response

from qingyuan.cases import evidence_matrix
from qingyuan.errors import QingyuanError
from qingyuan.law import Amounts, Citation, Facts, Law, Level, Organ, Provision
from qingyuan.office.casework import load
from qingyuan.web.asking import Ask
from qingyuan.web.errors import bad_request, not_found
from qingyuan.web.routing import page
from qingyuan.web.whole import whole
from qingyuan.web.workbench._amounts import amounts_in

_MOST = 60
_AMOUNTS = ("loss", "gain", "resources", "services", "restoration", "costs")


@page("GET", "/law", "signed-in")
def search(ask: Ask) -> Response:
    """Search the provisions, or show those of one law; without words, every law there is."""
    wanted, chosen = ask.query("q"), ask.query("law")
    law = ask.desk.home.law
    found = law.search(wanted) if wanted else ()
    if chosen and not wanted:
        found = tuple(one for one in law.provisions() if one.citation.law == chosen)
        if not found:
            raise not_found(chosen)
    return ask.page(
        "law.html",
        q=wanted,
        found=found if chosen else found[:_MOST],
        total=len(found),
        chosen=found[0].citation if chosen and found else None,
        instruments=() if found or wanted else _instruments(law),
    )


class Instrument(NamedTuple):
    """A law or rule of which provisions are in the data: how it is cited, how many of them, how many not read yet."""

    citation: Citation
    provisions: int
    unread: int


def _instruments(law: Law) -> list[Instrument]:
    """Return what the law data is made of, in its order."""
    found: dict[str, list[Provision]] = {}
    for one in law.provisions():
        found.setdefault(one.citation.law, []).append(one)
    return [
        Instrument(rows[0].citation, len(rows), sum(not one.verified for one in rows))
        for rows in found.values()
    ]


@page("GET", "/law/rules/{rule}", "signed-in")
def show(ask: Ask, rule: str) -> Response:
    """Show one provision."""
    return ask.page("rule.html", rule=ask.desk.home.law.provision(rule))


@page("GET", "/law/calculators", "signed-in")
def calculators(ask: Ask) -> Response:
    """Show the calculators, and the answer of the one that was asked."""
    law = ask.desk.home.law
    which = ask.query("which")
    answer, error = None, None
    known = _known(ask, ask.query("matter"))
    if which in _CALCULATORS:
        try:
            answer = _CALCULATORS[which](ask, law)
        except QingyuanError as problem:
            error = problem
    return ask.page(
        "calculators.html",
        which=which,
        answer=answer,
        error=error,
        periods=law.periods(),
        harms=law.harms(),
        amounts=_AMOUNTS,
        levels=list(Level),
        today=ask.desk.home.clock.now().date().isoformat(),
        known=known,
        given={**known, **ask.request.query_params},
    )


def _known(ask: Ask, matter: str) -> dict[str, str]:
    """Return what the calculators take from a matter: the counts of its leads, the kind of harm, amounts that its facts state."""
    if not matter:
        return {}
    ask.require("case.read", matter)
    docket = load(ask.desk.home, matter).docket
    if docket.matter is None:
        raise not_found(matter)
    leads = [lead.registered for lead in docket.leads.values()]
    counts = {
        name: sum(getattr(lead.counts, name) for lead in leads)
        for name in ("sensitive", "important", "general")
    }
    harms = [one.id for one in ask.desk.home.law.harms() if docket.matter.field in one.aliases]
    tracks = [case.track for case in docket.cases.values()]
    return {
        "matter": docket.matter.id,
        "title": docket.matter.title,
        "harm": harms[0] if harms else "",
        "track": tracks[0] if tracks else "",
        **{name: str(count) for name, count in counts.items() if count},
        **amounts_in(
            text for name in docket.cases for row in evidence_matrix(docket, name) for text in row.texts
        ),
    }


def _deadline(ask: Ask, law: Law) -> object:
    return law.deadline(ask.query("period"), _day(ask.query("from")), extend=_whole(ask.query("extend")))


def _threshold(ask: Ask, law: Law) -> object:
    counts = [_whole(ask.query(name)) for name in ("sensitive", "important", "general")]
    return law.threshold(*counts, gain=_amount(ask.query("gain")), insider=bool(ask.query("insider")))


def _damages(ask: Ask, law: Law) -> object:
    loss, gain, resources, services, restoration, costs = (_amount(ask.query(name)) for name in _AMOUNTS)
    amounts = Amounts(
        loss=loss, gain=gain, resources=resources, services=services, restoration=restoration, costs=costs
    )
    return law.damages(ask.query("harm"), amounts)


def _jurisdiction(ask: Ask, law: Law) -> object:
    division, level = ask.query("division"), ask.query("level")
    organ = None
    if division:
        if level not in set(Level):
            raise bad_request("请选择行政机关的级别", "choose the level of the organ")
        organ = Organ(ask.query("organ") or ask.t("calc.organ"), Level(level), division)
    act, result, domicile = (tuple(ask.query(name).split()) for name in ("act", "result", "domicile"))
    facts = Facts(
        on=_day(ask.query("on")),
        respondent=organ,
        act=act,
        result=result,
        domicile=domicile,
        online=bool(ask.query("online")),
    )
    return law.jurisdiction("civil" if ask.query("track") == "civil" else "administrative", facts)


_CALCULATORS: dict[str, Callable[[Ask, Law], object]] = {
    "deadline": _deadline,
    "threshold": _threshold,
    "damages": _damages,
    "jurisdiction": _jurisdiction,
}


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise bad_request("请填写日期", "give a day") from error


def _whole(text: str) -> int:
    if not text:
        return 0
    if (found := whole(text)) is None:
        raise bad_request("请填写非负整数", "give a whole number, not negative")
    return found


def _amount(text: str) -> Decimal | None:
    if not text:
        return None
    try:
        return Decimal(text.replace(",", ""))
    except InvalidOperation as error:
        raise bad_request("请填写金额（元）", "give an amount in CNY") from error
