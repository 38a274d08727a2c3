"""Queries: figures as data. A figure is a measure over rows, grouped and filtered; adding one needs no Python."""

from __future__ import annotations

import functools
from importlib import resources
from pathlib import Path
from typing import Literal

import msgspec
import yaml

from qingyuan.bounded import read_whole
from qingyuan.plainyaml import load_yaml
from qingyuan.reports.errors import ReportError
from qingyuan.reports.rows import COLUMNS
from qingyuan.shapes import convert

#: How a group is measured; ``open`` counts what was entered and not yet settled at the end of each month.
Operation = Literal["count", "sum", "mean", "median", "share", "open"]


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mapping in a data file."""


class Words(Record, frozen=True):
    """A phrase in two languages."""

    zh: str
    en: str


class Filter(Record, frozen=True, rename={"is_": "is", "not_": "not"}):
    """Which rows are counted: those whose column is one of ``is``, or none of ``not``."""

    column: str
    is_: tuple[str | int, ...] = ()
    not_: tuple[str | int, ...] = ()


class Query(Record, frozen=True, rename={"from_": "from"}):
    """One figure.

    Attributes:
        id: Identifier; every figure in a report carries it.
        zh: Title, Chinese.
        en: Title, English.
        from_: Kind of row.
        measure: See :data:`Operation`.
        of: Column that is summed, averaged, or for ``share`` the column whose value ``yes`` is counted.
        by: Columns to group by, at most two; none for one number.
        where: Filters, all of which hold.
        unit: What the value counts.
        labels: Closed list of the cases room, ``field`` or ``regulator``, by column, that names the groups.
        scale: Number the value is divided by, e.g. 100 for fen.
        picture: How it is drawn.
        caution: What must be said with it.
    """

    id: str
    zh: str
    en: str
    from_: Literal["lead", "case", "measure", "payment"]
    unit: Words
    measure: Operation = "count"
    of: str = ""
    by: tuple[str, ...] = ()
    where: tuple[Filter, ...] = ()
    labels: dict[str, str] = msgspec.field(default_factory=dict)
    scale: int = 1
    picture: Literal["bars", "line", "none"] = "bars"
    caution: Words | None = None


class QueryFile(Record, frozen=True):
    """``queries.yaml``; ``values`` names values that no closed list has."""

    queries: tuple[Query, ...]
    values: dict[str, Words] = msgspec.field(default_factory=dict)


class Queries(msgspec.Struct, frozen=True):
    """All queries by identifier, and the names of values."""

    by_id: dict[str, Query]
    values: dict[str, Words]


@functools.lru_cache(maxsize=8)
def load_queries(extra: Path | None = None) -> Queries:
    """Return the packaged queries and those of the file ``extra``, which must have identifiers of their own.

    Raises:
        ReportError: A file cannot be read, or a query names a column that its rows do not have.
    """
    packaged = resources.files("qingyuan.reports").joinpath("data", "queries.yaml").read_bytes()
    files = [("queries.yaml", packaged)]
    if extra is not None:
        try:
            files.append((str(extra), read_whole(extra)))
        except OSError as error:
            raise _refuse("cannot be read", "无法读取", str(extra)) from error
    by_id: dict[str, Query] = {}
    values: dict[str, Words] = {}
    for name, raw in files:
        try:
            file = convert(load_yaml(raw), QueryFile)
        except (yaml.YAMLError, msgspec.ValidationError) as error:
            raise _refuse(f"bad query file: {error}", f"查询文件有误：{error}", name) from error
        values |= file.values
        for query in file.queries:
            where = f"{name}, {query.id}"
            if query.id in by_id:
                raise _refuse("the identifier is used twice", "标识重复", where)
            _check(query, where)
            by_id[query.id] = query
    return Queries(by_id, values)


def _check(query: Query, where: str) -> None:
    known = set(COLUMNS[query.from_])
    used = [*query.by, *[one.column for one in query.where], *query.labels, *([query.of] if query.of else [])]
    for column in used:
        if column not in known:
            raise _refuse(f"rows of {query.from_} have no column {column!r}", f"没有“{column}”这一列", where)
    if (query.measure in {"sum", "mean", "median", "share"}) != bool(query.of):
        raise _refuse(f"measure {query.measure} and `of` do not fit", "measure 与 of 不相符", where)
    if len(query.by) > 2 or (query.measure == "open" and query.by):  # noqa: PLR2004 - rows and parts of a bar
        raise _refuse("too many groups", "分组过多", where)


def _refuse(en: str, zh: str, where: str) -> ReportError:
    return ReportError(
        "report.bad-query",
        zh=zh,
        en=en,
        where=where,
        remedy_zh="请对照 docs/reports.md 修正",
        remedy_en="correct it as docs/reports.md describes",
    )
