"""The register: rows that lists, deadlines, timelines and searches are read from; empty until it is built from the events.

Revision: 0003, after 0002.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from qingyuan.store.register.words import create_words, drop_words

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_BYTES = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_PLACES = ("", "o1", "o2", "o3")


def upgrade() -> None:
    """Create the tables; the first list that is asked for fills them."""
    op.create_table(
        "register",
        sa.Column("id", _BYTES, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        *(sa.Column(name, _BYTES, nullable=False) for name in ("docket", "office", "o1", "o2", "o3")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("title", "field", "track", "stage")),
        sa.Column("active", sa.Integer, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("handler", sa.Text, nullable=False),
        sa.Column("shielded", sa.Integer, nullable=False),
        sa.Column("score", sa.Integer, nullable=False),
        sa.Column("due", _BYTES, nullable=False),
        sa.Column("begun", _BYTES, nullable=False),
        sa.Column("first", _BIG, nullable=False),
        sa.Column("changed", _BIG, nullable=False),
    )
    op.create_index("ix_register_docket", "register", ["docket"])
    for place in _PLACES:
        for by, then in (("changed", ""), ("due", "id")):
            columns = [name for name in ("kind", "active", place, by, then) if name]
            op.create_index(f"ix_register_{place or 'all'}_{by}", "register", columns)
    op.create_table(
        "register_due",
        sa.Column("target", _BYTES, primary_key=True),
        sa.Column("key", _BYTES, primary_key=True),
        *(sa.Column(name, _BYTES, nullable=False) for name in ("docket", "o1", "o2", "o3", "office")),
        sa.Column("shielded", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("kind", "zh", "en")),
        sa.Column("due", _BYTES, nullable=False),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("firm", "stopped", "lapses")),
        sa.Column("articles", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_register_due_docket", "register_due", ["docket"])
    for place in _PLACES:
        columns = [name for name in (place, "due", "target", "key") if name]
        op.create_index(f"ix_register_due_{place or 'all'}", "register_due", columns)
    op.create_table(
        "register_line",
        sa.Column("docket", _BYTES, primary_key=True),
        sa.Column("idx", _BIG, primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "register_state",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    create_words(op.get_bind())


def downgrade() -> None:
    """Drop the tables; they are built anew from the events."""
    drop_words(op.get_bind())
    for table in ("register_state", "register_line", "register_due", "register"):
        op.drop_table(table)
