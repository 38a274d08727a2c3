"""The people of tables: the mentions of their records, linked, each link with its reason and nothing in clear.

A mention is what one record tells about one person (one role). Columns are read whose kind a scan found and says something of who a
person is; remarks and free text are not linked, because what they mention need not be the person of the record.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import msgspec
import numpy as np

from qingyuan.pii._columns import Stream
from qingyuan.pii._features import Marker
from qingyuan.pii._kernel.flags import KINDS, LABEL_NAME, LABEL_TEXT
from qingyuan.pii.batch import Batch, Unread
from qingyuan.pii.linking import REASONS, Link, Linked, Mentions, from_values, link, merge
from qingyuan.pii.mask import masked
from qingyuan.pii.model import ColumnKind
from qingyuan.pii.persons import KEYS

#: Mentions that are compared, at most.
MAX_MENTIONS = 100_000
#: How a column is read whose header is one of names and in which the scan found none.
_LATIN = "latin-name"
#: People listed, and of each the mentions and links.
LISTED, SHOWN = 100, 20
_NAME = "name"
#: A name in Latin letters, which no scan looks for: two to four words, none of them of companies.
_LATIN_NAME = re.compile(
    r"(?!.*\b(?:co|ltd|inc|llc|corp|company|shop|store)\b)[a-z][a-z'’-]*\.?(?:[ ,]+[a-z][a-z'’-]*\.?){1,3}",
    re.IGNORECASE,
)
#: Kinds that tell who somebody is; the others are of parcels, devices and things.
_TELLING = (
    *(KINDS[code] for code in KEYS),
    _NAME,
    "address",
    "birth-date",
    "landline",
    "email",
    "qq",
    "wechat",
    "plate",
    "driving-licence",
)


class Mention(msgspec.Struct, frozen=True):
    """What one record tells about one person.

    Attributes:
        place: File, member, table and number of the record.
        shown: A masked value of each kind.
    """

    place: str
    shown: dict[str, str]


class Tie(msgspec.Struct, frozen=True):
    """Why two mentions are one person.

    Attributes:
        one: Place of a mention.
        other: Place of another.
        reason: A key of :data:`qingyuan.pii.linking.REASONS`.
        zh: The reason in Chinese.
        en: The same in English.
        chance: Accidental agreements expected, for links by partial keys.
    """

    one: str
    other: str
    reason: str
    zh: str
    en: str
    chance: float | None


class Person(msgspec.Struct, frozen=True):
    """One person of several mentions.

    Attributes:
        mentions: How many.
        shown: The first of them.
        ties: The first links that make them one.
    """

    mentions: int
    shown: tuple[Mention, ...]
    ties: tuple[Tie, ...]


class People(msgspec.Struct, frozen=True):
    """Who is who; nothing in clear is in it.

    Attributes:
        mentions: Mentions compared.
        persons: Different people.
        joined: Those of several mentions.
        reasons: Links made, by reason.
        people: Those of several mentions, the most mentioned first, :data:`LISTED` at most.
        bare: Mentions that tell a name and nothing else: they join nobody.
        compatible: Mentions that may be of a person found and were not joined, because too little agrees.
        tables: Tables whose records were compared.
        texts: Free texts, which are not linked.
        left_out: Whether there are more mentions than :data:`MAX_MENTIONS`.
        method_zh: How it was done, Chinese.
        method_en: The same in English.
    """

    mentions: int
    persons: int
    joined: int
    reasons: dict[str, int]
    people: tuple[Person, ...]
    bare: int
    compatible: int
    tables: int
    texts: int
    left_out: bool
    method_zh: str = (
        "同一记录同一角色为一次提及；证件号相同，或者号码与姓名均相同的为同一人；姓名相同且部分信息一致、偶合可能极低的亦同；"
        "仅姓名相同的不合并，一个号码对应多个姓名的不合并；备注和自由文本不参与。关联是线索，不是结论"
    )
    method_en: str = (
        "a mention is one role of one record; the same document, or the same number and name, is one person, and so is the same name with "
        "partial facts that hardly agree by chance; a name alone joins nobody, nor does a number with several names; remarks and free "
        "text take no part. A link is a clue, never a verdict"
    )


class Gatherer:
    """Takes tables and says who is who."""

    def __init__(self, key: bytes) -> None:
        """Start empty.

        Args:
            key: Secret of the marks.
        """
        self._marker = Marker(key)
        self._parts: list[Mentions] = []
        self._seen: list[Mention] = []
        self._tables = self._texts = 0
        self._more = False

    def add(self, name: str, columns: Sequence[ColumnKind], batches: Iterable[Batch | Unread]) -> None:
        """Take the tables of a file.

        Args:
            name: What places begin with.
            columns: The kinds that a scan found in its columns.
            batches: What a reader yields for it, once more.
        """
        kinds = {(c.member, c.table, c.column): c.kind for c in columns if c.kind in _TELLING}
        streams: dict[tuple[str | None, str], Stream] = {}
        for batch in batches:
            if isinstance(batch, Unread) or not len(batch):
                continue
            place = batch.member, batch.table
            new = place not in streams
            stream = streams.setdefault(place, Stream(len(streams), *place, batch.prose))
            if batch.prose:
                self._texts += new
                continue
            stream.widen(batch.columns, batch.kinds)
            wanted = {
                at: kind
                for at, column in enumerate(stream.columns)
                if (kind := kinds.get((*place, column or f"#{at + 1}")) or _latin(stream, at))
                and stream.headers[at].label != LABEL_TEXT
            }
            self._tables += new and bool(wanted)
            self._take(name, stream, batch, wanted)

    def _take(self, name: str, stream: Stream, batch: Batch, wanted: dict[int, str]) -> None:
        inside = "".join(f" › {part}" for part in (stream.member, stream.table) if part)
        known: dict[tuple[int, int], int] = {}
        seen: list[Mention] = []
        values: list[tuple[int, str, str]] = []
        for at, record, value in _cells(batch, wanted):
            kind = wanted[at]
            if kind == _LATIN and not _LATIN_NAME.fullmatch(value):
                continue
            kind = _NAME if kind == _LATIN else kind
            who = record, stream.role(at)
            if who not in known and len(self._seen) + len(seen) >= MAX_MENTIONS:
                self._more = True
                continue
            if who not in known:
                known[who] = len(known)
                seen.append(Mention(f"{name}{inside} #{record}", {}))
            shown = seen[known[who]].shown
            if kind == _NAME and _NAME in shown:
                continue  # a second name of a record is another's
            shown.setdefault(kind, masked(kind, value))
            values.append((known[who], kind, value))
        self._parts.append(from_values(len(seen), values, self._marker))
        self._seen += seen

    def people(self) -> People:
        """Return who is who."""
        linked = link(merge(self._parts))
        size = (
            np.bincount(linked.person, minlength=linked.persons) if len(self._seen) else np.empty(0, np.int64)
        )
        largest = np.argsort(-size, kind="stable")[:LISTED].tolist()
        listed = [number for number in largest if size[number] > 1]
        ties: dict[int, list[Link]] = {number: [] for number in listed}
        for one in linked.links:
            number = int(linked.person[one.one])
            if number in ties and len(ties[number]) < SHOWN:
                ties[number].append(one)
        return People(
            mentions=len(self._seen),
            persons=linked.persons,
            joined=int((size > 1).sum()),
            reasons={r: n for r in REASONS if (n := Counter(one.reason for one in linked.links)[r])},
            people=tuple(self._person(linked, number, int(size[number]), ties[number]) for number in listed),
            bare=sum(one.shown.keys() == {_NAME} for one in self._seen),
            compatible=len({row for row, _ in linked.compatible}),
            tables=self._tables,
            texts=self._texts,
            left_out=self._more,
        )

    def _person(self, linked: Linked, number: int, size: int, ties: Sequence[Link]) -> Person:
        first = np.flatnonzero(linked.person == number)[:SHOWN].tolist()
        return Person(
            size,
            tuple(self._seen[row] for row in first),
            tuple(
                Tie(self._seen[t.one].place, self._seen[t.other].place, t.reason, t.zh, t.en, t.chance)
                for t in ties
            ),
        )


def _latin(stream: Stream, column: int) -> str:
    """Return how a column is read in which the scan found nothing: under a header of names there may be Latin ones."""
    return _LATIN if stream.headers[column].label == LABEL_NAME else ""


def _cells(batch: Batch, wanted: dict[int, str]) -> Iterator[tuple[int, int, str]]:
    """Yield column, record and text of the filled cells of the columns wanted."""
    data = batch.data.tobytes()
    chosen = np.isin(batch.column, [*wanted]) & (batch.record > 0) & (batch.ends > batch.starts)
    for cell in np.flatnonzero(chosen).tolist():
        text = data[batch.starts[cell] : batch.ends[cell]].decode("utf-8", "replace").strip()
        if text:
            yield int(batch.column[cell]), int(batch.record[cell]), text
