"""The values the engine returns; all of them can be pickled and hold nothing in clear."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import pyarrow as pa

from qingyuan.findings import Example
from qingyuan.pii.batch import Unread
from qingyuan.pii.counting import Pieces
from qingyuan.pii.persons import PersonIndex

if TYPE_CHECKING:
    from qingyuan.pii.hits import Hits


@dataclass(frozen=True, slots=True)
class KindCount:
    """Hits of one kind that were not rejected.

    Attributes:
        confirmed: Clear and confirmed.
        suspected: Clear and suspected.
        masked: Masked, confirmed or suspected.
    """

    confirmed: int = 0
    suspected: int = 0
    masked: int = 0

    def __add__(self, other: KindCount) -> KindCount:
        """Return the sums."""
        return KindCount(
            self.confirmed + other.confirmed, self.suspected + other.suspected, self.masked + other.masked
        )


@dataclass(frozen=True, slots=True)
class ColumnKind:
    """A column that holds a kind.

    Attributes:
        file: File name.
        member: Path inside an archive, or ``None``.
        table: Sheet or table, "" if none.
        column: Column name or path; ``"#3"`` when it has no name.
        kind: The kind.
        score: Share of its filled cells with the kind, 0 to 1.
        basis: What told the kind of the column: its ``"name"``, its ``"values"`` (of a column without a name that is
            typed as a whole), or only the ``"hits"`` in it.
    """

    file: str
    member: str | None
    table: str
    column: str
    kind: str
    score: float
    basis: Literal["name", "values", "hits"] = "hits"


@dataclass(frozen=True, slots=True)
class Tally:
    """Hits of one kind in one member alike in state and form, for a finding.

    Attributes:
        member: Path inside an archive, or ``None``.
        kind: The kind.
        state: ``"confirmed"`` or ``"suspected"``.
        masked: Whether the values are masked.
        count: Number of hits.
        distinct: Number of different values, ``None`` when masked.
        examples: The first places with masked excerpts, at most three.
    """

    member: str | None
    kind: str
    state: Literal["confirmed", "suspected"]
    masked: bool
    count: int
    distinct: int | None
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class RecordCounts:
    """Records of tables and how they stand.

    Attributes:
        total: Data records (rows, lines of text, objects) read.
        clear: Records with at least one confirmed clear value that belongs to a person.
        masked_only: Records with masked values and no such clear value.
    """

    total: int = 0
    clear: int = 0
    masked_only: int = 0

    def __add__(self, other: RecordCounts) -> RecordCounts:
        """Return the sums."""
        return RecordCounts(
            self.total + other.total, self.clear + other.clear, self.masked_only + other.masked_only
        )


@dataclass(frozen=True, slots=True)
class FileScan:
    """Everything found in one file.

    Attributes:
        file: File name as given.
        found: The hits, made into a table when they are asked for.
        columns: Columns that hold personal information.
        kinds: Counts by kind.
        records: Record counts.
        persons: Mergeable person index.
        pieces: Mergeable pieces of information.
        tallies: Groups of hits for findings.
        unread: What could not be read.
        bytes: Bytes of text scanned.
        cells: Cells scanned.
    """

    file: str
    found: Hits
    columns: tuple[ColumnKind, ...]
    kinds: dict[str, KindCount]
    records: RecordCounts
    persons: PersonIndex
    pieces: Pieces
    tallies: tuple[Tally, ...]
    unread: tuple[Unread, ...]
    bytes: int
    cells: int

    @property
    def hits(self) -> pa.Table:
        """Return the table of hits, see :data:`qingyuan.pii.hits.MEMORY_SCHEMA`.

        Raises:
            PiiError: The scan was told to keep no hits.
        """
        return self.found.table()

    def without_hits(self) -> FileScan:
        """Return the scan without its hits."""
        return replace(self, found=self.found.dropped())
