"""Taking a bundle in: verified whole, sealed as it came, applied in its turn, answered with a receipt."""

from __future__ import annotations

import mmap
import os
import shutil
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Literal

import msgspec
import sqlalchemy as sa

from qingyuan.cases import CasesError, decide
from qingyuan.exchange import (
    SENT,
    Data,
    ExchangeError,
    Manifest,
    Opened,
    Peer,
    check_head,
    open_bundle,
    place_of,
)
from qingyuan.exchange.order import Place, check_waiting
from qingyuan.ledger import VerifierKey
from qingyuan.office.browser import TemporaryFolder
from qingyuan.office.casework import Argument, act_within, docket_streams
from qingyuan.office.errors import OfficeError
from qingyuan.office.exchange.peers import peers_within
from qingyuan.office.exchange.sending import Sent, send, send_again
from qingyuan.office.exchange.state import (
    QUEUED,
    RECEIPTED,
    RECEIVED,
    Item,
    PeerStatus,
    read_status,
    stream_of,
)
from qingyuan.office.handover import find_exhibit
from qingyuan.office.home import Home
from qingyuan.office.keys.trust import witness_keys
from qingyuan.office.register import read_docket
from qingyuan.office.sealing import Collector, Sealer, open_exhibit
from qingyuan.shapes import convert
from qingyuan.store import EventDraft, iter_events
from qingyuan.store.registry import ExhibitRow, exhibit, exhibits_named, parent

_ENGINE = "qingyuan-exchange/1"
#: What the event of a bundle taken in says of it.
_TOLD = ("seq", "kind", "manifest", "ref", "your_ref", "exhibit", "record")
_CST = timezone(timedelta(hours=8))


class Receipt(msgspec.Struct, frozen=True):
    """What became of a bundle.

    Attributes:
        peer: Who sent it.
        seq: Its number.
        kind: Its kind.
        outcome: ``"taken"``, ``"repeated"`` (taken in before) or ``"queued"`` (until the missing ones are here).
        record: Our lead or case it concerns; ``""`` for none.
        note_zh: Why its act could not be done, in Chinese; ``""`` when it was, or there is none.
        note_en: The same in English.
        missing: Numbers that must come first.
        followed: Numbers that had been queued and were taken in after it.
        replies: Receipts to be given back, in order.
    """

    peer: str
    seq: int
    kind: str
    outcome: Literal["taken", "repeated", "queued"]
    record: str = ""
    note_zh: str = ""
    note_en: str = ""
    missing: tuple[int, ...] = ()
    followed: tuple[int, ...] = ()
    replies: tuple[Sent, ...] = ()


class _Done(msgspec.Struct, frozen=True):
    record: str = ""
    zh: str = ""
    en: str = ""


def receive(home: Home, path: Path, *, actor: str, offline: bool = False) -> Receipt:
    """Take in a bundle, and those that waited for it.

    Args:
        home: The office.
        path: The file.
        actor: Who receives.
        offline: Ask no witness to cosign the receipts.

    Raises:
        ExchangeError: It is altered, of an unknown peer, for another site, or out of its chain; nothing was taken in.
    """
    peer, opened = _verified(home, mapped(path))
    outcome, done, missing = _place(home, path, peer, opened, actor)
    followed: list[int] = []
    if outcome == "taken":
        followed = _catch_up(home, peer, actor)
    replies = [
        reply
        for seq in ([] if outcome == "queued" else [opened.manifest.seq, *followed])
        if (reply := _answer(home, peer, seq, actor, offline=offline)) is not None
    ]
    home.publish()
    return Receipt(
        peer.name,
        opened.manifest.seq,
        opened.manifest.kind,
        outcome,
        done.record,
        done.zh,
        done.en,
        missing,
        tuple(followed),
        tuple(replies),
    )


