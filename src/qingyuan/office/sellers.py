"""Sellers of some material: listings read from its tables, whatever their format, and their clusters; nothing is kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from qingyuan.errors import QingyuanError
from qingyuan.office.collect import Refused
from qingyuan.office.home import Home
from qingyuan.office.sealing import open_exhibit
from qingyuan.sellers import Clusters, Listing, clusters, fields_of, listing_of
from qingyuan.store.registry import ExhibitRow, exhibits

if TYPE_CHECKING:
    from qingyuan.pii.batch import Batch

#: Listings that are compared, and the size of a file that is read for them.
MAX_LISTINGS, MAX_BYTES = 20_000, 64 << 20


class Sellers(msgspec.Struct, frozen=True):
    """What the tables of some material say of sellers.

    Attributes:
        found: The clusters.
        tables: Tables of listings.
        left_out: Whether there are more listings than are compared.
        unread: What was not read.
    """

    found: Clusters
    tables: int
    left_out: bool
    unread: tuple[Refused, ...]


def sellers_of(home: Home, scopes: Sequence[str]) -> Sellers:
    """Return the clusters of the sellers in the tables of leads or matters; a place is an exhibit and the number of its row.

    Args:
        home: The office.
        scopes: What the material was sealed for.
    """
    with home.database.read() as connection:
        rows = [row for row in exhibits(connection, scopes) if row.origin == "collected"]
    return _gathered(_opened(home, rows))


def sellers_in(paths: Sequence[Path]) -> Sellers:
    """Return the clusters of the sellers in the tables of files; a place is a file and the number of its row.

    Args:
        paths: The files.
    """
    return _gathered(_files(paths))


_Source = tuple[str, str, "BinaryIO | QingyuanError"]


def _opened(home: Home, rows: Iterable[ExhibitRow]) -> Iterator[_Source]:
    for row in rows:
        if row.size > MAX_BYTES:
            yield row.id, row.path, _too_large(row.path)
            continue
        try:
            with open_exhibit(home, row) as content:
                yield row.id, row.path, content
        except QingyuanError as error:  # its key was destroyed
            yield row.id, row.path, error


def _files(paths: Iterable[Path]) -> Iterator[_Source]:
    for path in paths:
        if path.stat().st_size > MAX_BYTES:
            yield str(path), path.name, _too_large(str(path))
            continue
        with path.open("rb") as content:
            yield str(path), path.name, content


def _gathered(sources: Iterator[_Source]) -> Sellers:
    from qingyuan.pii.batch import Unread  # noqa: PLC0415 - heavy
    from qingyuan.pii.readers import Limits, read  # noqa: PLC0415 - heavy

    listings: list[Listing] = []
    unread: list[Refused] = []
    tables: set[tuple[str, str | None, str]] = set()
    more = False
    for place, name, content in sources:
        if isinstance(content, QingyuanError):
            unread.append(
                Refused(name, content.code, content.zh, content.en, content.remedy_zh, content.remedy_en)
            )
            continue
        for each in read(content, name, Limits(seconds=60.0)):
            if isinstance(each, Unread):
                unread.append(
                    Refused(name, each.code, each.zh, each.en, each.remedy_zh, each.remedy_en, each.member)
                )
            elif not each.prose and (fields := fields_of(each.columns)) is not None:
                tables.add((place, each.member, each.table))
                room = MAX_LISTINGS - len(listings)
                found = list(_rows(each, fields, place, room + 1))
                more = more or len(found) > room
                listings += found[:room]
    return Sellers(clusters(listings), len(tables), more, tuple(unread))


def _rows(batch: Batch, fields: dict[str, str], place: str, most: int) -> Iterator[Listing]:
    """Yield the listings of a batch, ``most`` at most; a row lies in one batch."""
    data = batch.data.tobytes()
    inside = "".join(f" › {part}" for part in (batch.member, batch.table) if part)
    row: dict[str, object] = {}
    last, count = 0, 0

    def made() -> Listing | None:
        return listing_of(row, fields, f"{place}{inside} #{last}") if row and last else None

    for start, end, column, record in zip(
        batch.starts.tolist(), batch.ends.tolist(), batch.column.tolist(), batch.record.tolist(), strict=True
    ):
        if record != last:
            if (one := made()) is not None:
                yield one
                count += 1
                if count >= most:
                    return
            row, last = {}, record
        if column >= 0:
            row.setdefault(batch.columns[column], data[start:end].decode("utf-8", "replace"))
    if (one := made()) is not None:
        yield one


def _too_large(where: str) -> QingyuanError:
    return QingyuanError(
        "office.too-large",
        zh=f"超过 {MAX_BYTES >> 20} MiB，未读取商家",
        en=f"larger than {MAX_BYTES >> 20} MiB, not read for sellers",
        where=where,
        remedy_zh="请拆分表格后再收取",
        remedy_en="split the table and take it in again",
    )
