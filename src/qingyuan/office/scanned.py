"""What the scans of a lead, or of a matter with its leads, found, narrowed: findings, and every single place from the sealed results; never a value."""

from __future__ import annotations

import functools
import operator
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from qingyuan.findings import Finding, State
from qingyuan.law import titled
from qingyuan.office.cells import FORMULA
from qingyuan.office.errors import OfficeError
from qingyuan.office.home import Home
from qingyuan.office.sealing import open_exhibit
from qingyuan.office.summary import task_scans
from qingyuan.store.intakes import items
from qingyuan.store.registry import ExhibitRow, exhibits

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc

    from qingyuan.pii.model import FileScan

#: Decisions on a hit, and classes of kinds: the three of 法释〔2017〕10号 art. 5, and the sensitive kinds of 个人信息保护法 art. 28.
REJECTED, EVERY = "rejected", "every"
DECISIONS = ("confirmed", "suspected", REJECTED)
CLASSES = ("A", "B", "C", "sensitive")
#: Files that results are written as.
SUFFIXES = (".csv", ".jsonl", ".parquet")
#: One lead or matter, or several.
Scopes = str | Sequence[str]
_SHOWN = ("file", "member", "place", "kind", "masked", "state", "reason", "column", "record")


class Wanted(msgspec.Struct, frozen=True):
    """What is asked for; ``""`` leaves a filter out.

    Attributes:
        kind: Kind of personal information.
        tier: One of :data:`CLASSES`.
        state: One of :data:`DECISIONS`, :data:`EVERY`, or ``""`` for what was not rejected.
        masked: ``"yes"`` for values that the material masks itself, ``"no"`` for those in clear.
        exhibit: Identifier of an exhibit.
        column: Name of a column.
    """

    kind: str = ""
    tier: str = ""
    state: str = ""
    masked: str = ""
    exhibit: str = ""
    column: str = ""

    def kinds(self) -> tuple[str, ...] | None:
        """Return the kinds that fit, ``None`` for all."""
        from qingyuan.pii.catalog import catalog  # noqa: PLC0415 - heavy

        if not self.kind and not self.tier:
            return None
        known = catalog().kinds.items()
        return tuple(
            name
            for name, one in known
            if self.kind in {"", name}
            and (not self.tier or (one.sensitive if self.tier == "sensitive" else one.tier == self.tier))
        )


class Place(msgspec.Struct, frozen=True):
    """One place, as a row of the sealed results without its token.

    Attributes:
        exhibit: The exhibit, ``""`` when its path is not known any more.
        file: Path of the file.
        member: Path inside an archive, or ``None``.
        place: Place inside the file.
        kind: What was found.
        masked: Whether the material masks it.
        state: One of :data:`DECISIONS`.
        reason: Why it was decided so.
        column: Name of its column, or ``None``.
        record: Number of its record, or ``None``.
    """

    exhibit: str
    file: str
    member: str | None
    place: str
    kind: str
    masked: bool
    state: str
    reason: str
    column: str | None
    record: int | None


class Places(msgspec.Struct, frozen=True):
    """A page of places.

    Attributes:
        rows: The places.
        total: Of all that fit.
    """

    rows: tuple[Place, ...]
    total: int


def scans_of(home: Home, *scopes: str) -> list[FileScan]:
    """Return the scans of the files of leads or matters, without their hits, one an exhibit, in the order of the plans."""
    found: dict[str, FileScan] = {}
    order: dict[str, None] = {}
    for scope in scopes:
        with home.database.read() as connection:
            held = items(connection, scope)
        for scans in task_scans(home, scope, held):
            found |= scans
        order |= dict.fromkeys(item.exhibit for item in held if item.exhibit is not None)
    return [found[name] for name in order if name in found]


def narrowed(findings: Sequence[Finding], wanted: Wanted) -> list[Finding]:
    """Return the findings that fit, in their order; of a finding no column is known, and rejected hits give none."""
    kinds = wanted.kinds()
    return [one for one in findings if (kinds is None or one.rule in kinds) and _fits(one, wanted)]


