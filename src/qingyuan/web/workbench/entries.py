"""One entry of the log: what it says, what it commits to, and the proof that it is there."""

from __future__ import annotations

import msgspec
from starlette.responses import Response

from qingyuan.office.entries import entry
from qingyuan.store import StoredEvent
from qingyuan.web.access import Permission
from qingyuan.web.asking import Ask
from qingyuan.web.errors import not_found
from qingyuan.web.portal.receipt import make_receipt
from qingyuan.web.routing import page

#: Streams of dockets begin with one of these.
DOCKETS = ("L", "M", "C")
_DIGITS = 18
#: Who sees entries of the office itself: posts, readings, keys.
_OFFICE: tuple[Permission, ...] = ("case.audit", "office.appoint", "office.manage")


@page("GET", "/ledger/entries/{identifier}", "signed-in")
def show(ask: Ask, identifier: str) -> Response:
    """Show an entry of the log."""
    event = _entry(ask, identifier)
    said = msgspec.json.format(msgspec.json.encode(event.payload), indent=2).decode()
    head = ask.desk.home.head()
    return ask.page(
        "entry.html",
        event=event,
        said=said,
        leaf=event.leaf.decode(),
        docket=event.stream.startswith(DOCKETS),
        size=head.size if head else 0,
    )


@page("GET", "/ledger/entries/{identifier}/receipt", "signed-in")
def proof(ask: Ask, identifier: str) -> Response:
    """Hand out the entry with the proof that it is in the log; ``/verify`` checks it, and so does anybody offline."""
    event = _entry(ask, identifier)
    headers = {"Content-Disposition": f'attachment; filename="entry-{event.index}.tlog-proof"'}
    return Response(
        make_receipt(ask.desk.home, event), media_type="application/octet-stream", headers=headers
    )


def _entry(ask: Ask, identifier: str) -> StoredEvent:
    if not (identifier.isascii() and identifier.isdigit() and len(identifier) <= _DIGITS):
        raise not_found(identifier)
    found = entry(ask.desk.home, int(identifier))
    if found.stream.startswith(DOCKETS):
        ask.require("case.read", found.stream)
    elif not any(ask.may(need) for need in _OFFICE):
        raise ask.desk.guard.refusal("case.audit")
    return found
