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
