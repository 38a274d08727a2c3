"""How people and offices stand to dockets.

Revision: 0004, after 0003.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_BYTES = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Create the table; it fills with the events to come, as no older version wrote any that concern it."""
    op.create_table(
        "standing",
        sa.Column("docket", _BYTES, primary_key=True),
        sa.Column("relation", sa.Text, primary_key=True),
        sa.Column("party", sa.Text, primary_key=True),
    )
    op.create_index("ix_standing_relation_party", "standing", ["relation", "party"])


def downgrade() -> None:
    """Drop the table; it follows from the events."""
    op.drop_table("standing")
