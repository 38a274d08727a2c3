"""The ledger: durable appends, proofs and their checks, each beside what the disk or the hash can do at all."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from bench._floors import Appender, Rows
from bench._harness import Context, Row, SkippedError, Times, in_turns
from bench._merkle import Peer
from bench._proofs import checks, from_disk, hashing
from qingyuan.canonical import canonical_json
from qingyuan.ledger import SM3, Log, NoteSigner, Sm2NoteSigner, append_both, quicken
from qingyuan.store import Database, EventDraft, GroupCommitter, Journal, SqlLogStorage

_ORIGIN = "bench.invalid/log"
_TWIN = f"{_ORIGIN}/sm3"
_NOW = datetime(2026, 7, 1, 1, 0, tzinfo=UTC)
_BATCH = 1_024
_BLOCK = 8_192
_CALLERS = (1, 4, 16)


def run(context: Context) -> Iterator[Row]:
    """Measure the journal on the disk, then proofs from the disk, then the tree in memory."""
    yield from _singles(context)
    yield from _batches(context)
    yield from from_disk(context)
    yield from checks(context)
    yield from hashing(context)
    if not quicken():  # last: it holds for the whole process
        raise SkippedError("SM3 or SM2 of this Python's OpenSSL is missing: nothing to quicken")
    again = Context(context.folder / "quickened", context.quick)
    again.folder.mkdir()
    for row in (*_singles(again), *_batches(again)):
        if "both logs" in row.what:
            yield replace(row, what=row.what.replace("both logs", "both logs quickened"))
    for row in checks(again):
        if "inclusion checks" in row.what:
            yield replace(row, what=row.what.replace("inclusion checks", "inclusion checks quickened"))


def _log() -> Log:
    return Log(_ORIGIN, NoteSigner(_ORIGIN, bytes(range(32))))


def _twin() -> Log:
    return Log(_TWIN, Sm2NoteSigner.generate(_TWIN, lambda count: b"\x07" * count), SM3)


def _drafts(count: int) -> list[EventDraft]:
    payload: dict[str, object] = {
        "exhibit": "X0123456789abcdef",
        "sha256": "ab" * 32,
        "sm3": "cd" * 32,
        "size": 1_048_576,
    }
    return [
        EventDraft(f"L2026-{at % 7 + 1:04}", "evidence.stored", {**payload, "n": at}) for at in range(count)
    ]


class _Journals:
    """Journals with one and with two logs, each over a database of its own."""

    def __init__(self, folder: Path) -> None:
        self._databases = [Database.at(folder / f"{name}.db") for name in ("one", "two", "group")]
        one, two, group = self._databases
        journals = [Journal(_log(), os.urandom), Journal(_log(), os.urandom, twin=_twin())]
        self.append: dict[str, Callable[[list[EventDraft]], int]] = {
            "one": self._appender(one, journals[0]),
            "two": self._appender(two, journals[1]),
        }
        self._committer = GroupCommitter(group, Journal(_log(), os.urandom, twin=_twin()))

    @staticmethod
    def _appender(database: Database, journal: Journal) -> Callable[[list[EventDraft]], int]:
        def append(drafts: list[EventDraft]) -> int:
            with database.write() as connection:
                return len(journal.append(connection, drafts, now=_NOW, actor="P001")[0].leaf)

        return append

    def call(self, callers: int, each: int) -> None:
        """Append one event at a time from some threads, each waiting for its answer before the next."""

        def work() -> None:
            for draft in drafts:
                self._committer.append([draft], now=_NOW, actor="P001")

        drafts = _drafts(each)
        threads = [threading.Thread(target=work) for _ in range(callers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def close(self) -> None:
        self._committer.close()
        for database in self._databases:
            database.close()


def _singles(context: Context) -> list[Row]:
    journals, peer = _Journals(context.folder), Peer(context.folder / "peer.db")
    entry = bytes(journals.append["one"](_drafts(1)))
    file = Appender(context.folder / "floor.bin", _BLOCK)
    bare = Rows(context.folder / "floor.db")
    count = context.pick(60, 10)
    singles = [[draft] for draft in _drafts(count)]
    actions: dict[str, Callable[[], object]] = {
        "fsync": lambda: file.append(count),
        "one": lambda: [journals.append["one"](draft) for draft in singles],
        "two": lambda: [journals.append["two"](draft) for draft in singles],
        "sqlite": lambda: _times(count, lambda: bare.commit([entry])),
        "peer": lambda: _times(count, lambda: peer.append(entry)),
        **{f"group {callers}": partial(journals.call, callers, count) for callers in _CALLERS},
    }
    times = in_turns(actions, context.pick(11, 3))
    journals.close()
    for each in (file, bare, peer):
        each.close()
    fsync = f"`fsync` of an {_BLOCK // 1024} KiB append"
    what = "ledger: durable append, 1 event a commit"

    def against_fsync(text: str, name: str, amount: int = count) -> Row:
        return times.rate(text, name, amount, "/s", against=fsync, peer="fsync", peer_amount=count)

    return [
        against_fsync(f"{what}, both logs, lone writer", "two"),
        *(
            against_fsync(
                f"ledger: durable appends of 1 event, both logs, {callers} caller{'s' * (callers > 1)}",
                f"group {callers}",
                callers * count,
            )
            for callers in _CALLERS
        ),
        against_fsync(f"{what}, SHA-256 log alone, lone writer", "one"),
        *_beside(times, what, count),
    ]


def _times(count: int, action: Callable[[], None]) -> None:
    for _ in range(count):
        action()


def _beside(times: Times, what: str, count: int) -> Iterator[Row]:
    for name, text in (("two", "both logs"), ("one", "SHA-256 log alone")):
        for peer, against in (
            ("sqlite", "bare SQLite, 1 row a commit"),
            ("peer", "pymerkle, 1 entry a commit"),
        ):
            yield times.rate(f"{what}, {text}", name, count, "/s", against=against, peer=peer)


def _batches(context: Context) -> list[Row]:
    folder = context.folder / "batches"
    folder.mkdir()
    journals, peer = _Journals(folder), Peer(folder / "peer.db")
    batch = _drafts(_BATCH)
    size = journals.append["one"](batch[:1])
    entries = [bytes(size)] * _BATCH
    databases = [Database.at(folder / f"log{number}.db") for number in range(2)]
    log, first, second = _log(), _log(), _twin()
    bare = {name: Rows(folder / f"bare-{name}.db") for name in ("one", "two", "event")}

    def log_alone() -> None:
        with databases[0].write() as connection:
            log.append(SqlLogStorage(connection, _ORIGIN), entries)

    def both_logs() -> None:
        with databases[1].write() as connection:
            storage = SqlLogStorage(connection, _ORIGIN)
            append_both(first, storage, second, SqlLogStorage(connection, _TWIN, owns_entries=False), entries)

    texts = len(batch[0].stream) + len(batch[0].type) + 29  # with time and actor
    event = texts + 16 + len(canonical_json(batch[0].payload))  # salt and payload
    rows = {
        "one": [bytes(size + 32)] * _BATCH,
        "two": [bytes(size + 64)] * _BATCH,
        "event": [bytes(size + 64 + event)] * _BATCH,
    }
    times = in_turns(
        {
            "log": log_alone,
            "logs": both_logs,
            "journal": lambda: journals.append["one"](batch),
            "journal two": lambda: journals.append["two"](batch),
            **{f"bare {name}": partial(bare[name].commit, rows[name]) for name in bare},
            "peer": lambda: peer.append_all(entries),
        },
        context.pick(11, 3),
    )
    journals.close()
    for close in (*(each.close for each in databases), *(each.close for each in bare.values()), peer.close):
        close()
    floor = f"bare SQLite, {_BATCH:,} rows of the same bytes a commit"
    entries_a_commit = f"{_BATCH:,} entries a commit"

    def rate(text: str, name: str, against: str, other: str) -> Row:
        return times.rate(text, name, _BATCH, "/s", against=against, peer=other)

    return [
        rate(f"ledger: SHA-256 log, {entries_a_commit}", "log", floor, "bare one"),
        rate(f"ledger: both logs, {entries_a_commit}", "logs", floor, "bare two"),
        rate(f"ledger: SHA-256 log, {entries_a_commit}", "log", f"pymerkle, {entries_a_commit}", "peer"),
        rate(f"ledger: both logs, {entries_a_commit}", "logs", f"pymerkle, {entries_a_commit}", "peer"),
        rate(f"ledger: journal, SHA-256 log, {_BATCH:,} events a commit", "journal", floor, "bare event"),
        rate(f"ledger: journal, both logs, {_BATCH:,} events a commit", "journal two", floor, "bare event"),
    ]
