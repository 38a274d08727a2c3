"""Sorting 64-bit keys that spread evenly, as keys under a secret do, and joining what is sorted, each key once."""

# compiled loop; splitting it into calls costs the speed it exists for.
from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel._blocks import BLOCK
from qingyuan.pii._kernel._compile import njit
from qingyuan.pii.batch import Bytes

Keys = npt.NDArray[np.uint64]

#: Steps back a key on average, from which on keys do not spread evenly.
_STEPS = 16
_ROK = "Array(uint64, 1, 'C', readonly=True)"
_RO = "Array(uint8, 1, 'C', readonly=True)"


@njit(f"int64({_ROK}, {_RO}, uint64[::1], uint8[::1])", cache=True, nogil=True)
def sort_different(keys: Keys, marks: Bytes, out: Keys, out_marks: Bytes) -> int:
    """Write the different keys in ascending order and return their number, or -1 if they do not spread evenly.

    Args:
        keys: The keys.
        marks: ``uint8[n]``, a mark each, or nothing; all with the same key must have the same mark.
        out: ``uint64[n]`` receives the keys.
        out_marks: ``uint8[n]`` receives their marks, if there are any.

    Returns:
        How many keys there are, or -1: slots are crowded, or a key has two marks.
    """
    n = keys.size
    marked = marks.size > 0
    bits = np.uint64(1)
    while (np.int64(1) << np.int64(bits)) < n:
        bits += np.uint64(1)
    shift = np.uint64(64) - bits
    ends = np.zeros((np.int64(1) << np.int64(bits)) + 1, dtype=np.int32)
    for i in range(n):
        ends[(keys[i] >> shift) + np.uint64(1)] += 1
    for slot in range(1, ends.size):
        ends[slot] += ends[slot - 1]
    for i in range(n):
        # Filling moves the beginning of each slot to its end, which is where the next one began.
        slot = keys[i] >> shift
        at = ends[slot]
        ends[slot] = at + 1
        out[np.uint64(at)] = keys[i]
        if marked:
            out_marks[np.uint64(at)] = marks[i]
    # All keys of a slot are before those of the next: each key goes back to its place among the few before it.
    done = 0
    left = _STEPS * (n + BLOCK)
    for i in range(n):
        key = out[i]
        mark = out_marks[i] if marked else np.uint8(0)
        p = done
        while p > 0 and out[p - 1] > key:
            p -= 1
        if p > 0 and out[p - 1] == key:
            if marked and out_marks[p - 1] != mark:
                return -1
            continue
        left -= done - p
        if left < 0:
            return -1
        for q in range(done, p, -1):
            out[q] = out[q - 1]
            if marked:
                out_marks[q] = out_marks[q - 1]
        out[p] = key
        if marked:
            out_marks[p] = mark
        done += 1
    return done


@njit(f"int64({_ROK}, {_ROK}, uint64[::1])", cache=True, nogil=True)
def join_different(one: Keys, two: Keys, out: Keys) -> int:
    """Write the different keys of two ascending arrays in order into ``out`` and return their number."""
    a = 0
    b = 0
    n = 0
    while a < one.size and b < two.size:
        x = one[np.uint64(a)]
        y = two[np.uint64(b)]
        out[np.uint64(n)] = min(x, y)
        n += 1
        a += x <= y
        b += y <= x
    while a < one.size:
        out[n] = one[a]
        a += 1
        n += 1
    while b < two.size:
        out[n] = two[b]
        b += 1
        n += 1
    return n


@njit("int64(uint64[::1])", cache=True, nogil=True)
def keep_different(keys: Keys) -> int:
    """Move the different ones of ascending keys to the front and return their number."""
    n = min(keys.size, 1)
    last = keys[0] if n else np.uint64(0)
    for i in range(1, keys.size):
        key = keys[np.uint64(i)]
        # What is written for a key that is there already is written over.
        keys[np.uint64(n)] = key
        n += key != last
        last = key
    return n
