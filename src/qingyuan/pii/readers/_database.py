"""Live tables by connection URL: read-only, whole or sampled, resumed where the connection dropped."""

from __future__ import annotations

import contextlib
import functools
import io
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from qingyuan.pii.batch import Batch, Unread
from qingyuan.pii.errors import PiiError
from qingyuan.pii.readers._limits import Limits
from qingyuan.pii.readers._rows import RowBatches
from qingyuan.pii.readers._source import Budget, Source
from qingyuan.pii.readers._unread import Refused, unread

_SCHEMES = {"postgresql": "postgresql", "postgres": "postgresql", "mysql": "mysql", "mariadb": "mysql"}
_FETCH = 2_000
#: Attempts to connect again after a drop, and the longest pause between two, in seconds.
_ATTEMPTS, _LONGEST_PAUSE = 12, 5.0


@dataclass(frozen=True, slots=True)
class DatabaseUrl:
    """A parsed connection URL; its text form never holds the password.

    Attributes:
        kind: ``"postgresql"`` or ``"mysql"``.
        host: Host name, or folder of the socket (``?host=``); ``""`` for the driver's default.
        port: Port, 0 for the default.
        user: Account, ``""`` for the driver's default.
        password: From the URL, ``""`` if there is none: prefer the environment or the driver's own file.
        database: Name of the database.
        tables: Tables to read, ``schema.table`` or ``table``; all if empty.
    """

    kind: str
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    database: str
    tables: tuple[str, ...]

    def __str__(self) -> str:
        """Return the URL without password, for messages and results."""
        user = f"{self.user}@" if self.user else ""
        port = f":{self.port}" if self.port else ""
        return f"{self.kind}://{user}{self.host}{port}/{self.database}"


@dataclass(frozen=True, slots=True)
class Sample:
    """A reproducible sample of every table.

    Attributes:
        rows: Rows of each table at most.
        seed: The same seed takes the same rows of unchanged tables.
    """

    rows: int
    seed: int = 0


def is_database(text: str) -> bool:
    """Return whether a text is the URL of a database that can be read."""
    scheme, colon, _ = text.partition("://")
    return bool(colon) and scheme.partition("+")[0].lower() in _SCHEMES


def parse_url(text: str) -> DatabaseUrl:
    """Return the parts of ``postgresql://user@host/db?table=a&table=b`` or ``mysql://…``.

    Raises:
        PiiError: ``pii.database-url``.
    """
    try:
        parts = urlsplit(text)
        port = parts.port or 0
        query = parse_qs(parts.query, strict_parsing=bool(parts.query))
    except ValueError as error:
        raise _bad_url() from error
    kind = _SCHEMES.get(parts.scheme.partition("+")[0].lower())
    database = unquote(parts.path.strip("/"))
    if kind is None or not database or "/" in database or set(query) - {"table", "host"}:
        raise _bad_url()
    host = unquote(parts.hostname or "") or query.get("host", [""])[-1]
    password = unquote(parts.password or "")
    return DatabaseUrl(
        kind, host, port, unquote(parts.username or ""), password, database, tuple(query.get("table", ()))
    )


