"""The tables, as SQLAlchemy Core metadata.

``event`` and ``ledger_*`` are the record; every other table is a projection or the state of a job and
can be rebuilt from the record and the blobs.
"""

from __future__ import annotations

import sqlalchemy as sa

METADATA = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

#: SQLite only counts an INTEGER PRIMARY KEY as the row id; PostgreSQL needs 64 bits.
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

#: The entries of the log, in order. ``idx`` is the leaf index and the event's global number.
LEDGER_ENTRY = sa.Table(
    "ledger_entry",
    METADATA,
    sa.Column("idx", BIG, primary_key=True, autoincrement=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
)

#: The hashes of each log over the entries: level 0 are the leaves, level 1 one hash of 256 leaves, and so on. A row holds
#: the hashes, 32 bytes each, of consecutive indexes of one tile; ``idx`` is the index of the first.
LEDGER_HASH = sa.Table(
    "ledger_hash",
    METADATA,
    sa.Column("origin", sa.Text, primary_key=True),
    sa.Column("level", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("idx", BIG, primary_key=True, autoincrement=False),
    sa.Column("hash", sa.LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

#: The newest signed head of each log and the right edge that extends it; ``recent`` are the hashes of its last leaves that are in no
#: row of ``ledger_hash`` yet, one after the other.
LEDGER_HEAD = sa.Table(
    "ledger_head",
    METADATA,
    sa.Column("origin", sa.Text, primary_key=True),
    sa.Column("size", BIG, nullable=False),
    sa.Column("edge", sa.LargeBinary, nullable=False),
    sa.Column("note", sa.LargeBinary, nullable=False),
    sa.Column("recent", sa.LargeBinary, nullable=False),
)

#: One row an event; ``payload`` is canonical JSON, ``salt`` opens the commitments in the leaf.
EVENT = sa.Table(
    "event",
    METADATA,
    sa.Column("idx", BIG, primary_key=True, autoincrement=False),
    sa.Column("stream", sa.Text, nullable=False),
    sa.Column("n", BIG, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("salt", sa.LargeBinary, nullable=False),
    sa.Column("payload", sa.LargeBinary, nullable=False),
    sa.UniqueConstraint("stream", "n"),
)

#: Sealed exhibits: the signed manifest and where its blob is.
EXHIBIT = sa.Table(
    "exhibit",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("size", BIG, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("origin", sa.Text, nullable=False),
    sa.Column("manifest", sa.LargeBinary, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("sig", sa.Text, nullable=False),
    sa.Column("idx", BIG, nullable=False),
    sa.Index(None, "scope", "idx"),
)

#: Names already given, such as the next lead number of a year.
COUNTER = sa.Table(
    "counter",
    METADATA,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", BIG, nullable=False),
)

#: Which streams belong together: a lead or case to its matter.
LINK = sa.Table(
    "link",
    METADATA,
    sa.Column("child", sa.Text, primary_key=True),
    sa.Column("parent", sa.Text, nullable=False, index=True),
)

#: An intake: the roots a user gave, and the lead they become.
INTAKE = sa.Table(
    "intake",
    METADATA,
    sa.Column("lead", sa.Text, primary_key=True),
    sa.Column("roots", sa.Text, nullable=False, index=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("started", sa.Text, nullable=False),
    sa.Column("result", sa.LargeBinary, nullable=True),
)

#: One file of an intake and how far it has come.
ITEM = sa.Table(
    "item",
    METADATA,
    sa.Column("id", BIG, primary_key=True),
    sa.Column("lead", sa.Text, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("size", BIG, nullable=False),
    sa.Column("mtime_ns", BIG, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("exhibit", sa.Text, nullable=True),
    sa.Column("scan", sa.Text, nullable=True),
    sa.Column("detail", sa.LargeBinary, nullable=True),
    sa.Index(None, "lead", "state"),
    sa.UniqueConstraint("lead", "path", "size", "mtime_ns"),
)

#: What witnesses signed over the heads of our logs: the signature line without its line feed.
COSIGNATURE = sa.Table(
    "cosignature",
    METADATA,
    sa.Column("origin", sa.Text, primary_key=True),
    sa.Column("size", BIG, primary_key=True, autoincrement=False),
    sa.Column("witness", sa.Text, primary_key=True),
    sa.Column("line", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
)

#: Time-stamp tokens over a checkpoint, an exhibit or an earlier token; ``token`` is the DER response.
TIMESTAMP = sa.Table(
    "timestamp",
    METADATA,
    sa.Column("id", BIG, primary_key=True),
    sa.Column("over", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("size", BIG, nullable=True),
    sa.Column("root", sa.LargeBinary, nullable=True),
    sa.Column("tsa", sa.Text, nullable=False),
    sa.Column("operator", sa.Text, nullable=False),
    sa.Column("token", sa.LargeBinary, nullable=False),
    sa.Column("gen_time", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Index(None, "over", "subject", "size"),
)

#: One page of a capture job and how far it has come.
CAPTURE = sa.Table(
    "capture",
    METADATA,
    sa.Column("job", sa.Text, primary_key=True),
    sa.Column("n", BIG, primary_key=True, autoincrement=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("detail", sa.LargeBinary, nullable=True),
    sa.Column("at", sa.Text, nullable=False),
)

#: A text compared byte by byte, whatever the locale of a server: paths of offices and what a page goes on from.
BYTEWISE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

#: The register: one row a lead, matter or case, as its docket folds. ``o1`` to ``o3`` are the first prefixes of the office's path.
REGISTER = sa.Table(
    "register",
    METADATA,
    sa.Column("id", BYTEWISE, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("docket", BYTEWISE, nullable=False, index=True),
    sa.Column("office", BYTEWISE, nullable=False),
    sa.Column("o1", BYTEWISE, nullable=False),
    sa.Column("o2", BYTEWISE, nullable=False),
    sa.Column("o3", BYTEWISE, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("field", sa.Text, nullable=False),
    sa.Column("track", sa.Text, nullable=False),
    sa.Column("stage", sa.Text, nullable=False),
    sa.Column("active", sa.Integer, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("handler", sa.Text, nullable=False),
    sa.Column("shielded", sa.Integer, nullable=False),
    sa.Column("score", sa.Integer, nullable=False),
    sa.Column("due", BYTEWISE, nullable=False),
    sa.Column("begun", BYTEWISE, nullable=False),
    sa.Column("first", BIG, nullable=False),
    sa.Column("changed", BIG, nullable=False),
    *(
        sa.Index(f"ix_register_{place or 'all'}_{by}", *filter(None, ("kind", "active", place, by, then)))
        for place in ("", "o1", "o2", "o3")
        for by, then in (("changed", ""), ("due", "id"))
    ),
    *(sa.Index(f"ix_register_all_{by}", "kind", "active", by, "id") for by in ("begun", "score")),
    sa.Index("ix_register_all_stage", "kind", "active", "stage", "changed"),
)

#: Open dates of the register. ``lapses``: the end of the period is itself the event, so that the row is over with its day.
REGISTER_DUE = sa.Table(
    "register_due",
    METADATA,
    sa.Column("target", BYTEWISE, primary_key=True),
    sa.Column("key", BYTEWISE, primary_key=True),
    sa.Column("docket", BYTEWISE, nullable=False, index=True),
    sa.Column("o1", BYTEWISE, nullable=False),
    sa.Column("o2", BYTEWISE, nullable=False),
    sa.Column("o3", BYTEWISE, nullable=False),
    sa.Column("office", BYTEWISE, nullable=False),
    sa.Column("shielded", sa.Integer, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("zh", sa.Text, nullable=False),
    sa.Column("en", sa.Text, nullable=False),
    sa.Column("due", BYTEWISE, nullable=False),
    sa.Column("firm", sa.Integer, nullable=False),
    sa.Column("stopped", sa.Integer, nullable=False),
    sa.Column("lapses", sa.Integer, nullable=False),
    sa.Column("articles", sa.LargeBinary, nullable=False),
    *(
        sa.Index(
            f"ix_register_due_{place or 'all'}", *filter(None, (place, "due", "target", "key")), unique=False
        )
        for place in ("", "o1", "o2", "o3")
    ),
)

#: The events that a docket's timeline shows.
REGISTER_LINE = sa.Table(
    "register_line",
    METADATA,
    sa.Column("docket", BYTEWISE, primary_key=True),
    sa.Column("idx", BIG, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

#: What reports count: one row a lead, case, measure and payment.
REGISTER_REPORT = sa.Table(
    "register_report",
    METADATA,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("id", BYTEWISE, primary_key=True),
    sa.Column("docket", BYTEWISE, nullable=False, index=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("day", BYTEWISE, nullable=False),
    sa.Column("field", sa.Text, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

#: What the register was computed with: name and value, such as the fingerprint of the law.
REGISTER_STATE = sa.Table(
    "register_state",
    METADATA,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

#: How people and offices stand to dockets, for lists; follows from the events of the dockets.
STANDING = sa.Table(
    "standing",
    METADATA,
    sa.Column("docket", BYTEWISE, primary_key=True),
    sa.Column("relation", sa.Text, primary_key=True),
    sa.Column("party", sa.Text, primary_key=True),
    sa.Index(None, "relation", "party"),
)
