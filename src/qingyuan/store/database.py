"""Opening the database: SQLite (WAL, full synchronisation) by default, PostgreSQL for a province.

A writer takes the write lock when its transaction begins, so that what it reads cannot change under
it; two writers wait for each other and never lose an update. On SQLite that is ``BEGIN IMMEDIATE``; on PostgreSQL an
advisory lock held to the end of the transaction. Locking the row of the head would not do: a new log has no such row, and
the numbers of streams and identifiers are read before the head is. A reader sees one state for as long as it reads.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, cast

import sqlalchemy as sa

from qingyuan.store._away import is_away, lost, server_settings, telling
from qingyuan.store._driver import Driver
from qingyuan.store.errors import StoreError
from qingyuan.store.schema import METADATA

if TYPE_CHECKING:
    import sqlite3

    from sqlalchemy.engine.interfaces import DBAPIConnection

#: The newest migration; a database at this revision needs no Alembic run (nor its import).
HEAD_REVISION = "0009"

_BUSY_MS = 60_000
#: After so many transactions the write-ahead log of SQLite is lengthened once: what that costs is then soon saved.
_MANY = 64
#: The length it is given, a little more than what SQLite lets it grow to before it begins anew (1,000 pages of 4 KiB).
_RESERVE = 4_500_000
#: The advisory lock of writers; such locks belong to one database of a server.
_WRITER_LOCK = int.from_bytes(b"qingyuan", "big")


class Database:
    """A database at the newest schema.

    Args:
        url: SQLAlchemy URL, for example ``sqlite:///home/qingyuan.db`` or ``postgresql+psycopg://user@host/name``.

    Raises:
        StoreError: The file is no database of ours, is newer than this program, or cannot be opened.
    """

    def __init__(self, url: str) -> None:
        """Open ``url`` and bring its schema to the newest revision."""
        self.engine = _engine(url)
        self._turn = threading.Lock()
        self._writer: sa.Connection | None = None
        self._written = 0
        #: The URL without its password.
        self.url = self.engine.url.render_as_string(hide_password=True)
        if self.engine.dialect.name == "sqlite":
            sa.event.listen(self.engine, "connect", _configure_sqlite)
            sa.event.listen(self.engine, "begin", _begin_sqlite)
        else:
            sa.event.listen(self.engine, "connect", _configure_postgresql)
            sa.event.listen(self.engine, "begin", _begin_postgresql)
        try:
            self._migrate()
        except StoreError:
            self.engine.dispose()
            raise
        except sa.exc.DatabaseError as error:
            self.engine.dispose()
            if is_away(error):
                raise lost(self.url) from error
            if not self._writable():
                raise StoreError(
                    "store.not-writable",
                    zh="工作目录或其中的数据库只读，无法打开（SQLite 读取时也要在旁边写文件）",
                    en="the folder or the file of the database is read-only; it cannot be opened (SQLite writes beside it even to read)",
                    where=self.url,
                    remedy_zh="请以可写方式挂载，或使运行程序的用户可写整个工作目录；只需查阅时，把工作目录复制到可写的磁盘上再打开",
                    remedy_en="mount it writable, or let the user of the program write to the whole folder; to look only, copy it to a disk that is writable and open the copy",
                ) from error
            raise StoreError(
                "store.not-a-database",
                zh=f"无法作为数据库打开：{error.orig}",
                en=f"cannot be opened as a database: {error.orig}",
                where=self.url,
                remedy_zh="请检查路径和磁盘；若文件损坏，请从备份恢复，并运行 qingyuan ledger fsck",
                remedy_en="check the path and the disk; if the file is damaged restore a backup and run qingyuan ledger fsck",
            ) from error

    @classmethod
    def at(cls, path: Path) -> Database:
        """Open the SQLite file at ``path``, creating it when missing."""
        return cls(f"sqlite:///{path}")

    @contextlib.contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Yield a connection inside one write transaction; commits at the end, rolls back on error.

        Raises:
            StoreError: The disk is full or read-only, or another process holds the lock for too long.
        """
        kept = self._turn.acquire(
            blocking=False
        )  # if not, another thread writes: the database's lock says when it is over
        connection: sa.Connection | None = None
        ending = False
        try:
            connection, driver = self._begun(kept=kept)
            yield connection
            ending = True
            _commit(connection, driver)
        except BaseException as error:
            if connection is not None:
                _roll_back(connection)
            if kept:
                self._drop_writer()
            if is_away(error):
                raise lost(self.url, sure=not ending) from error
            if not isinstance(error, sa.exc.OperationalError):
                raise
            raise StoreError(
                "store.write-failed",
                zh=f"数据库写入失败，本次操作未生效：{error.orig}",
                en=f"the database refused to write; nothing of this was done: {error.orig}",
                where=self.url,
                remedy_zh="请检查磁盘空间和写入权限，确认没有其他长时间占用的进程，然后重试",
                remedy_en="check the free space and the permission, that no other process holds it, then try again",
            ) from error
        finally:
            if kept:
                self._turn.release()
            elif connection is not None:
                connection.close()

    def _begun(self, *, kept: bool) -> tuple[sa.Connection, Driver | None]:
        """Return a connection in a write transaction; one that was kept and broke meanwhile is replaced."""
        if kept and self._writer is not None:
            try:
                return self._writer, _begin(self._kept_writer())
            except sa.exc.DBAPIError as error:
                if not is_away(error):
                    raise
                self._drop_writer()
        connection = self._kept_writer() if kept else self._new_writer()
        return connection, _begin(connection)

    def _new_writer(self) -> sa.Connection:
        return self.engine.connect().execution_options(writer=True)

    def _kept_writer(self) -> sa.Connection:
        """Return the connection that is kept open for writing, as opening one costs a part of a small append."""
        if self._writer is None:
            self._writer = self._new_writer()
        self._written += 1
        if self._written == _MANY:
            self._reserve(self._writer)
        return self._writer

    def _reserve(self, connection: sa.Connection) -> None:
        """Make the write-ahead log of SQLite as long as it will get, for a process that writes a lot.

        A sync of a file that has just grown must write the length and the blocks of the file too; one that is written over
        again need not. The pages of a transaction that outgrows the cache go to the log before it ends, and stay there as space
        to write over when it is rolled back. Where that fails nothing has changed, and writing is as slow as before.
        """
        path = self.engine.url.database
        if self.engine.dialect.name != "sqlite" or not path or path == ":memory:":
            return
        with contextlib.suppress(OSError):
            if Path(f"{path}-wal").stat().st_size >= _RESERVE:
                return
        cursor = connection.connection.cursor()
        cursor.execute("PRAGMA cache_size")
        (size,) = cursor.fetchall()[0]
        try:
            cursor.execute("PRAGMA cache_size = 16")
            cursor.execute("BEGIN IMMEDIATE")
            cursor.execute("CREATE TABLE reserve (data BLOB)")
            cursor.execute("INSERT INTO reserve VALUES (zeroblob(?))", (_RESERVE,))
        except Exception as error:
            if not isinstance(error, connection.dialect.loaded_dbapi.Error):
                raise
        finally:
            connection.connection.rollback()
            cursor.execute(f"PRAGMA cache_size = {size}")
            cursor.close()

    def _drop_writer(self) -> None:
        if self._writer is not None:
            with contextlib.suppress(sa.exc.DBAPIError):  # it may have broken
                self._writer.close()
            self._writer = None

    @contextlib.contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Yield a connection inside one read transaction: one consistent state.

        Raises:
            StoreError: ``store.away``: the database server cannot be reached.
        """
        with telling(self.engine), self.engine.connect() as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Close every connection."""
        with self._turn:
            self._drop_writer()
        self.engine.dispose()

    def _writable(self) -> bool:
        """Say whether the file of SQLite and what lies beside it may be written to; of a server it is not asked."""
        path = self.engine.url.database
        if self.engine.dialect.name != "sqlite" or not path:
            return True
        places = (Path(path).parent, Path(path), Path(f"{path}-wal"), Path(f"{path}-shm"))
        return all(os.access(place, os.W_OK) for place in places if place.exists())

    def _migrate(self) -> None:
        with self.engine.connect() as connection:
            revision = None
            if sa.inspect(connection).has_table("alembic_version"):
                revision = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
        if revision == HEAD_REVISION:
            return
        if revision is not None and revision > HEAD_REVISION:
            raise StoreError(
                "store.newer-schema",
                zh=f"数据库由更新版本的程序建立（{revision}）",
                en=f"the database was made by a newer version of the program ({revision})",
                where=self.url,
                remedy_zh="请升级程序；不要用旧版本写入",
                remedy_en="upgrade the program; do not write with the old one",
            )
        upgrade_to(self.engine, "head")


