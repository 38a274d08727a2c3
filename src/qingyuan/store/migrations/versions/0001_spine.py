"""The first schema: journal, ledger, exhibits, intake.

Revision: 0001, after none.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "ledger_entry",
        sa.Column("idx", _BIG, primary_key=True, autoincrement=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "ledger_hash",
        sa.Column("origin", sa.Text, primary_key=True),
        sa.Column("level", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("idx", _BIG, primary_key=True, autoincrement=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ledger_head",
        sa.Column("origin", sa.Text, primary_key=True),
        sa.Column("size", _BIG, nullable=False),
        sa.Column("edge", sa.LargeBinary, nullable=False),
        sa.Column("note", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "event",
        sa.Column("idx", _BIG, primary_key=True, autoincrement=False),
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("n", _BIG, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("salt", sa.LargeBinary, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("stream", "n", name="uq_event_stream_n"),
    )
    op.create_index("ix_event_type", "event", ["type"])
    op.create_table(
        "exhibit",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("size", _BIG, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("manifest", sa.LargeBinary, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("sig", sa.Text, nullable=False),
        sa.Column("idx", _BIG, nullable=False),
    )
    op.create_index("ix_exhibit_scope_idx", "exhibit", ["scope", "idx"])
    op.create_table(
        "counter",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", _BIG, nullable=False),
    )
    op.create_table(
        "link",
        sa.Column("child", sa.Text, primary_key=True),
        sa.Column("parent", sa.Text, nullable=False),
    )
    op.create_index("ix_link_parent", "link", ["parent"])
    op.create_table(
        "intake",
        sa.Column("lead", sa.Text, primary_key=True),
        sa.Column("roots", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("started", sa.Text, nullable=False),
        sa.Column("result", sa.LargeBinary, nullable=True),
    )
    op.create_index("ix_intake_roots", "intake", ["roots"])
    op.create_table(
        "item",
        sa.Column("id", _BIG, primary_key=True),
        sa.Column("lead", sa.Text, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("size", _BIG, nullable=False),
        sa.Column("mtime_ns", _BIG, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("exhibit", sa.Text, nullable=True),
        sa.Column("scan", sa.Text, nullable=True),
        sa.Column("detail", sa.LargeBinary, nullable=True),
        sa.UniqueConstraint("lead", "path", "size", "mtime_ns", name="uq_item_lead_path_size_mtime_ns"),
    )
    op.create_index("ix_item_lead_state", "item", ["lead", "state"])


def downgrade() -> None:
    """Drop the tables; the record is lost, so a backup comes first."""
    for table in (
        "item",
        "intake",
        "link",
        "counter",
        "exhibit",
        "event",
        "ledger_head",
        "ledger_hash",
        "ledger_entry",
    ):
        op.drop_table(table)
