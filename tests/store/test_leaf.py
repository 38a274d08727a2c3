"""The short way of writing payloads and leaves gives the bytes of the long one."""

from __future__ import annotations

import enum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingyuan.canonical import MAX_INTEGER, NotCanonicalError, canonical_json
from qingyuan.ledger import sm3
from qingyuan.store import leaf_bytes
from qingyuan.store._leaf import payload_bytes

_NAMES = st.text(st.characters(max_codepoint=127), max_size=8)
_PLAIN = (
    st.none()
    | st.booleans()
    | st.integers(-MAX_INTEGER, MAX_INTEGER)
    | st.text(st.characters(exclude_categories=["Cs"]))
)
_VALUES = st.recursive(
    _PLAIN,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_NAMES, inner, max_size=4),
    max_leaves=12,
)


class Colour(enum.StrEnum):
    RED = "红"


@given(st.dictionaries(_NAMES, _VALUES, max_size=6))
def test_a_payload_is_canonical_json(payload: dict[str, object]) -> None:
    assert payload_bytes(payload) == canonical_json(payload)


def test_every_character_is_escaped_as_in_canonical_json() -> None:
    for start in range(0, 0x3000, 64):
        text = "".join(map(chr, range(start, start + 64)))
        assert payload_bytes({"t": text}) == canonical_json({"t": text})


def test_what_is_not_plain_takes_the_long_way() -> None:
    payload: dict[str, object] = {"c": Colour.RED, "t": (1, (2,)), "n": {"b": [Colour.RED]}}
    assert payload_bytes(payload) == '{"c":"红","n":{"b":["红"]},"t":[1,[2]]}'.encode()


@pytest.mark.parametrize(
    "value",
    [
        1.5,
        MAX_INTEGER + 1,
        -MAX_INTEGER - 1,
        b"x",
        {1: 2},
        {"é": 1},
        "\ud800",
        {"\ud800": 1},
        [{"a": 0.0}],
        {1},
    ],
)
def test_what_canonical_json_refuses_is_refused(value: object) -> None:
    with pytest.raises(NotCanonicalError):
        payload_bytes({"x": value})


@given(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.binary(max_size=60),
)
def test_a_leaf_is_the_canonical_json_of_its_members(stream: str, actor: str, payload: bytes) -> None:
    import hashlib

    salt = b"s" * 16
    at = "2026-03-02T09:00:00+08:00"
    assert leaf_bytes(
        type_="a.b", stream=stream, n=7, prev="00ff", at=at, actor=actor, payload=payload, salt=salt
    ) == canonical_json(
        {
            "v": 1,
            "type": "a.b",
            "stream": stream,
            "n": 7,
            "prev": "00ff",
            "at": at,
            "actor": actor,
            "sha256": hashlib.sha256(salt + payload).hexdigest(),
            "sm3": sm3(salt + payload).hex(),
        }
    )
