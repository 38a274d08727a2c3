"""What the scans of a lead, or of a whole matter, found: kinds, persons, thresholds, every finding and every place, as files and as a report."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import urlencode

import msgspec
from starlette.responses import Response

from qingyuan.documents.page import report_html, report_sheet
from qingyuan.documents.sheet import sheet_pdf
from qingyuan.errors import QingyuanError
from qingyuan.law import Citation
from qingyuan.office.casework import load
from qingyuan.office.readings import readings_of
from qingyuan.office.scanned import (
    CLASSES,
    DECISIONS,
    EVERY,
    SUFFIXES,
    Wanted,
    narrowed,
    places,
    scans_of,
    write_findings,
    write_places,
)
from qingyuan.office.scanreport import scan_report
from qingyuan.office.summary import Gathered
from qingyuan.pii.catalog import catalog
from qingyuan.pii.reasons import said
from qingyuan.store.registry import ExhibitRow
from qingyuan.web.asking import Ask
from qingyuan.web.errors import bad_request, not_found, not_scanned
from qingyuan.web.handing import attached
from qingyuan.web.routing import page
from qingyuan.web.whole import whole
from qingyuan.web.workbench._gathered import gathered

_SIZE = 50
#: Names of the filters in the address, and members of :class:`Wanted`.
_NAMES = {
    "kind": "kind",
    "class": "tier",
    "decision": "state",
    "masked": "masked",
    "exhibit": "exhibit",
    "column": "column",
}
_LONGEST = 300
#: A table of the parts of a matter has so many rows at least, and so many at most.
_SEVERAL, _MOST_PIECES = 2, 40
#: What the interpretation of 2017 asks beside numbers: gain, insiders, lawful business, how records are counted.
_ALSO = ("pi-crime-gain", "pi-crime-insider", "pi-crime-business", "pi-crime-counting")


class Pages(msgspec.Struct, frozen=True):
    """Where one is in a list of pages.

    Attributes:
        number: The page, from 1.
        last: The last page.
        total: Rows in all.
        first: Number of its first row, from 1.
        end: Number of its last row.
        before: Query of the page before, or ``""``.
        after: Query of the next page, or ``""``.
    """

    number: int
    last: int
    total: int
    first: int
    end: int
    before: str
    after: str


def pages_of(number: int, total: int, query: dict[str, str]) -> Pages:
    """Return where a page of a list lies."""
    last = max(1, -(-total // _SIZE))

    def at(other: int) -> str:
        return urlencode({**query, "page": str(other)})

    return Pages(
        number,
        last,
        total,
        min(total, (number - 1) * _SIZE + 1),
        min(total, number * _SIZE),
        at(number - 1) if number > 1 else "",
        at(number + 1) if number < last else "",
    )


class Held(msgspec.Struct, frozen=True):
    """A lead or matter whose scans are shown.

    Attributes:
        id: Its number.
        title: Its title.
        base: Address of its page.
        scopes: What its material was sealed for.
        found: What the scans found.
    """

    id: str
    title: str
    base: str
    scopes: tuple[str, ...]
    found: Gathered


class Part(msgspec.Struct, frozen=True):
    """What one lead of a matter, or what was sealed for the matter itself, has to do with the whole.

    Attributes:
        id: The lead or matter.
        files: Its files.
        clear: Records that hold something in clear.
        distinct: Its different persons.
    """

    id: str
    files: int
    clear: int
    distinct: int


@page("GET", "/matters/{identifier}/scan", "material.view", slow=True)
@page("GET", "/leads/{identifier}/scan", "material.view", slow=True)
def scan(ask: Ask, identifier: str) -> Response:
    """Show what scans found: kinds, persons, thresholds, findings by page with masked excerpts, and what was not read."""
    held = held_of(ask, identifier, empty=True)
    found = held.found
    if not found.exhibits:
        return unscanned(ask, identifier)
    wanted, asked = _wanted(ask, found)
    fits = narrowed(found.findings, wanted)
    number = _number(ask)
    shown = fits[(number - 1) * _SIZE : number * _SIZE]
    home = ask.desk.home
    return ask.page(
        "scan.html",
        cited=_cited(ask, {p.rule for one in shown for p in one.provisions}),
        cited_counts=_cited(ask, {one.rule for one in found.summary.counts}),
        also=[home.law.provision(rule) for rule in _ALSO],
        held=held,
        pieces=_pieces(ask, held),
        summary=found.summary,
        readings=readings_of(found.summary, home.law, home.clock.now().date()),
        counts=found.summary.counts,
        findings=shown,
        pages=pages_of(number, len(fits), asked),
        unread=found.unread,
        kinds=catalog().kinds,
        choices=_choices(found, asked),
    )


@page("GET", "/matters/{identifier}/scan/places", "material.view", slow=True)
@page("GET", "/leads/{identifier}/scan/places", "material.view", slow=True)
def every_place(ask: Ask, identifier: str) -> Response:
    """Show every single place by page, with kind, decision, reason and column, also what was rejected; no value."""
    held = held_of(ask, identifier, empty=True)
    found = held.found
    if not found.exhibits:
        return unscanned(ask, identifier)
    wanted, asked = _wanted(ask, found)
    number = _number(ask)
    shown = places(ask.desk.home, held.scopes, wanted, first=(number - 1) * _SIZE, size=_SIZE)
    return ask.page(
        "places.html",
        because=said,
        held=held,
        shown=shown.rows,
        pages=pages_of(number, shown.total, asked),
        decisions=(*DECISIONS, EVERY),
        kinds=catalog().kinds,
        choices=_choices(found, asked),
    )


@page("GET", "/matters/{identifier}/scan/file", "material.view", slow=True)
@page("GET", "/leads/{identifier}/scan/file", "material.view", slow=True)
def file(ask: Ask, identifier: str) -> Response:
    """Hand out the findings or the places that the address asks for, as the CLI writes them; no value is in them."""
    held = held_of(ask, identifier)
    found = held.found
    wanted, _ = _wanted(ask, found)
    suffix, what = f".{ask.query('format') or 'csv'}", ask.query("what") or "findings"
    if suffix not in SUFFIXES or what not in {"findings", "places"}:
        raise not_found(f"{what}{suffix}")
    home = ask.desk.home
    return _handed(
        ask,
        f"{identifier}-{what}{suffix}",
        lambda target: (
            write_findings(narrowed(found.findings, wanted), target)
            if what == "findings"
            else write_places(home, held.scopes, wanted, target)
        ),
    )


@page("GET", "/matters/{identifier}/scan/report", "material.view", slow=True)
@page("GET", "/leads/{identifier}/scan/report", "material.view", slow=True)
def report(ask: Ask, identifier: str) -> Response:
    """Hand out the report of the scan as HTML or PDF, as ``scan --report`` writes it; nothing personal is in it."""
    kind = ask.query("format") or "pdf"
    if kind not in {"html", "pdf"}:
        raise not_found(kind)
    held = held_of(ask, identifier)
    found = held.found
    home = ask.desk.home
    today = home.clock.now().date()
    made = scan_report(
        scans_of(home, *held.scopes),
        found.summary,
        readings_of(found.summary, home.law, today),
        found.unread,
        issued=today.isoformat(),
        lang=ask.lang,
    )
    data = report_html(made).encode() if kind == "html" else sheet_pdf(report_sheet(made))
    return _handed(ask, f"{identifier}-scan.{kind}", lambda target: target.write_bytes(data))


def _handed(ask: Ask, name: str, write: Callable[[Path], object]) -> Response:
    """Return a file that a function writes, without keeping it."""
    with tempfile.TemporaryDirectory(prefix="qingyuan-") as folder:
        target = Path(folder) / name
        write(target)
        content = target.open("rb")  # it is read to its end after its name is gone
        size = target.stat().st_size
    return ask.finish(attached(content, size, f'filename="{name}"'))


def unscanned(ask: Ask, identifier: str) -> Response:
    """Show how something comes to be scanned, in place of what a scan found."""
    lead = ask.request.url.path.startswith("/leads/")
    return ask.page(
        "unscanned.html", record=identifier, base=f"/{'leads' if lead else 'matters'}/{identifier}"
    )


def held_of(ask: Ask, identifier: str, *, empty: bool = False) -> Held:
    """Return a lead or matter of the address and what its scans found; of nothing that was scanned only when ``empty``.

    Raises:
        WebError: There is none of that number, or nothing of it was scanned.
    """
    home = ask.desk.home
    loaded = load(home, identifier)
    docket = loaded.docket
    if ask.request.url.path.startswith("/leads/"):
        if (lead := docket.leads.get(identifier)) is None:
            raise not_found(identifier)
        base, title = f"/leads/{identifier}", lead.registered.title
        scopes: tuple[str, ...] = (identifier,)
    elif docket.matter is not None and docket.matter.id == identifier:
        base, title = f"/matters/{identifier}", docket.matter.title
        scopes = (*docket.leads, identifier)
    else:
        raise not_found(identifier)
    found = gathered(home, *scopes)
    if not found.exhibits and not empty:
        raise not_scanned(identifier)
    return Held(identifier, title, base, scopes, found)


def _pieces(ask: Ask, held: Held) -> list[Part]:
    """Return each part of a matter by itself, when there are several."""
    if len(held.scopes) < _SEVERAL + 1:
        return []
    found = {one: gathered(ask.desk.home, one) for one in held.scopes[:_MOST_PIECES]}
    shown = [
        Part(one, len(each.exhibits), each.summary.records.clear, each.summary.persons.distinct)
        for one, each in found.items()
        if each.exhibits
    ]
    return shown if len(shown) >= _SEVERAL else []


def _number(ask: Ask) -> int:
    number = whole(ask.query("page") or "1")
    if not number:
        raise bad_request("没有这一页", "there is no such page")
    return number


def _wanted(ask: Ask, found: Gathered) -> tuple[Wanted, dict[str, str]]:
    """Return what the address asks for, and its filters to keep in links; what is none of the choices is left out."""
    choices: dict[str, Iterable[str]] = {
        "kind": catalog().kinds,
        "class": CLASSES,
        "decision": (*DECISIONS, EVERY),
        "masked": ("yes", "no"),
        "exhibit": found.rows,
    }
    asked = {}
    for name in _NAMES:
        value = ask.query(name)[:_LONGEST]
        if value and value in choices.get(name, (value,)):
            asked[name] = value
    return Wanted(**{_NAMES[name]: value for name, value in asked.items()}), asked


class Choices(msgspec.Struct, frozen=True):
    """What the filters offer.

    Attributes:
        kinds: Kinds that were found.
        classes: Classes of kinds.
        columns: Names of columns that hold something.
        files: The exhibits.
        asked: What the address asks for, by name.
        query: The same, as it stands in the address.
        exhibit: The exhibit that is asked for, or ``None``.
    """

    kinds: list[str]
    classes: tuple[str, ...]
    columns: list[str]
    files: list[ExhibitRow]
    asked: dict[str, str]
    query: str
    exhibit: ExhibitRow | None


def _choices(found: Gathered, asked: dict[str, str]) -> Choices:
    return Choices(
        [*found.summary.kinds],
        CLASSES,
        sorted({one.column for one in found.summary.columns}),
        [found.rows[one] for one in found.exhibits if one in found.rows],
        asked,
        urlencode(asked),
        found.rows.get(asked.get("exhibit", "")),
    )


def _cited(ask: Ask, rules: Iterable[str]) -> dict[str, Citation]:
    """Return the provisions of findings as they are cited now, those that the law knows."""
    law, today = ask.desk.home.law, ask.desk.home.clock.now().date()
    found = {}
    for rule in rules:
        with contextlib.suppress(QingyuanError):
            found[rule] = law.cite(rule, today)
    return found
