"""What went to other sites and came from them: one list, the newest first, narrowed in the address, and the same as a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Literal
from urllib.parse import urlencode

import msgspec

from qingyuan.exchange import KINDS
from qingyuan.office.exchange import status
from qingyuan.office.exchange.state import Item, PeerStatus
from qingyuan.office.register import visible
from qingyuan.store.register import ALL
from qingyuan.web.asking import Ask
from qingyuan.web.errors import bad_request
from qingyuan.web.guard import DOCKET
from qingyuan.web.whole import whole
from qingyuan.web.words import said

SIZE = 50
WAYS = ("sent", "received")
#: How a bundle stands: sent and without a receipt, sent and served, taken in without its act.
STATES = ("waiting", "served", "not-done")
#: Names of the filters in the address; the form that sends has others.
NAMES = ("site", "way", "what", "of", "state", "from", "to")
#: Columns of the file.
HEADS = ("peer", "way", "id", "what", "record", "theirs", "logged", "served", "how", "note", "manifest")


class Row(msgspec.Struct, frozen=True):
    """A bundle that went or came.

    Attributes:
        site: The other site.
        way: Whether it was sent or received.
        item: What is known of it.
        state: One of :data:`STATES`, or ``""``.
    """

    site: PeerStatus
    way: Literal["sent", "received"]
    item: Item
    state: str

    @property
    def ours(self) -> str:
        """Our record it is about; of a refused one, the record it was meant for."""
        if self.way == "sent":
            return self.item.ref
        return self.item.record or (self.item.your_ref if DOCKET.match(self.item.your_ref) else "")

    @property
    def theirs(self) -> str:
        """Their record, as far as they told it."""
        return (self.item.record or self.item.your_ref) if self.way == "sent" else self.item.ref


class Bundles(msgspec.Struct, frozen=True):
    """A page of the list.

    Attributes:
        rows: Its rows.
        given: The filters of the address, by name.
        narrowed: Whether anything is filtered.
        more: Address of the next page, or ``""``.
        first: Address of the first page, or ``""`` when this is it.
        file: Address of the whole list as a file.
    """

    rows: tuple[Row, ...]
    given: Mapping[str, str]
    narrowed: bool
    more: str
    first: str
    file: str


def listed(ask: Ask, sites: Sequence[PeerStatus]) -> Bundles:
    """Return the page that the address asks for.

    Raises:
        WebError: A date or a page that is none.
    """
    given = _given(ask)
    kept = urlencode({name: value for name, value in given.items() if value})
    before = ask.query("before")
    last = whole(before) if before else None
    if before and last is None:
        raise bad_request("没有这一页", "there is no such page")
    rows = [row for row in rows_of(ask, sites, given) if last is None or row.item.index < last]
    more = ""
    if len(rows) > SIZE:
        more = "/exchange?" + "&".join(filter(None, (kept, f"before={rows[SIZE - 1].item.index}")))
    return Bundles(
        tuple(rows[:SIZE]),
        given,
        bool(kept),
        more,
        (f"/exchange?{kept}" if kept else "/exchange") if before else "",
        f"/exchange/file?{kept}" if kept else "/exchange/file",
    )


def cells(ask: Ask) -> Iterator[Sequence[object]]:
    """Yield the lines of the file, as the list is filtered.

    Raises:
        WebError: A date that is none.
    """
    for row in rows_of(ask, status(ask.desk.home), _given(ask)):
        item = row.item
        witnessed = ask.t("exchange.witnessed") if item.witnessed else ask.t("exchange.told")
        yield (
            f"{row.site.title} ({row.site.peer})",
            ask.t(f"exchange.{row.way}"),
            item.seq,
            ask.t(f"exchange-kind.{item.kind}"),
            row.ours,
            row.theirs,
            item.at,
            item.served_at,
            witnessed if item.served_at else "",
            said(ask.lang, item, "note"),
            item.manifest,
        )


def rows_of(ask: Ask, sites: Sequence[PeerStatus], given: Mapping[str, str]) -> list[Row]:
    """Return what went and came, the newest first: what is about records that who asks may list, or about none."""
    known = {"": True}

    def shown(record: str) -> bool:
        if record not in known:
            # What names a record that is not ours hides nothing.
            known[record] = visible(ask.desk.home, record, ask.scope) or not visible(
                ask.desk.home, record, ALL
            )
        return known[record]

    rows = [
        row
        for site in sites
        if given["site"] in {"", site.peer}
        for row in _rows(site)
        if _fits(row, given) and shown(row.ours)
    ]
    return sorted(rows, key=lambda row: -row.item.index)


def _rows(site: PeerStatus) -> Iterator[Row]:
    for item in site.sent:
        state = "served" if item.served_at else "" if item.kind == "receipt" else "waiting"
        yield Row(site, "sent", item, state)
    for item in site.received:
        yield Row(site, "received", item, "not-done" if item.note_zh else "")


def _fits(row: Row, given: Mapping[str, str]) -> bool:
    day = row.item.at[:10]
    return (
        given["way"] in {"", row.way}
        and given["what"] in {"", row.item.kind}
        and given["of"] in {"", row.ours, row.theirs}
        and given["state"] in {"", row.state}
        and (not given["from"] or day >= given["from"])
        and (not given["to"] or day <= given["to"])
    )


def _given(ask: Ask) -> dict[str, str]:
    given = {name: ask.query(name).strip()[:100] for name in NAMES}
    for name in ("from", "to"):
        if given[name]:
            try:
                given[name] = date.fromisoformat(given[name]).isoformat()
            except ValueError:
                raise bad_request("日期写法有误", "that is no date", code="web.bad-date") from None
    for name, values in (("way", WAYS), ("what", KINDS), ("state", STATES)):
        if given[name] not in values:
            given[name] = ""
    return given
