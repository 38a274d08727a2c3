"""A reproducible sample of what was counted, so that anyone can look at the same places again.

The sample of a set are its members with the smallest scrambled marks. It depends on the members alone: not
on their order, not on how the material was split, and samples of parts merge to the sample of the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel.fold import low_ranked
from qingyuan.pii.batch import Bytes, Longs

Keys: TypeAlias = npt.NDArray[np.uint64]
#: Returns member, record and place of the numbers asked for, in their order.
Locate: TypeAlias = Callable[[Longs], Sequence[tuple[str | None, int, str]]]

#: Kept of each stratum; a count shows at most :data:`SHOWN` of them.
KEPT = 32
SHOWN = 5
#: Chooses the sample; another number gives another sample.
SEED = 20170601
#: From this many members on, only those with small scrambled marks are looked at.
_MANY = 64 * KEPT
#: Above every rank but one.
_MOST = np.uint64((1 << 64) - 1)


@dataclass(frozen=True, slots=True, order=True)
class Spot:
    """One member of a sample.

    Attributes:
        stratum: The set it was drawn from.
        rank: Its scrambled mark.
        mark: Its mark, by which it is found again among what was counted.
        file: File name as given.
        member: Path inside an archive, "" for none.
        record: Record number.
        place: Where it stands, e.g. ``"line 12"``.
    """

    stratum: int
    rank: int
    mark: int
    file: str
    member: str
    record: int
    place: str


#: The order of spots; asked for once each, it is much quicker than comparing them.
_ORDER = attrgetter("stratum", "rank", "mark", "file", "member", "record", "place")


@dataclass(frozen=True, slots=True)
class Place:
    """A place to look at.

    Attributes:
        file: File name as given.
        member: Path inside an archive, or ``None``.
        record: Record number.
        place: Where it stands, e.g. ``"line 12"``.
    """

    file: str
    member: str | None
    record: int
    place: str


def scramble(marks: Keys) -> Keys:
    """Return the marks scrambled (splitmix64)."""
    z: Keys = marks + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    scrambled: Keys = z ^ (z >> np.uint64(31))
    return scrambled


def draw(file: str, stratum: Bytes, mark: Keys, members: Longs, locate: Locate) -> tuple[Spot, ...]:
    """Return the sample of the members of one file.

    Args:
        file: File name as given.
        stratum: The set of each member.
        mark: Its mark; equal marks are one member, which stands where the first of them does.
        members: Members of each set.
        locate: Finds the places of the few that were drawn, by their numbers.
    """
    chosen: list[tuple[int, int, int]] = []
    below = np.full(256, _MOST, dtype=np.uint64)
    many = np.flatnonzero(members > _MANY)
    below[many] = _MOST // members[many].astype(np.uint64) * np.uint64(_MANY // 4)
    at, rank = _low(stratum, mark, below)
    few = [one for one in many.tolist() if len(_first(rank, stratum[at] == one)) < KEPT]
    if few:
        # So many are alike that few ranks are low.
        below[few] = _MOST
        at, rank = _low(stratum, mark, below)
    for one in np.flatnonzero(members).tolist():
        chosen += [(one, int(at[i]), int(rank[i])) for i in _first(rank, stratum[at] == one).tolist()]
    if not chosen:
        return ()
    found = locate(np.array([i for _, i, _ in chosen], dtype=np.int64))
    return tuple(
        sorted(
            (
                Spot(one, low, int(mark[i]), file, member or "", record, place)
                for (one, i, low), (member, record, place) in zip(chosen, found, strict=True)
            ),
            key=_ORDER,
        )
    )


def _low(stratum: Bytes, mark: Keys, below: Keys) -> tuple[Longs, Keys]:
    """Return the numbers of the members of low rank, ascending, and their ranks."""
    at, rank = np.empty(len(mark), dtype=np.int64), np.empty(len(mark), dtype=np.uint64)
    count = low_ranked(mark, stratum, np.uint64(SEED), below, at, rank)
    return at[:count], rank[:count]


def _first(rank: Keys, within: npt.NDArray[np.bool_]) -> Longs:
    """Return the members within that have the lowest different ranks, of each the first."""
    at = np.flatnonzero(within)
    at = at[np.argsort(rank[at], kind="stable")]
    new = np.ones(len(at), dtype=np.bool_)
    new[1:] = rank[at][1:] != rank[at][:-1]
    return at[new][:KEPT]


def merge(parts: Iterable[Sequence[Spot]]) -> tuple[Spot, ...]:
    """Return the sample of several parts together."""
    out: list[Spot] = []
    stratum, last, kept = -1, -1, 0
    for spot in sorted({spot for part in parts for spot in part}, key=_ORDER):
        if spot.stratum != stratum:
            stratum, last, kept = spot.stratum, -1, 0
        if spot.rank != last and kept < KEPT:
            out.append(spot)
            kept += 1
        last = spot.rank
    return tuple(out)


def shown(spots: Iterable[Spot], accept: Callable[[Spot], bool]) -> tuple[Place, ...]:
    """Return the places of the first of the accepted spots over all strata, in the order of their ranks."""
    out: dict[int, Place] = {}
    for spot in sorted(spots, key=lambda s: (s.rank, s.file, s.member, s.record, s.place)):
        if len(out) == SHOWN:
            break
        if spot.mark not in out and accept(spot):
            out[spot.mark] = Place(spot.file, spot.member or None, spot.record, spot.place)
    return tuple(out.values())
