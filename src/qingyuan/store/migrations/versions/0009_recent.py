"""The newest leaf hashes of a log wait beside its head; those stored before are all in their rows.

Revision: 0009, after 0008.
"""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, empty; written as text, since SQLite adds a column that must not be empty with a default only."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    kind, empty = ("BLOB", "x''") if sqlite else ("BYTEA", "''::bytea")
    op.execute(f"ALTER TABLE ledger_head ADD COLUMN recent {kind} NOT NULL DEFAULT {empty}")


def downgrade() -> None:
    """Give them rows and drop the column; what waits never reaches into another tile."""
    op.execute(
        "INSERT INTO ledger_hash (origin, level, idx, hash) "
        "SELECT origin, 0, size - length(recent) / 32, recent FROM ledger_head WHERE length(recent) > 0"
    )
    op.execute("ALTER TABLE ledger_head DROP COLUMN recent")
