"""How the exchange with each site stands: the fold of its events."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from qingyuan.exchange import SENT
from qingyuan.office.exchange.peers import peers_within
from qingyuan.office.home import Home
from qingyuan.shapes import convert
from qingyuan.store import StoredEvent, iter_events

RECEIVED = "exchange.received"
QUEUED = "exchange.queued"
RECEIPTED = "exchange.receipted"


def stream_of(peer: str) -> str:
    """Return the stream, and scope of sealing, of the exchange with a site."""
    return f"E-{peer}"


class Item(msgspec.Struct, frozen=True):
    """A bundle that went or came.

    Attributes:
        seq: Its number.
        kind: Its kind.
        manifest: Digest of its manifest.
        ref: The sender's record.
        your_ref: The receiver's record it answers.
        exhibit: Where a received one is sealed.
        record: What it became here, or with the receiver once receipted.
        served_at: Of one sent: when the receiver had it.
        witnessed: Whether that time is a witness's and not only the receiver's.
        note_zh: Of one received: why its act could not be done, in Chinese; ``""`` when it was, or there is none.
        note_en: The same in English.
        at: When it was logged here as sent or taken in, RFC 3339.
        index: The entry of the log that says so.
    """

    seq: int
    kind: str
    manifest: str
    ref: str = ""
    your_ref: str = ""
    exhibit: str = ""
    record: str = ""
    served_at: str = ""
    witnessed: bool = False
    note_zh: str = ""
    note_en: str = ""
    at: str = ""
    index: int = -1


class PeerStatus(msgspec.Struct, frozen=True):
    """The exchange with one site.

    Attributes:
        peer: Its name.
        title: Its full name.
        sent: What went, in order.
        received: What came and was taken in, in order.
        queued: Numbers that came early, with the exhibit each is sealed in.
        early: The same with the digest of the manifest.
        missing: Numbers that must come before those.
    """

    peer: str
    title: str
    sent: tuple[Item, ...]
    received: tuple[Item, ...]
    queued: dict[int, str]
    early: dict[int, str]
    missing: tuple[int, ...]


def read_status(connection: sa.Connection, peer: str, title: str = "") -> PeerStatus:
    """Return how the exchange with a site stands, in the caller's transaction."""
    sent: dict[int, Item] = {}
    received: dict[int, Item] = {}
    queued: dict[int, tuple[str, str]] = {}
    for event in iter_events(connection, [stream_of(peer)]):
        if event.type == SENT:
            item = _item(event)
            sent[item.seq] = item
        elif event.type == RECEIVED:
            item = _item(event)
            received[item.seq] = item
        elif event.type == QUEUED:
            seq = convert(event.payload["seq"], int)
            queued[seq] = (str(event.payload["exhibit"]), str(event.payload["manifest"]))
        elif event.type == RECEIPTED:
            seq = convert(event.payload["seq"], int)
            if sent[seq].served_at:
                continue  # the first receipt says when it was served
            sent[seq] = msgspec.structs.replace(
                sent[seq],
                record=str(event.payload["record"]),
                served_at=str(event.payload["served_at"]),
                witnessed=bool(event.payload["witnessed"]),
            )
    waiting = {seq: kept for seq, kept in sorted(queued.items()) if seq not in received}
    missing = tuple(seq for seq in range(len(received) + 1, max(waiting, default=0)) if seq not in waiting)
    return PeerStatus(
        peer,
        title,
        tuple(sent.values()),
        tuple(received.values()),
        {seq: exhibit for seq, (exhibit, _) in waiting.items()},
        {seq: digest for seq, (_, digest) in waiting.items()},
        missing,
    )


def _item(event: StoredEvent) -> Item:
    """Return the bundle that an event tells of."""
    said = {name: value for name, value in event.payload.items() if name in Item.__struct_fields__}
    return msgspec.structs.replace(convert(said, Item), at=event.at, index=event.index)


def status(home: Home) -> tuple[PeerStatus, ...]:
    """Return how the exchange with every registered site stands."""
    with home.database.read() as connection:
        return tuple(
            read_status(connection, peer.name, peer.title) for peer in peers_within(connection).values()
        )
