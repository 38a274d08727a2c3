"""Canonical JSON, base64 and times have exactly one form."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingyuan.evidence import EvidenceError, canonical, commitments, digest_bytes, format_time, parse_time
from qingyuan.evidence._wire import b64, unb64

NAMES = st.text(st.characters(codec="ascii"), max_size=5)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


@given(VALUES)
def test_canonical_json_is_sorted_compact_and_reads_back(value: object) -> None:
    written = canonical(value)
    assert json.loads(written) == value
    assert canonical(json.loads(written)) == written
    plain = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    if "\x7f" not in plain:  # the two escape the same characters
        assert written == plain.encode()


@pytest.mark.parametrize("value", [1.5, {"名": 1}, {"a": [b"x"]}, "\ud800", 2**53, {1: 2}])
def test_what_canonical_json_cannot_hold_is_refused(value: object) -> None:
    with pytest.raises(EvidenceError) as caught:
        canonical(value)
    assert caught.value.code == "evidence.not-canonical"


@given(st.binary(max_size=20))
def test_base64_has_one_form(data: bytes) -> None:
    text = b64(data)
    assert unb64(text, where="x") == data
    for other in (text + "\n", text.rstrip("=") if "=" in text else text + "=", "é"):
        with pytest.raises(EvidenceError):
            unb64(other, where="x")


def test_unused_bits_in_base64_are_refused() -> None:
    with pytest.raises(EvidenceError):
        unb64("AB==", where="x")


@given(st.datetimes(datetime(1970, 1, 2), datetime(9000, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_times_are_written_at_plus_eight_to_the_second(moment: datetime) -> None:
    text = format_time(moment)
    assert text.endswith("+08:00")
    assert parse_time(text, where="x") == moment.replace(microsecond=0)


@pytest.mark.parametrize(
    "text", ["2026-03-02T09:30:00Z", "2026-03-02 09:30:00+08:00", "2026-03-02T09:30+08:00", "2026-03-02", ""]
)
def test_other_forms_of_time_are_refused(text: str) -> None:
    with pytest.raises(EvidenceError):
        parse_time(text, where="x")


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(EvidenceError):
        format_time(datetime(2026, 3, 2))  # noqa: DTZ001


def test_a_commitment_is_the_digest_of_salt_and_payload() -> None:
    found = commitments({"b": 1, "a": "证"}, b"s" * 16)
    assert found == digest_bytes(b"s" * 16 + '{"a":"证","b":1}'.encode())
