"""Journals with fixed keys, salts and clock, so that the same drafts give the same bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

from qingyuan.ledger import SM3, Log, NoteSigner, Sm2NoteSigner, fsck, open_checkpoint, root_of
from qingyuan.store import Database, EventDraft, Journal, SqlLogStorage, check_events

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=timezone(timedelta(hours=8)))
ORIGIN = "test.invalid/log"
TWIN = f"{ORIGIN}/sm3"


def numbered(start: int = 0) -> Callable[[int], bytes]:
    """Return a deterministic source of bytes."""
    state = {"n": start}

    def draw(count: int) -> bytes:
        drawn = b""
        while len(drawn) < count:
            state["n"] += 1
            drawn += hashlib.sha256(str(state["n"]).encode()).digest()[:16]
        return drawn[:count]

    return draw


def log() -> Log:
    return Log(ORIGIN, NoteSigner(ORIGIN, b"\x07" * 32))


def twin() -> Log:
    return Log(TWIN, Sm2NoteSigner.generate(TWIN, lambda count: b"\x09" * count), SM3)


def both(start: int = 0) -> Journal:
    return Journal(log(), numbered(start), twin=twin())


def drafts(count: int, start: int = 0) -> list[EventDraft]:
    return [
        EventDraft(f"L{at % 3}", "lead.a", {"n": at, "名".encode().hex(): "值"})
        for at in range(start, start + count)
    ]


def append(database: Database, journal: Journal, count: int, start: int = 0) -> list[int]:
    with database.write() as connection:
        stored = journal.append(connection, drafts(count, start), now=NOW, actor="P001")
        return [event.index for event in stored]


def sizes(database: Database) -> list[int]:
    """Return the sizes of both heads, after verifying their signatures and roots from the stored entries."""
    found = []
    with database.read() as connection:
        for each in (log(), twin()):
            head = SqlLogStorage(connection, each.origin).read_head()
            if head is None:
                continue
            signed = open_checkpoint(head.note, [each.key]).checkpoint
            entries = SqlLogStorage(connection, each.origin).read_entries(0, head.size + 1)
            assert (signed.size, len(entries)) == (head.size, head.size)
            assert signed.root == root_of(each.suite.leaf_hashes(entries), each.suite)
            found.append(signed.size)
    return found


def check_whole(database: Database, size: int) -> None:
    """Assert that both logs and the journal are whole and hold ``size`` events."""
    assert sizes(database) == [size, size]
    with database.read() as connection:
        for each in (log(), twin()):
            storage = SqlLogStorage(connection, each.origin)
            assert list(fsck(storage, each.origin, [each.key], each.suite)) == []
            assert list(storage.check_rows()) == []
        assert list(check_events(connection)) == []
