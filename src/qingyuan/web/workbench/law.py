"""The law: search and reading."""

from __future__ import annotations

from typing import NamedTuple

from starlette.responses import Response

from qingyuan.law import Citation, Law, Provision
from qingyuan.web.asking import Ask
from qingyuan.web.errors import not_found
from qingyuan.web.routing import page

_MOST = 60


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
        named=[] if chosen or not wanted else _named(law, wanted),
        groups={} if found or wanted else _grouped(law),
    )


class Instrument(NamedTuple):
    """A law or rule of which provisions are in the data: how it is cited, how many of them, how many not read yet."""

    citation: Citation
    provisions: int
    unread: int


#: Kinds of instruments in the order they are shown; what is of another kind comes after them.
_KINDS = ("law", "interpretation", "regulation", "rule", "guidance", "notice", "case", "setting", "draft")


def _instruments(law: Law) -> list[Instrument]:
    """Return what the law data is made of, in its order."""
    found: dict[str, list[Provision]] = {}
    for one in law.provisions():
        found.setdefault(one.citation.law, []).append(one)
    return [
        Instrument(rows[0].citation, len(rows), sum(not one.verified for one in rows))
        for rows in found.values()
    ]


def _grouped(law: Law) -> dict[str, list[Instrument]]:
    """Return the instruments by their kind."""
    found: dict[str, list[Instrument]] = {kind: [] for kind in _KINDS}
    for one in _instruments(law):
        found[law.kind_of(one.citation.rule)].append(one)
    return {kind: rows for kind, rows in found.items() if rows}


def _named(law: Law, words: str) -> list[Instrument]:
    """Return the instruments whose title in either language holds every word."""
    wanted = words.casefold().split()
    return [
        one
        for one in _instruments(law)
        if all(word in f"{one.citation.law} {one.citation.law_en}".casefold() for word in wanted)
    ]


@page("GET", "/law/rules/{rule}", "signed-in")
def show(ask: Ask, rule: str) -> Response:
    """Show one provision."""
    return ask.page("rule.html", rule=ask.desk.home.law.provision(rule))
