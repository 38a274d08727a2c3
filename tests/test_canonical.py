"""Our canonical JSON is that of RFC 8785, byte for byte, for everything it takes."""

from __future__ import annotations

import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from qingyuan.canonical import MAX_INTEGER, NotCanonicalError, canonical_json

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
NAME = st.text(st.characters(max_codepoint=127), max_size=12)
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | TEXT,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(NAME, inner, max_size=5),
    max_leaves=25,
)


@given(VALUE)
def test_it_agrees_with_an_independent_implementation(value: object) -> None:
    assert canonical_json(value) == rfc8785.dumps(value)  # type: ignore[arg-type]
    assert json.loads(canonical_json(value)) == value


@pytest.mark.parametrize("code", [*range(0x20), 0x22, 0x2F, 0x5C, 0x7F, 0x80, 0x2028, 0xFFFF, 0x1F600])
def test_every_special_character_is_escaped_as_the_standard_says(code: int) -> None:
    assert canonical_json(chr(code)) == rfc8785.dumps(chr(code))


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"a": [1, 1.5]}, "$.a[1]"),
        ({"a": {"b": MAX_INTEGER + 1}}, "$.a.b"),
        ({"名": 1}, "$"),
        ({"a": "\ud800"}, "$"),
        ({"a": {1: 2}}, "$.a"),
        ({"a": b"x"}, "$.a"),
        ([float("nan")], "$[0]"),
    ],
)
def test_what_has_no_canonical_form_is_refused_with_its_place(value: object, place: str) -> None:
    with pytest.raises(NotCanonicalError) as caught:
        canonical_json(value)
    assert caught.value.place == place
