"""The tables of a case as files for spreadsheets: evidence, duties, measures, money."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from starlette.responses import Response

from qingyuan.cases import choice_lists, duty_matrix, evidence_groups, property_record
from qingyuan.law import Citation
from qingyuan.office.casework import Loaded
from qingyuan.web.asking import Ask
from qingyuan.web.errors import not_found
from qingyuan.web.pages import yuan
from qingyuan.web.routing import page
from qingyuan.web.words import said
from qingyuan.web.workbench._lists import as_file
from qingyuan.web.workbench._measures import chosen

#: Heads and rows of a table.
Table = tuple[Sequence[str], Iterable[Sequence[object]]]


@page("GET", "/cases/{identifier}/{name}/file", "case.read")
def file(ask: Ask, identifier: str, name: str) -> Response:
    """Hand out a table of a case; of the measures, those that the address asks for."""
    loaded = ask.desk.dockets.docket(identifier).loaded
    if identifier not in loaded.docket.cases or name not in TABLES:
        raise not_found(f"{identifier} {name}")
    heads, rows = TABLES[name](ask, loaded, identifier)
    return ask.finish(as_file(f"{identifier}-{name}", heads, rows))


def _evidence(ask: Ask, loaded: Loaded, case: str) -> Table:
    heads = [
        ask.t("matter.group"),
        ask.t("matter.element"),
        ask.t("matter.established"),
        ask.t("matter.exhibits"),
        ask.t("matter.state"),
    ]
    rows = [
        [
            said(ask.lang, group),
            said(ask.lang, row),
            "\n".join(row.texts),
            " ".join(row.exhibits),
            ask.t("matter.proved" if row.proved else "matter.open"),
        ]
        for group in evidence_groups(loaded.docket, case)
        for row in group.rows
    ]
    return heads, rows


def _duties(ask: Ask, loaded: Loaded, case: str) -> Table:
    home = ask.desk.home
    heads = [
        ask.t("matter.regulator"),
        ask.t("matter.duty"),
        ask.t("due.basis"),
        ask.t("matter.proof"),
        ask.t("matter.measures"),
        ask.t("matter.state"),
    ]
    if loaded.docket.cases[case].track != "administrative":
        raise not_found(f"{case} duties")
    rows = [
        [
            said(ask.lang, row, "regulator"),
            said(ask.lang, row, "act"),
            " ".join(_cited(ask, one) for one in row.articles),
            said(ask.lang, row, "proof"),
            "\n".join(f"{one.id} {one.text} ({said(ask.lang, one, 'status')})" for one in row.measures),
            ask.t(f"performance.{row.performance}"),
        ]
        for row in duty_matrix(loaded.docket, case, law=home.law, now=home.clock.now())
    ]
    return heads, rows


def _measures(ask: Ask, loaded: Loaded, case: str) -> Table:
    heads = [
        ask.t("list.id"),
        ask.t("measures.text"),
        ask.t("measures.owner"),
        ask.t("due.by"),
        ask.t("measures.test"),
        ask.t("measures.before"),
        ask.t("measures.after"),
        ask.t("matter.state"),
    ]
    statuses = choice_lists()["measure-status"]
    given = {name: ask.query(name) for name in ("sort", "status", "owner")}
    rows = [
        [
            one.id,
            one.entered.text,
            one.entered.owner,
            one.entered.due,
            one.entered.test,
            " ".join(one.entered.before),
            " ".join(one.after),
            said(ask.lang, statuses[one.status]),
        ]
        for one in chosen(loaded.docket.cases[case], given)
    ]
    return heads, rows


def _money(ask: Ask, loaded: Loaded, case: str) -> Table:
    heads = [
        ask.t("money.day"),
        ask.t("money.entry"),
        ask.t("money.amount"),
        ask.t("money.other"),
        ask.t("money.account"),
        ask.t("money.balance"),
        ask.t("money.receipt"),
    ]
    rows = [
        [
            row.on,
            said(ask.lang, row),
            _amount(row.fen),
            row.other,
            row.account,
            _amount(row.balance),
            row.receipt,
        ]
        for row in property_record(loaded.docket, case).rows
    ]
    return heads, rows


def _amount(fen: int) -> str:
    """Return an amount in CNY with both places, as spreadsheets read it: no commas."""
    return yuan(fen).replace(",", "")


def _cited(ask: Ask, one: Citation) -> str:
    return said(ask.lang, one)


#: The tables by the name in the address.
TABLES: Mapping[str, Callable[[Ask, Loaded, str], Table]] = {
    "evidence": _evidence,
    "duties": _duties,
    "measures": _measures,
    "money": _money,
}
