"""What witnesses signed over the heads of our logs.

A row is a verified signature line of one key over one head: of a witness, or of the log itself. The key is named
``name+hex key ID``, so that a witness with keys of two algorithms has a row for each.
"""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from qingyuan.store.schema import COSIGNATURE


class CosignatureRow(msgspec.Struct, frozen=True):
    """A stored cosignature.

    Attributes:
        origin: The log.
        size: Size of the head it is over.
        witness: Key of the witness, ``name+hex key ID``.
        line: The signature line without line feed.
        at: When it was received, RFC 3339.
    """

    origin: str
    size: int
    witness: str
    line: str
    at: str


def save_cosignature(connection: sa.Connection, row: CosignatureRow) -> None:
    """Store a cosignature that was verified; a later one of the same key over the same head replaces it."""
    values = {"line": row.line, "at": row.at}
    where = (
        (COSIGNATURE.c.origin == row.origin)
        & (COSIGNATURE.c.size == row.size)
        & (COSIGNATURE.c.witness == row.witness)
    )
    if connection.execute(sa.update(COSIGNATURE).where(where).values(**values)).rowcount == 0:
        connection.execute(sa.insert(COSIGNATURE).values(msgspec.structs.asdict(row)))


def cosignatures(connection: sa.Connection, origin: str, size: int) -> list[CosignatureRow]:
    """Return the cosignatures over the head of ``size`` entries, in order of witness."""
    query = (
        sa.select(COSIGNATURE)
        .where(COSIGNATURE.c.origin == origin, COSIGNATURE.c.size == size)
        .order_by(COSIGNATURE.c.witness)
    )
    return [CosignatureRow(**row) for row in connection.execute(query).mappings()]


def cosigned_size(connection: sa.Connection, origin: str, witness: str) -> int:
    """Return the size of the newest head that a key of a witness cosigned, 0 if it cosigned none."""
    query = sa.select(sa.func.max(COSIGNATURE.c.size)).where(
        COSIGNATURE.c.origin == origin, COSIGNATURE.c.witness == witness
    )
    return connection.execute(query).scalar() or 0


def cosigned_sizes(connection: sa.Connection, origin: str, most: int, count: int) -> list[int]:
    """Return the sizes of heads with cosignatures, at most ``most`` entries long, the newest ``count`` first."""
    query = (
        sa.select(COSIGNATURE.c.size)
        .where(COSIGNATURE.c.origin == origin, COSIGNATURE.c.size <= most)
        .distinct()
        .order_by(COSIGNATURE.c.size.desc())
        .limit(count)
    )
    return list(connection.scalars(query))
