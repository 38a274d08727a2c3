"""What was planted where: collected while the files are written, then one Arrow table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from qingyuan.demo._digits import Ints
from qingyuan.demo._fields import Mark
from qingyuan.demo._layout import Rows
from qingyuan.demo._strings import Text, gather, strings

Codes: TypeAlias = npt.NDArray[np.int32]

#: Columns of the truth table; ``start`` and ``end`` are code points in the cell at ``place``, and the
#: byte offsets are those in the file or, for a member of an archive, in the member.
TRUTH_COLUMNS = (
    *("file", "member", "place", "column", "start", "end", "byte_start", "byte_end"),
    *("kind", "masked", "decoy", "decoy_type", "person", "record", "role"),
)


@dataclass(frozen=True)
class Entry:
    """The values of one mark of one column of one file.

    Attributes:
        file: Name of the file in the folder.
        member: Path inside the archive, or ``None``.
        column: Name of the column.
        role: Whose values they are.
        mark: What was planted.
        place: Place of each value.
        record: Number of the record in the file, from 1.
        first_byte: Offset of the cell in the file for each value, or ``None``.
        width: Bytes of a non-ASCII character in the file.
        exact: Whether ``start`` and ``end`` are known at the place.
        copy: Whether the file repeats records of another file.
    """

    file: str
    member: str | None
    column: str
    role: str
    mark: Mark
    place: Text
    record: Ints
    first_byte: Ints | None
    width: int
    exact: bool
    copy: bool


@dataclass
class Planted:
    """The growing list of entries."""

    entries: list[Entry] = field(default_factory=list)

    def add(
        self,
        rows: Rows,
        file: str,
        *,
        member: str | None = None,
        first_number: int = 1,
        first_record: int = 1,
        per_number: int = 1,
        body_at: int | None = None,
        width: int = 3,
        exact: bool = True,
    ) -> None:
        """Note everything planted in ``rows``.

        Args:
            rows: The rows as written.
            file: Name of the file.
            member: Path inside the archive.
            first_number: Number the first row has in its place.
            first_record: Number of the first record.
            per_number: Rows that share one number, as on a page.
            body_at: Byte offset of the first row in the file (or member), or ``None``.
            width: Bytes of a non-ASCII character.
            exact: Whether code-point offsets at the place are known.
        """
        for slot, position in zip(rows.slots, rows.positions, strict=True):
            cell_at = None if body_at is None else position.octets(width) + body_at
            for mark in slot.field.marks:
                self.entries.append(
                    Entry(
                        file=file,
                        member=member,
                        column=slot.column,
                        role=slot.field.role,
                        mark=mark,
                        place=slot.places(mark.rows // per_number + first_number),
                        record=mark.rows + first_record,
                        first_byte=None if cell_at is None else cell_at[mark.rows],
                        width=width,
                        exact=exact,
                        copy=False,
                    )
                )

    def add_copy(self, file: str, archive: str, member: str) -> None:
        """Note that ``member`` of ``archive`` is a copy of ``file``."""
        self.entries += [
            Entry(**{**vars(e), "file": archive, "member": member, "copy": True})
            for e in self.entries
            if e.file == file and e.member is None
        ]

    def table(self) -> pa.Table:
        """Return one row a planted value, in the order the files were written."""
        sizes = np.array([e.mark.rows.size for e in self.entries], dtype=np.int64)
        exact = np.repeat(np.array([e.exact for e in self.entries]), sizes)
        known = np.repeat(np.array([e.first_byte is not None for e in self.entries]), sizes)

        def numbers(name: str) -> Ints:
            return np.concatenate([getattr(e.mark, name) for e in self.entries])

        def at(edge: str) -> Ints:
            return np.concatenate([_byte(e, edge) for e in self.entries])

        columns = [
            _constant([e.file for e in self.entries], sizes),
            _constant([e.member for e in self.entries], sizes),
            gather([e.place for e in self.entries]),
            _constant([e.column for e in self.entries], sizes),
            pa.array(numbers("start").astype(np.int32), mask=~exact),
            pa.array(numbers("end").astype(np.int32), mask=~exact),
            pa.array(at("start"), mask=~known),
            pa.array(at("end"), mask=~known),
            _constant([e.mark.kind for e in self.entries], sizes),
            pa.array(np.repeat(np.array([e.mark.masked for e in self.entries]), sizes)),
            pa.array(np.repeat(np.array([bool(e.mark.decoy) for e in self.entries]), sizes)),
            _constant([e.mark.decoy or None for e in self.entries], sizes),
            pa.array(numbers("person")),
            pa.array(np.concatenate([e.record for e in self.entries])),
            _constant([e.role for e in self.entries], sizes),
        ]
        return pa.Table.from_arrays(columns, names=list(TRUTH_COLUMNS))


def _byte(entry: Entry, edge: str) -> Ints:
    if entry.first_byte is None:
        return np.zeros(entry.mark.rows.size, dtype=np.int64)
    mark = entry.mark
    count, wide = (mark.start, mark.wide_start) if edge == "start" else (mark.end, mark.wide_end)
    return entry.first_byte + count + (entry.width - 1) * wide


def _constant(
    values: Sequence[str | None], sizes: Ints
) -> pa.DictionaryArray[pa.lib.Int32Type, pa.lib.StringType]:
    words = sorted({v for v in values if v is not None})
    code = {word: number for number, word in enumerate(words)}
    codes = np.array([code.get(v, 0) if v is not None else 0 for v in values], dtype=np.int32)
    absent = np.repeat(np.array([v is None for v in values]), sizes)
    indices = pa.array(np.repeat(codes, sizes), mask=absent, type=pa.int32())
    return pa.DictionaryArray.from_arrays(indices, strings(words))
