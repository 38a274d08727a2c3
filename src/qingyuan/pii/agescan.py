"""The ages a file tells: dates of birth in its IDs, and columns of births, ages and grades."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from qingyuan.pii import ages, counting, engine, persons
from qingyuan.pii._arrays import arrow, coded, is_word, longs, truths
from qingyuan.pii._kernel import flags as f
from qingyuan.pii.ages import SOURCES, AgeIndex, age_rules
from qingyuan.pii.batch import Batch, Bytes, Longs, Unread
from qingyuan.pii.counting import CONTENT, Pieces
from qingyuan.pii.headers import read_header
from qingyuan.pii.persons import KEYS, Keys, PersonIndex
from qingyuan.pii.tokens import Tokenizer

#: An ID as it usually stands; others are counted as persons of unknown age.
_ID = re.compile(rb"(?<![0-9])[1-9][0-9]{5}((?:19|20)[0-9]{6})[0-9]{3}[0-9Xx](?![0-9A-Za-z])")
_READ: dict[ages.Source, Callable[[str, date], tuple[int, int] | None]] = {
    "birth": ages.read_birth,
    "age": lambda text, _day: ages.read_age(text),
    "grade": lambda text, _day: ages.read_grade(text),
}

#: Rows up to which a table of hits is not filtered.
_FEW = 4096

#: ``(table, record, role)``.
_Who = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Found:
    """Persons and ages of one file, to be merged with those of others and counted together.

    Attributes:
        people: The persons, by tokens of their keys.
        ages: What is said of their ages.
        pieces: Their information, with what is known to be of children (:data:`qingyuan.pii.counting.UNDER14`).
    """

    people: PersonIndex
    ages: AgeIndex
    pieces: Pieces


class _Notes:
    """What is noted while the batches pass by."""

    def __init__(self, tokenizer: Tokenizer, day: date) -> None:
        self.tokenizer = tokenizer
        self.day = day
        self.tables: dict[tuple[str | None, str], int] = {}
        self.births: dict[int, int] = {}
        self.said: dict[_Who, list[tuple[int, int, int]]] = {}

    def passed(self, batches: Iterable[Batch | Unread]) -> Iterator[Batch | Unread]:
        """Pass the batches on, each table as a member of its own number."""
        for batch in batches:
            if isinstance(batch, Unread):
                yield batch
                continue
            number = self.tables.setdefault((batch.member, batch.table), len(self.tables))
            self._ids(batch)
            for column, name in enumerate(() if batch.prose else batch.columns):
                source = source_of(name)
                if source is not None:
                    self._cells(batch, number, column, SOURCES.index(source))
            yield replace(batch, member=str(number))

    def _ids(self, batch: Batch) -> None:
        found = [(m.start(), m.end(), m[1].decode()) for m in _ID.finditer(batch.data.tobytes())]
        if not found:
            return
        tokens = self.tokenizer.tokens(
            batch.data,
            np.array([start for start, _, _ in found], dtype=np.int64),
            np.array([end for _, end, _ in found], dtype=np.int64),
            np.full(len(found), f.RESIDENT_ID, dtype=np.uint8),
        )
        for key, (_, _, text) in zip(tokens[:, :8].copy().view(">u8")[:, 0].tolist(), found, strict=True):
            age = ages.read_birth(text, self.day)
            if age is not None:
                self.births[key] = age[0]

    def _cells(self, batch: Batch, table: int, column: int, source: int) -> None:
        role = read_header(batch.columns[column]).role
        chosen = (batch.column == column) & (batch.record > 0) & (batch.ends > batch.starts)
        for cell in np.flatnonzero(chosen).tolist():
            text = batch.data[batch.starts[cell] : batch.ends[cell]].tobytes().decode("utf-8", "replace")
            said = _READ[SOURCES[source]](text, self.day)
            if said is not None:
                self.said.setdefault((table, int(batch.record[cell]), role), []).append((source, *said))


def source_of(column: str) -> ages.Source | None:
    """Return what a column of this name says about age, or ``None``."""
    text = column.lower().replace("_", " ")
    latin = f" {' '.join(re.findall('[a-z]+', text))} "
    for source, words in age_rules().columns.items():
        if any(word in text for word in words.zh) or any(f" {word} " in latin for word in words.en):
            return source
    return None


def scan_ages(batches: Iterable[Batch | Unread], key: bytes, day: date, name: str = "") -> Found:
    """Return the persons of one file and what it says of their ages.

    Args:
        batches: What a reader yields.
        key: Token key, at least :data:`qingyuan.pii.tokens.MIN_KEY` bytes.
        day: The day the ages are asked for.
        name: File name as given.
    """
    notes = _Notes(Tokenizer(key), day)
    hits = engine.scan(notes.passed(batches), key, name).hits
    chosen = is_word(hits["state"], "confirmed") & ~truths(hits["masked"])
    chosen &= is_word(hits["kind"], *(f.KINDS[code] for code in {*KEYS, *CONTENT}))
    if len(chosen) > _FEW:  # loads what filters tables, which few rows are quicker without
        hits, chosen = hits.filter(arrow(chosen)), chosen[chosen]
    at = np.flatnonzero(chosen)
    tables, columns, kinds = (_words(hits[name], at) for name in ("member", "column", "kind"))
    records, tokens = longs(hits["record"])[at].tolist(), hits["token"].to_pylist()
    who = [
        (int(table or 0), int(record), _role(column))
        for table, record, column in zip(tables, records, columns, strict=True)
    ]
    numbers: dict[_Who, int] = {}
    group = np.array([numbers.setdefault(one, len(numbers)) for one in who], dtype=np.int64)
    kind = np.array([f.KINDS.index(k or "") for k in kinds], dtype=np.uint8)
    token = np.array([int((tokens[i] or "0")[:16], 16) for i in at.tolist()], dtype=np.uint64)
    index, young = _index(notes, who, kind, token)
    children = np.array([one in young for one in numbers], dtype=np.bool_)
    pieces = counting.pieces(group, kind, token, np.zeros(len(numbers), dtype=np.uint8), under14=children)
    return Found(persons.index(group, kind, token), index, pieces)


def _words(column: pa.ChunkedArray[Any], at: Longs) -> list[str | None]:
    """Return the words of the given rows of a column of repeated words."""
    codes, known = coded(column)
    return [known[code] for code in codes[at].tolist()]


#: The role of remarks, which speak of nobody the record names.
_REMARK = 99


def _role(column: str | None) -> int:
    header = read_header(column or "")
    return _REMARK if header.label == f.LABEL_TEXT else header.role


def _index(notes: _Notes, who: list[_Who], kind: Bytes, token: Keys) -> tuple[AgeIndex, set[_Who]]:
    """Return what is said of the strongest key of each record and role, and which of these are of somebody under fourteen."""
    own: dict[_Who, list[tuple[int, int, int]]] = {one: [*said] for one, said in notes.said.items()}
    rows: list[tuple[int, int, int, int, int]] = []
    rank = {code: place for place, code in enumerate(KEYS)}
    strongest: dict[_Who, tuple[int, int, int]] = {}
    several: set[_Who] = set()
    for one, code, key in zip(who, kind.tolist(), token.tolist(), strict=True):
        if code not in rank:
            continue
        if code == f.RESIDENT_ID and key in notes.births:
            rows.append((code, key, 0, notes.births[key], notes.births[key]))
            own.setdefault(one, []).append((0, notes.births[key], notes.births[key]))
        found = (rank[code], code, key)
        held = strongest.get(one)
        if held is not None and held[0] == found[0] and held[2] != key:
            several.add(one)
        if held is None or found[0] < held[0]:
            strongest[one] = found
            several.discard(one)
    for one, said in notes.said.items():
        if one in strongest and one not in several:
            _, code, key = strongest[one]
            rows += [(code, key, source, low, high) for source, low, high in said]
    table = np.array(rows, dtype=np.uint64).reshape(-1, 5)
    small = [table[:, i].astype(np.uint8) for i in (0, 2, 3, 4)]
    young = {one for one, said in own.items() if one not in several and _is_young(said)}
    return ages.index(small[0], np.ascontiguousarray(table[:, 1]), small[1], small[2], small[3]), young


def _is_young(said: list[tuple[int, int, int]]) -> bool:
    """Tell whether the surest source of a record says that somebody is under fourteen, without contradicting itself."""
    surest = min(source for source, _, _ in said)
    low = max(low for source, low, _ in said if source == surest)
    return low <= min(high for source, _, high in said if source == surest) < ages.FOURTEEN


def merge(parts: Iterable[Found]) -> Found:
    """Return several files together."""
    found = list(parts)
    return Found(
        persons.merge([p.people for p in found]),
        ages.merge([p.ages for p in found]),
        counting.merge([p.pieces for p in found]),
    )
