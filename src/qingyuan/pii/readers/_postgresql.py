"""PostgreSQL tables (extra ``postgres``)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import psycopg

from qingyuan.pii.readers._database import DatabaseUrl, Table

_TABLES = """
SELECT n.nspname, c.relname, array_agg(a.attname::text ORDER BY a.attnum),
       (SELECT array_agg(k.attname::text ORDER BY array_position(i.indkey::int2[], k.attnum))
          FROM pg_index i JOIN pg_attribute k ON k.attrelid = i.indrelid AND k.attnum = ANY (i.indkey)
         WHERE i.indrelid = c.oid AND i.indisprimary)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
 WHERE c.relkind IN ('r', 'p', 'm') AND NOT c.relispartition
   AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
   AND has_table_privilege(c.oid, 'SELECT')
 GROUP BY c.oid, n.nspname, c.relname ORDER BY n.nspname, c.relname
"""


class PostgreSQL:
    """A PostgreSQL database.

    Args:
        url: Where it is.
        password: Of the account; empty leaves it to ``PGPASSWORD`` and ``.pgpass``.
    """

    lost: ClassVar[tuple[type[Exception], ...]] = (psycopg.OperationalError, psycopg.InterfaceError)
    refused: ClassVar[tuple[type[Exception], ...]] = (psycopg.Error,)

    def __init__(self, url: DatabaseUrl, password: str) -> None:
        """Keep where to connect."""
        said = {
            "host": url.host,
            "port": url.port,
            "user": url.user,
            "password": password,
            "dbname": url.database,
        }
        self._where: dict[str, Any] = {name: value for name, value in said.items() if value}
        self._cursors = itertools.count(1)

    def connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        """Return a connection whose transaction only reads, from one snapshot."""
        connection = psycopg.connect(
            **self._where,
            connect_timeout=20,
            application_name="qingyuan",
            # Each reading of a table without a key begins at its first row, not where another one just is.
            options="-c synchronize_seqscans=off",
        )
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        return connection

    def tables(self, connection: Any) -> list[Table]:
        """Return the tables that may be read; partitions are read through their parent."""
        out = []
        for schema, name, columns, key in connection.execute(_TABLES).fetchall():
            said = name if schema == "public" else f"{schema}.{name}"
            out.append(
                Table(said, f"{self.quote(schema)}.{self.quote(name)}", tuple(columns), tuple(key or ()))
            )
        return out

    def quote(self, name: str) -> str:
        """Return a name in double quotes; a percent sign is doubled for the driver."""
        return '"' + name.replace('"', '""').replace("%", "%%") + '"'

    def rows(self, connection: Any, statement: str, values: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
        """Yield rows by a named cursor."""
        with connection.cursor(name=f"qingyuan{next(self._cursors)}") as cursor:
            cursor.itersize = 2_000
            cursor.execute(statement, list(values))
            yield from cursor

    def shuffled(self, table: Table) -> str:
        """Return the hash of seed and key (or whole row)."""
        of = ", ".join(map(self.quote, table.key or table.columns))
        return f"md5(%s || ROW({of})::text)"
