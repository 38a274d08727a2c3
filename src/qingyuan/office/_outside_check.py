"""Re-reading what outsiders signed: cosignatures of witnesses and tokens of time-stamping authorities.

Whether a witness or an authority is to be trusted is not asked here, only whether the rows are still what they were and
fit the logs they are about.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec
import sqlalchemy as sa

from qingyuan.errors import QingyuanError
from qingyuan.ledger import HashSuite, LedgerError, TileCache, parse_note, tree_root
from qingyuan.store.cosignatures import CosignatureRow
from qingyuan.store.ledger_storage import CheckedLogStorage
from qingyuan.store.schema import COSIGNATURE, COUNTER, TIMESTAMP
from qingyuan.store.timestamps import lost_timestamps
from qingyuan.store.typed import check_types

#: Where, and what is wrong in Chinese and English.
Finding = tuple[str, str, str]


def check_outside(
    connection: sa.Connection, logs: Mapping[str, HashSuite], missing: frozenset[str] = frozenset()
) -> Iterator[Finding]:
    """Yield what is wrong with the stored cosignatures and tokens.

    Args:
        connection: A read transaction.
        logs: Hash suite of each log by its origin.
        missing: Tables that the database does not have.
    """
    storages = {origin: CheckedLogStorage(connection, origin, missing) for origin in logs}
    heads = {origin: storage.read_head() for origin, storage in storages.items()}
    sizes = {origin: head.size for origin, head in heads.items() if head is not None}
    if COSIGNATURE.name not in missing:
        for row, wrong in check_types(connection, COSIGNATURE):
            where = "cosignature " + " ".join(map(str, row[:3]))
            if wrong:
                yield where, *wrong
                continue
            stored = CosignatureRow(*row)  # type: ignore[arg-type] # the types were just checked
            yield from ((where, *each) for each in _cosignature(stored, sizes))
    if TIMESTAMP.name not in missing:
        lost = [] if COUNTER.name in missing else lost_timestamps(connection)
        yield from (
            (f"timestamp {number}", "已保存的时间戳不见了", "a token that was kept is gone")
            for number in lost
        )
        readers = {origin: TileCache(storages[origin], suite) for origin, suite in logs.items()}
        for row, wrong in check_types(connection, TIMESTAMP):
            where = f"timestamp {row[0]}"
            if wrong:
                yield where, *wrong
                continue
            token = _Stored(*row)  # type: ignore[arg-type] # as above
            yield from ((where, *each) for each in _token(token, logs, sizes, readers))


class _Stored(msgspec.Struct, frozen=True):
    """A row of ``timestamp``, its columns in order; ``over`` may be anything."""

    id: int
    over: str
    subject: str
    size: int | None
    root: bytes | None
    tsa: str
    operator: str
    token: bytes
    gen_time: str
    at: str


def _cosignature(row: CosignatureRow, sizes: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    try:
        (signature,) = parse_note(f"-\n\n{row.line}\n".encode()).signatures
    except (LedgerError, ValueError):
        yield "不是一行会签", "not one signature line"
        return
    if f"{signature.name}+{signature.key_id:08x}" != row.witness:
        yield "会签行出自另一密钥", "the line is of another key"
    if not 0 <= row.size <= sizes.get(row.origin, -1):
        yield "会签的条数超出日志", "it is over a head that the log does not reach"


def _token(
    row: _Stored,
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
    row: _Stored,
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
    if not 0 <= row.size <= sizes.get(row.subject, -1):
        yield "时间戳的条数超出日志", "it is over a head that the log does not reach"
        return
    try:
        root = tree_root(readers[row.subject], row.size, logs[row.subject])
    except LedgerError as error:
        yield error.zh, error.en
        return
    if root != row.root:
        yield "时间戳的根不是日志的根", "it is over a root that is not the log's"
