"""Different keys in order, whether they spread evenly or not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.pii._kernel.ordering import sort_different
from qingyuan.pii.persons import different, united

_NONE = np.empty(0, dtype=np.uint8)


def keys(seed: int, size: int, values: int, bits: int) -> np.ndarray:
    """Return ``size`` keys of about ``values`` different ones, below ``2**bits``."""
    r = np.random.default_rng(seed)
    pool = r.integers(0, (1 << bits) - 1, max(1, values), dtype=np.uint64)
    return pool[r.integers(0, len(pool), size)]


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 99), st.integers(0, 3000), st.integers(1, 3000), st.sampled_from([64, 63, 40, 3]))
def test_different_keys_are_those_numpy_finds(seed: int, size: int, values: int, bits: int) -> None:
    some = keys(seed, size, values, bits)
    assert different(some).tolist() == np.unique(some).tolist()
    parts = [different(some[i::4]) for i in range(4)]
    assert united(parts).tolist() == np.unique(some).tolist()
    assert united([]).tolist() == []


@pytest.mark.parametrize("size", [1, 70, 5000])
def test_marks_go_with_their_keys(size: int) -> None:
    some = keys(size, size, size // 2, 64)
    marks = (some % np.uint64(251)).astype(np.uint8)
    out, with_them = np.empty(size, dtype=np.uint64), np.empty(size, dtype=np.uint8)
    count = sort_different(some, marks, out, with_them)
    assert out[:count].tolist() == np.unique(some).tolist()
    assert with_them[:count].tolist() == (np.unique(some) % np.uint64(251)).tolist()


def test_crowded_keys_and_a_key_with_two_marks_are_told() -> None:
    crowded = np.arange(5000, dtype=np.uint64)[::-1].copy()
    assert sort_different(crowded, _NONE, np.empty(5000, dtype=np.uint64), _NONE) == -1
    twice = np.array([1 << 63, 1 << 63], dtype=np.uint64)
    marks = np.array([1, 2], dtype=np.uint8)
    assert sort_different(twice, marks, np.empty(2, dtype=np.uint64), np.empty(2, dtype=np.uint8)) == -1