def _bad_url() -> PiiError:
    return PiiError(
        "pii.database-url",
        zh="数据库地址格式不正确",
        en="the database URL cannot be read",
        where="postgresql://user@host/database?table=name",
        remedy_zh="请按 postgresql://用户@主机/库?table=表 或 mysql://… 填写，参数只有 table 和 host",
        remedy_en="write postgresql://user@host/database?table=name or mysql://…; the parameters are table and host",
    )


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the database.

    Attributes:
        name: As in places: ``users`` or ``schema.users``.
        quoted: As in statements.
        columns: Names.
        key: Columns of the primary key, empty if there is none.
    """

    name: str
    quoted: str
    columns: tuple[str, ...]
    key: tuple[str, ...]


class Driver(Protocol):
    """What the two kinds of server differ in; every connection is one read-only transaction with one snapshot."""

    #: What the driver raises when the server is gone, and for any other refusal.
    lost: ClassVar[tuple[type[Exception], ...]]
    refused: ClassVar[tuple[type[Exception], ...]]

    def connect(self) -> Any:
        """Return an open connection inside a read-only transaction."""
        ...

    def tables(self, connection: Any) -> list[Table]:
        """Return the tables, system tables left out."""
        ...

    def quote(self, name: str) -> str:
        """Return a name quoted for statements."""
        ...

    def rows(self, connection: Any, statement: str, values: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
        """Yield rows by a cursor on the server."""
        ...

    def shuffled(self, table: Table) -> str:
        """Return an expression, with a placeholder for the seed, that orders rows at random but reproducibly."""
        ...


def _driver(url: DatabaseUrl, password: str) -> Driver:
    """Return the driver.

    Raises:
        PiiError: ``pii.database-driver``: its extra is not installed.
    """
    try:
        if url.kind == "postgresql":
            from qingyuan.pii.readers._postgresql import PostgreSQL  # noqa: PLC0415 -- optional

            return PostgreSQL(url, password)
        from qingyuan.pii.readers._mysql import MySQL  # noqa: PLC0415 -- optional

        return MySQL(url, password)
    except ModuleNotFoundError as error:
        extra = "postgres" if url.kind == "postgresql" else "mysql"
        raise PiiError(
            "pii.database-driver",
            zh="没有安装数据库驱动",
            en="the database driver is not installed",
            where=str(url),
            remedy_zh=f"请安装 qingyuan[{extra}]",
            remedy_en=f"install qingyuan[{extra}]",
        ) from error


def read_database(
    url: DatabaseUrl,
    *,
    password: str = "",
    sample: Sample | None = None,
    limits: Limits | None = None,
    pause: Callable[[float], None] = time.sleep,
) -> Iterator[Batch | Unread]:
    """Yield the values of the tables, places ``users.tel#17``: the 17th row in the order of the key.

    A connection that drops is opened again and goes on behind the last row: by primary key, or, for
    a table without one, by reading again up to that row. That the rest comes from a later state
    of the table is said in an ``Unread``.

    Args:
        url: What to read.
        password: Used when the URL has none; never stored or shown.
        sample: Take some rows only; said in an ``Unread``.
        limits: Time and sizes.
        pause: Waits between attempts to connect again, seconds.

    Raises:
        PiiError: ``pii.database-url``, ``pii.database-driver``, ``pii.database-connect`` or ``pii.database-table``.
    """
    limits = limits or Limits()
    driver = _driver(url, url.password or password)
    budget = Budget(limits, limits.clock() + limits.seconds)
    source = Source(io.BytesIO(), str(url), None, 0, budget)
    session = _Session(driver, url, budget, pause)
    try:
        tables = session.tables()
        for table in _chosen(tables, url):
            yield from _table(source, session, table, sample)
    except Refused as stop:
        yield stop.unread(None)
    finally:
        session.close()


def _chosen(tables: list[Table], url: DatabaseUrl) -> list[Table]:
    if not url.tables:
        return tables
    known = {
        name: table for table in reversed(tables) for name in (table.name, table.name.rpartition(".")[2])
    }
    missing = [name for name in url.tables if name not in known]
    if missing:
        raise PiiError(
            "pii.database-table",
            zh=f"数据库中没有表 {missing[0]}，或没有读取权限",
            en=f"the database has no table {missing[0]}, or it may not be read",
            where=str(url),
            remedy_zh="请核对表名和权限",
            remedy_en="check its name and the account's rights",
        )
    return [known[name] for name in url.tables]


class _Session:
    """A connection that is opened again when it drops."""

    def __init__(
        self, driver: Driver, url: DatabaseUrl, budget: Budget, pause: Callable[[float], None]
    ) -> None:
        self.driver = driver
        self._url = url
        self._budget = budget
        self._pause = pause
        self._connection: Any = None
        self.drops = 0

    def connection(self) -> Any:
        """Return the connection, opened if need be.

        Raises:
            PiiError: ``pii.database-connect``.
        """
        attempt = 0
        while self._connection is None:
            try:
                self._connection = self.driver.connect()
            except (*self.driver.lost, *self.driver.refused) as error:
                attempt += 1
                # A first connection that is refused is a wrong address or account: that does not pass.
                if not self.drops or attempt >= _ATTEMPTS:
                    raise PiiError(
                        "pii.database-connect",
                        zh=f"无法连接数据库（{type(error).__name__}）",
                        en=f"cannot connect to the database ({type(error).__name__})",
                        where=str(self._url),
                        remedy_zh="请核对地址、账号、密码和网络；密码可用环境变量 QINGYUAN_DB_PASSWORD 给出",
                        remedy_en="check address, account, password and network; QINGYUAN_DB_PASSWORD may hold the password",
                    ) from None
                self._budget.check_time()
                self._pause(min(_LONGEST_PAUSE, 0.1 * 2**attempt))
        return self._connection

    def tables(self) -> list[Table]:
        """Return the tables."""
        return self.driver.tables(self.connection())

    def dropped(self) -> None:
        """Note that the connection is gone."""
        self.drops += 1
        self.close()

    def close(self) -> None:
        """Close the connection if it still is one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(*self.driver.lost, *self.driver.refused, OSError):
                connection.close()


