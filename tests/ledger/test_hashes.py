"""Hash suites: published answers, the Python fallback, and domain separation."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingyuan.ledger import (
    SHA256,
    SM3,
    SUITES,
    HashSuite,
    hashes,
    leaf_hash,
    node_hash,
    sm3,
    sm3_backend,
    sm3_new,
)
from qingyuan.ledger._sm3 import PureSm3

# GB/T 32905-2016, appendix A.
ANSWERS = [
    (b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
    (b"abcd" * 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
    (b"", "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b"),
]


@pytest.fixture
def fresh_choice() -> Iterator[None]:
    """Forget which implementation of SM3 was chosen, before and after."""
    hashes._openssl_sm3.cache_clear()
    yield
    hashes._openssl_sm3.cache_clear()


@pytest.mark.parametrize(("data", "answer"), ANSWERS)
def test_sm3_gives_the_published_answers(data: bytes, answer: str) -> None:
    assert sm3(data).hex() == answer
    assert PureSm3(data).hexdigest() == answer


@given(st.lists(st.binary(max_size=200), max_size=6))
def test_the_python_sm3_equals_the_library_whatever_the_pieces(pieces: list[bytes]) -> None:
    pure, fast = PureSm3(), sm3_new()
    for piece in pieces:
        pure.update(piece)
        fast.update(piece)
        assert pure.copy().digest() == fast.copy().digest()
    assert pure.digest() == fast.digest() == sm3(b"".join(pieces))


def test_a_copy_of_an_sm3_computation_is_independent() -> None:
    first = PureSm3(b"ab")
    second = first.copy()
    first.update(b"c")
    second.update(b"d")
    assert (first.digest(), second.digest()) == (sm3(b"abc"), sm3(b"abd"))


@pytest.mark.usefixtures("fresh_choice")
def test_python_takes_over_where_openssl_lacks_sm3(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ValueError(name)

    monkeypatch.setattr(hashlib, "new", missing)
    assert sm3_backend() == "python"
    assert isinstance(sm3_new(), PureSm3)
    assert sm3(b"abc").hex() == ANSWERS[0][1]


@pytest.mark.usefixtures("fresh_choice")
def test_python_takes_over_where_openssl_gives_a_wrong_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashlib, "new", lambda _name: hashlib.sha256())
    assert sm3_backend() == "python"
    assert sm3(b"abc").hex() == ANSWERS[0][1]


@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES.keys())
def test_leaf_and_node_hashes_are_separated_by_their_prefix(suite: HashSuite) -> None:
    plain = {"sha256": lambda data: hashlib.sha256(data).digest(), "sm3": sm3}[suite.name]
    left, right = plain(b"l"), plain(b"r")
    assert suite.leaf_hash(left + right) == plain(b"\x00" + left + right)
    assert suite.node_hash(left, right) == plain(b"\x01" + left + right)
    assert suite.leaf_hash(left + right) != suite.node_hash(left, right)
    assert suite.leaf_hashes([b"", b"a"]) == [suite.leaf_hash(b""), suite.leaf_hash(b"a")]
    assert suite.empty_root == plain(b"")
    assert suite.parent_row(b"") == suite.parent_row(left) == b""
    assert suite.parent_row(left + right + left) == suite.node_hash(left, right)


def test_the_short_forms_take_the_suite_as_an_option() -> None:
    assert leaf_hash(b"x") == SHA256.leaf_hash(b"x")
    assert leaf_hash(b"x", SM3) == SM3.leaf_hash(b"x")
    assert node_hash(b"l", b"r") == SHA256.node_hash(b"l", b"r")
    assert node_hash(b"l", b"r", SM3) == SM3.node_hash(b"l", b"r")