def _engine(url: str) -> sa.Engine:
    try:
        made = sa.make_url(url)
        if made.get_backend_name() == "sqlite" and made.database in {None, "", ":memory:"}:
            return sa.create_engine(url)
        # As many as there are threads: one that holds a connection and needs another must never wait for itself.
        server = {} if made.get_backend_name() == "sqlite" else server_settings(made)
        return sa.create_engine(url, max_overflow=-1, **server)
    except ModuleNotFoundError as error:
        raise StoreError(
            "store.no-driver",
            zh=f"缺少数据库驱动 {error.name}",
            en=f"the database driver {error.name} is not installed",
            remedy_zh="PostgreSQL 请安装 qingyuan[postgres]，URL 以 postgresql+psycopg:// 开头",
            remedy_en="for PostgreSQL install qingyuan[postgres] and begin the URL with postgresql+psycopg://",
        ) from error


def upgrade_to(engine: sa.Engine, revision: str) -> None:
    """Run the Alembic migrations that ship inside the package up to ``revision``, or ``"head"``."""
    from alembic import command  # noqa: PLC0415 - only a new or old database pays for this import
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["engine"] = engine
    command.upgrade(config, revision)


def _configure_sqlite(connection: DBAPIConnection, _record: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        f"busy_timeout={_BUSY_MS}",
        "foreign_keys=ON",
        "temp_store=MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: sa.Connection) -> Driver | None:
    """Begin a write transaction; on SQLite past SQLAlchemy, which takes part from the first of its own statements on.

    What goes straight to the driver, such as an append to the journal, does without it: its way into a transaction and out of it
    costs a sixth of the processor time of an append.
    """
    if connection.dialect.name != "sqlite":
        connection.begin()
        return None
    driver = Driver(connection)
    driver.run("BEGIN IMMEDIATE")
    return driver


def _commit(connection: sa.Connection, driver: Driver | None) -> None:
    if driver is None or connection.in_transaction():
        connection.commit()
    else:
        driver.commit()


def _roll_back(connection: sa.Connection) -> None:
    """Undo what :func:`_begin` began, whatever became of it; the connection is given up after it."""
    with contextlib.suppress(sa.exc.DBAPIError, connection.dialect.loaded_dbapi.Error):
        connection.rollback()
        if not connection.closed and not connection.invalidated:
            connection.connection.rollback()


def _begin_sqlite(connection: sa.Connection) -> None:
    if cast("sqlite3.Connection", connection.connection.dbapi_connection).in_transaction:
        return  # :func:`_begin` began it
    writer = connection.get_execution_options().get("writer", False)
    Driver(connection).run("BEGIN IMMEDIATE" if writer else "BEGIN")


def _configure_postgresql(connection: DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    # A commit that has returned is on the disk, whatever the server's settings say; a stronger setting stays.
    cursor.execute(
        "SELECT set_config('synchronous_commit', 'on', false) "
        "WHERE current_setting('synchronous_commit') IN ('off', 'local')"
    )
    cursor.execute(f"SET lock_timeout = {_BUSY_MS}")
    cursor.close()
    connection.commit()


def _begin_postgresql(connection: sa.Connection) -> None:
    if connection.get_execution_options().get("writer", False):
        # Each statement after it sees what the former holder of the lock committed (READ COMMITTED).
        Driver(connection).run(f"SELECT pg_advisory_xact_lock({_WRITER_LOCK})")
    else:
        Driver(connection).run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


__all__ = ["HEAD_REVISION", "METADATA", "Database"]
