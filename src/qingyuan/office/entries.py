"""One entry of the log, opened."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from qingyuan.office.errors import OfficeError
from qingyuan.office.home import Home
from qingyuan.store import StoredEvent
from qingyuan.store.schema import EVENT, LEDGER_ENTRY

#: Indexes are stored in 64 bits with a sign.
_END = 1 << 63


def entry(home: Home, index: int) -> StoredEvent:
    """Return the event of an entry of the log.

    Args:
        home: The office.
        index: Number of the entry, from 0.

    Raises:
        OfficeError: ``office.no-such-record``: the log is not that long.
    """
    query = (
        sa.select(EVENT, LEDGER_ENTRY.c.data)
        .join(LEDGER_ENTRY, LEDGER_ENTRY.c.idx == EVENT.c.idx)
        .where(EVENT.c.idx == index)
    )
    with home.database.read() as connection:
        row = connection.execute(query).first() if 0 <= index < _END else None
    if row is None:
        raise OfficeError(
            "office.no-such-record",
            zh=f"账本没有第 {index} 条",
            en=f"the log has no entry {index}",
            where=str(index),
            remedy_zh="条目从 0 起编号，总数见账本页",
            remedy_en="entries are numbered from 0; the page of the log says how many there are",
        )
    return StoredEvent(
        row.idx,
        row.stream,
        row.n,
        row.type,
        row.at,
        row.actor,
        msgspec.json.decode(row.payload),
        row.salt,
        row.data,
    )
