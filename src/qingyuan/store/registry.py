"""Identifiers, links between streams, and the sealed exhibits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec
import sqlalchemy as sa

from qingyuan.store._counter import count_up
from qingyuan.store.schema import EVENT, EXHIBIT, LINK

#: So many identifiers are asked for at once.
_MANY = 500


class ExhibitRow(msgspec.Struct, frozen=True):
    """A sealed exhibit.

    Attributes:
        id: Exhibit identifier.
        scope: Lead or matter it was collected for; names the key its blob is sealed with.
        path: Where it lay, as given.
        size: Bytes of content.
        sha256: Of the content; names the blob.
        origin: ``"collected"`` or ``"derived"``.
        manifest: Canonical JSON of the signed manifest.
        key: Identifier of the signing key.
        sig: Signature over the manifest, base64.
        idx: Index of the event that sealed it.
    """

    id: str
    scope: str
    path: str
    size: int
    sha256: str
    origin: str
    manifest: bytes
    key: str
    sig: str
    idx: int


def next_id(connection: sa.Connection, prefix: str, year: int) -> str:
    """Give the next identifier of a kind and year, such as ``L2026-0001``.

    Args:
        connection: A write transaction; a roll-back gives the number back.
        prefix: One letter for the kind.
        year: Four-digit year.
    """
    name = f"{prefix}{year}"
    return f"{name}-{count_up(connection, name):04d}"


def link(connection: sa.Connection, child: str, parent: str) -> None:
    """Say that stream ``child`` belongs to ``parent``; a later link replaces the former."""
    connection.execute(sa.delete(LINK).where(LINK.c.child == child))
    connection.execute(sa.insert(LINK).values(child=child, parent=parent))


def unlink(connection: sa.Connection, child: str) -> None:
    """Say that stream ``child`` belongs to itself again."""
    connection.execute(sa.delete(LINK).where(LINK.c.child == child))


def relink(connection: sa.Connection, parents: Mapping[str, str]) -> None:
    """Replace all links: child to parent."""
    connection.execute(sa.delete(LINK))
    if parents:
        connection.execute(
            sa.insert(LINK), [{"child": child, "parent": above} for child, above in parents.items()]
        )


def parent(connection: sa.Connection, child: str) -> str | None:
    """Return the stream that ``child`` belongs to, if any."""
    return connection.execute(sa.select(LINK.c.parent).where(LINK.c.child == child)).scalar()


def children(connection: sa.Connection, stream: str) -> list[str]:
    """Return the streams that belong to ``stream``, sorted."""
    rows = connection.execute(sa.select(LINK.c.child).where(LINK.c.parent == stream).order_by(LINK.c.child))
    return [row.child for row in rows]


def streams(connection: sa.Connection, prefix: str) -> list[str]:
    """Return all streams whose identifier begins with ``prefix`` and that have events, sorted."""
    rows = connection.execute(
        sa.select(EVENT.c.stream)
        .where(EVENT.c.n == 0, EVENT.c.stream.like(f"{prefix}%"))
        .order_by(EVENT.c.stream)
    )
    return [row.stream for row in rows]


def add_exhibits(connection: sa.Connection, rows: Sequence[ExhibitRow]) -> None:
    """Register sealed exhibits."""
    if rows:
        connection.execute(sa.insert(EXHIBIT), [msgspec.structs.asdict(row) for row in rows])


def exhibits(connection: sa.Connection, scopes: Iterable[str]) -> list[ExhibitRow]:
    """Return the exhibits of ``scopes`` in the order they were sealed."""
    rows = connection.execute(
        sa.select(EXHIBIT)
        .where(EXHIBIT.c.scope.in_(sorted(set(scopes))))
        .order_by(EXHIBIT.c.idx, EXHIBIT.c.id)
    )
    return [ExhibitRow(*row) for row in rows]


def exhibit(connection: sa.Connection, identifier: str) -> ExhibitRow | None:
    """Return one exhibit, or ``None``."""
    row = connection.execute(sa.select(EXHIBIT).where(EXHIBIT.c.id == identifier)).first()
    return None if row is None else ExhibitRow(*row)


def exhibits_named(connection: sa.Connection, identifiers: Iterable[str]) -> dict[str, ExhibitRow]:
    """Return those of some exhibits that are registered, by identifier."""
    wanted = sorted(set(identifiers))
    found: dict[str, ExhibitRow] = {}
    for at in range(0, len(wanted), _MANY):
        query = sa.select(EXHIBIT).where(EXHIBIT.c.id.in_(wanted[at : at + _MANY]))
        found |= {row.id: ExhibitRow(*row) for row in connection.execute(query)}
    return found


def scopes(connection: sa.Connection) -> list[str]:
    """Return the leads and matters that exhibits were collected for, sorted."""
    return list(connection.scalars(sa.select(EXHIBIT.c.scope).distinct().order_by(EXHIBIT.c.scope)))
