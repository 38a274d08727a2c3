"""Connected groups of numbered things: a disjoint-set forest."""

from __future__ import annotations

from qingyuan.pii._kernel._compile import njit
from qingyuan.pii.batch import Longs


@njit("void(int64[::1], int64[::1], int64[::1])", cache=True, nogil=True)
def join(parent: Longs, left: Longs, right: Longs) -> None:
    """Join ``left[i]`` with ``right[i]`` for every i; afterwards ``parent`` holds the lowest of each group.

    Args:
        parent: ``int64[n]``, initially ``arange(n)``; changed in place.
        left: One end of each link.
        right: The other end.
    """
    for i in range(left.size):
        a = left[i]
        while parent[a] != a:
            parent[a] = parent[parent[a]]
            a = parent[a]
        b = right[i]
        while parent[b] != b:
            parent[b] = parent[parent[b]]
            b = parent[b]
        if a < b:
            parent[b] = a
        else:
            parent[a] = b
    # A parent is never higher than its child, so one ascending sweep flattens the forest.
    for i in range(parent.size):
        parent[i] = parent[parent[i]]
