"""Records of a kind in the order of their beginning or their score, without sorting all of them.

Revision: 0006, after 0005.
"""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_BY = ("begun", "score")


def upgrade() -> None:
    """Create the indexes."""
    for by in _BY:
        op.create_index(f"ix_register_all_{by}", "register", ["kind", "active", by, "id"])


def downgrade() -> None:
    """Drop the indexes."""
    for by in _BY:
        op.drop_index(f"ix_register_all_{by}", "register")