def mapped(path: Path) -> Data:
    """Return the content of a file without reading more of it than is looked at.

    Args:
        path: A plain file.

    Raises:
        OSError: It is none, or cannot be read.
    """
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size == 0:
            return b""
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def see_head(home: Home, head: bytes, size: int) -> None:
    """See by the head of a bundle that the rest of it is worth taking; see :func:`qingyuan.exchange.check_head`.

    Args:
        home: The office.
        head: The first bytes.
        size: Length of the whole bundle, in bytes.

    Raises:
        ExchangeError: It is not.
    """
    with home.database.read() as connection:
        peer, manifest = check_head(
            head, size, peers_within(connection).values(), receiver=home.settings.origin
        )
        _check_early(connection, peer, manifest, size)


def _check_early(connection: sa.Connection, peer: Peer, manifest: Manifest, size: int) -> None:
    """Refuse what comes early when too much of its sender waits already.

    Raises:
        ExchangeError: ``exchange.too-much-waiting``.
    """
    now = read_status(connection, peer.name)
    if manifest.seq > len(now.received) + 1 and manifest.seq not in now.queued:
        rows = exhibits_named(connection, list(now.queued.values()))
        check_waiting(manifest.sender, manifest.seq, size, sum(row.size for row in rows.values()))


def _verified(home: Home, data: Data) -> tuple[Peer, Opened]:
    with home.database.read() as connection:
        known = peers_within(connection)
    witnesses = [VerifierKey.parse(key) for key in witness_keys(home.path)]
    return open_bundle(data, known.values(), receiver=home.settings.origin, witnesses=witnesses)


def _place(
    home: Home, path: Path, peer: Peer, opened: Opened, actor: str
) -> tuple[Literal["taken", "repeated", "queued"], _Done, tuple[int, ...]]:
    """Take a bundle in, or queue it, in one transaction with the event that says so."""
    stream, manifest = stream_of(peer.name), opened.manifest
    with home.database.read() as connection:
        before = read_status(connection, peer.name)
    place = _order(opened, before)
    if place == "repeated":
        return "repeated", _done_before(before, manifest), before.missing
    if place == "early" and manifest.seq in before.queued:
        return "queued", _Done(), before.missing
    if place == "early":
        with home.database.read() as connection:
            _check_early(connection, peer, manifest, path.stat().st_size)
    sealer = Sealer(home, stream, Collector(by=actor, method="exchange"))
    prepared = [sealer.file(path, f"{manifest.seq:06}-{manifest.kind}.qyx")]
    try:
        kept = sealer.keep(prepared)
    except BaseException:
        prepared[0].temporary.unlink(missing_ok=True)
        raise
    with home.database.write() as connection:
        now = read_status(connection, peer.name)  # another process may have been faster
        place = _order(opened, now)
        if place == "repeated":
            return "repeated", _done_before(now, manifest), now.missing
        (row,) = sealer.record(connection, kept)
        if place == "early":
            if manifest.seq not in now.queued:
                payload: dict[str, object] = {
                    "seq": manifest.seq,
                    "manifest": opened.digest,
                    "exhibit": row.id,
                }
                home.record(connection, [EventDraft(stream, QUEUED, payload)], actor=actor)
            return "queued", _Done(), read_status(connection, peer.name).missing
        return "taken", _take(home, connection, peer, opened, row.id, actor), ()


def _done_before(status: PeerStatus, manifest: Manifest) -> _Done:
    """Return what became of a bundle when it was taken in."""
    item = status.received[manifest.seq - 1]
    return _Done(item.record, item.note_zh, item.note_en)


def _order(opened: Opened, status: PeerStatus) -> Place:
    """Return where a bundle stands in what came from its sender."""
    taken = {item.seq: item.manifest for item in status.received}
    return place_of(opened.manifest, opened.digest, taken, status.early)


def _catch_up(home: Home, peer: Peer, actor: str) -> list[int]:
    """Take in what had come early, as far as there is no gap; return the numbers."""
    followed: list[int] = []
    while True:
        with home.database.write() as connection:
            now = read_status(connection, peer.name)
            seq = len(now.received) + 1
            row = exhibit(connection, now.queued[seq]) if seq in now.queued else None
            if row is None:
                return followed
            try:
                opened = _unsealed(home, row)
                _order(opened, now)
            except ExchangeError:
                return followed  # it does not follow what came before it: it waits, and the right one takes its place
            _take(home, connection, peer, opened, row.id, actor)
            followed.append(seq)


