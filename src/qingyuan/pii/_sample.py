"""A reproducible sample of what was counted, so that anyone can look at the same places again.

The sample of a set are its members with the smallest scrambled marks. It depends on the members alone: not
on their order, not on how the material was split, and samples of parts merge to the sample of the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from qingyuan.pii.batch import Longs

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


def draw(file: str, stratum: Longs, mark: Keys, number: Longs, locate: Locate) -> tuple[Spot, ...]:
    """Return the sample of the members of one file.

    Args:
        file: File name as given.
        stratum: The set of each member.
        mark: Its mark; equal marks are one member, which stands where its lowest number does.
        number: What ``locate`` is asked with.
        locate: Finds the places of the few that were drawn.
    """
    rank = scramble(mark ^ np.uint64(SEED))
    chosen: list[tuple[int, int]] = []
    members = np.bincount(stratum)
    for one in np.flatnonzero(members).tolist():
        at = np.arange(len(stratum)) if members[one] == len(stratum) else np.flatnonzero(stratum == one)
        chosen += [(one, i) for i in _lowest(rank, number, at).tolist()]
    if not chosen:
        return ()
    index = np.array([i for _, i in chosen], dtype=np.int64)
    found = locate(number[index])
    return tuple(
        sorted(
            Spot(one, int(rank[i]), int(mark[i]), file, member or "", record, place)
            for (one, i), (member, record, place) in zip(chosen, found, strict=True)
        )
    )


def _lowest(rank: Keys, number: Longs, at: Longs) -> Longs:
    """Return the members of ``at`` with the lowest different ranks, each with its lowest number."""
    if len(at) > _MANY:
        few = at[rank[at] < np.uint64((1 << 64) - 1) // np.uint64(len(at)) * np.uint64(_MANY // 4)]
        found = _first(rank, number, few)
        if len(found) == KEPT:
            return found
    return _first(rank, number, at)


def _first(rank: Keys, number: Longs, at: Longs) -> Longs:
    at = at[np.lexsort((number[at], rank[at]))]
    new = np.ones(len(at), dtype=np.bool_)
    new[1:] = rank[at][1:] != rank[at][:-1]
    return at[new][:KEPT]


def merge(parts: Iterable[Sequence[Spot]]) -> tuple[Spot, ...]:
    """Return the sample of several parts together."""
    out: list[Spot] = []
    stratum, last, kept = -1, -1, 0
    for spot in sorted({spot for part in parts for spot in part}):
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
