"""Exchange with other sites: who is known, what went and came, making a bundle and taking one in."""

from __future__ import annotations

import io
import shutil
from typing import cast
from urllib.parse import quote

import msgspec
from starlette.responses import Response

from qingyuan.errors import QingyuanError
from qingyuan.exchange import KINDS, Kind, Opened
from qingyuan.office.browser import TemporaryFolder
from qingyuan.office.exchange import Receipt, Sent, add_peer, read_received, receive, send, status
from qingyuan.office.exchange.peers import own_keys, read_introduction
from qingyuan.office.exchange.sending import send_again
from qingyuan.office.exchange.state import Item, PeerStatus
from qingyuan.office.register import visible
from qingyuan.store.register import ALL
from qingyuan.web.asking import Ask
from qingyuan.web.errors import bad_request, not_found
from qingyuan.web.guard import DOCKET
from qingyuan.web.handing import attached
from qingyuan.web.portal.files import MAX_FILE_BYTES, MAX_FILES, received
from qingyuan.web.routing import page
from qingyuan.web.whole import whole
from qingyuan.web.workbench._bundles import HEADS, STATES, WAYS, cells, listed
from qingyuan.web.workbench._lists import as_file
from qingyuan.web.workbench.health import shown

#: What a person sends; receipts are made when a bundle is taken in.
SENDABLE = tuple(kind for kind in KINDS if kind != "receipt")
#: Particulars that have a word of their own; a site may say others.
SAID = frozenset({
    "title", "field", "region", "summary", "source", "received_on", "reason", "demands", "urgent", "decided_on",
    "court", "claims", "accepted", "seq", "bundle", "record", "received_at",
})  # fmt: skip
_MOST = 500 << 20


@page("GET", "/exchange", "case.export")
def index(ask: Ask) -> Response:
    """Show every known site with what went and came, and what is missing."""
    return _show(ask)


@page("GET", "/exchange/file", "case.export")
def file(ask: Ask) -> Response:
    """Hand out the list of what went and came, as it is filtered."""
    heads = [ask.t(f"exchange-head.{name}") for name in HEADS]
    return ask.finish(as_file("exchange", heads, cells(ask)))


@page("POST", "/exchange/peers", "office.manage")
def introduce(ask: Ask) -> Response:
    """Register a site by the introduction it handed over."""
    files = ask.uploads("introduction")
    try:
        if not files:
            raise bad_request("没有选择文件", "no file was chosen", code="web.no-files")
        with TemporaryFolder("material") as folder:
            path = folder.path / "introduction.json"
            with path.open("wb") as file:
                shutil.copyfileobj(files[0].file, file)
            told = read_introduction(path)
        name = ask.field("name")
        with ask.desk.turn:
            add_peer(
                ask.desk.home, name, title=told.get("title", name), log=told.get("log", ""),
                package=told.get("package", ""), actor=ask.person,
            )  # fmt: skip
            ask.desk.home.publish()
    except QingyuanError as error:
        return shown(ask, error, ask.field("name"))
    return ask.redirect("/admin/health", "done.peer")


@page("GET", "/exchange/introduction", "signed-in")
def introduction(ask: Ask) -> Response:
    """Hand out our own introduction: public keys, to be compared by telephone or in person."""
    log, package = own_keys(ask.desk.home)
    told = {"title": ask.desk.home.settings.office.name, "log": log, "package": package}
    headers = {"Content-Disposition": 'attachment; filename="introduction.json"'}
    return Response(msgspec.json.encode(told), media_type="application/json", headers=headers)


@page("POST", "/exchange/send", "case.export")
def make(ask: Ask) -> Response:
    """Make a bundle of a lead or case and hand it out as a file."""
    kind = ask.field("kind")
    try:
        if kind not in SENDABLE:
            raise bad_request("请选择发送的内容", "choose what is sent")
        said = _said(ask, kind)
        with received(ask, "papers") as files, TemporaryFolder("material") as folder:
            papers = [one.path.rename(folder.path / one.name) for one in files]
            with ask.desk.turn:
                made = send(
                    ask.desk.home, cast("Kind", kind), ask.field("peer"), record=ask.field("record"),
                    your_ref=ask.field("your_ref"), body=said, files=papers, actor=ask.person, offline=True,
                )  # fmt: skip
                ask.desk.home.publish()
    except QingyuanError as error:
        return _show(ask, error=error)
    return _file(made)


@page("GET", "/exchange/{identifier}/{name}/file", "case.export", slow=True)
def again(ask: Ask, identifier: str, name: str) -> Response:
    """Make the file of a bundle that was logged again."""
    known = {one.peer: one for one in status(ask.desk.home)}
    number = whole(name)
    if identifier not in known or number is None:
        raise not_found(identifier)
    item = next((one for one in known[identifier].sent if one.seq == number), None)
    if item is None:
        raise not_found(f"{identifier} {name}")
    if item.ref:
        ask.require("case.export", item.ref)
    return _file(send_again(ask.desk.home, identifier, number))


