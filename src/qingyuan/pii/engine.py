"""Scanning one file's cells into hits, columns, persons and pieces, and adding files up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

import qingyuan
from qingyuan.pii import counting, persons
from qingyuan.pii._kernel import flags as f
from qingyuan.pii._stream import EXAMPLES, REMARK, Accumulator, Group, Stream, keys_by_group
from qingyuan.pii._tables import tables
from qingyuan.pii.batch import Batch, Bytes, Longs, Unread
from qingyuan.pii.decide import Decision, Evidence, Profile, decide
from qingyuan.pii.hits import MEMORY_SCHEMA
from qingyuan.pii.model import ColumnKind, FileScan, KindCount, RecordCounts, Tally
from qingyuan.pii.tokens import TOKEN_BYTES, Tokenizer, hex_array, keys_of

#: Name and version written into findings.
ENGINE = f"pii/{qingyuan.__version__}"

N = TypeVar("N", bound=np.integer)

_STATES = ("confirmed", "suspected", "rejected")
_DROPPED = 3
#: A column is reported as holding a kind from this share of its filled cells.
_COLUMN_SHARE = 0.1


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
        unread: ``(file, what was not read)``.
        bytes: Bytes of text scanned.
    """

    files: int
    kinds: dict[str, KindCount]
    columns: tuple[ColumnKind, ...]
    records: RecordCounts
    persons: persons.Persons
    readings: tuple[counting.Reading, ...]
    unread: tuple[tuple[str, Unread], ...]
    bytes: int


def warm() -> None:
    """Load the catalogue and every compiled pass (compiling them once per installation)."""
    tables()
    Tokenizer(bytes(32)).token("mobile", "0")


def scan(batches: Iterable[Batch | Unread], key: bytes, name: str) -> FileScan:
    """Scan the cells of one file.

    Args:
        batches: What a reader yields; parts not read are passed on in ``unread``.
        key: Token key, at least :data:`qingyuan.pii.tokens.MIN_KEY` bytes.
        name: The file's name as the user gave it.

    Raises:
        PiiError: The key is too short.
    """
    acc = Accumulator(tables(), Tokenizer(key))
    unread: list[Unread] = []
    for batch in batches:
        if isinstance(batch, Unread):
            unread.append(batch)
        else:
            acc.add(batch)
    streams = list(acc.streams.values())
    _add_whole_counts(acc.groups, streams)
    decisions = [_decide(group, streams[group.stream]) for group in acc.groups]
    found = _Found(acc, streams, decisions)
    return FileScan(
        file=name,
        hits=found.table(name),
        columns=_columns(name, acc.groups, decisions, streams),
        kinds=_kind_counts(acc.groups, decisions),
        records=found.record_counts(),
        persons=found.person_index(),
        pieces=found.pieces(),
        tallies=found.tallies(),
        unread=tuple(unread),
        bytes=acc.bytes,
        cells=acc.cells,
    )


def merge(parts: Sequence[FileScan]) -> Summary:
    """Add files up; persons and pieces are counted once across all of them."""
    kinds: dict[str, KindCount] = {}
    for part in parts:
        for kind, count in part.kinds.items():
            kinds[kind] = kinds.get(kind, KindCount()) + count
    return Summary(
        files=len(parts),
        kinds={kind: kinds[kind] for kind in f.KINDS[1:] if kind in kinds},
        columns=tuple(c for part in parts for c in part.columns),
        records=sum((part.records for part in parts), RecordCounts()),
        persons=persons.count(persons.merge([part.persons for part in parts])),
        readings=counting.readings(counting.merge([part.pieces for part in parts])),
        unread=tuple((part.file, u) for part in parts for u in part.unread),
        bytes=sum(part.bytes for part in parts),
    )


def _profile(group: Group, stream: Stream) -> Profile:
    """Return the profile of the group's column, an empty one if it has none."""
    return stream.profiles[group.column] if group.column >= 0 and not stream.prose else Profile()


