"""Cosignatures, time stamps and capture jobs.

Revision: 0002, after 0001.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the tables; what is there stays as it is, but an index that no query uses and every append pays for."""
    op.drop_index("ix_event_type", "event")
    op.create_table(
        "cosignature",
        sa.Column("origin", sa.Text, primary_key=True),
        sa.Column("size", _BIG, primary_key=True, autoincrement=False),
        sa.Column("witness", sa.Text, primary_key=True),
        sa.Column("line", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
    )
    op.create_table(
        "timestamp",
        sa.Column("id", _BIG, primary_key=True),
        sa.Column("over", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("size", _BIG, nullable=True),
        sa.Column("root", sa.LargeBinary, nullable=True),
        sa.Column("tsa", sa.Text, nullable=False),
        sa.Column("operator", sa.Text, nullable=False),
        sa.Column("token", sa.LargeBinary, nullable=False),
        sa.Column("gen_time", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
    )
    op.create_index("ix_timestamp_over_subject_size", "timestamp", ["over", "subject", "size"])
    op.create_table(
        "capture",
        sa.Column("job", sa.Text, primary_key=True),
        sa.Column("n", _BIG, primary_key=True, autoincrement=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("detail", sa.LargeBinary, nullable=True),
        sa.Column("at", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Drop the tables; what witnesses and time-stamping authorities signed is lost, so a backup comes first."""
    for table in ("capture", "timestamp", "cosignature"):
        op.drop_table(table)
    op.create_index("ix_event_type", "event", ["type"])