@page("GET", "/exchange/{identifier}/received/{name}", "case.export", slow=True)
def came(ask: Ask, identifier: str, name: str) -> Response:
    """Show what a bundle of another site says and which documents it brought; that it was read is an event before."""
    site, item, opened = _received(ask, identifier, name)
    body = [(key, value, key in SAID) for key, value in opened.manifest.body.items()]
    return ask.page(
        "exchanged.html", site=site, item=item, bundle=opened.manifest, body=body, witnessed=opened.witnessed
    )


@page("GET", "/exchange/{identifier}/received/{name}/file", "case.export", slow=True)
def document(ask: Ask, identifier: str, name: str) -> Response:
    """Hand out one document of a bundle that came; that it was read is an event before the first byte leaves."""
    _, _, opened = _received(ask, identifier, name)
    files = list(opened.files.items())
    number = whole(ask.query("n"))
    if number is None or not 1 <= number <= len(files):
        raise not_found(f"{identifier} {name}")
    called, content = files[number - 1]
    return attached(io.BytesIO(content), len(content), f"filename*=UTF-8''{quote(called)}")


def _received(ask: Ask, identifier: str, name: str) -> tuple[PeerStatus, Item, Opened]:
    """Return a bundle that was taken in, once the person may see what it became and the reading is written down."""
    site = next((one for one in status(ask.desk.home) if one.peer == identifier), None)
    number = whole(name)
    item = next((one for one in site.received if one.seq == number), None) if site else None
    if site is None or item is None or not item.exhibit:
        raise not_found(f"{identifier} {name}")
    if about := _about(ask, item):
        ask.require("case.read", about)
    ask.desk.note_reading("exhibit", [item.exhibit], actor=ask.person)
    return site, item, read_received(ask.desk.home, item)


def _about(ask: Ask, item: Item) -> str:
    """Return our record that a bundle that came is about: what it became, or the one it was meant for; ``""`` for none."""
    if item.record or not DOCKET.match(item.your_ref):
        return item.record
    return item.your_ref if visible(ask.desk.home, item.your_ref, ALL) else ""


def _said(ask: Ask, kind: str) -> dict[str, str | int | bool | list[str]]:
    """Return what a person says in a reply: the receiver's record takes in nothing without it.

    Raises:
        WebError: ``web.no-answer``, ``web.no-summary``.
    """
    if kind != "reply":
        return {}
    for name, zh, en in (
        ("accepted", "请写明是否采纳", "say whether it is accepted"),
        ("summary", "请写明办理情况", "say what was done"),
    ):
        if not ask.field(name):
            raise bad_request(zh, en, code=f"web.no-{name}")
    return {"accepted": ask.field("accepted"), "summary": ask.field("summary")}


@page("POST", "/exchange/receive", "case.act")
def take(ask: Ask) -> Response:
    """Verify a bundle whole and take it in; one that does not hold changes nothing."""
    files = ask.uploads("bundle")
    try:
        if not files or (files[0].size or 0) > _MOST:
            raise bad_request("没有选择交换包", "no bundle was chosen", code="web.no-files")
        with ask.desk.turn, TemporaryFolder("material") as folder:
            path = folder.path / "bundle.qyx"
            with path.open("wb") as file:
                shutil.copyfileobj(files[0].file, file)
            taken = receive(ask.desk.home, path, actor=ask.person, offline=True)
    except QingyuanError as error:
        return _show(ask, error=error)
    if taken.record.startswith("L"):
        ask.desk.posts.handle(taken.record, ask.person)
    return _show(ask, taken=taken)


def _show(ask: Ask, *, error: QingyuanError | None = None, taken: Receipt | None = None) -> Response:
    sites = status(ask.desk.home)
    return ask.page(
        "exchange.html",
        400 if error else 200,
        sites=sites,
        found=listed(ask, sites),
        ways=WAYS,
        states=STATES,
        every=KINDS,
        kinds=SENDABLE,
        most=(MAX_FILES, MAX_FILE_BYTES),
        error=error,
        taken=taken,
        given={
            "kind": ask.field("kind"),
            "peer": ask.field("peer"),
            "record": ask.query("record") or ask.field("record"),
            "your_ref": ask.field("your_ref"),
            "accepted": ask.field("accepted"),
            "summary": ask.field("summary"),
        },
    )


def _file(made: Sent) -> Response:
    name = f"{made.peer}-{made.seq:06}-{made.kind}.qyx"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(made.data, media_type="application/octet-stream", headers=headers)
