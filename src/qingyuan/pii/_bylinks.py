"""Links by whole keys: the same ID, or the same number with the same name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from qingyuan.pii._features import Feature
from qingyuan.pii.batch import Longs

if TYPE_CHECKING:
    from qingyuan.pii.linking import Mentions

#: Numbers that several people may use.
_SHARED = (Feature.MOBILE, Feature.CARD, Feature.KEY)


class Clusters:
    """Mentions joined so far; two different IDs or contradicting dates of birth are never joined by partial keys."""

    def __init__(self, rows: int, content: npt.NDArray[np.uint64]) -> None:
        """Start with every mention alone."""
        self.content = content
        self._parent = list(range(rows))
        #: IDs and dates of birth of each cluster, by its lowest mention.
        self.ids: dict[int, frozenset[int]] = {}
        self.births: dict[int, frozenset[int]] = {}

    def find(self, row: int) -> int:
        """Return the lowest mention of the cluster."""
        parent = self._parent
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    def join(self, one: int, other: int, *, birth: bool = True) -> bool:
        """Join two clusters unless they contradict each other; return whether they are different ones joined now.

        Args:
            one: A mention.
            other: Another one.
            birth: Whether different dates of birth contradict.
        """
        a, b = sorted((self.find(one), self.find(other)))
        if a == b or self.contradict(a, b, birth=birth):
            return False
        self._parent[b] = a
        for known in (self.ids, self.births):
            if b in known:
                known[a] = known.get(a, frozenset()) | known.pop(b)
        return True

    def contradict(self, a: int, b: int, *, birth: bool = True) -> bool:
        """Tell whether two lowest mentions have different IDs or dates of birth."""
        one, other = self.ids.get(a), self.ids.get(b)
        if one and other and one != other:
            return True
        one, other = self.births.get(a), self.births.get(b)
        return bool(birth and one and other and not one & other)


def one_each(found: Mentions, feature: Feature) -> dict[int, int]:
    """Return the mark of each mention that has exactly one (in clear) of this feature."""
    chosen = (found.feature == feature) & ~found.hidden
    out: dict[int, int] = {}
    several = set()
    for row, mark in zip(found.row[chosen].tolist(), found.mark[chosen].tolist(), strict=True):
        if out.setdefault(row, mark) != mark:
            several.add(row)
    return {row: mark for row, mark in out.items() if row not in several}


def buckets(feature: npt.NDArray[np.uint8], mark: npt.NDArray[np.uint64], row: Longs) -> Iterator[list[int]]:
    """Yield the different rows of each mark that has several, in the order of feature and mark."""
    order = np.lexsort((row, mark, feature))
    feature, mark, row = feature[order], mark[order], row[order]
    new = np.ones(len(row), dtype=np.bool_)
    new[1:] = (feature[1:] != feature[:-1]) | (mark[1:] != mark[:-1])
    starts = np.append(np.flatnonzero(new), len(row))
    for i in np.flatnonzero(np.diff(starts) > 1).tolist():
        rows = np.unique(row[starts[i] : starts[i + 1]])
        if len(rows) > 1:
            yield rows.tolist()


class _Names:
    """What the mentions say about names."""

    def __init__(self, found: Mentions) -> None:
        self.clear = one_each(found, Feature.NAME)
        self.first: dict[int, int] = {}
        self.hidden: dict[int, int] = {}
        self.forms: dict[int, set[int]] = {}
        chosen = np.isin(found.feature, (Feature.NAME_SHAPE, Feature.NAME_FIRST))
        for row, feature, mark, hidden in zip(
            found.row[chosen].tolist(), found.feature[chosen].tolist(), found.mark[chosen].tolist(),
            found.hidden[chosen].tolist(), strict=True,
        ):  # fmt: skip
            if hidden:
                self.hidden[row] = mark
            else:
                self.forms.setdefault(row, set()).add(mark)
                if feature == Feature.NAME_FIRST:
                    self.first[row] = mark

    def fits(self, masked: int, clear: int) -> bool:
        """Tell whether the masked name of one mention can be the clear one of another (or there is none)."""
        hidden = self.hidden.get(masked)
        return hidden is None or hidden in self.forms.get(clear, ())


def by_keys(found: Mentions, clusters: Clusters) -> list[tuple[int, int, str]]:
    """Join mentions by whole keys and return ``(mention, mention, reason)`` of each link made."""
    links: list[tuple[int, int, str]] = []

    def tie(one: int, other: int, reason: str) -> None:
        if clusters.join(one, other, birth=False):
            links.append((one, other, reason))

    ids = one_each(found, Feature.RESIDENT_ID)
    for row, mark in ids.items():
        clusters.ids[row] = frozenset((mark,))
    for row, mark in one_each(found, Feature.BIRTH).items():
        clusters.births[row] = frozenset((mark,))
    first: dict[int, int] = {}
    for row, mark in sorted(ids.items()):
        tie(first.setdefault(mark, row), row, "same-id")
    names = _Names(found)
    births = one_each(found, Feature.BIRTH)
    chosen = np.isin(found.feature, _SHARED) & ~found.hidden
    for rows in buckets(found.feature[chosen], found.mark[chosen], found.row[chosen]):
        _share(rows, names, births, clusters, tie)
    return links


def _share(rows: list[int], names: _Names, births: dict[int, int], clusters: Clusters, tie: Tie) -> None:
    """Link the mentions of one number."""
    rows.sort(key=lambda r: (int(clusters.content[r]), r))
    named: dict[int, list[int]] = {}
    for row in rows:
        if row in names.clear:
            named.setdefault(names.clear[row], []).append(row)
    for same in named.values():
        if _owners(same, clusters) <= 1:
            for row in same[1:]:
                tie(same[0], row, "same-key+name")
    _by_birth(rows, names, births, tie)
    if named:
        _unnamed(rows, named, names, clusters, tie)
    else:
        _nameless(rows, names, clusters, tie)


def _by_birth(rows: list[int], names: _Names, births: dict[int, int], tie: Tie) -> None:
    """Link the mentions of a number that have one date of birth and one surname."""
    same: dict[tuple[int, int], int] = {}
    for row in rows:
        if row in births and row in names.first:
            one = same.setdefault((births[row], names.first[row]), row)
            if one != row:
                tie(one, row, "same-key+birth")


def _unnamed(
    rows: list[int], named: dict[int, list[int]], names: _Names, clusters: Clusters, tie: Tie
) -> None:
    """Link the mentions of a number without a clear name to the one person they fit."""
    if any(_owners(same, clusters) > 1 for same in named.values()):
        return
    clear = [row for same in named.values() for row in same]
    one_person = len({clusters.find(row) for row in clear}) == 1
    for row in set(rows).difference(clear):
        # A link made here may give a person another representative, so each is looked up anew.
        fitting = {clusters.find(one): one for one in clear if names.fits(row, one)}
        masked = row in names.hidden
        if len(fitting) == 1 and (masked or one_person):
            tie(next(iter(fitting.values())), row, "same-key+masked-name" if masked else "same-key")


def _nameless(rows: list[int], names: _Names, clusters: Clusters, tie: Tie) -> None:
    """Link the mentions of a number that stands with no clear name."""
    forms: dict[int, list[int]] = {}
    for row in rows:
        forms.setdefault(names.hidden.get(row, 0), []).append(row)
    plain = forms.pop(0, [])
    if _owners(rows, clusters) > 1:
        return
    for same in forms.values():
        for row in same[1:]:
            tie(same[0], row, "same-key+masked-name")
    if len(forms) <= 1:
        together = [*plain, *(row for same in forms.values() for row in same)]
        for row in together[1:]:
            tie(together[0], row, "same-key")


def _owners(rows: Iterable[int], clusters: Clusters) -> int:
    """Return how many different IDs the mentions have."""
    return len(frozenset().union(*(clusters.ids.get(clusters.find(row), frozenset()) for row in rows)))


if TYPE_CHECKING:
    from collections.abc import Callable

    Tie = Callable[[int, int, str], None]