def _fits(one: Finding, wanted: Wanted) -> bool:
    masked = one.distinct is None
    state = "confirmed" if one.state == State.LEAD else "suspected"
    return (
        wanted.exhibit in {"", one.exhibit}
        and wanted.masked in {"", "yes" if masked else "no"}
        # What the material masks is to be verified whatever was decided about its form.
        and (wanted.state in {"", EVERY} or (not masked and wanted.state == state))
    )


def places(home: Home, scopes: Scopes, wanted: Wanted, *, first: int, size: int) -> Places:
    """Return a page of the places that fit.

    Args:
        home: The office.
        scopes: The lead, or what a matter's material was sealed for.
        wanted: What is asked for.
        first: How many to leave out before.
        size: Largest number of rows.
    """
    rows: list[Place] = []
    total = 0
    for names, table in _tables(home, scopes, wanted, _SHOWN):
        start = max(0, first - total)
        total += table.num_rows
        if len(rows) < size and start < table.num_rows:
            rows += [
                Place(exhibit=names.get(row["file"], ""), **row)
                for row in table.slice(start, size - len(rows)).to_pylist()
            ]
    return Places(tuple(rows), total)


def hit_tables(
    home: Home, scopes: Scopes, wanted: Wanted, columns: Sequence[str] | None = None
) -> Iterator[pa.Table]:
    """Yield the hits that fit, one table a sealed result.

    Args:
        home: The office.
        scopes: The lead, or what a matter's material was sealed for.
        wanted: What is asked for.
        columns: The columns to read, by default all.
    """
    for _, table in _tables(home, scopes, wanted, columns):
        yield table


def _tables(
    home: Home, scopes: Scopes, wanted: Wanted, columns: Sequence[str] | None
) -> Iterator[tuple[dict[str, str], pa.Table]]:
    """Yield the exhibits by path and the hits that fit, of each sealed result."""
    import pyarrow as pa  # noqa: PLC0415 - heavy
    import pyarrow.parquet as pq  # noqa: PLC0415 - heavy

    for scope in (scopes,) if isinstance(scopes, str) else scopes:
        rows = {row.id: row for row in _exhibits(home, scope)}
        names = {row.path: row.id for row in rows.values()}
        chosen = _chosen(wanted, rows)
        with home.database.read() as connection:
            of_results: dict[str, set[str]] = {}
            for item in items(connection, scope):
                if item.scan and item.exhibit:
                    of_results.setdefault(item.scan, set()).add(item.exhibit)
        for name, inside in sorted(of_results.items()):
            if wanted.exhibit and wanted.exhibit not in inside:
                continue
            with open_exhibit(home, rows[name]) as content:
                yield (
                    names,
                    pq.read_table(
                        pa.BufferReader(content.read()),
                        columns=None if columns is None else [*columns],
                        filters=chosen,
                    ),
                )


def _chosen(wanted: Wanted, rows: dict[str, ExhibitRow]) -> pc.Expression | None:
    """Return the filter of the results' columns."""
    import pyarrow.compute as pc  # noqa: PLC0415 - heavy

    kinds = wanted.kinds()
    found = [] if kinds is None else [pc.field("kind").isin([*kinds])]
    if not wanted.state:
        found.append(pc.field("state") != REJECTED)
    elif wanted.state != EVERY:
        found.append(pc.field("state") == wanted.state)
    if wanted.masked:
        found.append(pc.field("masked") == (wanted.masked == "yes"))
    if wanted.exhibit:
        found.append(pc.field("file") == (rows[wanted.exhibit].path if wanted.exhibit in rows else ""))
    if wanted.column:
        found.append(pc.field("column") == wanted.column)
    return functools.reduce(operator.and_, found) if found else None


def _exhibits(home: Home, lead: str) -> list[ExhibitRow]:
    with home.database.read() as connection:
        return list(exhibits(connection, [lead]))


