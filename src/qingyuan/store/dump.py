"""A consistent copy of a database while others write to it, and a database made from one.

SQLite: its own backup, in one step, from the state that the caller's transaction sees. PostgreSQL: ``COPY`` of every table, binary,
from one snapshot; loading makes the schema at the revision of the copy first, so that no program of the server's version is needed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, cast

import sqlalchemy as sa

from qingyuan.store.database import upgrade_to
from qingyuan.store.errors import StoreError

_VERSION = "alembic_version"


def revision_of(connection: sa.Connection) -> str:
    """Return the revision of the schema."""
    return str(connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar())


def copy_sqlite(source: Path, target: Path, empty: Collection[str] = ()) -> None:
    """Copy a SQLite file that may be written to meanwhile; tables in ``empty`` have no rows in the copy."""
    with sqlite3.connect(source, timeout=60) as before, sqlite3.connect(target) as after:
        before.backup(after)
        for name in empty:
            if after.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (name,)).fetchone():
                after.execute(f'DELETE FROM "{name}"')  # noqa: S608 - names of our own tables
        after.commit()
        after.execute("VACUUM")
    before.close()
    after.close()


def dump(connection: sa.Connection, folder: Path, empty: Collection[str] = ()) -> list[Path]:
    """Write the database that a read transaction sees into a folder, and return the files.

    Args:
        connection: Inside a read transaction of :meth:`Database.read`.
        folder: An empty folder.
        empty: Tables of which no rows are written.
    """
    raw = cast("Any", connection.connection.driver_connection)
    if connection.dialect.name == "sqlite":
        target = folder / "qingyuan.db"
        with sqlite3.connect(target) as copy:
            raw.backup(copy)
        copy.close()
        return [target]
    written = []
    for table in sorted(sa.inspect(connection).get_table_names()):
        if table in {_VERSION, *empty}:
            continue
        path = folder / f"{table}.copy"
        with path.open("wb") as file, raw.cursor() as cursor:
            statement = f'COPY "{table}" ({_columns(connection, table)}) TO STDOUT (FORMAT binary)'
            with cursor.copy(statement) as rows:
                for part in rows:
                    file.write(part)
        written.append(path)
    return written


def load(url: str, files: Sequence[Path], revision: str, more: Sequence[sa.MetaData] = ()) -> None:
    """Fill an empty PostgreSQL database from what :func:`dump` wrote.

    Args:
        url: Of the database.
        files: What was written, ``<table>.copy`` each.
        revision: Revision of the schema of the copy.
        more: Tables beside those of the record.

    Raises:
        StoreError: ``store.not-empty``, or the database cannot be opened.
    """
    engine = sa.create_engine(url)
    try:
        with engine.connect() as connection:
            if found := sa.inspect(connection).get_table_names():
                raise StoreError(
                    "store.not-empty",
                    zh=f"数据库不为空：{found[0]}",
                    en=f"the database is not empty: {found[0]}",
                    where=engine.url.render_as_string(hide_password=True),
                    remedy_zh="请给出一个空的数据库或模式（schema）",
                    remedy_en="give an empty database or schema",
                )
        upgrade_to(engine, revision)
        with engine.begin() as connection:
            for metadata in more:
                metadata.create_all(connection)
            for path in files:
                _load(connection, path)
    finally:
        engine.dispose()


def _load(connection: sa.Connection, path: Path) -> None:
    table = path.stem
    raw = cast("Any", connection.connection.driver_connection)
    with path.open("rb") as file, raw.cursor() as cursor:
        cursor.execute(f'TRUNCATE "{table}" CASCADE')
        statement = f'COPY "{table}" ({_columns(connection, table)}) FROM STDIN (FORMAT binary)'
        with cursor.copy(statement) as rows:
            while part := file.read(1 << 20):
                rows.write(part)
        for column in sa.inspect(connection).get_columns(table):
            cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", (f'"{table}"', column["name"]))
            if (sequence := cursor.fetchone()[0]) is not None:
                name = column["name"]
                cursor.execute(
                    f'SELECT setval(%s, (SELECT max("{name}") FROM "{table}"))',  # noqa: S608 - names of our tables
                    (sequence,),
                )


def _columns(connection: sa.Connection, table: str) -> str:
    """Return the columns that hold something of their own, quoted; computed ones are computed again."""
    columns = sa.inspect(connection).get_columns(table)
    return ", ".join(f'"{one["name"]}"' for one in columns if "computed" not in one)
