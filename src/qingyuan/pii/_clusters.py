"""Mentions joined so far, and mentions that have a mark in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from qingyuan.pii._features import ID_PARTS, Feature
from qingyuan.pii.batch import Longs

if TYPE_CHECKING:
    from qingyuan.pii.linking import Mentions


class Clusters:
    """Mentions joined so far; two different IDs, also by what masked ones show, or contradicting dates of birth are never joined."""

    def __init__(self, rows: int, content: npt.NDArray[np.uint64]) -> None:
        """Start with every mention alone."""
        self.content = content
        self._parent = list(range(rows))
        #: IDs and dates of birth of each cluster, by its lowest mention.
        self.ids: dict[int, frozenset[int]] = {}
        self.births: dict[int, frozenset[int]] = {}
        #: What is shown of their IDs, by feature.
        self.shown: dict[int, dict[int, int]] = {}

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
        if b in self.shown:
            self.shown[a] = {**self.shown.pop(b), **self.shown.get(a, {})}
        return True

    def same_end(self, one: int, other: int) -> bool:
        """Tell whether the IDs of two mentions end alike, by what is shown of them."""
        a, b = (self.shown.get(self.find(row), {}).get(Feature.ID_0_4) for row in (one, other))
        return a is not None and a == b

    def owners(self, rows: Iterable[int]) -> int:
        """Return how many different IDs the mentions have at least, by whole ones and by what masked ones show."""
        whole: set[int] = set()
        shown: dict[int, set[int]] = {}
        for root in {self.find(row) for row in rows}:
            whole |= self.ids.get(root, frozenset())
            for feature, mark in self.shown.get(root, {}).items():
                shown.setdefault(feature, set()).add(mark)
        return max(len(whole), *(len(marks) for marks in shown.values()), 0)

    def contradict(self, a: int, b: int, *, birth: bool = True) -> bool:
        """Tell whether two lowest mentions have different IDs or dates of birth."""
        one, other = self.ids.get(a), self.ids.get(b)
        if one and other and one != other:
            return True
        seen, also = self.shown.get(a, {}), self.shown.get(b, {})
        if any(also.get(feature, mark) != mark for feature, mark in seen.items()):
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


def shown_of_ids(found: Mentions) -> dict[int, dict[int, int]]:
    """Return what each mention shows of one ID, in clear or masked, by feature; nothing of mentions with several."""
    out: dict[int, dict[int, int]] = {}
    several = set()
    for feature in ID_PARTS:
        chosen = found.feature == feature
        for row, mark in zip(found.row[chosen].tolist(), found.mark[chosen].tolist(), strict=True):
            if out.setdefault(row, {}).setdefault(int(feature), mark) != mark:
                several.add(row)
    return {row: shown for row, shown in out.items() if row not in several}


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
