"""The home folder of an office: settings, keys, database, blobs and the published log.

::

    home/
      office.json     who we are; public
      keyring.json    every secret key, encrypted
      trust.json      what an outsider needs to believe our signatures; public
      qingyuan.db     journal, ledger, exhibits, state of jobs; or a PostgreSQL database that office.json names
      blobs/          sealed content, one key for each lead or matter
      log/            the ledger as C2SP tiles; derived, can be rebuilt
      log-sm3/        its twin with the national algorithms, the same entries
      roots.json      who stands above our keys, once roots are adopted; public
      roles/          what they signed; public
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

import msgspec

from qingyuan.evidence import KeyringError
from qingyuan.ledger.errors import FormatError
from qingyuan.ledger.tiles import TileFolder
from qingyuan.office._founding import (
    CREATION_LOCK,
    KEYRING,
    SETTINGS,
    entropy_at,
    found,
    kek_of,
    name_keys,
    names_under,
    open_database,
    write_settings,
)
from qingyuan.office._opened import OpenedHome
from qingyuan.office.clock import Clock, environment_clock
from qingyuan.office.errors import OfficeError
from qingyuan.office.keys.history import TWIN_BEGUN, History, read_history
from qingyuan.office.keys.kek import explain_kind
from qingyuan.office.keys.logs import TWIN_SUFFIX, can_sign_sm2
from qingyuan.office.keys.stored import Keys, locked
from qingyuan.office.keys.trust import POLICY, is_current
from qingyuan.office.recognition.stopped import STOPPED
from qingyuan.office.settings import OfficeInfo, Settings, read_settings
from qingyuan.store import EventDraft, SqlLogStorage

if TYPE_CHECKING:
    import sqlalchemy as sa

    from qingyuan.law import Law


_LOG = logging.getLogger(__name__)

#: Folders of the published tiles, of the log and of its twin.
_TILES = ("log", "log-sm3")


class Home(OpenedHome):
    """An opened home; use :meth:`open`.

    Attributes:
        path: The folder.
        settings: Public settings.
        database: The database.
        blobs: Sealed content.
        log: Writer of the ledger.
        twin: Writer of its twin with SM2 and SM3; ``None`` when libcrypto cannot sign SM2 here.
        journal: Writer of events.
        clock: Where the time comes from.
        entropy: Where random bytes come from.
    """

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        create: bool = False,
        office: OfficeInfo | None = None,
        origin: str = "",
        seed: str | None = None,
        clock: Clock | None = None,
        mend: bool = True,
        begin: bool = True,
        database_url: str = "",
        blobs_url: str = "",
    ) -> Home:
        """Open a home folder.

        Args:
            path: The folder.
            create: Make it when there is none.
            office: Which procuratorate a new home is of.
            origin: Origin of the log of a new home; ``""`` for one made of the identifier of the office.
            seed: Seed of a new demonstration home.
            clock: By default ``QINGYUAN_CLOCK`` (a fixed time) or the machine's clock.
            mend: Whether to do what a run that was killed left undone, such as to write a missing trust file; a check
                leaves a home in which anything was done after it was made as it is.
            begin: Whether the log of a new home begins at once. If not, :attr:`begun` stays false, and nothing can be recorded,
                until somebody says which office it is (:mod:`qingyuan.office.naming`).
            database_url: URL of the PostgreSQL database of a new home; ``""`` for a file in the home.
            blobs_url: Bucket of the sealed blobs of a new home, ``s3://…``; ``""`` for a folder in the home.

        Raises:
            OfficeError: There is no home, it is incomplete, or its key is not here.
            StoreError: Its database cannot be opened.
        """
        clock = clock or environment_clock()
        settings_path = path / SETTINGS
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
            found(path, office or OfficeInfo(), seed, database_url, blobs_url, origin)
        settings = read_settings(settings_path)
        kek = kek_of(settings, path / KEYRING)
        database = open_database(path, settings)
        entropy = entropy_at(path, settings, database)
        try:
            keys = Keys(path / KEYRING, kek, entropy)
        except KeyringError as error:
            database.close()
            explain_kind(error)
            raise
        home = cls(path, settings, database, keys, clock, entropy)
        head = home.head()
        home.begun = begin or head is not None or office is not None
        # A home whose making was cut off before its first entry, or right after it, has nothing to be checked yet.
        first = head is not None and head.size == 1
        unmade = head is None or (first and not home.trust_path.exists())
        if home.begun and (mend or unmade) and not home.is_finished():
            home.finish()
        if first and home.is_half_published():
            home.publish()
        return home

    def say_office(self, office: OfficeInfo, origin: str) -> None:
        """Write down which office this is and, before the first entry, what its log is called; then the log begins.

        A run that is killed leaves the old settings or the new ones, and keys of both.

        Args:
            office: The office.
            origin: The origin; nothing happens to it when there are entries.
        """
        with locked(self.path / CREATION_LOCK):
            self.reread()
            settings = msgspec.structs.replace(self.settings, office=office)
            if self.head() is None and origin != settings.origin:
                settings = msgspec.structs.replace(settings, origin=origin)
                with self._keys.changing() as ring:
                    name_keys(ring, origin, twin=can_sign_sm2())
            write_settings(self.path, settings)
        self.reread()
        self.begun = True
        self.finish()

    def is_finished(self) -> bool:
        """Say whether nothing is left of what a run that was killed, or an older version, did not do."""
        with self.database.read() as connection:
            origins = [self.settings.origin, *([self.twin.origin] if self.twin else [])]
            begun = all(SqlLogStorage(connection, origin).read_head() for origin in origins)
            history = read_history(connection)
        return (
            (begun or self._logs.stopped is not None)
            and (self.twin is not None or not can_sign_sm2())
            and is_current(self.trust_path, history)
            and not self._leftovers(history)
        )

    def finish(self) -> None:
        """Write first events, the twin log and the trust file, and forget keys that ended, where that is due.

        Every change of keys ends with this, and every opening does what a run that was killed left of it.
        """
        with locked(self.path / CREATION_LOCK):
            if self.twin is None and can_sign_sm2():
                self._make_twin_key()
            begun = self.head() is not None
            if not begun:  # of an origin that was given up before anything was recorded
                self._drop_strange_keys()
            with self.database.write() as connection:
                self._open_logs(connection)
                if draft := self._beginning(connection):
                    self.record(connection, [draft], actor="D001")
                history = read_history(connection)
            if not is_current(self.trust_path, history):
                if begun and not self.trust_path.exists():
                    _LOG.warning(
                        "信任文件不见了，已重新写出 | the trust file was gone and is written again: %s",
                        self.trust_path,
                    )
                self.write_trust()
            if left := self._leftovers(history):
                with self._keys.changing() as ring:
                    for identifier in left:
                        ring.forget(identifier)

    def _make_twin_key(self) -> None:
        twin = self.settings.origin + TWIN_SUFFIX
        with self._keys.changing() as ring:
            if not any(key.name == twin for key in ring.public_keys("log")):
                ring.new_signer("log", name=twin, algorithm="sm2")

    def _drop_strange_keys(self) -> None:
        """Forget keys made for the log of another origin."""
        origin = self.settings.origin
        strange = [
            key.id for key in self.keyring.public_keys() if key.name and key.name not in names_under(origin)
        ]
        if strange:
            with self._keys.changing() as ring:
                for identifier in strange:
                    ring.drop(identifier)

    def _beginning(self, connection: sa.Connection) -> EventDraft | None:
        """Return the event that begins the logs, or the twin of a log that had none and may be written to."""
        logs: list[object] = [key.vkey() for key in self._logs.keys]
        payload: dict[str, object] = {"home": self.settings.home, "origin": self.settings.origin}
        if SqlLogStorage(connection, self.settings.origin).read_head() is None:
            return EventDraft("office", "office.opened", {**payload, "logs": logs})
        if (
            self.twin is None
            or SqlLogStorage(connection, self.twin.origin).read_head() is not None
            or self._logs.stopped is not None
            or (self.path / STOPPED).exists()
        ):
            return None
        return EventDraft("office", TWIN_BEGUN, {"origin": self.twin.origin, "vkey": self.twin.key.encode()})

    def _leftovers(self, history: History) -> list[str]:
        """Return keys that were replaced or revoked and whose secret half is still here."""
        ended = {*history.followed, *history.revoked}
        return sorted(identifier for identifier in ended if self.keyring.can_sign(identifier))

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
        law = load(overlay if overlay.is_dir() else None)
        if law.overlay is not None:
            from qingyuan.cases import procedure_of  # noqa: PLC0415 - many commands need no law

            procedure_of(law)  # a local procedure that contradicts is refused here
        return law

    def is_half_published(self) -> bool:
        """Say whether the first publishing was cut off: a folder of tiles is there, and has no checkpoint yet."""
        folders = [TileFolder(self.path / name) for name in _TILES]
        return any(tiles.folder.is_dir() and tiles.checkpoint() is None for tiles in folders)

    def publish(self) -> None:
        """Bring the published tiles of both logs to the newest head; they are derived and need no sync.

        One process at a time, each by what the log holds when its turn has come: by an older state the newer checkpoint of another
        process would look like a log that was rolled back, or be replaced by an older one.

        With a policy of witnesses the checkpoint shown is the newest that meets it, and never one without its cosignatures.
        """
        with self.publishing():
            self.publish_held()

    def publish_held(self) -> None:
        """Do what :meth:`publish` does, within :meth:`publishing`."""
        show = None
        if (self.path / POLICY).is_file():
            from qingyuan.office.recognition.published import shower  # noqa: PLC0415 - it opens homes

            # A policy that cannot be read is named by what goes by it (cosign, package); meanwhile the plain heads are shown.
            with contextlib.suppress(FormatError):
                show = shower(self)
        with self.database.read() as connection:
            for log, folder in zip((self.log, self.twin), _TILES, strict=True):
                if log is None:
                    continue
                storage = SqlLogStorage(connection, log.origin, owns_entries=log is self.log)
                if storage.read_head() is not None:
                    tiles = TileFolder(self.path / folder, log.suite)
                    tiles.publish(storage, show=None if show is None else partial(show, connection, log))

    @contextlib.contextmanager
    def publishing(self) -> Iterator[None]:
        """Wait until no other process publishes, and let none meanwhile; not to be entered twice."""
        with locked(self.path / ".publish.lock"):
            yield

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


__all__ = ["Home", "OfficeInfo", "Settings"]
