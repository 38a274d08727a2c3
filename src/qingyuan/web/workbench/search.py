"""One search over what somebody sees: records, provisions and pages; the palette asks it too."""

from __future__ import annotations

from typing import NamedTuple

from starlette.responses import Response

from qingyuan.cases import choice_lists
from qingyuan.office import register
from qingyuan.store.register import Record, members
from qingyuan.web.asking import Ask
from qingyuan.web.navigation import FURTHER, Entry, entries
from qingyuan.web.routing import page
from qingyuan.web.words import said

_RECORDS, _RULES = 20, 20
_LONGEST = 200


class Hit(NamedTuple):
    """Something that was found: where it leads, what it is called, what it is."""

    href: str
    text: str
    aside: str


@page("GET", "/search", "case.list")
def show(ask: Ask) -> Response:
    """Show what holds every word: records by number, title and parties, then provisions, then pages."""
    words = ask.query("q")[:_LONGEST]
    return ask.page(
        "search.html",
        q=words,
        records=_records(ask, words) if words else [],
        rules=_rules(ask, words) if words else [],
        pages=_pages(ask, words) if words else [],
    )


def _records(ask: Ask, words: str) -> list[Hit]:
    home = ask.desk.home
    found = register.search(home, words, ask.scope, limit=_RECORDS)
    with home.database.read() as connection:
        known, _ = members(connection, [one.docket for one in found.rows])
    # The one that was named first, then its docket from the matter down.
    shown: dict[str, Record] = {one.id: one for one in found.rows}
    for one in found.rows:
        shown |= {each.id: each for each in known.get(one.docket, ()) if each.id not in shown}
    labels = choice_lists()

    def stage(one: Record) -> str:
        known = labels["lead-stage" if one.kind == "lead" else "case-stage"].get(one.stage)
        word = (known.zh if ask.lang == "zh" else known.en) if known else ask.t(f"stage.{one.stage}")
        return f"{ask.t(f'search.{one.kind}')} · {word}"

    return [
        Hit(ask.place_of(one.id), f"{one.id} {one.title}", stage(one))
        for one in list(shown.values())[: 2 * _RECORDS]
    ]  # fmt: skip


def _rules(ask: Ask, words: str) -> list[Hit]:
    return [
        Hit(f"/law/rules/{one.rule}", said(ask.lang, one.citation), said(ask.lang, one))
        for one in ask.desk.home.law.search(words)[:_RULES]
    ]


def _pages(ask: Ask, words: str) -> list[Hit]:
    wanted = words.lower().split()
    every = [Hit(one.href, ask.t(one.key), "") for one in (*entries(ask.permissions, ""), *_further(ask))]
    return [one for one in every if all(word in one.text.lower() for word in wanted)]


def _further(ask: Ask) -> list[Entry]:
    return [one for one in FURTHER if one.need in ask.permissions]
