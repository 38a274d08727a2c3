"""MySQL and MariaDB tables (extra ``mysql``)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import pymysql
import pymysql.cursors

from qingyuan.pii.readers._database import DatabaseUrl, Table

_COLUMNS = """
SELECT c.table_name, c.column_name FROM information_schema.columns c
  JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name
 WHERE c.table_schema = DATABASE() AND t.table_type = 'BASE TABLE' ORDER BY c.table_name, c.ordinal_position
"""
_KEYS = """
SELECT table_name, column_name FROM information_schema.key_column_usage
 WHERE table_schema = DATABASE() AND constraint_name = 'PRIMARY' ORDER BY table_name, ordinal_position
"""
_DEFAULT_PORT = 3306


class MySQL:
    """A MySQL or MariaDB database.

    Args:
        url: Where it is; a host that begins with a slash is a socket.
        password: Of the account.
    """

    lost: ClassVar[tuple[type[Exception], ...]] = (
        pymysql.err.OperationalError,
        pymysql.err.InterfaceError,
        ConnectionError,
        TimeoutError,
    )
    refused: ClassVar[tuple[type[Exception], ...]] = (pymysql.err.MySQLError, UnicodeDecodeError)

    def __init__(self, url: DatabaseUrl, password: str) -> None:
        """Keep where to connect."""
        self._url = url
        self._password = password

    def connect(self) -> pymysql.connections.Connection[Any]:
        """Return a connection whose transaction only reads, from one snapshot."""
        url = self._url
        connection = pymysql.connect(
            host=None if url.host.startswith("/") else url.host or "localhost",
            unix_socket=url.host if url.host.startswith("/") else None,
            port=url.port or _DEFAULT_PORT,
            user=url.user or None,
            password=self._password,
            database=url.database,
            charset="utf8mb4",
            connect_timeout=20,
            autocommit=False,
        )
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
        return connection

    def tables(self, connection: Any) -> list[Table]:
        """Return the tables of the database."""
        columns: dict[str, list[str]] = {}
        keys: dict[str, list[str]] = {}
        with connection.cursor() as cursor:
            for statement, into in ((_COLUMNS, columns), (_KEYS, keys)):
                cursor.execute(statement)
                for table, column in cursor.fetchall():
                    into.setdefault(str(table), []).append(str(column))
        return [
            Table(name, self.quote(name), tuple(held), tuple(keys.get(name, ())))
            for name, held in columns.items()
        ]

    def quote(self, name: str) -> str:
        """Return a name in backticks; a percent sign is doubled for the driver."""
        return "`" + name.replace("`", "``").replace("%", "%%") + "`"

    def rows(self, connection: Any, statement: str, values: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
        """Yield rows as the server sends them."""
        cursor = connection.cursor(pymysql.cursors.SSCursor)
        try:
            cursor.execute(statement, tuple(values))
            yield from cursor
        except self.lost:
            if (result := cursor._result) is not None:  # noqa: SLF001 -- closing would wait for rows that never come
                result.unbuffered_active = False
            raise
        cursor.close()

    def shuffled(self, table: Table) -> str:
        """Return the hash of seed and key (or whole row)."""
        of = ", ".join(f"COALESCE({self.quote(column)}, '')" for column in table.key or table.columns)
        return f"MD5(CONCAT_WS('|', %s, {of}))"
