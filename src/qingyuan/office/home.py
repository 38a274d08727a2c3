"""The home folder of an office: settings, keys, database, blobs and the published log.

::

    home/
      office.json     who we are; public
      keyring.json    every secret key, encrypted
      trust.json      what an outsider needs to believe our signatures; public
      qingyuan.db     journal, ledger, exhibits, state of jobs
      blobs/          sealed content, one key for each lead or matter
      log/            the ledger as C2SP tiles; derived, can be rebuilt
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

import msgspec

from qingyuan.canonical import canonical_json
from qingyuan.evidence import Kek, Keyring, PublicKey, ScopeKey, Signer
from qingyuan.ledger import Head, Log, NoteSigner
from qingyuan.ledger.tiles import TileFolder
from qingyuan.office.clock import (
    Clock,
    Entropy,
    FixedClock,
    SystemClock,
    parse_time,
    seeded_entropy,
    system_entropy,
)
from qingyuan.office.errors import OfficeError
from qingyuan.office.kek import find_kek, new_kek
from qingyuan.office.keys import Keys, locked, write_small
from qingyuan.office.settings import OfficeInfo, Settings, read_settings
from qingyuan.store import Blobs, Database, Draft, EventDraft, Journal, SqlLogStorage, StoredEvent, events

if TYPE_CHECKING:
    import sqlalchemy as sa

    from qingyuan.law import Law

_SETTINGS = "office.json"
_KEYRING = "keyring.json"
_TRUST = "trust.json"
_DATABASE = "qingyuan.db"
_CREATION_LOCK = ".creation.lock"


class Home:
    """An opened home; use :meth:`open`.

    Attributes:
        path: The folder.
        settings: Public settings.
        database: The database.
        blobs: Sealed content.
        log: Writer of the ledger.
        journal: Writer of events.
        clock: Where the time comes from.
        entropy: Where random bytes come from.
    """

    def __init__(
        self,
        path: Path,
        settings: Settings,
        database: Database,
        keys: Keys,
        clock: Clock,
        entropy: Entropy,
    ) -> None:
        """Assemble a home from its opened parts."""
        self.path = path
        self.settings = settings
        self.database = database
        self._keys = keys
        self.clock = clock
        self.blobs = Blobs(path / "blobs")
        signer = self._signer("log", name=settings.origin)
        self.log = Log(settings.origin, signer.note_signer())
        self.entropy = entropy
        self.journal = Journal(self.log, self.entropy)

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        create: bool = False,
        office: OfficeInfo | None = None,
        seed: str | None = None,
        clock: Clock | None = None,
    ) -> Home:
        """Open a home folder.

        Args:
            path: The folder.
            create: Make it when there is none.
            office: Which procuratorate a new home is of.
            seed: Seed of a new demonstration home.
            clock: By default ``QINGYUAN_CLOCK`` (a fixed time) or the machine's clock.

        Raises:
            OfficeError: There is no home, it is incomplete, or its key is not here.
            StoreError: Its database cannot be opened.
        """
        clock = clock or _environment_clock()
        settings_path = path / _SETTINGS
        if not settings_path.exists():
            if not create:
                raise OfficeError(
                    "office.no-home",
                    zh="这里没有工作目录",
                    en="there is no home folder here",
                    where=str(path),
                    remedy_zh="先运行 qingyuan intake，或用 qingyuan office init 建立",
                    remedy_en="run qingyuan intake first, or make one with qingyuan office init",
                )
            _refuse_foreign(path)
            path.mkdir(parents=True, exist_ok=True)
            with locked(path / _CREATION_LOCK):  # of two who make it at once, the later one opens it
                if not settings_path.exists():
                    _create(path, office or OfficeInfo(), seed)
        settings = read_settings(settings_path)
        if not (path / _DATABASE).exists():  # opening would make an empty one, and hide the loss
            raise OfficeError(
                "office.no-database",
                zh="工作目录缺少数据库",
                en="the database of the home is missing",
                where=str(path / _DATABASE),
                remedy_zh="请从备份恢复 qingyuan.db；不要新建",
                remedy_en="restore qingyuan.db from a backup; do not make a new one",
            )
        kek = Kek.raw(_seed_key(settings.seed)) if settings.seed is not None else find_kek(settings.home)
        database = Database.at(path / _DATABASE)
        entropy = _entropy(settings.seed, _position(path, settings.origin, database))
        home = cls(path, settings, database, Keys(path / _KEYRING, kek, entropy), clock, entropy)
        if home.head() is None or not home.trust_path.exists():
            with locked(path / _CREATION_LOCK):
                home.finish_creation()
        return home

    def finish_creation(self) -> None:
        """Write the first event and the trust file, unless an earlier run did."""
        if self.head() is None:
            first: dict[str, object] = {"home": self.settings.home, "origin": self.settings.origin}
            self.append([EventDraft("office", "office.opened", first)], actor="D001")
        if not self.trust_path.exists():
            self.write_trust()

    def close(self) -> None:
        """Close the database."""
        self.database.close()

    def __enter__(self) -> Self:
        """Return the home."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the database."""
        self.close()

    @cached_property
    def law(self) -> Law:
        """The law, with the office's overlay ``home/law`` when there is one."""
        from qingyuan.law import load  # noqa: PLC0415 - many commands need no law

        overlay = self.path / "law"
        return load(overlay if overlay.is_dir() else None)

    @property
    def keyring(self) -> Keyring:
        """The secret keys, as they are on disk now; :meth:`scope_key` and :meth:`officer` add to them."""
        return self._keys.ring

    def head(self) -> Head | None:
        """Return the signed head of the log."""
        with self.database.read() as connection:
            return SqlLogStorage(connection, self.settings.origin).read_head()

    def append(self, drafts: Sequence[Draft], *, actor: str) -> list[StoredEvent]:
        """Write events in a transaction of their own."""
        with self.database.write() as connection:
            return self.record(connection, drafts, actor=actor)

    def record(self, connection: sa.Connection, drafts: Sequence[Draft], *, actor: str) -> list[StoredEvent]:
        """Write events in the caller's transaction, at the clock's time."""
        return self.journal.append(connection, drafts, now=self.clock.now(), actor=actor)

    def publish(self) -> None:
        """Bring the published tiles to the newest head; they are derived and need no sync."""
        with self.database.read() as connection:
            storage = SqlLogStorage(connection, self.settings.origin)
            if storage.read_head() is not None:
                TileFolder(self.path / "log").publish(storage)

    def scope_key(self, scope: str) -> ScopeKey:
        """Return the key that seals the material of a lead or matter, made durable when new."""
        if scope in self.keyring.scopes():
            return self.keyring.scope_key(scope)
        with self._keys.changing() as ring:
            return ring.scope_key(scope)

    def officer(self, actor: str) -> Signer:
        """Return the signing key of a person, made, logged and trusted when new."""
        public = self._officer(actor)
        if public is None:
            with self._keys.changing() as ring:
                public = self._officer(actor) or ring.new_signer("officer", actor=actor).public
        signer = self.keyring.signer(public.id)
        if public.id.encode() not in self.trust_path.read_bytes():
            self._announce(public)
        return signer

    def _officer(self, actor: str) -> PublicKey | None:
        return next((key for key in self.keyring.public_keys("officer") if key.actor == actor), None)

    def _announce(self, key: PublicKey) -> None:
        """Log a new key, unless a run that was killed did, and write it into the trust file."""
        payload: dict[str, object] = {
            "key": key.id,
            "role": key.role,
            "actor": key.actor,
            "public": key.public,
        }
        with self.database.write() as connection:
            if all(event.payload.get("key") != key.id for event in events(connection, ["office"])):
                self.record(connection, [EventDraft("office", "office.key_added", payload)], actor=key.actor)
        with self._keys.changing():  # one writer of the trust file at a time, and with every key
            self.write_trust()

    def package_signer(self) -> NoteSigner:
        """Return the key that signs packages."""
        name = f"{self.settings.origin}/package"
        return self._signer("package", name=name).note_signer()

    def trust(self) -> dict[str, object]:
        """Return the trust file of ``docs/evidence-format.md`` section 8."""
        keys: list[dict[str, object]] = []
        for public in self.keyring.public_keys():
            entry: dict[str, object] = {
                "id": public.id,
                "role": public.role,
                "actor": public.actor,
                "valid_from": 0,
                "revoked_at": None,
            }
            if public.role == "package":
                entry["vkey"] = public.vkey()
            elif public.role != "log":
                entry["public"] = public.public
            else:
                continue
            keys.append(entry)
        return {
            "v": 1,
            "office": {"id": self.settings.office.id, "name": self.settings.office.name},
            "logs": [{"origin": self.settings.origin, "vkey": self.log.key.encode()}],
            "keys": keys,
        }

    @property
    def trust_path(self) -> Path:
        """Where the trust file lies."""
        return self.path / _TRUST

    def write_trust(self) -> None:
        """Write the trust file."""
        write_small(self.trust_path, canonical_json(self.trust()) + b"\n")

    @contextlib.contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Hold a lock of this home while a job runs; another process is refused, not queued.

        Raises:
            OfficeError: Another process holds it.
        """
        try:
            with locked(self.path / f".{name}.lock", wait=False):
                yield
        except BlockingIOError as error:
            raise OfficeError(
                "office.busy",
                zh=f"另一个进程正在此工作目录运行 {name}",
                en=f"another process is running {name} in this home",
                where=str(self.path),
                remedy_zh="请等待其结束后重试",
                remedy_en="wait until it has ended and try again",
            ) from error

    def _signer(self, role: str, *, name: str) -> Signer:
        for public in self.keyring.public_keys():
            if public.role == role and public.name == name:
                return self.keyring.signer(public.id)
        raise OfficeError(
            "office.key-missing",
            zh=f"密钥环中没有 {role} 密钥",
            en=f"the keyring holds no {role} key",
            where=name,
            remedy_zh="请从备份恢复密钥环",
            remedy_en="restore the keyring from its backup",
        )


def _entropy(seed: str | None, position: int) -> Entropy:
    return system_entropy if seed is None else seeded_entropy(seed, position)


def _create(path: Path, office: OfficeInfo, seed: str | None) -> None:
    """Write keyring, database and settings of a new home into a folder that only we write to."""
    for name in _entries(path) - {_CREATION_LOCK}:  # of a run that was killed before it promised anything
        (path / name).unlink()
    entropy = _entropy(seed, 0)
    home_id = entropy(8).hex()
    settings = Settings(1, home_id, office, f"{office.id}.qingyuan.invalid/{home_id[:8]}", seed)
    keyring = Keyring.create(
        entropy, Kek.raw(_seed_key(seed)) if seed is not None else new_kek(home_id, entropy)
    )
    keyring.new_signer("log", name=settings.origin)
    keyring.new_signer("package", name=f"{settings.origin}/package")
    keyring.new_signer("device", actor="D001")
    keyring.save(path / _KEYRING)
    Database.at(path / _DATABASE).close()
    # The settings come last: without them the folder is no home, and a crash before leaves none.
    write_small(path / _SETTINGS, msgspec.json.format(msgspec.json.encode(settings), indent=2) + b"\n")


def _refuse_foreign(path: Path) -> None:
    """Refuse a folder that holds anything but what a killed creation leaves."""
    own = {
        _CREATION_LOCK,
        _KEYRING,
        _DATABASE,
        *(f"{_DATABASE}-{part}" for part in ("wal", "shm", "journal")),
        f".{_SETTINGS}.part",
    }
    if all(name in own or name.startswith(".writing-") for name in _entries(path)):
        return
    raise OfficeError(
        "office.not-empty",
        zh="目录不为空，且不是工作目录",
        en="the folder is not empty and is no home folder",
        where=str(path),
        remedy_zh="请另选一个空目录",
        remedy_en="choose an empty folder",
    )


def _entries(path: Path) -> set[str]:
    return {entry.name for entry in path.iterdir()} if path.is_dir() else set()


def _position(path: Path, origin: str, database: Database) -> int:
    """Return a number that grows with every event and every key, so that a seed never gives bytes twice."""
    with database.read() as connection:
        head = SqlLogStorage(connection, origin).read_head()
    return ((head.size if head else 0) + 1) << 32 | (path / _KEYRING).stat().st_size


def _seed_key(seed: str) -> bytes:
    return seeded_entropy(f"kek:{seed}", 0)(32)


def _environment_clock() -> Clock:
    text = os.environ.get("QINGYUAN_CLOCK")
    return FixedClock(parse_time(text, where="QINGYUAN_CLOCK")) if text else SystemClock()


__all__ = ["Home", "OfficeInfo", "Settings"]
