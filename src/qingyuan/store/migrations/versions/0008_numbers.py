"""Numbers of documents are given once in a home: those that were recorded before are kept with the event that was first.

Revision: 0008, after 0007.
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_PREFIX = "document-number:"
_COUNTER = sa.table("counter", sa.column("name", sa.Text), sa.column("value", sa.BigInteger))


def upgrade() -> None:
    """Keep every number with the event that recorded it first; where two dockets recorded one, both stay on record."""
    connection = op.get_bind()
    rows = connection.execute(
        sa.text("SELECT idx, payload FROM event WHERE type = 'document.numbered' ORDER BY idx DESC")
    )
    first = {str(json.loads(bytes(row.payload))["number"]): row.idx for row in rows}
    if first:
        op.bulk_insert(
            _COUNTER, [{"name": _PREFIX + number, "value": index} for number, index in first.items()]
        )


def downgrade() -> None:
    """Forget them; the events hold them."""
    op.execute(sa.delete(_COUNTER).where(_COUNTER.c.name.startswith(_PREFIX)))