def _add_whole_counts(groups: Sequence[Group], streams: Sequence[Stream]) -> None:
    """Count, per column and kind, the cells wholly taken by candidates that pass their own checks."""
    for group in groups:
        checked = group.flags & f.CHECKED or group.kind not in (f.RESIDENT_ID, f.BANK_CARD)
        if group.flags & f.WHOLE and (group.flags & f.MASKED or checked) and not group.flags & f.FITS:
            whole = _profile(group, streams[group.stream]).whole
            whole[group.kind] = whole.get(group.kind, 0) + group.count


def _decide(group: Group, stream: Stream) -> Decision | None:
    """Decide one group."""
    return decide(Evidence(group.kind, group.flags, stream.prose, _profile(group, stream)))


def _kind_counts(groups: Sequence[Group], decisions: Sequence[Decision | None]) -> dict[str, KindCount]:
    """Return the counts by kind in the order of the codes."""
    out = {code: KindCount() for code in range(1, len(f.KINDS))}
    for group, decision in zip(groups, decisions, strict=True):
        if decision is None or decision.state == "rejected":
            continue
        if group.flags & f.MASKED:
            out[decision.kind] += KindCount(masked=group.count)
        elif decision.state == "confirmed":
            out[decision.kind] += KindCount(confirmed=group.count)
        else:
            out[decision.kind] += KindCount(suspected=group.count)
    return {f.KINDS[code]: count for code, count in out.items() if count != KindCount()}


def _columns(
    name: str, groups: Sequence[Group], decisions: Sequence[Decision | None], streams: Sequence[Stream]
) -> tuple[ColumnKind, ...]:
    """Return the columns that hold a kind, with the share of their filled cells."""
    counts: dict[tuple[int, int, int], int] = {}
    for group, decision in zip(groups, decisions, strict=True):
        if decision is not None and decision.state != "rejected" and group.column >= 0:
            place = (group.stream, group.column, decision.kind)
            counts[place] = counts.get(place, 0) + group.count
    out = []
    for (number, column, kind), count in sorted(counts.items()):
        stream = streams[number]
        filled = stream.profiles[column].filled
        score = min(1.0, count / filled) if filled else 0.0
        if score >= _COLUMN_SHARE and not stream.prose:
            label = stream.columns[column] or f"#{column + 1}"
            out.append(ColumnKind(name, stream.member, stream.table, label, f.KINDS[kind], round(score, 4)))
    return tuple(out)


