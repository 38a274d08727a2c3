"""Which records speak of the same person: certain keys first, then names with partial keys; each link explained.

A mention is what one record tells about one person (one role). Links, in this order:

1. the same resident ID;
2. the same mobile, card or other key **and** the same name (or a masked copy of it, or the same date of birth). A number
   that stands with several names is shared, as in a household, and merges nobody; a mention without a name
   joins the one person who has the number, never one of several;
3. the same name **and** something partial: date of birth, address, the digits a masked number shows. Such a link is made
   only when so much agreement is hardly chance: the number of pairs of different people of that name who would agree by
   accident, expected from how often name and value occur in the material, must be at most ``coincidences``.

A name alone never merges. People with different IDs (also where digits of a masked one differ), or dates of birth that contradict, are never
merged, also not through others. A mention whose name is masked or missing and that fits only in part is listed as compatible and not merged.
The result depends on what the mentions say, not on their order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from qingyuan.pii import _evidence
from qingyuan.pii._bylinks import by_keys
from qingyuan.pii._clusters import Clusters
from qingyuan.pii._features import Marker
from qingyuan.pii._sample import scramble
from qingyuan.pii.batch import Bytes, Longs

Marks: TypeAlias = npt.NDArray[np.uint64]

#: Accidental agreements expected among all people of a name, at most, for a link by partial keys.
COINCIDENCES = 0.02
#: How often links by partial keys are looked for: each that is made leaves fewer people of the name to agree by chance.
ROUNDS = 8

#: What makes a link, in words.
REASONS: dict[str, tuple[str, str]] = {
    "same-id": ("身份证号相同", "the same resident ID"),
    "same-document": ("护照、通行证等证件号码相同", "the same passport, permit or other document"),
    "same-key+name": (
        "号码（手机、卡号等）与姓名均相同",
        "the same number (mobile, card …) and the same name",
    ),
    "same-key+masked-name": (
        "号码相同，部分隐藏的姓名与之相符，且该号码没有其他姓名",
        "the same number, a masked name that fits, and no other name with the number",
    ),
    "same-key+similar-name": (
        "号码相同，姓名仅差一字，材料中此种情形几乎都是同一人",
        "the same number and a name that differs by a slip, which in this material is nearly always one person",
    ),
    "same-key+birth": (
        "号码与出生日期均相同，姓名读音相同、字序颠倒，或者仅差一字且身份证号末四位一致",
        "the same number and date of birth, and a name that sounds the same, has its characters exchanged, or differs by a slip beside the same end of the ID",
    ),
    "same-key": ("号码相同，该号码至多对应一个姓名", "the same number, which stands with one name at most"),
    "name+partial": (
        "姓名相同，且若干部分信息一致，偶合可能极低",
        "the same name and partial keys that hardly agree by chance",
    ),
}


@dataclass(frozen=True, slots=True)
class Mentions:
    """What mentions tell, as keyed marks; nothing can be read from it.

    Attributes:
        rows: Number of mentions.
        row: ``int64[m]``, mention of each mark.
        feature: ``uint8[m]``, see :class:`qingyuan.pii._features.Feature`.
        mark: ``uint64[m]``.
        hidden: ``bool[m]``, whether the value is masked.
    """

    rows: int
    row: Longs
    feature: Bytes
    mark: Marks
    hidden: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Link:
    """Why two mentions are one person.

    Attributes:
        one: A mention.
        other: Another one.
        reason: A key of :data:`REASONS`.
        agreeing: Names of the features that agree, for partial links.
        chance: Accidental agreements expected, for partial links.
    """

    one: int
    other: int
    reason: str
    agreeing: tuple[str, ...] = ()
    chance: float | None = None

    @property
    def zh(self) -> str:
        """Return the reason in Chinese."""
        return self._words(0)

    @property
    def en(self) -> str:
        """Return the reason in English."""
        return self._words(1)

    def _words(self, language: int) -> str:
        text = REASONS[self.reason][language]
        if self.chance is None:
            return text
        what = ("、", ", ")[language].join(_evidence.GROUPS[name][language] for name in self.agreeing)
        return (
            f"{text}：{what}（偶合期望值 {self.chance:.1e}）",
            f"{text}: {what} (chance {self.chance:.1e})",
        )[language]


@dataclass(frozen=True, slots=True)
class Linked:
    """Who is who.

    Attributes:
        person: ``int64[rows]``, the person of each mention, numbered from 0 in the order of the mentions.
        persons: How many there are.
        links: The links made, enough to connect every person's mentions.
        compatible: ``(mention, person)`` that may be the same and were not merged, at most five a mention.
    """

    person: Longs
    persons: int
    links: tuple[Link, ...]
    compatible: tuple[tuple[int, int], ...]


def mentions(columns: Mapping[str, Sequence[str | None]], key: bytes) -> Mentions:
    """Return what the rows of a table tell, one mention a row.

    Args:
        columns: Values by kind (``"name"``, ``"mobile"``, ``"address"``, ``"birth-date"``, …); a kind may have a suffix
            after ``"/"`` to occur twice (``"mobile/2"``). All have one length; ``None`` or ``""`` is absent.
        key: The secret of the marks.

    Raises:
        ValueError: Columns of different lengths.
    """
    sizes = {len(values) for values in columns.values()}
    if len(sizes) > 1:
        raise ValueError(sizes)
    values = (
        (row, name.partition("/")[0], value)
        for name, column in columns.items()
        for row, value in enumerate(column)
        if value
    )
    return from_values(max(sizes, default=0), values, Marker(key))


def from_values(rows: int, values: Iterable[tuple[int, str, str]], marker: Marker) -> Mentions:
    """Return the mentions of ``(mention, kind, value)`` triples."""
    found = [
        (row, feature, mark, hidden)
        for row, kind, value in values
        for feature, mark, hidden in marker.features(kind, value)
    ]
    return Mentions(
        rows,
        np.array([f[0] for f in found], dtype=np.int64),
        np.array([f[1] for f in found], dtype=np.uint8),
        np.array([f[2] for f in found], dtype=np.uint64),
        np.array([f[3] for f in found], dtype=np.bool_),
    )


def merge(parts: Sequence[Mentions]) -> Mentions:
    """Return the mentions of several files, those of the first before those of the second."""
    before = np.cumsum([0, *(p.rows for p in parts)])
    return Mentions(
        int(before[-1]),
        np.concatenate(
            [np.empty(0, np.int64), *(p.row + b for p, b in zip(parts, before.tolist(), strict=False))]
        ),
        np.concatenate([np.empty(0, np.uint8), *(p.feature for p in parts)]),
        np.concatenate([np.empty(0, np.uint64), *(p.mark for p in parts)]),
        np.concatenate([np.empty(0, np.bool_), *(p.hidden for p in parts)]),
    )


def link(found: Mentions, coincidences: float = COINCIDENCES) -> Linked:
    """Return who is who among the mentions.

    Args:
        found: What they tell.
        coincidences: Accidental agreements tolerated for a link by partial keys; 0 makes none of these.
    """
    rank = _content(found)
    clusters = Clusters(found.rows, rank)
    links = [Link(one, other, reason) for one, other, reason in by_keys(found, clusters)]
    view = _evidence.View(found, clusters)
    for _ in range(ROUNDS if coincidences > 0 else 0):
        made = [
            Link(pair.one, pair.other, "name+partial", pair.agreeing, pair.chance)
            for pair in view.pairs(coincidences)
            if clusters.join(pair.one, pair.other)
        ]
        if not made:
            break
        links += made
        view = _evidence.View(found, clusters)
    roots = np.array([clusters.find(row) for row in range(found.rows)], dtype=np.int64)
    known, first, person = np.unique(roots, return_index=True, return_inverse=True)
    order = np.argsort(np.argsort(first))
    person = order[person].astype(np.int64) if found.rows else roots
    compatible = tuple(sorted((row, int(person[other])) for row, other in view.compatible(person)))
    return Linked(person, len(known), tuple(links), compatible)


def _content(found: Mentions) -> Marks:
    """Return a number for each mention that depends on what it tells alone."""
    out = np.zeros(found.rows, dtype=np.uint64)
    np.add.at(out, found.row, scramble(found.mark ^ found.feature.astype(np.uint64)))
    return out


def explain(linked: Linked, person: int) -> tuple[Link, ...]:
    """Return the links that make one person of its mentions."""
    return tuple(one for one in linked.links if linked.person[one.one] == person)
