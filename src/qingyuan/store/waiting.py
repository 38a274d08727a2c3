"""Dockets for which somebody asked that a key be destroyed: where to look first. The events decide whether a request stands."""

from __future__ import annotations

import sqlalchemy as sa

from qingyuan.store.schema import COUNTER

_PREFIX = "destruction-asked:"
#: Behind every name with the prefix: the character after the colon.
_END = "destruction-asked;"


def keep_asked(connection: sa.Connection, scope: str, index: int) -> None:
    """Keep that a request was made, in the transaction that writes its event.

    Args:
        connection: A write transaction.
        scope: Lead or matter.
        index: Index of the event.
    """
    forget_asked(connection, scope)
    connection.execute(sa.insert(COUNTER).values(name=_PREFIX + scope, value=index))


def forget_asked(connection: sa.Connection, scope: str) -> None:
    """Forget the request of a scope, in the transaction that ends it."""
    connection.execute(sa.delete(COUNTER).where(COUNTER.c.name == _PREFIX + scope))


def asked(connection: sa.Connection) -> list[str]:
    """Return the scopes for which a request was made and not ended by anybody, in order; some may have ended by themselves."""
    query = sa.select(COUNTER.c.name).where(COUNTER.c.name >= _PREFIX, COUNTER.c.name < _END)
    return [
        name.removeprefix(_PREFIX) for name in connection.execute(query.order_by(COUNTER.c.name)).scalars()
    ]
