"""Making a bundle: guarded, sealed, logged with its number, and only then written for the peer."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from qingyuan.cases import Docket
from qingyuan.evidence import digest_bytes
from qingyuan.exchange import SENT, ExchangeError, FileEntry, Kind, Manifest, Opening, write_bundle
from qingyuan.exchange.bundle import digest_of
from qingyuan.ledger import TileCache, add_signatures, parse_note, prove_inclusion
from qingyuan.office.casework import load
from qingyuan.office.exchange.peers import find_peer
from qingyuan.office.exchange.state import read_status, stream_of
from qingyuan.office.home import Home
from qingyuan.office.packages.outsiders import ask_outsiders
from qingyuan.office.packages.packaging import make_package
from qingyuan.office.sealing import Collector, Sealer, open_exhibit
from qingyuan.shapes import convert
from qingyuan.store import EventDraft, SqlLogStorage, StoredEvent, iter_events
from qingyuan.store.cosignatures import cosignatures
from qingyuan.store.registry import exhibits

Body = dict[str, str | int | bool | list[str]]


class Sent(msgspec.Struct, frozen=True):
    """A bundle that was logged.

    Attributes:
        peer: To whom.
        seq: Its number.
        kind: Its kind.
        manifest: Digest of its manifest.
        data: The bundle.
    """

    peer: str
    seq: int
    kind: Kind
    manifest: str
    data: bytes


def send(
    home: Home,
    kind: Kind,
    peer: str,
    *,
    record: str = "",
    your_ref: str = "",
    body: Mapping[str, str | int | bool | list[str]] | None = None,
    files: Sequence[Path] = (),
    actor: str,
    offline: bool = False,
) -> Sent:
    """Make a bundle for a peer; its number and manifest are in the log before a byte of it exists.

    A lead goes once its transfer was decided, a suggestion once it was issued, a suit once it was filed; leads and suits bring
    the package of their exhibits.

    Args:
        home: The office.
        kind: What is sent.
        peer: To whom.
        record: Our lead or case.
        your_ref: The peer's record that is answered.
        body: Further particulars.
        files: Documents to go with it.
        actor: Who sends.
        offline: Ask no witness to cosign.

    Raises:
        ExchangeError: ``exchange.no-such-peer``, ``exchange.not-ready`` when the act that it carries out was not decided.
        OfficeError: No such record, or a package that cannot be made.
    """
    with home.database.read() as connection:
        known = find_peer(connection, peer)
    said: Body = {}
    with tempfile.TemporaryDirectory() as folder:
        chosen = list(files)
        if record:
            docket = load(home, record).docket
            said = _said(kind, record, docket)
            if kind in {"lead", "filing"} and docket.exhibits:
                target = Path(folder) / f"{record}.evp"
                make_package(home, record, target, to=known.title, actor=actor, offline=offline)
                chosen.append(target)
        said |= dict(body or {})
        sealer = Sealer(home, stream_of(peer), Collector(by=actor, method="exchange"))
        with contextlib.ExitStack() as undo:
            prepared = []
            for path in chosen:
                prepared.append(one := sealer.file(path, path.name))
                undo.callback(one.temporary.unlink, missing_ok=True)
            entries = tuple(
                FileEntry(p.name, p.stat().st_size, digest_bytes(p.read_bytes()).sha256) for p in chosen
            )
            kept = sealer.keep(prepared)
        with home.database.write() as connection:
            before = read_status(connection, peer).sent
            manifest = Manifest(
                v=1,
                kind=kind,
                sender=home.settings.origin,
                receiver=known.origin,
                seq=len(before) + 1,
                prev=before[-1].manifest if before else "",
                at=home.clock.now().isoformat(timespec="seconds"),
                ref=record,
                your_ref=your_ref,
                body=said,
                files=entries,
            )
            if kept:
                sealer.record(connection, kept)
            payload: dict[str, object] = {
                "seq": manifest.seq,
                "kind": kind,
                "manifest": digest_of(manifest),
                "ref": record,
                "your_ref": your_ref,
                "bundle": msgspec.to_builtins(manifest),
            }
            (event,) = home.record(connection, [EventDraft(stream_of(peer), SENT, payload)], actor=actor)
    if not offline:
        ask_outsiders(home)
    home.publish()
    return _bundle(home, peer, event)


def send_again(home: Home, peer: str, seq: int) -> Sent:
    """Make the file of a bundle that was logged before, as after a loss; nothing new is logged.

    Raises:
        ExchangeError: ``exchange.no-such-bundle``.
    """
    with home.database.read() as connection:
        find_peer(connection, peer)
        for event in iter_events(connection, [stream_of(peer)]):
            if event.type == SENT and event.payload["seq"] == seq:
                return _bundle(home, peer, event)
    raise ExchangeError(
        "exchange.no-such-bundle",
        zh=f"没有发给 {peer} 的第 {seq} 号交换包",
        en=f"no bundle {seq} was sent to {peer}",
        where=f"{peer} {seq}",
        remedy_zh="用 qingyuan exchange status 查看",
        remedy_en="see qingyuan exchange status",
    )


def _bundle(home: Home, peer: str, event: StoredEvent) -> Sent:
    manifest = convert(event.payload["bundle"], Manifest)
    with home.database.read() as connection:
        storage = SqlLogStorage(connection, home.settings.origin)
        head = storage.read_head()
        assert head is not None
        note = parse_note(head.note)
        lines = [row.line for row in cosignatures(connection, home.settings.origin, head.size)]
        if lines:
            cosigned = parse_note((note.text + "\n" + "".join(f"{line}\n" for line in lines)).encode())
            checkpoint = add_signatures(note, cosigned.signatures)
        else:
            checkpoint = head.note
        proof = prove_inclusion(TileCache(storage), event.index, checkpoint).encode()
        sealed = {row.sha256: row for row in exhibits(connection, [stream_of(peer)])}
    contents = []
    for entry in manifest.files:
        with open_exhibit(home, sealed[entry.sha256]) as content:
            contents.append(content.read())
    opening = Opening(event.leaf.decode(), event.salt.hex(), event.payload, proof.decode())
    data = write_bundle(manifest, opening, contents, home.package_signer())
    return Sent(peer, manifest.seq, manifest.kind, str(event.payload["manifest"]), data)


def _said(kind: Kind, record: str, docket: Docket) -> Body:
    """Return what a bundle says of its record, once what it carries out was decided."""
    if kind == "lead":
        lead = docket.leads.get(record)
        if lead is None or lead.stage != "transferred":
            raise _not_ready(record, "线索尚未决定移送", "the lead's transfer was not decided")
        known = lead.registered
        return {
            "title": known.title,
            "field": known.field,
            "region": known.region,
            "summary": known.summary,
            "source": known.source,
            "received_on": known.received_on.isoformat(),
            "reason": lead.settled_reason,
        }
    case = docket.cases.get(record)
    title = docket.matter.title if docket.matter else ""
    if kind == "suggestion":
        if case is None or case.suggestion is None:
            raise _not_ready(record, "尚未提出检察建议", "no suggestion was issued")
        return {
            "title": title,
            "demands": list(case.suggestion.items.demands),
            "urgent": case.suggestion.urgent,
            "decided_on": case.suggestion.approval.on.isoformat(),
        }
    if kind == "filing":
        if case is None or case.suit is None:
            raise _not_ready(record, "尚未提起诉讼", "no suit was filed")
        return {"title": title, "court": case.suit.court, "claims": list(case.suit.claims)}
    return {"title": title}


def _not_ready(record: str, zh: str, en: str) -> ExchangeError:
    return ExchangeError(
        "exchange.not-ready",
        zh=zh,
        en=en,
        where=record,
        remedy_zh="先在案件中办理该事项",
        remedy_en="do that act on the record first",
    )
