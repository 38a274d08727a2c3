"""Names of one number that differ by a slip of the pen: one character, one left out, two exchanged.

A family shares a number and its names differ by one character as well. So the material itself is asked: among the pairs of
such names on a number of the same sort whose IDs or dates of birth are known, how many were one person? Only where nearly all
were, is a name that stands once, with nothing of its own, joined to the other. On a card or another
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
_OWN = (Feature.RESIDENT_ID, Feature.DOCUMENT, Feature.MOBILE, Feature.CARD, Feature.KEY)


@dataclass(frozen=True, slots=True)
class _Two:
    """A mention of each of two names on one number."""

    one: int
    other: int
    sort: tuple[int, bool, bool]


class Alike:
    """Which names are alike, and whose they are."""

    def __init__(self, found: Mentions) -> None:
        """Gather the forms of the names and the keys of the mentions."""
        self.forms: dict[int, set[int]] = {}
        chosen = found.feature == Feature.NAME_SLIP
        for row, mark in zip(found.row[chosen].tolist(), found.mark[chosen].tolist(), strict=True):
            self.forms.setdefault(row, set()).add(mark)
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
        """Tell whether the names of two mentions sound the same."""
        return one in self.sounds and self.sounds[one] == self.sounds.get(other)

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
            heard = self.same_sound(one, other)
            if heard or self.slip(one, other):
                self._pairs.append(_Two(one, other, (sort, others, heard)))

    def links(self, clusters: Clusters) -> Iterator[tuple[int, int]]:
        """Yield the mentions that are one person, nothing of them being joined so far."""
        told: dict[int, set[int]] = {}
        for row, content in enumerate(clusters.content.tolist()):
            told.setdefault(clusters.find(row), set()).add(content)
        owned: dict[int, set[tuple[int, int]]] = {}
        for row, keys in self.keys.items():
            owned.setdefault(clusters.find(row), set()).update(keys)
        same: Counter[tuple[int, bool, bool]] = Counter()
        known: Counter[tuple[int, bool, bool]] = Counter()
        open_: list[_Two] = []
        for two in self._pairs:
            a, b = clusters.find(two.one), clusters.find(two.other)
            if a == b:
                same[two.sort] += 1
                known[two.sort] += 1
            elif clusters.contradict(a, b):
                known[two.sort] += 1
            else:
                open_.append(two)
        for two in open_:
            a, b = clusters.find(two.one), clusters.find(two.other)
            key, _, heard = two.sort
            nothing = any(
                (heard or len(told[x]) == 1) and owned.get(x, set()) <= owned.get(y, set())
                for x, y in ((a, b), (b, a))
            )
            before = _HEARD if heard else _SEEN
            share = (same[two.sort] + before[0]) / (known[two.sort] + before[1])
            if key == Feature.CARD or (share >= _SHARE and nothing):
                yield two.one, two.other
