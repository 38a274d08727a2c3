"""DuckDB databases (extra ``duckdb``): every row of every table, read-only and without extensions."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from typing import Any

from qingyuan.pii.batch import Batch, Unread
from qingyuan.pii.readers._columnar import Columns
from qingyuan.pii.readers._source import Source, path_of
from qingyuan.pii.readers._unread import Refused, unread

_ROWS = 16_384
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "access_mode": "READ_ONLY",
    "enable_external_access": "false",
    "autoload_known_extensions": "false",
    "autoinstall_known_extensions": "false",
    "threads": "1",
    "memory_limit": "1GB",
}
_TABLES = "SELECT database_name, schema_name, table_name FROM duckdb_tables() WHERE NOT internal ORDER BY ALL"


def _installed() -> bool:
    return importlib.util.find_spec("duckdb") is not None


def read_duckdb(source: Source) -> Iterator[Batch | Unread]:
    """Yield the values of every table, places ``users.tel#17``; a log beside the file is named.

    Raises:
        Refused: ``needs-duckdb``, ``corrupt`` or a limit.
    """
    if not _installed():
        raise Refused("needs-duckdb", format="DuckDB")
    import duckdb  # noqa: PLC0415 -- optional

    path = path_of(source)
    descriptor = -1
    if path is None:
        if not hasattr(os, "memfd_create"):
            raise Refused("needs-duckdb", format="DuckDB")
        descriptor = os.memfd_create("duckdb")
        with os.fdopen(os.dup(descriptor), "wb") as file:
            file.write(source.whole())
    try:
        where = str(path) if path is not None else f"/proc/self/fd/{descriptor}"
        connection = duckdb.connect(where, read_only=True, config=_CONFIG)
    except (duckdb.Error, RuntimeError) as error:
        raise Refused("corrupt", format="DuckDB", where=type(error).__name__) from error
    finally:
        if descriptor >= 0:
            os.close(descriptor)
    with connection:
        for database, schema, table in connection.execute(_TABLES).fetchall():
            name = table if schema == "main" else f"{schema}.{table}"
            try:
                yield from _table(source, connection, (database, schema, table), name)
            except duckdb.Error as error:
                where = f"table {name}: {type(error).__name__}"
                yield unread("corrupt", source.member, format="DuckDB", where=where)


def _table(source: Source, connection: Any, parts: tuple[str, ...], name: str) -> Iterator[Batch | Unread]:
    quoted = ".".join('"' + part.replace('"', '""') + '"' for part in parts)
    columns = Columns(source, name)
    found = connection.sql(f"SELECT * FROM {quoted}")  # noqa: S608 -- quoted
    for batch in found.to_arrow_reader(_ROWS):
        source.budget.check_time()
        yield from columns.batches(batch)
    yield from columns.notes()
