"""Records of a kind by stage: how many there are, and the newest of one stage, without reading the others.

Revision: 0005, after 0004.
"""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the index."""
    op.create_index("ix_register_all_stage", "register", ["kind", "active", "stage", "changed"])


def downgrade() -> None:
    """Drop the index."""
    op.drop_index("ix_register_all_stage", "register")