def _unsealed(home: Home, row: ExhibitRow) -> Opened:
    """Return a bundle that was sealed as it came, verified whole once more."""
    with open_exhibit(home, row) as content, TemporaryFolder("material") as folder:
        path = folder.path / "bundle.qyx"
        with path.open("wb") as file:
            shutil.copyfileobj(content, file)
        return _verified(home, mapped(path))[1]  # what is mapped stays when the name is gone


def read_received(home: Home, item: Item) -> Opened:
    """Return what a bundle that was taken in says and brings, verified whole once more.

    Args:
        home: The office.
        item: The bundle, as :func:`~qingyuan.office.exchange.state.status` tells of it.

    Raises:
        ExchangeError: What lies sealed does not verify by the keys that are known now.
        OfficeError: ``office.no-such-record``: nothing lies sealed.
    """
    with home.database.read() as connection:
        row = find_exhibit(connection, item.exhibit)
    return _unsealed(home, row)


def _take(
    home: Home, connection: sa.Connection, peer: Peer, opened: Opened, sealed: str, actor: str
) -> _Done:
    """Apply a bundle in its turn and say that it was received."""
    manifest = opened.manifest
    try:
        done = _HANDLERS[manifest.kind](home, connection, peer, opened, sealed, actor)
    except (CasesError, OfficeError) as error:
        # What our own procedure does not allow is told to the people here; that the bundle came stays true.
        done = _Done("", error.zh, error.en)
    item = Item(
        manifest.seq, manifest.kind, opened.digest, manifest.ref, manifest.your_ref, sealed, done.record
    )
    payload: dict[str, object] = {name: getattr(item, name) for name in _TOLD}
    if done.zh:
        payload |= {"note_zh": done.zh, "note_en": done.en}
    home.record(connection, [EventDraft(stream_of(peer.name), RECEIVED, payload)], actor=actor)
    return done


def _lead(
    home: Home, connection: sa.Connection, peer: Peer, opened: Opened, sealed: str, actor: str
) -> _Done:
    body = opened.manifest.body
    args: dict[str, Argument] = {
        "title": str(body.get("title", "")),
        "source": "referral",
        "field": str(body.get("field", "")),
        "region": str(body.get("region", "")),
        "summary": str(body.get("summary", "")),
    }
    stored = act_within(home, connection, "lead-register", None, args, actor=actor)
    lead = stored[0].stream
    _attach(home, connection, lead, opened, sealed, actor)
    del peer
    return _Done(lead)


def _reply(
    home: Home, connection: sa.Connection, peer: Peer, opened: Opened, sealed: str, actor: str
) -> _Done:
    case, body = opened.manifest.your_ref, opened.manifest.body
    streams = docket_streams(connection, case)
    sent = read_status(connection, peer.name).sent
    if not any(one.kind == "suggestion" and one.ref == case for one in sent):
        return _Done(
            "",
            f"没有就案件 {case} 向对方发送检察建议，回复未登记",
            f"no suggestion of case {case} was sent to this peer; the reply is not registered",
        )
    said = {"accepted": str(body.get("accepted", "")), "summary": str(body.get("summary", ""))}
    # Refused before its papers are in the docket, not after.
    decide(
        "receive-reply",
        read_docket(connection, streams)[0],
        {"case": case, **said},
        law=home.law,
        now=home.clock.now(),
        actor=actor,
    )
    attached = _attach(home, connection, parent(connection, case) or case, opened, sealed, actor)
    args: dict[str, Argument] = {**said, "exhibits": attached}
    act_within(home, connection, "receive-reply", case, args, actor=actor)
    return _Done(case)


def _kept(
    home: Home, connection: sa.Connection, peer: Peer, opened: Opened, sealed: str, actor: str
) -> _Done:
    """Keep the documents of a suggestion or a suit, which no docket of ours holds yet."""
    _attach(home, connection, stream_of(peer.name), opened, sealed, actor)
    return _Done()


