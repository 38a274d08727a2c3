"""One pass over content gives size, SHA-256 and SM3."""

from __future__ import annotations

import hashlib
import io
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingyuan.evidence import Hasher, digest_bytes, digest_stream
from qingyuan.evidence.digests import BLOCK, THREAD_FROM
from tests.evidence.making import pattern


def test_the_published_example_of_sm3_is_met() -> None:
    assert digest_bytes(b"abc").sm3 == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


def test_nothing_has_the_digests_of_nothing() -> None:
    found = digest_stream(io.BytesIO())
    assert found.size == 0
    assert found.sha256 == hashlib.sha256().hexdigest()


@given(st.lists(st.binary(max_size=50), max_size=20), st.integers(0, 200))
def test_blocks_and_the_moment_a_second_thread_starts_do_not_matter(blocks: list[bytes], start: int) -> None:
    with Hasher(thread_from=start) as hasher:
        for block in blocks:
            hasher.update(block)
        found = hasher.digests()
    assert found == digest_bytes(b"".join(blocks))
    assert found.sm3 == hashlib.new("sm3", b"".join(blocks)).hexdigest()


def test_large_content_is_hashed_by_two_threads_which_end() -> None:
    content = pattern(THREAD_FROM + BLOCK + 5)
    seen: list[bytes] = []
    before = threading.active_count()
    found = digest_stream(io.BytesIO(content), sink=seen.append)
    assert threading.active_count() == before
    assert b"".join(seen) == content
    assert (found.size, found.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert found.sm3 == hashlib.new("sm3", content).hexdigest()


def test_small_content_never_starts_a_thread() -> None:
    before = threading.active_count()
    with Hasher() as hasher:
        hasher.update(bytes(1000))
        assert threading.active_count() == before


def test_the_thread_ends_when_reading_fails() -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() > THREAD_FROM:
                raise OSError("medium")
            return super().read(size)

    before = threading.active_count()
    with pytest.raises(OSError, match="medium"):
        digest_stream(Broken(bytes(THREAD_FROM + 2 * BLOCK)))
    assert threading.active_count() == before
