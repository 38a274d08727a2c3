"""The tree held against RFC 6962 and RFC 9162 written down anew: definitions and verification, with all sizes small."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache

import pytest

from qingyuan.ledger import (
    SHA256,
    SM3,
    Frontier,
    HashSuite,
    Log,
    MemoryStorage,
    NoteSigner,
    ProofError,
    Sm2PrivateKey,
    TileCache,
    consistency_path,
    inclusion_path,
    sm2_digest,
    sm2_verify,
    sm3,
    sm3_new,
    verify_consistency,
    verify_inclusion,
)

_MOST = 300
_ENTRIES = [hashlib.sha256(str(number).encode()).digest()[: number % 33] for number in range(_MOST)]


@cache
def mth(start: int, stop: int) -> bytes:
    """RFC 6962 section 2.1."""
    if start == stop:
        return hashlib.sha256().digest()
    if stop - start == 1:
        return hashlib.sha256(b"\0" + _ENTRIES[start]).digest()
    k = split(stop - start)
    return hashlib.sha256(b"\1" + mth(start, start + k) + mth(start + k, stop)).digest()


def split(n: int) -> int:
    """Return the largest power of two below ``n``."""
    k = 1
    while 2 * k < n:
        k *= 2
    return k


def path(m: int, start: int, stop: int) -> list[bytes]:
    """RFC 6962 section 2.1.1."""
    if stop - start == 1:
        return []
    k = split(stop - start)
    if m < k:
        return [*path(m, start, start + k), mth(start + k, stop)]
    return [*path(m - k, start + k, stop), mth(start, start + k)]


def proof(m: int, start: int, stop: int, *, known: bool = True) -> list[bytes]:
    """RFC 6962 section 2.1.2: SUBPROOF."""
    n = stop - start
    if m == n:
        return [] if known else [mth(start, stop)]
    k = split(n)
    if m <= k:
        return [*proof(m, start, start + k, known=known), mth(start + k, stop)]
    return [*proof(m - k, start + k, stop, known=False), mth(start, start + k)]


def continues(first: int, second: int, old: bytes, new: bytes, given: list[bytes]) -> bool:
    """RFC 9162 section 2.1.4.2, for 0 < first < second."""
    if not given:
        return False
    steps = [old, *given] if first & (first - 1) == 0 else list(given)
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = steps[0]
    for c in steps[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr = hashlib.sha256(b"\1" + c + fr).digest()
            sr = hashlib.sha256(b"\1" + c + sr).digest()
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = hashlib.sha256(b"\1" + sr + c).digest()
        fn, sn = fn >> 1, sn >> 1
    return (fr, sr) == (old, new) and sn == 0


def reader() -> TileCache:
    """Return the tiles of a log of all entries, written in appends of different sizes."""
    storage, log, at = MemoryStorage(), Log("log.example", NoteSigner("log.example", bytes(32))), 0
    for step in (1, 2, 30, 100, 120, _MOST - 253):
        log.append(storage, _ENTRIES[at : at + step])
        at += step
    return TileCache(storage)


def test_every_root_one_by_one_and_in_batches() -> None:
    alone, batches, at = Frontier(), Frontier(), 0
    assert alone.root() == mth(0, 0)
    for size in range(1, _MOST + 1):
        alone.append(SHA256.leaf_hash(_ENTRIES[size - 1]))
        assert alone.root() == mth(0, size)
        if size % 7 == 0 or size % 11 == 0:
            batches.extend([SHA256.leaf_hash(each) for each in _ENTRIES[at:size]])
            at = size
            assert (batches.root(), batches.encode()) == (alone.root(), alone.encode())


def test_every_inclusion_path_is_the_one_of_the_definition() -> None:
    source = reader()
    for size in (*range(1, 70), 127, 128, 129, 255, 256, 257, _MOST):
        for index in range(size):
            expected = path(index, 0, size)
            assert list(inclusion_path(source, index, size)) == expected
            verify_inclusion(mth(index, index + 1), index, size, expected, mth(0, size))


def pairs() -> Iterator[tuple[int, int]]:
    for new in (*range(2, 80), 128, 255, 256, 257, _MOST):
        yield from ((old, new) for old in range(1, new))


def test_every_consistency_path_is_the_one_of_the_definition() -> None:
    source = reader()
    for old, new in pairs():
        expected = proof(old, 0, new)
        assert list(consistency_path(source, old, new)) == expected
        assert continues(old, new, mth(0, old), mth(0, new), expected)
        verify_consistency(old, new, mth(0, old), mth(0, new), expected)


def accepts(old: int, new: int, old_root: bytes, new_root: bytes, given: list[bytes]) -> bool:
    try:
        verify_consistency(old, new, old_root, new_root, given)
    except ProofError:
        return False
    return True


def test_spoilt_consistency_paths_are_refused_as_the_rfc_refuses_them() -> None:
    other = bytes(32)
    for old, new in pairs():
        if new > 40:
            break
        good, roots = proof(old, 0, new), (mth(0, old), mth(0, new))
        spoilt = [good[:-1], [*good, other], [other, *good], good[::-1], []]
        spoilt += [[*good[:at], other, *good[at + 1 :]] for at in range(len(good))]
        for each in spoilt:
            assert accepts(old, new, *roots, each) is continues(old, new, *roots, each)
        assert not accepts(old, new, other, roots[1], good)
        assert not accepts(old, new, roots[0], other, good)
        if old + 1 < new:
            assert not accepts(old + 1, new, mth(0, old + 1), roots[1], good)


def test_the_empty_tree_is_the_beginning_of_every_tree_with_an_empty_path() -> None:
    for new in range(1, 20):
        assert accepts(0, new, mth(0, 0), mth(0, new), [])
        assert not accepts(0, new, mth(0, 0), mth(0, new), [mth(0, new)])
        assert not accepts(0, new, mth(0, 1), mth(0, new), [])
        assert accepts(new, new, mth(0, new), mth(0, new), [])
        assert not accepts(new, new, mth(0, new), mth(0, new), [mth(0, new)])
    assert accepts(0, 0, mth(0, 0), mth(0, 0), [])


@pytest.mark.parametrize("suite", [SHA256, SM3])
def test_a_leaf_is_no_node(suite: HashSuite) -> None:
    left, right = suite.leaf_hash(b"a"), suite.leaf_hash(b"b")
    assert suite.leaf_hash(left + right) != suite.node_hash(left, right)


def test_sm3_in_pieces_is_sm3_at_once() -> None:
    data = bytes(range(256)) * 3
    for cut in (0, 1, 55, 56, 63, 64, 65, 119, 128, 700):
        computation = sm3_new(data[:cut])
        part = computation.copy()
        computation.update(data[cut:])
        assert computation.digest() == sm3(data)
        assert part.digest() == sm3(data[:cut])
    assert sm3(b"").hex() == "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b"


@pytest.mark.parametrize("identity", [b"", b"A", b"ALICE123@YAHOO.COM", bytes(8191), "检察院".encode()])
def test_sm2_under_any_identity(identity: bytes) -> None:
    key = Sm2PrivateKey(hashlib.sha256(b"key").digest())
    signature = key.sign(b"message", identity)
    assert sm2_verify(key.public, b"message", signature, identity)
    assert not sm2_verify(key.public, b"message", signature)
    assert not sm2_verify(key.public, b"message.", signature, identity)
    assert sm2_digest(key.public, b"message", identity) != sm2_digest(key.public, b"message")
