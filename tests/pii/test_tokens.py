"""Tokens equal HMAC-SHA256 of the normal form, however the value was written."""

from __future__ import annotations

import hashlib
import hmac

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.pii import PiiError, Tokenizer
from qingyuan.pii._kernel.flags import KINDS, RESIDENT_ID
from tests.pii.material import KEY


def expected(key: bytes, kind: str, normal: str) -> str:
    return hmac.new(key, f"{kind}:{normal}".encode(), hashlib.sha256).hexdigest()[:32]


@pytest.mark.parametrize(
    ("kind", "written", "normal"),
    [
        ("mobile", "+86 138-1234-5678", "13812345678"),
        ("mobile", "０0861３812345678", "13812345678"),
        ("resident-id", "11010519491231002x", "11010519491231002X"),
        ("resident-id", "110105 19491231 002X", "11010519491231002X"),
        ("resident-id", "110105491231002", "11010519491231002X"),
        ("resident-id", "１１０１０５-４９１２３１-００２", "11010519491231002X"),
        ("resident-id", "110105011231997", "110105180112319977"),
        ("bank-card", "6222 0212 3456 7890 128", "6222021234567890128"),
        ("plate", "京A·12345", "京A12345"),
        ("plate", "京A-12345", "京A12345"),
        ("plate", "京a•12345", "京A12345"),
        ("plate", "京Ａ １２３４５", "京A12345"),
        ("plate", "粤Z・1234港", "粤Z1234港"),
        ("email", "Zhang.San@Example.COM", "zhang.san@example.com"),
        ("name", " 张 三　", "张三"),
        ("address", "浙江省 义乌市", "浙江省义乌市"),
    ],
)
def test_one_value_has_one_token_however_written(kind: str, written: str, normal: str) -> None:
    assert Tokenizer(KEY).token(kind, written) == expected(KEY, kind, normal)


@settings(max_examples=150, deadline=None)
@given(st.binary(min_size=16, max_size=130), st.text("浙江省义乌市路0123456789号", max_size=300))
def test_every_length_of_key_and_value_is_hashed_as_the_standard_says(key: bytes, value: str) -> None:
    assert Tokenizer(key).token("address", value) == expected(key, "address", value)


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("110105491231002", "110105491231002"),
        ("110105 19491231 002x", "110105491231002"),
        ("110105200101010014", "110105200101010014"),
        ("110105194912310021", "110105194912310021"),
    ],
)
def test_an_identity_number_has_the_token_that_was_made_of_it_before(written: str, normal: str) -> None:
    data, ends = np.frombuffer(written.encode(), np.uint8), np.array([len(written)])
    made = Tokenizer(KEY).earlier_tokens(data, np.array([0]), ends, np.array([RESIDENT_ID], dtype=np.uint8))
    assert made.tobytes().hex() == expected(KEY, "resident-id", normal)


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("京A·12345", "京A·12345"),
        ("京a•１２３４５", "京A•12345"),
        ("京A-12345", "京A12345"),
        ("京A12345", "京A12345"),
    ],
)
def test_a_plate_has_the_token_that_was_made_of_it_before(written: str, normal: str) -> None:
    data = np.frombuffer(written.encode(), np.uint8)
    plate = np.array([KINDS.index("plate")], dtype=np.uint8)
    made = Tokenizer(KEY).earlier_tokens(data, np.array([0]), np.array([len(data)]), plate)
    assert made.tobytes().hex() == expected(KEY, "plate", normal)


def test_a_short_key_is_refused() -> None:
    with pytest.raises(PiiError, match="16 bytes"):
        Tokenizer(b"short")


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(PiiError, match="shoe-size"):
        Tokenizer(KEY).token("shoe-size", "42")


def test_the_key_is_not_shown() -> None:
    assert KEY.hex() not in repr(Tokenizer(KEY))
