"""Names of one number that differ by a slip of the pen: one character, one left out, two exchanged.

A family shares a number and its names differ by one character as well. So the material itself is asked: among the pairs of
such names on a number of the same sort whose IDs or dates of birth are known, how many were one person? Only where nearly all
were, is a name that stands once, with nothing of its own, and is nobody's elsewhere, joined to the other. On a card or another
account of one person such names are one without asking.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from qingyuan.pii._clusters import one_each
from qingyuan.pii._features import Feature

if TYPE_CHECKING:
    from qingyuan.pii._clusters import Clusters
    from qingyuan.pii.linking import Mentions

#: Names of one number that are compared; a number with more is a switchboard's.
_MOST = 32
#: Share of one person among the pairs known, at least; one person and pairs taken as known beforehand (Laplace's rule of
#: succession: three of three are enough; nobody gives children names that sound the same).
_SHARE = 0.8
_SEEN, _HEARD = (1, 2), (9, 10)
#: What makes a mention somebody's.
_OWN = (Feature.RESIDENT_ID, Feature.DOCUMENT, Feature.MOBILE, Feature.CARD, Feature.ACCOUNT, Feature.KEY)
#: Those that are one person's.
_PERSONAL = (Feature.CARD, Feature.ACCOUNT)


@dataclass(frozen=True, slots=True)
class _Two:
    """A mention of each of two names on one number.

    Attributes:
        one: A mention of the first.
        other: One of the second.
        sort: The sort of the number, whether more names stand with it, and whether the two are hardly relatives'.
        born: Whether they have one date of birth, as twins have.
        written: Whether one is in Latin letters and sounds like the other.
    """

    one: int
    other: int
    sort: tuple[int, bool, bool]
    born: bool
    written: bool


class Alike:
    """Which names are alike, and whose they are."""

    def __init__(self, found: Mentions) -> None:
        """Gather the forms of the names and the keys of the mentions."""
        self.forms: dict[int, set[int]] = {}
        chosen = found.feature == Feature.NAME_SLIP
        for row, mark in zip(found.row[chosen].tolist(), found.mark[chosen].tolist(), strict=True):
            self.forms.setdefault(row, set()).add(mark)
        self.names = one_each(found, Feature.NAME)
        self.turned = one_each(found, Feature.NAME_TURNED)
        #: How names in Latin letters sound with their last word first.
        self.latin = one_each(found, Feature.NAME_LATIN)
        self.births = one_each(found, Feature.BIRTH)
        #: How names sound.
        self.sounds = one_each(found, Feature.NAME_SOUND)
        self.keys: dict[int, set[tuple[int, int]]] = {}
        chosen = np.isin(found.feature, _OWN) & ~found.hidden
        for row, feature, mark in zip(
            found.row[chosen].tolist(),
            found.feature[chosen].tolist(),
            found.mark[chosen].tolist(),
            strict=True,
        ):
            self.keys.setdefault(row, set()).add((feature, mark))
        self._pairs: list[_Two] = []

    def same_sound(self, one: int, other: int) -> bool:
        """Tell whether the names of two mentions sound the same, a name in Latin letters in either order."""
        if one not in self.sounds or other not in self.sounds:
            return False
        a, b = self.sounds[one], self.sounds[other]
        return a in {b, self.latin.get(other)} or b == self.latin.get(one)

    def misspelt(self, one: int, other: int) -> bool:
        """Tell whether one name is hardly a relative's: it sounds like the other, or has its characters in another order."""
        return self.same_sound(one, other) or (
            one in self.turned and self.turned[one] == self.turned.get(other)
        )

    def slip(self, one: int, other: int) -> bool:
        """Tell whether the names of two mentions differ by a slip at most."""
        return bool(self.forms.get(one, set()) & self.forms.get(other, set()))

    def note(self, sort: int, named: dict[int, list[int]]) -> None:
        """Remember the names of a number that are alike: a mention of each by name."""
        if not 1 < len(named) <= _MOST:
            return
        firsts = [rows[0] for rows in named.values()]
        others = len(named) > 2  # noqa: PLR2004 - somebody else uses the number as well
        for one, other in combinations(firsts, 2):
            heard = self.misspelt(one, other)
            if heard or self.slip(one, other):
                born = one in self.births and self.births[one] == self.births.get(other)
                written = self.same_sound(one, other) and (one in self.latin) != (other in self.latin)
                self._pairs.append(_Two(one, other, (sort, others, heard), born, written))

    def links(self, clusters: Clusters) -> Iterator[tuple[int, int]]:
        """Yield the mentions that are one person, nothing of them being joined so far."""
        told: dict[int, set[int]] = {}
        for row, content in enumerate(clusters.content.tolist()):
            told.setdefault(clusters.find(row), set()).add(content)
        bearers: dict[int, set[int]] = {}
        for row, name in self.names.items():
            bearers.setdefault(name, set()).add(clusters.find(row))
        owned: dict[int, set[tuple[int, int]]] = {}
        for row, keys in self.keys.items():
            owned.setdefault(clusters.find(row), set()).update(keys)
        #: By sort; those of one date of birth, who may be twins, once more by themselves.
        same: Counter[tuple[tuple[int, bool, bool], bool]] = Counter()
        known: Counter[tuple[tuple[int, bool, bool], bool]] = Counter()
        open_: list[_Two] = []
        for two in self._pairs:
            a, b = clusters.find(two.one), clusters.find(two.other)
            if a != b and not clusters.contradict(a, b):
                open_.append(two)
                continue
            for sort in {(two.sort, False), (two.sort, two.born)}:
                same[sort] += a == b
                known[sort] += 1
        for two in open_:
            a, b = clusters.find(two.one), clusters.find(two.other)
            key, _, heard = two.sort
            sort = two.sort, two.born
            # A mistyped name stands once, with nothing of its own, and is nobody's else: not that of a relative met elsewhere.
            nothing = any(
                (heard or (len(told[x]) == 1 and bearers[self.names[row]] <= {a, b}))
                and owned.get(x, set()) <= owned.get(y, set())
                for row, x, y in ((two.one, a, b), (two.other, b, a))
            )
            before = _HEARD if heard else _SEEN
            share = (same[sort] + before[0]) / (known[sort] + before[1])
            if key in _PERSONAL or two.written or (share >= _SHARE and nothing):
                yield two.one, two.other
