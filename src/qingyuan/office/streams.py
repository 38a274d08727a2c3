"""Which streams a docket is made of, by the links between them alone: nothing of it is read or folded."""

from __future__ import annotations

import sqlalchemy as sa

from qingyuan.office._identifiers import check_identifier
from qingyuan.office.errors import OfficeError
from qingyuan.store.registry import children, parent


def docket_streams(connection: sa.Connection, identifier: str) -> tuple[str, ...]:
    """Return the streams of the docket that a lead, matter or case belongs to.

    Raises:
        OfficeError: There is no such record, or ``office.bad-scope`` when it is no identifier.
    """
    check_identifier("scope", identifier)
    known = connection.execute(
        sa.text("SELECT 1 FROM event WHERE stream = :stream AND n = 0"), {"stream": identifier}
    ).first()
    if known is None:
        raise OfficeError(
            "office.no-such-record",
            zh=f"没有编号为 {identifier} 的线索、总案或案件",
            en=f"there is no lead, matter or case {identifier}",
            where=identifier,
            remedy_zh="在线索、总案列表中核对编号（命令行：qingyuan lead list、qingyuan matter list）",
            remedy_en="look the number up in the lists of leads and matters (qingyuan lead list, qingyuan matter list)",
        )
    top = parent(connection, identifier) or identifier
    return tuple(sorted({top, *children(connection, top)}))


__all__ = ["docket_streams"]
