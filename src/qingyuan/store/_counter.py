"""Numbers that are given once each."""

from __future__ import annotations

import sqlalchemy as sa

from qingyuan.store.schema import COUNTER


def count_up(connection: sa.Connection, name: str, *, above: int = 0) -> int:
    """Give the next number of a counter; a roll-back gives it back.

    Args:
        connection: A write transaction.
        name: Which counter.
        above: The number is greater than this.
    """
    value = counted(connection, name)
    number = max(value or 0, above) + 1
    if value is None:
        connection.execute(sa.insert(COUNTER).values(name=name, value=number))
    else:
        connection.execute(sa.update(COUNTER).where(COUNTER.c.name == name).values(value=number))
    return number


def counted(connection: sa.Connection, name: str) -> int | None:
    """Return the last number that was given; ``None`` when none was."""
    return connection.execute(sa.select(COUNTER.c.value).where(COUNTER.c.name == name)).scalar()