def write_places(home: Home, scopes: Scopes, wanted: Wanted, target: Path) -> int:
    """Write the hits that fit as ``.csv``, ``.jsonl`` or ``.parquet``, as ``scan --hits`` does, and return their number."""
    from qingyuan.pii.hits import SCHEMA, write_hits  # noqa: PLC0415 - heavy
    from qingyuan.pii.recheck import key_id  # noqa: PLC0415 - heavy

    tables = hit_tables(home, scopes, wanted)
    if target.suffix != ".csv":
        return write_hits(target, tables, key_id(home.scope_key("tokens").key))
    return _write_csv(target, SCHEMA, (table.cast(SCHEMA) for table in tables))


def write_findings(findings: Sequence[Finding], target: Path) -> int:
    """Write findings as ``.csv`` (one row a finding, its first place), ``.jsonl`` or ``.parquet``, as ``scan --out`` does, and return their number."""
    from qingyuan.findings import to_arrow, to_jsonl  # noqa: PLC0415 - heavy

    writers: dict[str, Callable[[], object]] = {
        ".jsonl": lambda: target.write_bytes(to_jsonl(findings)),
        ".parquet": lambda: _write_parquet(to_arrow(findings), target),
        ".csv": lambda: _findings_csv(findings, target),
    }
    writers[_checked(target.suffix)]()
    return len(findings)


def _checked(suffix: str) -> str:
    if suffix not in SUFFIXES:
        raise OfficeError(
            "office.suffix",
            zh=f"只能写 {'、'.join(SUFFIXES)}",
            en=f"this is written as {', '.join(SUFFIXES)}",
            where=suffix,
            remedy_zh="请更改文件格式",
            remedy_en="choose another format",
        )
    return suffix


def _write_parquet(table: pa.Table, target: Path) -> None:
    import pyarrow.parquet as pq  # noqa: PLC0415 - heavy

    pq.write_table(table, target)


def _findings_csv(findings: Sequence[Finding], target: Path) -> None:
    import pyarrow as pa  # noqa: PLC0415 - heavy

    names = (
        "id",
        "rule",
        "state",
        "exhibit",
        "file",
        "member",
        "count",
        "distinct",
        "place",
        "excerpt",
        "provisions",
    )
    rows = [
        (
            one.id, one.rule, one.state.value, one.exhibit, one.file, one.member, one.count, one.distinct,
            one.examples[0].place, one.examples[0].excerpt, "；".join(f"{titled(p.law)}{p.article}" for p in one.provisions),
        )
        for one in findings
    ]  # fmt: skip
    numbers = {"count", "distinct"}
    fields = [pa.field(name, pa.int64() if name in numbers else pa.string()) for name in names]
    columns = zip(*rows, strict=True) if rows else ((),) * len(names)
    arrays = [pa.array([*values], each.type) for each, values in zip(fields, columns, strict=True)]
    schema = pa.schema(fields)
    _write_csv(target, schema, [pa.table(dict(zip(names, arrays, strict=True)), schema=schema)])


def _write_csv(target: Path, schema: pa.Schema, tables: Iterator[pa.Table] | Sequence[pa.Table]) -> int:
    """Write tables as CSV with a byte order mark; no cell becomes a formula of a spreadsheet."""
    from pyarrow import csv  # noqa: PLC0415 - heavy

    rows = 0
    with target.open("wb") as file:
        file.write("\ufeff".encode())
        with csv.CSVWriter(file, schema) as writer:
            for table in tables:
                writer.write_table(_unformed(table, schema))
                rows += table.num_rows
    return rows


def _unformed(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return the table with an apostrophe before texts that a spreadsheet takes for a formula."""
    import pyarrow as pa  # noqa: PLC0415 - heavy
    import pyarrow.compute as pc  # noqa: PLC0415 - heavy

    quoted = functools.partial(pc.call_function, "replace_substring_regex")
    options = pc.ReplaceSubstringOptions(f"\\A([{re.escape(''.join(FORMULA))}])", r"'\1")
    columns = [
        quoted([table.column(each.name)], options)
        if pa.types.is_string(each.type)
        else table.column(each.name)
        for each in schema
    ]
    return pa.table(columns, schema=schema)
