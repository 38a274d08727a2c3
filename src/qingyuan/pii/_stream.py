"""What accumulates while the batches of one file go by."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from qingyuan.findings import Example
from qingyuan.pii import names
from qingyuan.pii._candidates import Candidates, Chunk, find, locate, shapes_of
from qingyuan.pii._kernel import cells
from qingyuan.pii._kernel import flags as f
from qingyuan.pii._kernel.cells import Shapes
from qingyuan.pii._tables import Tables
from qingyuan.pii.batch import Batch, Longs
from qingyuan.pii.decide import Profile
from qingyuan.pii.headers import Header, read_header
from qingyuan.pii.mask import masked
from qingyuan.pii.tokens import Tokenizer

#: Share of name or address shapes in one batch that keeps a nameless column in play until the end.
_PLAUSIBLE = 0.5
#: Cells sampled to see whether a column repeats itself.
_SAMPLE = 512
#: Examples kept of each group of candidates alike.
EXAMPLES = 3
#: Role of the values of remarks: nobody the record names (no role of the catalogue has this number).
REMARK = 15

#: Labels of columns whose masked numbers are read by their column.
_NUMBERED = (f.LABEL_ID, f.LABEL_MOBILE, f.LABEL_CARD, f.LABEL_LANDLINE)

_SHAPES = {
    "name": cells.NAME,
    "name-masked": cells.NAME_MASKED,
    "name-loose": cells.NAME_LOOSE,
    "address": cells.ADDRESS,
    "address-masked": cells.ADDRESS_MASKED,
    "address-loose": cells.ADDRESS_LOOSE,
}


@dataclass(slots=True)
class Stream:
    """One table (or text) of one member: its columns and their profiles."""

    number: int
    member: str | None
    table: str
    prose: bool
    columns: tuple[str, ...] = ()
    headers: list[Header] = field(default_factory=list)
    profiles: list[Profile] = field(default_factory=list)
    records: int = 0

    def widen(self, columns: tuple[str, ...]) -> None:
        """Take over the columns a later batch has more of."""
        if len(columns) >= len(self.columns):
            self.columns = columns
        for name in columns[len(self.headers) :]:
            header = read_header(name)
            self.headers.append(header)
            self.profiles.append(Profile(label=header.label))

    def role(self, column: int) -> int:
        """Return the role of a column; a contact is another person only beside the name of one."""
        role = self.headers[column].role
        if not self.headers[column].contact:
            return role
        named = [h for h in self.headers if h.label == f.LABEL_NAME]
        apart = any(h.contact for h in named) and any(h.role == 0 for h in named)
        return role if apart else 0

    @property
    def waybill(self) -> bool:
        """Tell whether the column names are those of a table of parcels."""
        return any(h.waybill for h in self.headers)


@dataclass(slots=True)
class Group:
    """Candidates alike: same stream, column, kind and evidence."""

    stream: int
    column: int
    kind: int
    flags: int
    count: int = 0
    examples: list[tuple[int, Example]] = field(default_factory=list)


class Accumulator:
    """Takes the batches of one file; :mod:`qingyuan.pii.engine` draws the result from it."""

    def __init__(self, tables: Tables, tokenizer: Tokenizer) -> None:
        """Start empty."""
        self.tables = tables
        self.tokenizer = tokenizer
        self.streams: dict[tuple[str | None, str], Stream] = {}
        self.chunks: list[Chunk] = []
        self.group_of: list[npt.NDArray[np.int64]] = []
        self.groups: list[Group] = []
        self.bytes = 0
        self.cells = 0
        self._group_numbers: dict[tuple[int, int], int] = {}
        self._hits = 0

    def add(self, batch: Batch) -> None:
        """Find the candidates of a batch and keep their tokens, places and evidence."""
        key = (batch.member, batch.table)
        stream = self.streams.get(key)
        if stream is None:
            stream = Stream(len(self.streams), batch.member, batch.table, batch.prose)
            self.streams[key] = stream
        stream.widen(batch.columns)
        self.bytes += int((batch.ends - batch.starts).sum())
        self.cells += len(batch)
        if len(batch) == 0:
            return
        stream.records = max(stream.records, int(batch.record[-1]))
        width = len(stream.profiles)
        named, placed, texts, numbered = (np.zeros(width + 1, dtype=np.bool_) for _ in range(4))
        shapes = None
        if not batch.prose:
            texts[width] = True
            shapes = shapes_of(batch, self.tables)
            self._profile(stream, batch, shapes, named, placed, texts)
            numbered[:width] = [h.label in _NUMBERED for h in stream.headers]
        found = find(batch, self.tables, shapes, named, placed, texts, numbered)
        if len(found):
            self._keep(stream, batch, found)

    def _profile(
        self, stream: Stream, batch: Batch, shapes: Shapes, named: npt.NDArray[np.bool_],
        placed: npt.NDArray[np.bool_], texts: npt.NDArray[np.bool_],
    ) -> None:  # fmt: skip
        """Add the shapes of the batch to the profiles and say which columns are in play."""
        width = len(stream.profiles)
        slots = 9
        bins = np.bincount(
            (batch.column.astype(np.int64) + 1) << slots | (shapes.astype(np.int64) & ((1 << slots) - 1)),
            minlength=(width + 1) << slots,
        ).reshape(width + 1, 1 << slots)
        patterns = np.arange(1 << slots)
        filled = bins[1:, (patterns & cells.FILLED) != 0].sum(axis=1)
        digits = bins[1:, (patterns & cells.DIGITS) != 0].sum(axis=1)
        shaped = {name: bins[1:, (patterns & bit) != 0].sum(axis=1) for name, bit in _SHAPES.items()}
        for c in range(width):
            profile = stream.profiles[c]
            first = profile.filled == 0
            profile.filled += int(filled[c])
            profile.digits += int(digits[c])
            for name, counts in shaped.items():
                profile.shapes[name] = profile.shapes.get(name, 0) + int(counts[c])
            label = profile.label
            people = shaped["name"][c] + shaped["name-masked"][c]
            where = shaped["address"][c] + shaped["address-masked"][c]
            few = filled[c] < names.FEWEST
            named[c] = label == f.LABEL_NAME or (label == 0 and people > _PLAUSIBLE * filled[c] and not few)
            placed[c] = label == f.LABEL_ADDRESS or (label == 0 and where > _PLAUSIBLE * filled[c])
            texts[c] = label == f.LABEL_TEXT
            if first and named[c] and label == 0:
                profile.variety = _variety(batch, c)

    def _keep(self, stream: Stream, batch: Batch, found: Candidates) -> None:
        """Locate the candidates and put each into its group."""
        chunk = locate(batch, stream.number, found, self.tokenizer)
        code = (
            (chunk.column.astype(np.int64) + 1) << 32
            | chunk.kind.astype(np.int64) << 26
            | (chunk.flags.astype(np.int64) & f.ALL_BITS)
        )
        known, inverse = np.unique(code, return_inverse=True)
        numbers = np.empty(len(known), dtype=np.int64)
        counts = np.bincount(inverse, minlength=len(known))
        order = np.argsort(inverse, kind="stable")
        firsts = np.cumsum(counts) - counts
        for i, value in enumerate(known.tolist()):
            number = self._group_numbers.setdefault((stream.number, value), len(self.groups))
            if number == len(self.groups):
                column, rest = (value >> 32) - 1, value & 0xFFFFFFFF
                self.groups.append(Group(stream.number, column, rest >> 26, rest & f.ALL_BITS))
            numbers[i] = number
            group = self.groups[number]
            group.count += int(counts[i])
            for at in order[firsts[i] : firsts[i] + min(EXAMPLES - len(group.examples), counts[i])].tolist():
                group.examples.append((self._hits + at, _example(batch, chunk, found, at)))
        self.chunks.append(chunk)
        self.group_of.append(numbers[inverse])
        self._hits += len(found)


def _variety(batch: Batch, column: int) -> float:
    """Return the share of different values among the first cells of a column."""
    chosen = np.flatnonzero((batch.column == column) & (batch.ends > batch.starts) & (batch.record > 0))[
        :_SAMPLE
    ]
    values = {batch.data[batch.starts[i] : batch.ends[i]].tobytes() for i in chosen.tolist()}
    return len(values) / max(1, len(chosen))


def _example(batch: Batch, chunk: Chunk, found: Candidates, at: int) -> Example:
    """Return the place of a candidate with its value masked."""
    value = batch.data[int(found.start[at]) : int(found.end[at])].tobytes().decode("utf-8", "replace")
    return Example(
        place=str(chunk.place[at]),
        excerpt=masked(f.KINDS[int(found.kind[at])], value),
        byte_start=None if chunk.byte_start is None else int(chunk.byte_start[at]),
        byte_end=None if chunk.byte_end is None else int(chunk.byte_end[at]),
    )


def keys_by_group(stream: Longs, record: Longs, role: Longs) -> tuple[Longs, Longs]:
    """Return the number of each hit's (stream, record, role) from 0, and the stream of each number."""
    code = stream << 44 | record << 4 | role
    known, number = np.unique(code, return_inverse=True)
    return number, known >> 44