class _Found:
    """All hits of a file as arrays, after the decisions."""

    def __init__(
        self, acc: Accumulator, streams: Sequence[Stream], decisions: Sequence[Decision | None]
    ) -> None:
        """Apply the decisions to the candidates and leave out those of columns that hold nothing."""
        self.streams = streams
        self.groups = acc.groups
        self.decisions = decisions
        state = np.array(
            [_DROPPED if d is None else _STATES.index(d.state) for d in decisions], dtype=np.uint8
        )
        kind = np.array([0 if d is None else d.kind for d in decisions], dtype=np.uint8)
        every = np.concatenate(acc.group_of) if acc.group_of else np.empty(0, dtype=np.int64)
        self.keep = np.flatnonzero(state[every] != _DROPPED) if len(every) else every
        self.group = every[self.keep]
        self.state = state[self.group]
        self.kind = kind[self.group]
        self.chunks = acc.chunks
        self.record: Longs = self._joined([c.record for c in acc.chunks], np.int64)
        self.token: Bytes = self._joined(
            [c.token for c in acc.chunks] or [np.empty((0, TOKEN_BYTES), dtype=np.uint8)], np.uint8
        )
        self.key = keys_of(self.token)
        flags = np.array([g.flags for g in acc.groups], dtype=np.int64)
        self.masked = (flags[self.group] & f.MASKED) != 0
        column = np.array([g.column for g in acc.groups], dtype=np.int64)
        stream = np.array([g.stream for g in acc.groups], dtype=np.int64)
        self.stream = stream[self.group]
        roles = np.array([_role(g, streams[g.stream]) for g in acc.groups], dtype=np.int64)
        self.person, self.person_stream = keys_by_group(self.stream, self.record, roles[self.group])
        remarks = np.array([_is_remark(g, streams[g.stream]) for g in acc.groups], dtype=np.bool_)
        roles = np.where(remarks, REMARK, roles)
        self.owner, self.owner_stream = (
            keys_by_group(self.stream, self.record, roles[self.group])
            if remarks.any()
            else (self.person, self.person_stream)
        )
        self.column = column[self.group]

    def _joined(self, parts: Sequence[npt.NDArray[N]], dtype: type[N]) -> npt.NDArray[N]:
        """Return one array of all chunks, dropped candidates left out."""
        return np.concatenate(parts)[self.keep] if parts else np.empty(0, dtype=dtype)

    def _offsets(self, parts: Sequence[Longs | None]) -> pa.ChunkedArray[pa.Int64Scalar]:
        """Return byte offsets, null for formats that have none."""
        arrays = [
            pa.nulls(len(chunk.kind), pa.int64()) if part is None else pa.array(part, pa.int64())
            for part, chunk in zip(parts, self.chunks, strict=True)
        ]
        return pa.chunked_array(arrays, pa.int64()).take(self.keep)

    def table(self, name: str) -> pa.Table:
        """Return the hits in the order of the file."""
        n = len(self.keep)
        members = [stream.member for stream in self.streams]
        reasons = [("" if d is None else d.reason) for d in self.decisions]
        columns = [_column_name(g, self.streams[g.stream]) for g in self.groups]
        zero = np.zeros(n, dtype=np.int32)
        place = pa.chunked_array([chunk.place for chunk in self.chunks], pa.string()).take(self.keep)
        data = {
            "file": _repeated(zero, [name]),
            "member": _repeated(self.stream, members),
            "place": place,
            "start": pa.array(self._joined([c.start for c in self.chunks], np.int32), pa.int32()),
            "end": pa.array(self._joined([c.end for c in self.chunks], np.int32), pa.int32()),
            "byte_start": self._offsets([c.byte_start for c in self.chunks]),
            "byte_end": self._offsets([c.byte_end for c in self.chunks]),
            "kind": _repeated(self.kind, list(f.KINDS)),
            "masked": pa.array(self.masked),
            "state": _repeated(self.state, list(_STATES)),
            "reason": _repeated(self.group, reasons),
            "token": hex_array(self.token, self.masked),
            "column": _repeated(self.group, columns),
            "record": pa.array(self.record, pa.int64()),
        }
        return pa.table(data, schema=MEMORY_SCHEMA)

    def _clear(self) -> npt.NDArray[np.bool_]:
        """Return which hits are clear and confirmed."""
        clear: npt.NDArray[np.bool_] = (self.state == 0) & ~self.masked
        return clear

    def _has(self, chosen: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """Return which (record, role) numbers have a chosen hit."""
        out = np.zeros(len(self.owner_stream), dtype=np.bool_)
        np.put(out, self.owner[chosen], True)
        return out

    def person_index(self) -> persons.PersonIndex:
        """Return the person index of the confirmed clear hits."""
        clear = self._clear()
        keyed = self._has(clear & np.isin(self.kind, persons.KEYS))
        content = self._has(clear & np.isin(self.kind, counting.CONTENT))
        hidden = self._has(self.masked & (self.state == 0))
        # Without column names two mobiles of a row may be two people's, as in free text.
        prose = np.array([s.prose or not any(s.columns) for s in self.streams], dtype=np.bool_)
        return persons.index(
            self.owner[clear],
            self.kind[clear],
            self.key[clear],
            listing=prose[self.owner_stream] if len(prose) else None,
            unkeyed_records=int((content & ~keyed).sum()),
            masked_records=int((hidden & ~keyed).sum()),
        )

    def pieces(self) -> counting.Pieces:
        """Return the pieces of the confirmed clear hits."""
        clear = self._clear()
        parcel = np.array([stream.waybill for stream in self.streams], dtype=np.uint8)
        waybill = parcel[self.person_stream] if len(parcel) else np.empty(0, dtype=np.uint8)
        return counting.pieces(self.person[clear], self.kind[clear], self.key[clear], waybill)

    def record_counts(self) -> RecordCounts:
        """Return the record counts; a record counts once whatever its roles."""
        number, _ = keys_by_group(self.stream, self.record, np.zeros_like(self.record))
        clear = np.unique(number[self._clear() & np.isin(self.kind, counting.CONTENT[:-1])])
        hidden = np.unique(number[self.masked & (self.state == 0)])
        return RecordCounts(
            total=sum(stream.records for stream in self.streams),
            clear=len(clear),
            masked_only=len(np.setdiff1d(hidden, clear, assume_unique=True)),
        )

    def tallies(self) -> tuple[Tally, ...]:
        """Return the groups of hits for findings, by member, kind, form and state."""
        grouped: dict[tuple[int, int, bool, int], list[int]] = {}
        firsts: dict[str | None, int] = {}
        for number, (group, decision) in enumerate(zip(self.groups, self.decisions, strict=True)):
            if decision is None or decision.state == "rejected":
                continue
            member = firsts.setdefault(self.streams[group.stream].member, group.stream)
            place = (member, decision.kind, bool(group.flags & f.MASKED), _STATES.index(decision.state))
            grouped.setdefault(place, []).append(number)
        slot = np.full(len(self.groups), -1, dtype=np.int64)
        order = sorted(grouped)
        for i, place in enumerate(order):
            slot[grouped[place]] = i
        distinct = _distinct(slot[self.group], self.key, len(order))
        out = []
        for i, (stream, kind, hidden, state) in enumerate(order):
            members = [self.groups[n] for n in grouped[order[i]]]
            examples = sorted((e for g in members for e in g.examples), key=lambda e: e[0])
            out.append(
                Tally(
                    member=self.streams[stream].member,
                    kind=f.KINDS[kind],
                    state="confirmed" if state == 0 else "suspected",
                    masked=hidden,
                    count=sum(g.count for g in members),
                    distinct=None if hidden else int(distinct[i]),
                    examples=tuple(e for _, e in examples[:EXAMPLES]),
                )
            )
        return tuple(out)


def _distinct(slot: Longs, key: persons.Keys, size: int) -> Longs:
    """Return the number of different keys in each slot; slot -1 is left out."""
    slot, key = slot[slot >= 0], key[slot >= 0]
    order = np.lexsort((key, slot))
    slot, key = slot[order], key[order]
    first = (
        np.concatenate(([True], (slot[1:] != slot[:-1]) | (key[1:] != key[:-1]))) if len(slot) else slot == 0
    )
    return np.bincount(slot[first], minlength=size)


def _role(group: Group, stream: Stream) -> int:
    """Return the role of the group's column, 0 for none."""
    return stream.role(group.column) if group.column >= 0 else 0


def _is_remark(group: Group, stream: Stream) -> bool:
    """Tell whether the group's column is free text beside the values of a record."""
    return group.column >= 0 and stream.headers[group.column].label == f.LABEL_TEXT


def _column_name(group: Group, stream: Stream) -> str | None:
    """Return the name of the group's column, or ``None``."""
    return (stream.columns[group.column] or None) if group.column >= 0 else None


def _repeated(index: npt.NDArray[np.integer], values: Sequence[str | None]) -> pa.DictionaryArray[Any, Any]:
    """Return a dictionary array; equal texts share one entry and absent ones are null."""
    known: dict[str, int] = {}
    lookup = np.array(
        [-1 if v is None else known.setdefault(v, len(known)) for v in values] or [-1], dtype=np.int32
    )
    codes = lookup[index] if len(values) else np.empty(0, dtype=np.int32)
    return pa.DictionaryArray.from_arrays(
        pa.array(codes, pa.int32(), mask=codes < 0), pa.array(list(known), pa.string())
    )