def _receipt(
    home: Home, connection: sa.Connection, peer: Peer, opened: Opened, sealed: str, actor: str
) -> _Done:
    body = opened.manifest.body
    seq, digest = body.get("seq"), body.get("bundle")
    ours = next((item for item in read_status(connection, peer.name).sent if item.seq == seq), None)
    if ours is None or ours.manifest != digest:
        return _Done("", "回执所指的交换包不是本院发出的", "the receipt is for a bundle we did not send")
    del sealed
    if ours.served_at:
        return _Done(ours.ref, "该交换包已有回执", "the bundle has a receipt already")
    moment = opened.witnessed or _said_at(body.get("received_at"))
    if moment is None:
        return _Done(ours.ref, "回执没有写明收到时间", "the receipt does not say when the bundle came")
    at = moment.astimezone(_CST).isoformat(timespec="seconds")
    payload: dict[str, object] = {
        "seq": ours.seq,
        "manifest": ours.manifest,
        "record": str(body.get("record", "")),
        "served_at": at,
        "witnessed": opened.witnessed is not None,
        "index": opened.index,
        "size": opened.size,
    }
    home.record(connection, [EventDraft(stream_of(peer.name), RECEIPTED, payload)], actor=actor)
    if ours.kind == "suggestion":
        receipt = f"{stream_of(peer.name)} {opened.manifest.seq}"
        args: dict[str, Argument] = {"on": at[:10], "mode": "electronic", "receipt": receipt}
        act_within(home, connection, "serve-suggestion", ours.ref, args, actor=actor)
    return _Done(ours.ref)


def _said_at(text: object) -> datetime | None:
    """Return the moment a receipt claims, or ``None`` when it is no moment with its offset."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


_HANDLERS = {"lead": _lead, "reply": _reply, "suggestion": _kept, "filing": _kept, "receipt": _receipt}


def _attach(
    home: Home, connection: sa.Connection, scope: str, opened: Opened, sealed: str, actor: str
) -> list[str]:
    """Seal the files of a bundle into a scope, as derived from the bundle; return the exhibits."""
    if not opened.files:
        return []
    sealer = Sealer(home, scope, Collector(by=actor, method="exchange"))
    prepared = [
        sealer.derived(content, name, kind="application/octet-stream", parents=[sealed], engine=_ENGINE)
        for name, content in opened.files.items()
    ]
    return [row.id for row in sealer.record(connection, sealer.keep(prepared))]


def _answer(home: Home, peer: Peer, seq: int, actor: str, *, offline: bool) -> Sent | None:
    """Return the receipt of a bundle, made when there is none yet; nobody answers a receipt."""
    with home.database.read() as connection:
        item = read_status(connection, peer.name).received[seq - 1]
        if item.kind == "receipt":
            return None
        given = next(
            (
                convert(event.payload["seq"], int)
                for event in iter_events(connection, [stream_of(peer.name)])
                if event.type == SENT and _answers(event.payload, item.manifest)
            ),
            None,
        )
    if given is not None:
        return send_again(home, peer.name, given)
    body: dict[str, str | int | bool | list[str]] = {
        "seq": seq,
        "bundle": item.manifest,
        "record": item.record,
        "received_at": home.clock.now().isoformat(timespec="seconds"),
    }
    return send(home, "receipt", peer.name, your_ref=item.ref, body=body, actor=actor, offline=offline)


def _answers(payload: dict[str, object], digest: str) -> bool:
    bundle = payload.get("bundle")
    return (
        payload.get("kind") == "receipt"
        and isinstance(bundle, dict)
        and bundle.get("body", {}).get("bundle") == digest
    )


def receive_bytes(home: Home, data: bytes, *, actor: str) -> Receipt:
    """Take in a bundle that came over a network; see :func:`receive`."""
    with TemporaryFolder("material") as folder:
        path = folder.path / "bundle.qyx"
        path.write_bytes(data)
        return receive(home, path, actor=actor)


__all__ = ["Receipt", "mapped", "receive", "receive_bytes", "see_head"]
