"""Findings beside their source: the records around a place of an exhibit, what was found in them hidden."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from qingyuan.errors import QingyuanError
from qingyuan.office.errors import OfficeError
from qingyuan.office.home import Home
from qingyuan.office.sealing import open_exhibit
from qingyuan.store.intakes import items
from qingyuan.store.registry import ExhibitRow, exhibit

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc

    from qingyuan.pii.batch import Batch

#: Longest text of a cell that is shown, in characters.
_LONGEST = 2000
_MOST_CELLS = 4000
#: Largest material that is read for its page when no scan of it was kept, in bytes: what people write to us.
MOST_UNSCANNED = 1 << 20
_NEEDED = ["member", "place", "start", "end", "kind", "masked", "state", "column", "record"]


class Piece(msgspec.Struct, frozen=True):
    """A stretch of a cell.

    Attributes:
        text: What is shown.
        kind: Kind of personal information; ``""`` for what is none.
        state: ``"confirmed"``, ``"suspected"`` or whatever the scan said.
        hidden: Whether the clear value is not shown.
    """

    text: str
    kind: str = ""
    state: str = ""
    hidden: bool = False


class Cell(msgspec.Struct, frozen=True):
    """A cell, line or paragraph.

    Attributes:
        place: Where it stands.
        column: Its column, or ``""``.
        pieces: Its text.
        cut: Whether it goes on.
    """

    place: str
    column: str
    pieces: tuple[Piece, ...]
    cut: bool = False


class SourceRecord(msgspec.Struct, frozen=True):
    """A record: a row of a table, a line of text.

    Attributes:
        number: Its number in its table; the header is 0.
        cells: Its cells.
        found: Whether something was found in it that is hidden.
    """

    number: int
    cells: tuple[Cell, ...]
    found: bool


class Source(msgspec.Struct, frozen=True):
    """The records around a place.

    Attributes:
        member: Path inside an archive, or ``None``.
        table: Sheet, table or stream; ``""`` where there is none.
        prose: Whether it is free text.
        at: Number of the record that was asked for.
        records: The records, in order.
        columns: Columns in which the records stand; empty for text.
    """

    member: str | None
    table: str
    prose: bool
    at: int
    records: tuple[SourceRecord, ...]
    columns: tuple[str, ...]


class _Hit(msgspec.Struct, frozen=True):
    start: int
    end: int
    kind: str
    masked: bool
    state: str


_Hits = Mapping[tuple[str, str], Sequence[_Hit]]


def record_of(home: Home, identifier: str, place: str, member: str | None) -> int:
    """Return the number of the record in which something was found at a place.

    Raises:
        OfficeError: ``office.no-such-place``: nothing was found there.
    """
    import pyarrow.compute as pc  # noqa: PLC0415 - heavy

    row = _row(home, identifier)
    wanted = (pc.field("file") == row.path) & (pc.field("place") == place)
    wanted &= pc.field("member").is_null() if member is None else pc.field("member") == member
    for table in _tables(home, row, wanted, ["record"]):
        if table.num_rows:
            return int(table["record"][0].as_py())
    raise _no_place(place)


def source(
    home: Home, identifier: str, at: int, *, member: str | None = None, table: str = "", place: str = "",
    around: int = 8, clear: int | None = None,
) -> Source:  # fmt: skip
    """Return the records around one, with what the scan found in them hidden.

    What was not found by the scan is shown as it stands: whoever calls writes down who reads.

    Args:
        home: The office.
        identifier: An exhibit that was scanned; one of at most :data:`MOST_UNSCANNED` bytes is looked through for the page.
        at: Number of the record.
        member: Path inside an archive.
        table: Sheet, table or stream.
        place: A place in the record, where several tables have one of that number.
        around: How many records before and after.
        clear: Number of a record whose values are shown; the caller has asked whether they may be.

    Raises:
        OfficeError: There is no such exhibit or place, or it was not scanned.
    """
    from qingyuan.pii.batch import Unread  # noqa: PLC0415 - heavy
    from qingyuan.pii.readers import read  # noqa: PLC0415 - heavy

    row = _row(home, identifier)
    low, high = max(0, at - around), at + around
    hits = _hits(home, row, member, low, high)
    found: list[SourceRecord] = []
    columns: dict[str, None] = {}
    prose, chosen = False, table if not place else None
    with open_exhibit(home, row) as stream:
        for batch in read(stream, row.path):
            if isinstance(batch, Unread) or batch.member != member or not len(batch):
                continue
            if chosen is not None and batch.table != chosen:
                continue
            if chosen is None and not _has(batch, at, place):
                continue
            chosen, prose = batch.table, batch.prose
            found += _records(batch, low, high, hits, columns, clear)
            if int(batch.record[-1]) > high or len(found) > 2 * around + 1:
                break
    if not found:
        raise _no_place(place or f"{table} {at}".strip())
    return Source(member, chosen or "", prose, at, _joined(found), () if prose else tuple(columns))


def _records(
    batch: Batch, low: int, high: int, hits: _Hits, columns: dict[str, None], clear: int | None
) -> Iterator[SourceRecord]:
    import numpy as np  # noqa: PLC0415 - heavy

    first = int(np.searchsorted(batch.record, low))
    last = int(np.searchsorted(batch.record, high, side="right"))
    last = min(last, first + _MOST_CELLS)
    places = [str(one) for one in batch.places(np.arange(first, last)).to_pylist()]
    held: dict[int, list[Cell]] = {}
    for number, place in zip(range(first, last), places, strict=True):
        data = bytes(batch.data[int(batch.starts[number]) : int(batch.ends[number])])
        text = data.decode("utf-8", "replace")
        at = int(batch.column[number])
        column = batch.columns[at] if at >= 0 else ""
        columns.setdefault(column)
        record = int(batch.record[number])
        pieces = tuple(_pieces(text[:_LONGEST], hits.get((place, column), ()), clear=record == clear))
        held.setdefault(record, []).append(Cell(place, column, pieces, cut=len(text) > _LONGEST))
    for record, cells in held.items():
        hidden = any(piece.hidden for cell in cells for piece in cell.pieces)
        yield SourceRecord(record, tuple(cells), hidden)


def _pieces(text: str, hits: Sequence[_Hit], *, clear: bool) -> Iterator[Piece]:
    from qingyuan.pii.mask import masked  # noqa: PLC0415 - heavy

    at = 0
    for hit in sorted(hits, key=lambda one: (one.start, -one.end)):
        if hit.start < at or hit.start >= len(text):
            continue
        if hit.start > at:
            yield Piece(text[at : hit.start])
        value = text[hit.start : hit.end]
        hidden = not hit.masked and not clear
        yield Piece(masked(hit.kind, value) if hidden else value, hit.kind, hit.state, hidden)
        at = hit.end
    if at < len(text):
        yield Piece(text[at:])


def _has(batch: Batch, at: int, place: str) -> bool:
    import numpy as np  # noqa: PLC0415 - heavy

    first = int(np.searchsorted(batch.record, at))
    last = int(np.searchsorted(batch.record, at, side="right"))
    return place in batch.places(np.arange(first, min(last, first + _MOST_CELLS))).to_pylist()


def _joined(records: list[SourceRecord]) -> tuple[SourceRecord, ...]:
    """Put together what two batches hold of one record."""
    held: dict[int, SourceRecord] = {}
    for one in records:
        known = held.get(one.number)
        held[one.number] = (
            one
            if known is None
            else SourceRecord(one.number, known.cells + one.cells, known.found or one.found)
        )
    return tuple(held[number] for number in sorted(held))


def _hits(home: Home, row: ExhibitRow, member: str | None, low: int, high: int) -> _Hits:
    import pyarrow.compute as pc  # noqa: PLC0415 - heavy

    wanted = (pc.field("file") == row.path) & (pc.field("record") >= low) & (pc.field("record") <= high)
    wanted &= pc.field("member").is_null() if member is None else pc.field("member") == member
    found: dict[tuple[str, str], list[_Hit]] = {}
    for table in _tables(home, row, wanted, _NEEDED):
        for one in table.to_pylist():
            hit = _Hit(one["start"], one["end"], one["kind"], one["masked"], one["state"])
            found.setdefault((one["place"], one["column"] or ""), []).append(hit)
    return found


def _tables(home: Home, row: ExhibitRow, wanted: pc.Expression, columns: list[str]) -> Iterator[pa.Table]:
    import pyarrow as pa  # noqa: PLC0415 - heavy
    import pyarrow.parquet as pq  # noqa: PLC0415 - heavy

    with home.database.read() as connection:
        names = {one.scan for one in items(connection, row.scope) if one.exhibit == row.id and one.scan}
        results = [found for name in sorted(names) if (found := exhibit(connection, name)) is not None]
    if not results and row.size <= MOST_UNSCANNED:
        yield _scanned_now(home, row).filter(wanted).select(columns)
    elif not results:
        raise OfficeError(
            "office.not-scanned",
            zh="这件材料没有扫描结果",
            en="this exhibit was not scanned",
            where=row.id,
            remedy_zh="1 MiB 以上的材料，收取时扫描过的才可以对照原文查看；请下载原件",
            remedy_en="above 1 MiB only material that was scanned when it was taken in is shown beside its findings; download it",
        )
    for result in results:
        with open_exhibit(home, result) as content:
            yield pq.read_table(pa.BufferReader(content.read()), columns=columns, filters=wanted)


def _scanned_now(home: Home, row: ExhibitRow) -> pa.Table:
    """Return what is found in a small exhibit, so that it is hidden; nothing of it is kept."""
    from qingyuan.pii import engine, readers  # noqa: PLC0415 - heavy
    from qingyuan.pii.hits import plain  # noqa: PLC0415 - heavy

    with open_exhibit(home, row) as stream:
        return plain(engine.scan(readers.read(stream, row.path), bytes(32), row.path).hits)


def _row(home: Home, identifier: str) -> ExhibitRow:
    from qingyuan.office.handover import find_exhibit  # noqa: PLC0415 - it uses more of this room

    with home.database.read() as connection:
        return find_exhibit(connection, identifier)


def _no_place(where: str) -> QingyuanError:
    return OfficeError(
        "office.no-such-place",
        zh="材料中没有这个位置",
        en="the material has no such place",
        where=where,
        remedy_zh="请从扫描结果中打开",
        remedy_en="open it from the result of the scan",
    )
