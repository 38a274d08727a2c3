"""The state of the web itself: accounts, sessions, tokens, jobs, uploads.

It lies in ``home/web.db``, apart from the record: a session that is touched by every request must never wait for, nor
hold up, the one transaction of an act. Losing it costs people their sign-in, and nothing of any case. A home with a
PostgreSQL database keeps it there, in tables of its own, so that several servers share it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPIConnection

from qingyuan.store import glance, server_settings, telling

METADATA = sa.MetaData()

#: The advisory lock of writers on PostgreSQL; another one than that of the record.
_WRITER_LOCK = int.from_bytes(b"qy-state")

ACCOUNT = sa.Table(
    "account",
    METADATA,
    sa.Column("person", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("display", sa.Text, nullable=False),
    sa.Column("roles", sa.Text, nullable=False),
    sa.Column("password", sa.Text, nullable=False),
    sa.Column("created", sa.BigInteger, nullable=False),
    sa.Column("disabled", sa.BigInteger, nullable=False, default=0),
    sa.Column("failed", sa.BigInteger, nullable=False, default=0),
    sa.Column("locked_until", sa.BigInteger, nullable=False, default=0),
)

PASSKEY = sa.Table(
    "passkey",
    METADATA,
    sa.Column("id", sa.LargeBinary, primary_key=True),
    sa.Column("person", sa.Text, sa.ForeignKey("account.person"), nullable=False, index=True),
    sa.Column("public_key", sa.LargeBinary, nullable=False),
    sa.Column("sign_count", sa.BigInteger, nullable=False),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("created", sa.BigInteger, nullable=False),
    sa.Column("used", sa.BigInteger, nullable=False, server_default="0"),
)

SESSION = sa.Table(
    "session",
    METADATA,
    sa.Column("token", sa.LargeBinary, primary_key=True),
    sa.Column("person", sa.Text, sa.ForeignKey("account.person"), nullable=False, index=True),
    sa.Column("created", sa.BigInteger, nullable=False),
    sa.Column("seen", sa.BigInteger, nullable=False),
    sa.Column("id", sa.Text, nullable=False, server_default=""),
    sa.Column("agent", sa.Text, nullable=False, server_default=""),
    sa.Column("method", sa.Text, nullable=False, server_default="password"),
    sa.Column("confirmed", sa.BigInteger, nullable=False, server_default="0"),
)

#: What was begun and waits for its second half: a challenge of a passkey, a sign-in at a provider, a code for a new password.
CEREMONY = sa.Table(
    "ceremony",
    METADATA,
    sa.Column("bound", sa.LargeBinary, primary_key=True),
    sa.Column("purpose", sa.Text, primary_key=True),
    sa.Column("data", sa.LargeBinary, nullable=False),
    sa.Column("expires", sa.BigInteger, nullable=False),
)

#: How often somebody tried something; names are hashed and forgotten with their window.
ATTEMPT = sa.Table(
    "attempt",
    METADATA,
    sa.Column("name", sa.LargeBinary, primary_key=True),
    sa.Column("until", sa.BigInteger, nullable=False, index=True),
    sa.Column("count", sa.BigInteger, nullable=False),
)

#: The provider of sign-ins, at most one; ``secret`` is sealed under a key of the keyring.
PROVIDER = sa.Table(
    "provider",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("issuer", sa.Text, nullable=False),
    sa.Column("client", sa.Text, nullable=False),
    sa.Column("secret", sa.LargeBinary, nullable=False),
    sa.Column("label", sa.Text, nullable=False),
)

#: Which account is whose at the provider; made by the person, signed in, and by nobody else.
IDENTITY = sa.Table(
    "identity",
    METADATA,
    sa.Column("issuer", sa.Text, primary_key=True),
    sa.Column("subject", sa.LargeBinary, primary_key=True),
    sa.Column("person", sa.Text, sa.ForeignKey("account.person"), nullable=False, index=True),
    sa.Column("created", sa.BigInteger, nullable=False),
)

TOKEN = sa.Table(
    "token",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("token", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("person", sa.Text, sa.ForeignKey("account.person"), nullable=False, index=True),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("scopes", sa.Text, nullable=False),
    sa.Column("created", sa.BigInteger, nullable=False),
    sa.Column("expires", sa.BigInteger, nullable=False),
)

SECRET = sa.Table(
    "secret",
    METADATA,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.LargeBinary, nullable=False),
)

JOB = sa.Table(
    "job",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False, index=True),
    sa.Column("args", sa.LargeBinary, nullable=False),
    sa.Column("progress", sa.LargeBinary, nullable=False),
    sa.Column("result", sa.LargeBinary, nullable=False),
    sa.Column("created", sa.BigInteger, nullable=False),
    sa.Column("updated", sa.BigInteger, nullable=False),
    sa.Column("owner", sa.Text, nullable=False, server_default=""),
    sa.Column("lease", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("begun", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("runs", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("lost", sa.BigInteger, nullable=False, server_default="0"),
)

UPLOAD = sa.Table(
    "upload",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("batch", sa.Text, nullable=False, index=True),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("created", sa.BigInteger, nullable=False),
)

TICKET = sa.Table(
    "ticket",
    METADATA,
    sa.Column("token", sa.LargeBinary, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("record", sa.Text, nullable=False),
    sa.Column("created", sa.BigInteger, nullable=False),
    sa.Column("expires", sa.BigInteger, nullable=False),
)


#: Webhooks: ``next`` is the index in the log up to which events went into the outbox.
HOOK = sa.Table(
    "hook",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("types", sa.Text, nullable=False),
    sa.Column("created", sa.BigInteger, nullable=False),
    sa.Column("next", sa.BigInteger, nullable=False),
    sa.Column("active", sa.BigInteger, nullable=False),
)

#: Their outbox, and how each message went.
DELIVERY = sa.Table(
    "delivery",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("hook", sa.Text, sa.ForeignKey("hook.id"), nullable=False, index=True),
    sa.Column("idx", sa.BigInteger, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("tries", sa.BigInteger, nullable=False),
    sa.Column("due", sa.BigInteger, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Index("ix_delivery_state_due", "state", "due"),
)


class State:
    """The database of the web's own state.

    Args:
        url: SQLAlchemy URL of SQLite or PostgreSQL.
    """

    def __init__(self, url: str) -> None:
        """Open ``url``; tables and columns that are not there yet are made."""
        made = sa.make_url(url)
        self.shared = made.get_backend_name() != "sqlite"
        # As many connections as there are threads: readers must not queue up behind writers that wait for each other.
        self.engine = sa.create_engine(url, max_overflow=-1, **(server_settings(made) if self.shared else {}))
        if not self.shared:
            sa.event.listen(self.engine, "connect", _configure)
        sa.event.listen(self.engine, "begin", _begin_shared if self.shared else _begin)
        with self.write() as connection:
            METADATA.create_all(connection)
            _add_columns(connection)

    @classmethod
    def at(cls, path: Path) -> State:
        """Open the SQLite file ``path``, made when missing, readable by its owner only."""
        path.touch(mode=0o600)
        return cls(f"sqlite:///{path}")

    @contextlib.contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Yield a connection in a write transaction; writers take turns.

        Raises:
            StoreError: ``store.away``: the database server cannot be reached.
        """
        with (
            telling(self.engine),
            self.engine.connect().execution_options(writer=True) as connection,
            connection.begin(),
        ):
            yield connection

    @contextlib.contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Yield a connection in a read transaction.

        Raises:
            StoreError: ``store.away``: the database server cannot be reached.
        """
        with telling(self.engine), self.engine.connect() as connection, connection.begin():
            yield connection

    def glance(self, statement: str, *values: int | str | bytes) -> Sequence[Sequence[object]]:
        """Return what one statement reads; see :func:`qingyuan.store.glance`."""
        return glance(self.engine, statement, *values)

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def _add_columns(connection: sa.Connection) -> None:
    """Add the columns that an older program did not know; every new one has a value for old rows."""
    inspector = sa.inspect(connection)
    for table in METADATA.sorted_tables:
        known = {column["name"] for column in inspector.get_columns(table.name)}
        for column in table.columns:
            if column.name not in known:
                text = sa.schema.CreateColumn(column).compile(dialect=connection.dialect)
                connection.exec_driver_sql(f'ALTER TABLE "{table.name}" ADD COLUMN {text}')


def _configure(connection: DBAPIConnection, _record: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=30000", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: sa.Connection) -> None:
    writer = connection.get_execution_options().get("writer", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writer else "BEGIN")


def _begin_shared(connection: sa.Connection) -> None:
    if connection.get_execution_options().get("writer", False):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER_LOCK})")
