"""Links by whole keys: the same ID, or the same number with the same name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qingyuan.pii._alike import Alike
from qingyuan.pii._clusters import Clusters, buckets, marked, one_each, shown_of_ids
from qingyuan.pii._features import Feature

if TYPE_CHECKING:
    from qingyuan.pii.linking import Mentions

#: Numbers that several people may use.
_SHARED = (Feature.MOBILE, Feature.CARD, Feature.ACCOUNT, Feature.KEY)


class _Names:
    """What the mentions say about names."""

    def __init__(self, found: Mentions) -> None:
        self.clear = one_each(found, Feature.NAME)
        self.hidden: dict[int, int] = {}
        self.forms: dict[int, set[int]] = {}
        chosen = np.isin(found.feature, (Feature.NAME_SHAPE, Feature.NAME_FIRST))
        for row, mark, hidden in zip(
            found.row[chosen].tolist(),
            found.mark[chosen].tolist(),
            found.hidden[chosen].tolist(),
            strict=True,
        ):
            if hidden:
                self.hidden[row] = mark
            else:
                self.forms.setdefault(row, set()).add(mark)

    def by_name(self, rows: list[int]) -> dict[int, list[int]]:
        """Return the mentions with a clear name, by name."""
        named: dict[int, list[int]] = {}
        for row in rows:
            if row in self.clear:
                named.setdefault(self.clear[row], []).append(row)
        return named

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
    clusters.shown.update(shown_of_ids(found))
    first: dict[int, int] = {}
    for row, mark in sorted(ids.items()):
        tie(first.setdefault(mark, row), row, "same-id")
    chosen = found.feature == Feature.DOCUMENT
    for rows in buckets(found.feature[chosen], found.mark[chosen], found.row[chosen]):
        for row in rows[1:]:
            tie(rows[0], row, "same-document")
    names = _Names(found)
    births = one_each(found, Feature.BIRTH)
    chosen = np.isin(found.feature, _SHARED) & ~found.hidden
    alike = Alike(found)
    for sort, rows in marked(found.feature[chosen], found.mark[chosen], found.row[chosen]):
        _share(rows, names, births, alike, clusters, tie)
        alike.note(sort, names.by_name(rows))
    for one, other in alike.links(clusters):
        tie(one, other, "same-key+similar-name")
    return links


def _share(
    rows: list[int], names: _Names, births: dict[int, int], alike: Alike, clusters: Clusters, tie: Tie
) -> None:
    """Link the mentions of one number."""
    rows.sort(key=lambda r: (int(clusters.content[r]), r))
    named = names.by_name(rows)
    for same in named.values():
        if clusters.owners(same) <= 1:
            for row in same[1:]:
                tie(same[0], row, "same-key+name")
    _by_birth(rows, names, births, alike, clusters, tie)
    if named:
        _unnamed(rows, named, names, clusters, tie)
    else:
        _nameless(rows, names, clusters, tie)


def _by_birth(
    rows: list[int], names: _Names, births: dict[int, int], alike: Alike, clusters: Clusters, tie: Tie
) -> None:
    """Link the mentions of a number that have one date of birth and names that sound the same, or a slip and the same end of the ID.

    Names that differ by a slip alone may be twins', whose names have one character in common: the material is asked.
    """
    same: dict[int, list[int]] = {}
    for row in rows:
        if row in births and row in names.clear:
            known = same.setdefault(births[row], [])
            for one in known:
                if names.clear[one] != names.clear[row] and (
                    alike.misspelt(one, row) or (alike.slip(one, row) and clusters.same_end(one, row))
                ):
                    tie(one, row, "same-key+birth")
                    break
            if not any(names.clear[one] == names.clear[row] for one in known):
                known.append(row)


def _unnamed(
    rows: list[int], named: dict[int, list[int]], names: _Names, clusters: Clusters, tie: Tie
) -> None:
    """Link the mentions of a number without a clear name to the one person they fit."""
    if any(clusters.owners(same) > 1 for same in named.values()):
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
    if clusters.owners(rows) > 1:
        return
    for same in forms.values():
        for row in same[1:]:
            tie(same[0], row, "same-key+masked-name")
    if len(forms) <= 1:
        together = [*plain, *(row for same in forms.values() for row in same)]
        for row in together[1:]:
            tie(together[0], row, "same-key")


if TYPE_CHECKING:
    from collections.abc import Callable

    Tie = Callable[[int, int, str], None]
