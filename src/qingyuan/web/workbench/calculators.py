"""The calculators of the law: every answer has an address of its own, its steps and its articles."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation

import msgspec
from starlette.responses import Response

from qingyuan.cases import evidence_matrix
from qingyuan.errors import QingyuanError
from qingyuan.law import Amounts, Exclusion, Facts, Law, Level, Move, Organ, Sale, Track
from qingyuan.office.casework import load
from qingyuan.office.lawtools import code_of, served_deadline
from qingyuan.shapes import convert
from qingyuan.web.asking import Ask
from qingyuan.web.errors import bad_request, not_found
from qingyuan.web.routing import page
from qingyuan.web.whole import whole
from qingyuan.web.workbench._amounts import amounts_in

_AMOUNTS = ("loss", "gain", "resources", "services", "restoration", "costs")
#: What changes who files, in the order of the Rules.
MOVES = (
    "designated", "handed-down", "taken-up", "self-filed", "asked-up", "agreed", "transferred", "disputed",
)  # fmt: skip


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
        modes=law.service_modes(),
        harms=law.harms(),
        amounts=_AMOUNTS,
        levels=list(Level),
        moves=MOVES,
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
    since, until = ask.query("stop-from"), ask.query("stop-to")
    suspend = [(_day(since or until), _day(until or since))] if since or until else []
    return served_deadline(
        law,
        ask.query("period"),
        _day(ask.query("from")),
        mode=ask.query("mode"),
        extend=_whole(ask.query("extend")),
        suspend=suspend,
        analogous=bool(ask.query("analogous")),
    )


def _service(ask: Ask, law: Law) -> object:
    return law.service(ask.query("way"), _day(ask.query("on")), analogous=bool(ask.query("analogous")))


def _threshold(ask: Ask, law: Law) -> object:
    counts = [_whole(ask.query(name)) for name in ("sensitive", "important", "general")]
    left_out = [
        Exclusion(tier, reason, count)
        for tier in ("sensitive", "important", "general")
        for reason in ("untrue", "duplicate")
        if (count := _whole(ask.query(f"{reason}-{tier}")))
    ]
    return law.threshold(
        *counts,
        gain=_amount(ask.query("gain")),
        insider=bool(ask.query("insider")),
        on=_day_or_none(ask.query("when")),
        recipients=_whole(ask.query("recipients")) or None,
        excluded=left_out,
        business=bool(ask.query("business")),
    )


def _damages(ask: Ask, law: Law) -> object:
    loss, gain, resources, services, restoration, costs = (_amount(ask.query(name)) for name in _AMOUNTS)
    price, times = _amount(ask.query("price")), _whole(ask.query("times"))
    amounts = Amounts(
        loss=loss,
        gain=gain,
        price=() if price is None else (Sale(price, times or 1),),
        resources=resources,
        services=services,
        restoration=restoration,
        costs=costs,
    )
    return law.damages(ask.query("harm"), amounts, on=_day_or_none(ask.query("when")))


def _jurisdiction(ask: Ask, law: Law) -> object:
    on = _day(ask.query("on"))

    def codes(name: str) -> tuple[str, ...]:
        return tuple(code_of(law, text, on, ask.t(f"calc.{name}")) for text in ask.query(name).split())

    division, level = codes("division"), ask.query("level")
    organ = None
    if division:
        if level not in set(Level):
            raise bad_request("请选择行政机关的级别", "choose the level of the organ")
        name = ask.query("organ") or ask.t("calc.organ")
        organ = Organ(name, Level(level), division[0], government=bool(ask.query("government")))
    facts = Facts(
        on=on,
        respondent=organ,
        act=codes("act"),
        result=codes("result"),
        domicile=codes("domicile"),
        cross_division=bool(ask.query("cross")),
        major=bool(ask.query("major")),
        online=bool(ask.query("online")),
        criminal_office=next(iter(codes("criminal")), None),
        moves=_moves(ask, codes),
    )
    track = Track.CIVIL if ask.query("track") == "civil" else Track.ADMINISTRATIVE
    return law.jurisdiction(track, facts, analogous=bool(ask.query("analogous")))


def _moves(ask: Ask, codes: Callable[[str], tuple[str, ...]]) -> tuple[Move, ...]:
    """Return the decision that moves the case, if one is given."""
    kind = ask.query("move")
    if not kind:
        return ()
    by, to = next(iter(codes("by")), ""), next(iter(codes("to")), "")
    try:
        return (convert({"kind": kind, "by": by, "to": to, "basis": ask.query("basis")}, Move),)
    except msgspec.ValidationError as error:
        raise bad_request("没有这种变更", "there is no such change") from error


_CALCULATORS: dict[str, Callable[[Ask, Law], object]] = {
    "deadline": _deadline,
    "service": _service,
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


def _day_or_none(text: str) -> date | None:
    return _day(text) if text else None
