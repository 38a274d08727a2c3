"""Values of one record and role folded into one mark, without sorting all of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel._compile import njit
from qingyuan.pii.batch import Bytes, Longs

Keys = npt.NDArray[np.uint64]

_RO = "Array(uint8, 1, 'C', readonly=True)"
_RO64 = "Array(int64, 1, 'C', readonly=True)"
_ROK = "Array(uint64, 1, 'C', readonly=True)"
#: From this many values in one record on, duplicates are found by sorting.
_MANY = 32


@njit("uint64(uint64, uint8)", cache=True, nogil=True)
def scrambled(key: np.uint64, kind: int | np.uint8) -> np.uint64:
    """Return the key scrambled (splitmix64), so that the sum of several marks the set of them."""
    z = key + (np.uint64(kind) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@njit(
    f"void({_RO64}, {_RO}, {_ROK}, {_RO}, {_RO}, {_RO}, uint64[::1], uint8[::1], uint8[::1], uint8[::1])",
    cache=True,
    nogil=True,
)
def fold(
    group: Longs,
    kind: Bytes,
    key: Keys,
    tiers: Bytes,
    bits: Bytes,
    traits_of: Bytes,
    mark: Keys,
    tier: Bytes,
    seen: Bytes,
    traits: Bytes,
) -> None:
    """Fold the values of each group.

    Args:
        group: Group of each value, from 0.
        kind: Kind code of each.
        key: Key of each.
        tiers: Tier of each kind.
        bits: What each kind says about a person.
        traits_of: Traits that each kind gives a piece.
        mark: ``uint64[groups]`` of zeros, receives the sum of the different values, scrambled.
        tier: ``uint8[groups]`` of zeros, receives the gravest tier.
        seen: ``uint8[groups]`` of zeros, receives the bits together.
        traits: ``uint8[groups]``, grows by the traits.
    """
    size = mark.size
    ends = np.zeros(size + 1, dtype=np.int64)
    for i in range(group.size):
        ends[group[i] + 1] += 1
    for g in range(size):
        ends[g + 1] += ends[g]
    values = np.empty(group.size, dtype=np.uint64)
    for i in range(group.size):
        g = group[i]
        # Filling moves the beginning of each group to its end, which is where the next one began.
        values[ends[g]] = scrambled(key[i], kind[i])
        ends[g] += 1
        tier[g] = max(tier[g], tiers[kind[i]])
        seen[g] |= bits[kind[i]]
        traits[g] |= traits_of[kind[i]]
    begin = np.int64(0)
    for g in range(size):
        end = ends[g]
        total = np.uint64(0)
        if end - begin > _MANY:
            values[begin:end] = np.sort(values[begin:end])
            for i in range(begin, end):
                if i == begin or values[i] != values[i - 1]:
                    total += values[i]
        else:
            for i in range(begin, end):
                new = True
                for j in range(begin, i):
                    if values[j] == values[i]:
                        new = False
                if new:
                    total += values[i]
        mark[g] = total
        begin = end


@njit("int64(uint64[::1], uint8[::1], uint64, uint64[::1], int64[::1], uint64[::1])", cache=True, nogil=True)
def low_ranked(mark: Keys, stratum: Bytes, seed: np.uint64, below: Keys, out: Longs, ranks: Keys) -> int:
    """Write the numbers of the marks whose ranks are low, and their ranks; return how many there are.

    Args:
        mark: The marks.
        stratum: The set of each.
        seed: Its exclusive or with a mark, scrambled, is the rank.
        below: ``uint64[256]``: of each set, ranks below this are low.
        out: ``int64[n]`` receives the numbers.
        ranks: ``uint64[n]`` receives the ranks.
    """
    n = 0
    for i in range(mark.size):
        rank = scrambled(mark[i] ^ seed, np.uint8(0))
        if rank < below[stratum[i]]:
            out[n] = i
            ranks[n] = rank
            n += 1
    return n
