"""Numbers of documents (文号), each given once in a home: which event of the log recorded it first."""

from __future__ import annotations

import sqlalchemy as sa

from qingyuan.store._counter import counted
from qingyuan.store.schema import COUNTER

_PREFIX = "document-number:"


def recorded_at(connection: sa.Connection, number: str) -> int | None:
    """Return the index of the event that recorded a number first; ``None`` when none did."""
    return counted(connection, _PREFIX + number)


def keep_number(connection: sa.Connection, number: str, index: int) -> None:
    """Keep which event recorded a number, in the transaction that writes the event; a roll-back gives the number back.

    Args:
        connection: A write transaction in which :func:`recorded_at` did not find it.
        number: As issued.
        index: Index of the event in the log.
    """
    connection.execute(sa.insert(COUNTER).values(name=_PREFIX + number, value=index))
