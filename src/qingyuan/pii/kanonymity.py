"""How well the people of a table are hidden among each other: k-anonymity and l-diversity.

Records that agree in all *quasi-identifiers* (birth date, sex, region …: what others may know of a person) form a class. ``k`` is
the size of the smallest class (Samarati and Sweeney 1998); a class whose records all say the same in a *sensitive* column tells it of
everybody in it, and ``l`` is the least number of different sensitive values in a class (Machanavajjhala et al. 2007).
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib import resources

import msgspec
import numpy as np
import numpy.typing as npt

from qingyuan.pii.batch import Batch, Unread
from qingyuan.pii.catalog import Words, load_file
from qingyuan.pii.errors import PiiError
from qingyuan.pii.model import ColumnKind

#: How many sizes of the smallest classes are listed.
SMALLEST = 5


class _Quasi(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kinds: tuple[str, ...]
    direct: tuple[str, ...]
    columns: dict[str, Words]


class ClassSize(msgspec.Struct, frozen=True):
    """Classes of one size.

    Attributes:
        size: Records in each.
        classes: Number of such classes.
    """

    size: int
    classes: int


class Anonymity(msgspec.Struct, frozen=True):
    """How one table stands.

    Attributes:
        member: Path inside an archive, or ``None``.
        table: Sheet or table, "" if none.
        records: Records.
        missing: Records that have none of the quasi-identifiers; they agree in lacking all and form a class.
        quasi: The quasi-identifiers, as column names.
        proposed: Whether they were proposed from kinds and names of columns and not chosen.
        direct: Columns that name a person by themselves (numbers, names) and are in clear: while they are there, k says nothing.
        k: Size of the smallest class.
        classes: Number of classes.
        unique: Records alone in their class.
        unique_share: Their share of all records.
        below: Records in classes smaller than ``wanted``.
        wanted: The k that was asked for.
        smallest: The smallest classes, by size.
        sensitive: The sensitive column, "" if none was chosen.
        l: Least number of different sensitive values in a class; ``None`` without a sensitive column.
        uniform: Records in classes with one sensitive value only.
    """

    member: str | None
    table: str
    records: int
    missing: int
    quasi: tuple[str, ...]
    proposed: bool
    direct: tuple[str, ...]
    k: int
    classes: int
    unique: int
    unique_share: float
    below: int
    wanted: int
    smallest: tuple[ClassSize, ...]
    sensitive: str = ""
    l: int | None = None  # noqa: E741 - its name in the literature
    uniform: int | None = None


@functools.cache
def _words() -> _Quasi:
    return load_file(resources.files("qingyuan.pii") / "data" / "quasi.yaml", _Quasi)


def is_quasi(column: str, kinds: Iterable[str] = ()) -> bool:
    """Say whether a column is a quasi-identifier by the kinds found in it or by its name."""
    known = _words()
    if any(kind in known.kinds for kind in kinds):
        return True
    plain = _last(column).casefold().replace("_", " ").strip()
    return any(plain in words.zh or plain in words.en for words in known.columns.values())


@dataclass(slots=True)
class _Table:
    """One table as codes: equal cells of a column have equal codes, empty ones 0."""

    columns: tuple[str, ...] = ()
    records: int = 0
    known: dict[int, dict[bytes, int]] = field(default_factory=dict)
    parts: dict[int, list[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]] = field(default_factory=dict)
    #: Records that have a value of each level of nesting: what their columns are called before their last name.
    levels: dict[str, list[npt.NDArray[np.int64]]] = field(default_factory=dict)

    def add(self, batch: Batch, wanted: Sequence[int]) -> None:
        """Take the cells of the wanted columns."""
        if len(batch.columns) >= len(self.columns):
            self.columns = batch.columns
        self.records = max(self.records, int(batch.record[-1]), batch.records)
        self._note_levels(batch)
        for column in wanted:
            cells = np.flatnonzero((batch.column == column) & (batch.record > 0))
            if not len(cells):
                continue
            known = self.known.setdefault(column, {b"": 0})
            starts, ends = batch.starts[cells].tolist(), batch.ends[cells].tolist()
            data = batch.data.tobytes()
            codes = [
                known.setdefault(data[s:e].strip(), len(known)) for s, e in zip(starts, ends, strict=True)
            ]
            self.parts.setdefault(column, []).append((batch.record[cells], np.array(codes, np.int64)))

    def _note_levels(self, batch: Batch) -> None:
        """Take which records stand on which level."""
        levels = [_level(name) for name in batch.columns]
        names = sorted(set(levels))
        number = np.array([*(names.index(level) for level in levels), len(names)], np.int64)[batch.column]
        for code, name in enumerate(names):
            records = batch.record[(number == code) & (batch.record > 0)]
            if len(records):
                self.levels.setdefault(name, []).append(np.unique(records))

    def present(self, quasi: Sequence[int]) -> npt.NDArray[np.bool_]:
        """Return which records are about people: those with a quasi-identifier, and those of the same make without one.

        A record is of the same make when it has a value on a level on which a record with a quasi-identifier has one; what stands
        above or below them in JSON or XML (a page number, an order) is not. An empty object between such objects is one as well.
        """
        known = np.zeros(self.records, np.bool_)
        for column in quasi:
            for record, _ in self.parts.get(column, ()):
                known[record - 1] = True
        out = known.copy()
        own = set()
        for level, parts in self.levels.items():
            records = np.concatenate(parts) - 1
            if known[records].any():
                own.add(level)
                out[records] = True
        beside = {name for name in self.levels if not any(level.startswith(name) for level in own)}
        if not beside and not self._further(own):
            out[0 if "$" in own else 1 :] = True
        return out

    def _further(self, own: set[str]) -> bool:
        """Tell whether a number without values may be something else than an empty object: all but one list of objects."""
        if not any(level.startswith("$") for level in own):
            return True
        lists = {level for level in own if level.endswith("[]")}
        inner = (name for name in self.columns if name.endswith("[]"))
        return len(lists) > 1 or any(name not in lists for name in inner)

    def codes(self, column: int) -> npt.NDArray[np.int64]:
        """Return the code of every record."""
        out = np.zeros(self.records, np.int64)
        for record, codes in self.parts.get(column, ()):
            out[record - 1] = codes
        return out


def anonymity(
    batches: Iterable[Batch | Unread],
    found: Sequence[ColumnKind],
    *,
    quasi: Sequence[str] = (),
    sensitive: str = "",
    wanted: int = 5,
    where: str = "",
) -> list[Anonymity]:
    """Return how every table of a file stands.

    Args:
        batches: What a reader yields.
        found: The columns that a scan of the same file found kinds in.
        quasi: Names of the quasi-identifiers; proposed from ``found`` and the names of columns when empty.
        sensitive: Name of the sensitive column.
        wanted: The k asked for.
        where: The file, for messages.

    Raises:
        PiiError: A column that was named is in no table, or there is no table with quasi-identifiers.
    """
    kinds: dict[tuple[str | None, str, str], set[str]] = {}
    for column in found:
        kinds.setdefault((column.member, column.table, column.column), set()).add(column.kind)
    tables: dict[tuple[str | None, str], _Table] = {}
    chosen: dict[tuple[str | None, str], list[int]] = {}
    for batch in batches:
        if isinstance(batch, Unread) or batch.prose or not len(batch):
            continue
        key = batch.member, batch.table
        table = tables.setdefault(key, _Table())
        if key not in chosen or len(batch.columns) > len(table.columns):
            chosen[key] = _chosen(batch, kinds, quasi)
        extra = [i for i, name in enumerate(batch.columns) if sensitive and _named(name, sensitive)]
        table.add(batch, sorted({*chosen[key], *extra}))
    out = [
        _stands(key, table, chosen[key], kinds, sensitive, wanted, proposed=not quasi)
        for key, table in tables.items()
        if table.parts and chosen[key] and (not quasi or len(chosen[key]) == len(quasi))
    ]
    if not out:
        raise _no_columns(where, [*quasi])
    if sensitive and not any(one.sensitive for one in out):
        raise _no_columns(where, [sensitive])
    return out


def _last(column: str) -> str:
    """Return the last name of a column: of its path in JSON, XML, or with dots."""
    return column.rpartition("/" if column[:1] == "/" else ".")[2]


def _level(column: str) -> str:
    """Return the level of nesting of a column: its path in JSON or XML without the last name."""
    mark = column[:1]
    return column.rpartition({"$": "."}.get(mark, mark))[0] if mark in {"$", "/"} else ""


def _named(column: str, name: str) -> bool:
    return name.casefold() in {column.casefold(), _last(column).casefold()}


def _chosen(
    batch: Batch, kinds: dict[tuple[str | None, str, str], set[str]], quasi: Sequence[str]
) -> list[int]:
    out = []
    for number, name in enumerate(batch.columns):
        if quasi:
            if any(_named(name, one) for one in quasi):
                out.append(number)
        elif name and is_quasi(name, kinds.get((batch.member, batch.table, name), ())):
            out.append(number)
    return out


def _stands(
    key: tuple[str | None, str],
    table: _Table,
    quasi: Sequence[int],
    kinds: dict[tuple[str | None, str, str], set[str]],
    sensitive: str,
    wanted: int,
    *,
    proposed: bool,
) -> Anonymity:
    """Return how one table stands."""
    present = table.present(quasi)
    records = int(present.sum())
    number = np.zeros(records, np.int64)
    said = np.zeros(records, np.bool_)
    for column in quasi:  # one number for each class so far
        codes = table.codes(column)[present]
        said |= codes > 0
        pairs = np.stack((number, codes))
        number = np.unique(pairs, axis=1, return_inverse=True)[1].reshape(-1)
    sizes = np.bincount(number)
    size, times = np.unique(sizes, return_counts=True)
    smallest = tuple(ClassSize(int(s), int(t)) for s, t in zip(size[:SMALLEST], times, strict=False))
    unique = int((sizes == 1).sum())
    target = next((i for i, name in enumerate(table.columns) if sensitive and _named(name, sensitive)), None)
    least, uniform = None, None
    if target is not None:
        pairs = np.unique(np.stack((number, table.codes(target)[present])), axis=1)
        different = np.bincount(pairs[0], minlength=len(sizes))
        least, uniform = int(different.min()), int(sizes[different == 1].sum())
    direct = _words().direct
    return Anonymity(
        member=key[0],
        table=key[1],
        records=records,
        missing=int(records - said.sum()),
        quasi=tuple(table.columns[c] for c in quasi),
        proposed=proposed,
        direct=tuple(c for (m, t, c), held in kinds.items() if (m, t) == key and held & set(direct)),
        k=int(sizes.min()),
        classes=len(sizes),
        unique=unique,
        unique_share=round(unique / records, 6),
        below=int(sizes[sizes < wanted].sum()),
        wanted=wanted,
        smallest=smallest,
        sensitive="" if target is None else table.columns[target],
        l=least,
        uniform=uniform,
    )


def _no_columns(where: str, named: Sequence[str]) -> PiiError:
    said = "、".join(named)
    return PiiError(
        "pii.no-columns",
        zh=f"表中没有这些列：{said}" if named else "未找到可作为准标识符的列",
        en=f"no table has these columns: {', '.join(named)}"
        if named
        else "no column looks like a quasi-identifier",
        where=where,
        remedy_zh="请用 --quasi 按列名指定，例如 --quasi 出生日期 --quasi 性别",
        remedy_en="name them with --quasi, for example --quasi birth_date --quasi sex",
    )
