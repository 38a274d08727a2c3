"""The rows of reports in the register; an existing register is built anew when it is next asked for something.

Revision: 0007, after 0006.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_BYTES = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Create the table, and let the register be built with it."""
    op.create_table(
        "register_report",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("id", _BYTES, primary_key=True),
        sa.Column("docket", _BYTES, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("day", _BYTES, nullable=False),
        sa.Column("field", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_register_report_docket", "register_report", ["docket"])
    op.execute("DELETE FROM register_state")


def downgrade() -> None:
    """Drop the table; the register of the earlier version is built anew by its program."""
    op.drop_table("register_report")