def _table(
    source: Source, session: _Session, table: Table, sample: Sample | None
) -> Iterator[Batch | Unread]:
    collected = RowBatches(source, table.name, table.columns, None)
    driver = session.driver
    done = drops = 0
    last: tuple[Any, ...] = ()
    at = [table.columns.index(column) for column in table.key]
    total = -1
    found: list[tuple[int, tuple[Any, ...]]] = []
    while True:
        source.budget.check_time()
        try:
            connection = session.connection()
            if sample is not None and total < 0:
                count = f"SELECT count(*) FROM {table.quoted}"  # noqa: S608 -- quoted
                total = int(next(driver.rows(connection, count, ()))[0])
            statement, values, skip = _statement(driver, table, sample, last, done)
            rows = driver.rows(connection, statement, values)
            for _ in range(skip):
                next(rows, None)
            for row in rows:
                done += 1
                found.append((done, tuple(map(_plain, row))))
                last = tuple(row[k] for k in at)
                if len(found) >= _FETCH:
                    source.budget.check_time()
                    yield from collected.add(found)
                    found = []
        except driver.lost:
            yield from collected.add(found)
            found = []
            drops += 1
            session.dropped()
            continue
        except driver.refused as error:
            yield unread("database-table", None, table=table.name, error=type(error).__name__)
            found = []
        yield from collected.add(found)
        break
    yield from collected.flush()
    yield from collected.notes()
    if drops:
        yield unread("database-resumed", None, table=table.name, count=drops)
    if sample is not None and total > done:
        yield unread("database-sampled", None, table=table.name, rows=done, total=total, seed=sample.seed)


def _statement(
    driver: Driver, table: Table, sample: Sample | None, last: tuple[Any, ...], done: int
) -> tuple[str, Sequence[Any], int]:
    """Return the statement for the rows still missing, its values, and how many rows to pass over."""
    columns = ", ".join(map(driver.quote, table.columns)) or "*"
    head = f"SELECT {columns} FROM {table.quoted}"  # noqa: S608 -- quoted
    if sample is not None:
        # The rows are few and their order is settled by the seed: those already read are passed over.
        return f"{head} ORDER BY {driver.shuffled(table)} LIMIT {int(sample.rows)}", (str(sample.seed),), done
    if not table.key:
        return head, (), done
    key = ", ".join(map(driver.quote, table.key))
    if not last:
        return f"{head} ORDER BY {key}", (), 0
    marks = ", ".join(["%s"] * len(last))
    return f"{head} WHERE ({key}) > ({marks}) ORDER BY {key}", last, 0


@functools.singledispatch
def _plain(value: object) -> object:
    """Return a value as text, number or bytes; structures as JSON."""
    return value


@_plain.register(dict)
@_plain.register(list)
def _structure(value: object) -> object:
    return json.dumps(value, ensure_ascii=False, default=str)
