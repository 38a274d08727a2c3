"""The memory of a witness in one SQLite file: what it cosigned last, and evidence against logs."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from qingyuan.ledger import ForkProof, VerifierKey, WitnessState, parse_fork
from qingyuan.ledger.checkpoint import parse_checkpoint
from qingyuan.ledger.note import parse_note
from qingyuan.office.errors import OfficeError

_APPLICATION = 0x51595749  # "QYWI"
_VERSION = 1
_SCHEMA = """
CREATE TABLE witness (vkey TEXT NOT NULL);
CREATE TABLE latest (
  origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, time INTEGER NOT NULL, note BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE evidence (
  digest BLOB PRIMARY KEY, origin TEXT NOT NULL, kind TEXT NOT NULL, seen INTEGER NOT NULL, proof BLOB NOT NULL
);
"""

#: Most pieces of evidence kept of one kind against one log: anyone may post spoilt proofs again and again.
MAX_EVIDENCE = 100

_BUSY_SECONDS = 10


class WitnessFile:
    """A :class:`qingyuan.ledger.WitnessStorage` in a SQLite file, for threads and processes alike.

    Every change is flushed to the disk before the call returns. The file must never be restored from a copy: a
    witness that forgot must be retired, and a new one begun under a new key.

    Args:
        path: The file.
        key: Public key of the witness the file belongs to.
        create: Make the file; it must not exist yet.

    Raises:
        OfficeError: ``office.witness-state`` when the file is missing, exists although it is to be made, is not
            the state of a witness, or belongs to another key.
    """

    def __init__(self, path: Path, key: VerifierKey, *, create: bool = False) -> None:
        """Open the file, or make it."""
        if path.exists() is create:
            raise _bad_state(
                path,
                ("见证状态文件已经存在", "the state of the witness exists already")
                if create
                else ("见证状态文件不存在", "the state of the witness is missing"),
            )
        self._lock = threading.Lock()
        self._path = path
        self._sql = sqlite3.connect(
            path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            self._prepare(key, create=create)
        except (sqlite3.DatabaseError, OfficeError) as error:
            self._sql.close()
            if isinstance(error, OfficeError):
                raise
            raise _bad_state(path, ("不是见证状态文件", "not the state of a witness")) from error

    def __enter__(self) -> Self:
        """Return the open file."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self.close()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._sql.close()

    def latest(self, origin: str) -> WitnessState | None:
        """Return the state of a log, or ``None`` when nothing of it was ever cosigned."""
        with self._lock:
            row = self._sql.execute(
                "SELECT size, root, time, note FROM latest WHERE origin = ?", (origin,)
            ).fetchone()
        return None if row is None else WitnessState(*row)

    def replace(self, origin: str, expected: WitnessState | None, state: WitnessState) -> bool:
        """Store ``state`` if size and root stored are those of ``expected``, atomically and durably."""
        values = (state.size, state.root, state.time, state.note, origin)
        with self._writing():
            if expected is None:
                done = self._sql.execute(
                    "INSERT OR IGNORE INTO latest (size, root, time, note, origin) VALUES (?, ?, ?, ?, ?)",
                    values,
                )
            else:
                done = self._sql.execute(
                    "UPDATE latest SET size = ?, root = ?, time = ?, note = ? WHERE origin = ? AND size = ? AND root = ?",
                    (*values, expected.size, expected.root),
                )
        return done.rowcount == 1

    def keep(self, fork: ForkProof, now: int) -> bool:
        """Store evidence against a log, once, and not more than :data:`MAX_EVIDENCE` of a kind.

        Args:
            fork: The evidence.
            now: Seconds since the Epoch.

        Returns:
            Whether it is new and was stored.
        """
        older, newer = (parse_note(each).text for each in (fork.older, fork.newer))
        origin = parse_checkpoint(older).origin
        digest = hashlib.sha256(f"{fork.kind}\0{older}\0{newer}".encode()).digest()
        with self._writing():
            done = self._sql.execute(
                "INSERT OR IGNORE INTO evidence SELECT ?, ?, ?, ?, ? WHERE "
                "(SELECT count(*) FROM evidence WHERE origin = ? AND kind = ?) < ?",
                (digest, origin, fork.kind, now, fork.encode(), origin, fork.kind, MAX_EVIDENCE),
            )
        return done.rowcount == 1

    def evidence(self) -> list[ForkProof]:
        """Return all evidence, in the order it was seen."""
        with self._lock:
            rows = self._sql.execute("SELECT proof FROM evidence ORDER BY seen, rowid").fetchall()
        return [parse_fork(proof) for (proof,) in rows]

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        with self._lock:
            self._sql.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._sql.execute("COMMIT")
            except BaseException:
                if self._sql.in_transaction:  # some failures have ended it already
                    self._sql.execute("ROLLBACK")
                raise

    def _prepare(self, key: VerifierKey, *, create: bool) -> None:
        # One flush a commit; while the witness runs, the file and its "-wal" belong together.
        self._sql.execute("PRAGMA journal_mode = WAL")
        self._sql.execute("PRAGMA synchronous = FULL")
        if create:
            statements = (
                f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA application_id = {_APPLICATION};"
                f"PRAGMA user_version = {_VERSION};"
            )
            self._sql.executescript(statements)
            self._sql.execute("INSERT INTO witness VALUES (?)", (key.encode(),))
            self._sql.execute("COMMIT")
        marks = [
            self._sql.execute(f"PRAGMA {name}").fetchone() for name in ("application_id", "user_version")
        ]
        if marks != [(_APPLICATION,), (_VERSION,)]:
            raise _bad_state(self._path, ("不是见证状态文件", "not the state of a witness"))
        if self._sql.execute("SELECT vkey FROM witness").fetchall() != [(key.encode(),)]:
            raise _bad_state(self._path, ("属于另一见证密钥", "it belongs to another witness key"))


def _bad_state(path: Path, why: tuple[str, str]) -> OfficeError:
    return OfficeError(
        "office.witness-state",
        zh=f"见证状态不可用：{why[0]}",
        en=f"the state of the witness cannot be used: {why[1]}",
        where=str(path),
        remedy_zh="新的见证方用新的密钥和新的状态文件；丢失状态的见证密钥应停用",
        remedy_en="a new witness begins with a new key and a new file; retire a key whose state was lost",
    )
