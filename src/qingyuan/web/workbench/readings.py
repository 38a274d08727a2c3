"""The auditor's page: every reading of personal data, with who, when, which record, why and on which ground."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from datetime import date
from urllib.parse import urlencode

import msgspec
from starlette.responses import Response

from qingyuan.office import auditing
from qingyuan.office.auditing import KINDS, Reading, Wanted
from qingyuan.office.register import visible
from qingyuan.web.asking import Ask
from qingyuan.web.errors import bad_request
from qingyuan.web.guard import DOCKET
from qingyuan.web.portal import invitations, tickets
from qingyuan.web.routing import page
from qingyuan.web.words import said
from qingyuan.web.workbench._grounds import GROUNDS
from qingyuan.web.workbench._lists import as_file

_SIZE, _MOST = 50, 20_000
_NAMES = ("person", "what", "record", "from", "to")
_DIGITS = 18


class Shown(msgspec.Struct, frozen=True):
    """A row of the page.

    Attributes:
        one: The reading.
        name: Who, by name.
        dockets: The leads and matters that were read about.
        ground: The provision, as it is cited, or ``""``.
        reason: Why, without the ground.
    """

    one: Reading
    name: str
    dockets: tuple[str, ...]
    ground: str
    reason: str


@page("GET", "/readings", "case.audit")
def index(ask: Ask) -> Response:
    """Show the readings that the address asks for, the newest first."""
    given = {name: ask.query(name)[:100] for name in _NAMES}
    before = ask.query("before")
    if before and not (before.isascii() and before.isdigit() and len(before) <= _DIGITS):
        raise bad_request("没有这一页", "there is no such page")
    found = list(itertools.islice(_found(ask, given, int(before or 0)), _SIZE + 1))
    kept = urlencode({name: value for name, value in given.items() if value})
    more = f"{kept}&before={found[_SIZE - 1].one.index}" if len(found) > _SIZE else ""
    return ask.page(
        "readings.html",
        rows=found[:_SIZE],
        given=given,
        kinds=KINDS,
        people=_people(ask),
        kept=kept,
        more=more.lstrip("&"),
        first=bool(before),
    )


@page("GET", "/readings/file", "case.audit")
def file(ask: Ask) -> Response:
    """Hand out the readings as they are filtered."""
    given = {name: ask.query(name)[:100] for name in _NAMES}
    rows = itertools.islice(_found(ask, given, 0), _MOST)
    heads = [ask.t(f"readings.{name}") for name in _HEADS]
    cells = (
        (
            row.one.at,
            row.one.person,
            row.name,
            ask.t(f"reading.{row.one.what}"),
            " ".join(row.dockets),
            " ".join(row.one.records),
            row.reason,
            row.ground,
            row.one.index,
        )
        for row in rows
    )
    return ask.finish(as_file("readings", heads, cells))


_HEADS = ("when", "number", "who", "what", "docket", "record", "why", "ground", "entry")


def _found(ask: Ask, given: Mapping[str, str], before: int) -> Iterator[Shown]:
    """Yield the readings of dockets that who asks may list; what belongs to no docket known here is shown."""
    record = given["record"]
    # Of a lead, matter or case: what was read of any exhibit of its docket.
    members = frozenset(ask.desk.dockets.docket(record).loaded.streams) if DOCKET.match(record) else None
    wanted = Wanted(
        person=given["person"],
        what=given["what"] if given["what"] in KINDS else "",
        record="" if members else record,
        since=_day(given["from"]),
        until=_day(given["to"]),
    )
    people, seen = _people(ask), dict[str, bool]()
    for one in auditing.readings(ask.desk.home, wanted, before=before):
        dockets = tuple(
            dict.fromkeys(
                docket for name in one.records if (docket := ask.desk.guard.docket(name.partition("#")[0]))
            )
        )
        if members is not None and members.isdisjoint(dockets):
            continue
        for docket in dockets:
            if docket not in seen:
                seen[docket] = visible(ask.desk.home, docket, ask.scope)
        if dockets and not any(seen[docket] for docket in dockets):
            continue
        ground, reason = _ground(ask, one.reason)
        yield Shown(one, people.get(one.person, ""), dockets, ground, reason)


def _ground(ask: Ask, reason: str) -> tuple[str, str]:
    """Return the provision that a reason begins with, cited, and the rest."""
    rule, colon, rest = reason.partition(": ")
    if not colon or rule not in GROUNDS:
        return "", reason
    cited = ask.desk.home.law.cite(rule, ask.desk.home.clock.now().date())
    return said(ask.lang, cited), rest


def _people(ask: Ask) -> dict[str, str]:
    """Return the names of accounts, and of those invited, by who acted."""
    known = {one.person: one.display or one.name for one in ask.desk.people.all()}
    invited = tickets.listed(ask.desk, invitations.KINDS)
    return known | {f"portal-{one.id}": one.record["name"] for one in invited}


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise bad_request("日期写法有误", "that is no date", code="web.bad-date") from None
