"""Re-reading what outsiders signed: cosignatures of witnesses and tokens of time-stamping authorities.

Whether a witness or an authority is to be trusted is not asked here, only whether the rows are still what they were and
fit the logs they are about.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

import sqlalchemy as sa

from qingyuan.errors import QingyuanError
from qingyuan.ledger import HashSuite, LedgerError, TileCache, parse_note, tree_root
from qingyuan.store import SqlLogStorage
from qingyuan.store.schema import COSIGNATURE, TIMESTAMP

#: Where, and what is wrong in Chinese and English.
Finding = tuple[str, str, str]


def check_outside(connection: sa.Connection, logs: Mapping[str, HashSuite]) -> Iterator[Finding]:
    """Yield what is wrong with the stored cosignatures and tokens.

    Args:
        connection: A read transaction.
        logs: Hash suite of each log by its origin.
    """
    heads = {origin: SqlLogStorage(connection, origin).read_head() for origin in logs}
    sizes = {origin: head.size for origin, head in heads.items() if head is not None}
    for row in connection.execute(sa.select(COSIGNATURE), execution_options={"yield_per": 1000}):
        where = f"cosignature {row.origin} {row.size} {row.witness}"
        yield from ((where, *each) for each in _cosignature(row, sizes))
    if connection.execute(sa.select(TIMESTAMP.c.id).limit(1)).first() is not None:
        readers = {
            origin: TileCache(SqlLogStorage(connection, origin), suite) for origin, suite in logs.items()
        }
        for row in connection.execute(sa.select(TIMESTAMP).order_by(TIMESTAMP.c.id)):
            yield from ((f"timestamp {row.id}", *each) for each in _token(row, logs, sizes, readers))


def _cosignature(row: sa.Row[tuple[object, ...]], sizes: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    try:
        (signature,) = parse_note(f"-\n\n{row.line}\n".encode()).signatures
    except (LedgerError, ValueError):
        yield "不是一行会签", "not one signature line"
        return
    if f"{signature.name}+{signature.key_id:08x}" != row.witness:
        yield "会签行出自另一密钥", "the line is of another key"
    if row.size > sizes.get(row.origin, -1):
        yield "会签的条数超出日志", "it is over a head that the log does not reach"


def _token(
    row: sa.Row[tuple[object, ...]],
    logs: Mapping[str, HashSuite],
    sizes: Mapping[str, int],
    readers: Mapping[str, TileCache],
) -> Iterator[tuple[str, str]]:
    from qingyuan.evidence.timestamp import read_response  # noqa: PLC0415 - only homes with tokens pay for it

    try:
        token = read_response(row.token)
    except QingyuanError as error:
        yield error.zh, error.en
        return
    if not _is_time(row.gen_time, token.info.gen_time):
        yield "所记时间与令牌不符", "the time recorded is not that of the token"
    if row.over == "checkpoint":
        yield from _stamped_head(row, logs, sizes, readers)


def _is_time(text: str, moment: datetime) -> bool:
    try:
        return datetime.fromisoformat(text) == moment
    except (ValueError, TypeError):  # TypeError: it has no offset
        return False


def _stamped_head(
    row: sa.Row[tuple[object, ...]],
    logs: Mapping[str, HashSuite],
    sizes: Mapping[str, int],
    readers: Mapping[str, TileCache],
) -> Iterator[tuple[str, str]]:
    """Check that a token is over the head it says, and that the log has or had that head."""
    from qingyuan.evidence.timestamp import checkpoint_message, verify_timestamp  # noqa: PLC0415

    if row.size is None or row.root is None:
        yield "缺少条数或根", "its size or root is missing"
        return
    try:
        verify_timestamp(row.token, checkpoint_message(row.subject, row.size, row.root), anchors=())
    except QingyuanError as error:
        yield error.zh, error.en
        return
    if row.size > sizes.get(row.subject, -1):
        yield "时间戳的条数超出日志", "it is over a head that the log does not reach"
        return
    try:
        root = tree_root(readers[row.subject], row.size, logs[row.subject])
    except LedgerError as error:
        yield error.zh, error.en
        return
    if root != row.root:
        yield "时间戳的根不是日志的根", "it is over a root that is not the log's"
