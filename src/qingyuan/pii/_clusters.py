"""Mentions joined so far, and mentions that have a mark in common."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from qingyuan.pii.batch import Longs

if TYPE_CHECKING:
    from qingyuan.pii._features import Feature
    from qingyuan.pii.linking import Mentions


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
    for _, rows in marked(feature, mark, row):
        yield rows


def marked(
    feature: npt.NDArray[np.uint8], mark: npt.NDArray[np.uint64], row: Longs
) -> Iterator[tuple[int, list[int]]]:
    """Yield the feature and the different rows of each mark that has several, in the order of feature and mark."""
    order = np.lexsort((row, mark, feature))
    feature, mark, row = feature[order], mark[order], row[order]
    new = np.ones(len(row), dtype=np.bool_)
    new[1:] = (feature[1:] != feature[:-1]) | (mark[1:] != mark[:-1])
    starts = np.append(np.flatnonzero(new), len(row))
    for i in np.flatnonzero(np.diff(starts) > 1).tolist():
        rows = np.unique(row[starts[i] : starts[i + 1]])
        if len(rows) > 1:
            yield int(feature[starts[i]]), rows.tolist()
