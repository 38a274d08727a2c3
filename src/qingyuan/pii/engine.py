"""Scanning one file's cells into hits, columns, persons and pieces, and adding files up."""

from __future__ import annotations

import functools
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import qingyuan
from qingyuan.pii import counting, counts, persons
from qingyuan.pii._decided import Decisions, column_kinds, judge, kind_counts, tallies
from qingyuan.pii._finish import Finished, add, finish
from qingyuan.pii._kernel import flags as f
from qingyuan.pii._stream import Accumulator
from qingyuan.pii._tables import tables
from qingyuan.pii.batch import Batch, Unread
from qingyuan.pii.model import ColumnKind, FileScan, KindCount, RecordCounts
from qingyuan.pii.partial import Partial
from qingyuan.pii.tokens import Tokenizer

#: Name and version written into findings.
#: The second way of making keys and tokens: a resident ID of fifteen digits has those of its form of today;
#: the second way of counting: a telephone without a role word belongs to the role that has none, and what is told of an illness or of
#: property gives a piece its class.
ENGINE = f"pii/{qingyuan.__version__}+keys.3+counts.2"


@dataclass(frozen=True, slots=True)
class Summary:
    """Several files together.

    Attributes:
        files: Number of files.
        kinds: Counts by kind.
        columns: Columns that hold personal information.
        records: Record counts.
        persons: Number of different people, across the files.
        readings: Counts for the thresholds, in both readings.
        counts: Counts under each law with rule, unit and sample, in every reading.
        unread: ``(file, what was not read)``.
        bytes: Bytes of text scanned.
    """

    files: int
    kinds: dict[str, KindCount]
    columns: tuple[ColumnKind, ...]
    records: RecordCounts
    persons: persons.Persons
    readings: tuple[counting.Reading, ...]
    counts: tuple[counts.Count, ...]
    unread: tuple[tuple[str, Unread], ...]
    bytes: int


#: A little of each kind of text, so that every compiled pass is needed once.
_SAMPLES = {
    "plain.csv": "姓名,手机号,备注\n张三,13800138000,收件人：李四 139****9000\n王*,138****1234,\n",
    "quoted.csv": '"姓名","地址"\n"张三","浙江省杭州市西湖区文三路1号""甲"""\n',
    "text.txt": "联系电话：13800138000，联系人张三。\n",
    "lines.jsonl": '{"name": "张三", "phone": "138\\u0030 0138000"}\n{"name": "李四"}\n',
    "one.json": '{"items": [{"phone": "13800138000", "more": "{\\"id\\": 1}"}]}',
    "dump.sql": "CREATE TABLE t (name text, tel text);\nINSERT INTO t VALUES ('张\\'三', '13800138000');\n",
}


def warm() -> None:
    """Load the catalogue and every compiled pass (compiling them once per installation)."""
    from qingyuan.pii.readers import read  # noqa: PLC0415 - needed only here

    for name, text in _SAMPLES.items():
        for encoding in ("utf-8", "gb18030") if name == "plain.csv" else ("utf-8",):
            merge([scan(read(io.BytesIO(text.encode(encoding)), name), bytes(32), name)])


def scan(
    batches: Iterable[Batch | Unread], key: bytes, name: str, *, hits: bool = True, earlier: bool = False
) -> FileScan:
    """Scan the cells of one file.

    Args:
        batches: What a reader yields; parts not read are passed on in ``unread``.
        key: Token key, at least :data:`qingyuan.pii.tokens.MIN_KEY` bytes.
        name: The file's name as the user gave it.
        hits: Whether to keep every hit; counts, columns and examples do not depend on it.
        earlier: Whether the tokens of the hits are those of earlier forms of values (resident IDs of fifteen digits), to be
            compared with tokens made long ago.

    Raises:
        PiiError: The key is too short.
    """
    part = scan_part(batches, key, hits=hits, earlier=earlier)
    decisions = judge(part.outline)
    return assemble(name, decisions, [finish(part, decisions, name)])


@functools.lru_cache(maxsize=4)
def _tokenizer(key: bytes) -> Tokenizer:
    """Return the tokenizer of a key; making its tables costs as much as scanning a tiny file."""
    return Tokenizer(key)


def scan_part(
    batches: Iterable[Batch | Unread],
    key: bytes,
    *,
    hits: bool = False,
    before: int = 0,
    earlier: bool = False,
) -> Partial:
    """Scan part of a file or table without deciding yet; see :mod:`qingyuan.pii.partial`.

    Args:
        batches: What a reader yields; a record must not be cut between two parts.
        key: Token key, at least :data:`qingyuan.pii.tokens.MIN_KEY` bytes.
        hits: Whether to keep what the table of hits needs.
        before: Number of the last record of the parts before, where the batches' numbers go on from it.
        earlier: See :func:`scan`.

    Raises:
        PiiError: The key is too short.
    """
    acc = Accumulator(tables(), _tokenizer(key), hits=hits, before=before, earlier=earlier)
    unread: list[Unread] = []
    for batch in batches:
        if isinstance(batch, Unread):
            unread.append(batch)
        else:
            acc.add(batch)
    return acc.close(tuple(unread))


def assemble(name: str, decisions: Decisions, parts: Sequence[Finished]) -> FileScan:
    """Return the scan of a whole file or table from its finished parts, in their order."""
    total = add(parts)
    return FileScan(
        file=name,
        found=total.hits,
        columns=column_kinds(name, decisions),
        kinds=kind_counts(decisions),
        records=total.records,
        persons=total.persons,
        pieces=total.pieces,
        tallies=tallies(decisions, [len(keys) for keys in total.distinct]),
        unread=decisions.outline.unread,
        bytes=decisions.outline.bytes,
        cells=decisions.outline.cells,
    )


def merge(parts: Sequence[FileScan]) -> Summary:
    """Add files up; persons and pieces are counted once across all of them."""
    kinds: dict[str, KindCount] = {}
    for part in parts:
        for kind, count in part.kinds.items():
            kinds[kind] = kinds.get(kind, KindCount()) + count
    pieces = counting.merge([part.pieces for part in parts])
    return Summary(
        files=len(parts),
        kinds={kind: kinds[kind] for kind in f.KINDS[1:] if kind in kinds},
        columns=tuple(c for part in parts for c in part.columns),
        records=sum((part.records for part in parts), RecordCounts()),
        persons=persons.count(persons.merge([part.persons for part in parts])),
        readings=counting.readings(pieces),
        counts=counts.counts(pieces),
        unread=tuple((part.file, u) for part in parts for u in part.unread),
        bytes=sum(part.bytes for part in parts),
    )
