"""Check digits and other ways of writing a number."""

from __future__ import annotations

import re
import unicodedata

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.demo import _digits as d
from qingyuan.demo import _lists as lists
from qingyuan.demo._pool import make_pool
from qingyuan.demo._strings import from_matrix, strings, wide

NUMBERS = st.lists(st.integers(0, 10**17 - 1), min_size=1, max_size=20)
REMAINDERS = dict(zip("10X98765432", range(11), strict=True))


def lines(matrix: d.Matrix) -> list[str]:
    return [str(text) for text in from_matrix(matrix).to_pylist()]


@settings(deadline=None)
@given(NUMBERS)
def test_digits_are_the_zero_padded_decimal_form(numbers: list[int]) -> None:
    assert lines(d.digits(np.array(numbers), 18)) == [f"{n:018d}" for n in numbers]


@settings(deadline=None)
@given(NUMBERS)
def test_an_identity_number_satisfies_mod_11_2_and_a_wrong_one_never_does(numbers: list[int]) -> None:
    right = d.with_id_check(d.digits(np.array(numbers), 17))

    def remainder(number: str) -> int:
        # ISO 7064, pure system: the weight of position i is 2^(i-1) mod 11, and the sum is 1 mod 11.
        values = [10 if c == "X" else int(c) for c in reversed(number)]
        return sum(v * pow(2, i, 11) for i, v in enumerate(values)) % 11

    assert [remainder(n) for n in lines(right)] == [1] * len(numbers)
    assert 1 not in [remainder(n) for n in lines(d.with_wrong_id_check(right))]


@settings(deadline=None)
@given(NUMBERS)
def test_luhn_holds_and_fails_when_any_digit_changes(numbers: list[int]) -> None:
    def holds(number: str) -> bool:
        odd = sum(int(c) for c in number[::-2])
        return (odd + sum(sum(divmod(2 * int(c), 10)) for c in number[-2::-2])) % 10 == 0

    for number in lines(d.with_luhn(d.digits(np.array(numbers), 18))):
        assert holds(number)
        for at in range(len(number)):
            other = str((int(number[at]) + 1) % 10)
            assert not holds(number[:at] + other + number[at + 1 :])


@settings(deadline=None)
@given(NUMBERS)
def test_full_width_digits_fold_back_to_the_same_number(numbers: list[int]) -> None:
    matrix = d.digits(np.array(numbers), 17)
    wide_form = lines(d.full_width(matrix))
    assert not any(c.isascii() for text in wide_form for c in text)
    assert [unicodedata.normalize("NFKC", text) for text in wide_form] == lines(matrix)


def test_a_mask_keeps_head_and_tail() -> None:
    assert lines(d.masked(d.constant("13800001234", 2), 3, 4)) == ["138****1234"] * 2


@settings(deadline=None)
@given(st.binary(min_size=20, max_size=20))
def test_hexadecimal_is_that_of_the_bytes(raw: bytes) -> None:
    assert lines(d.hexadecimal(raw, 40)) == [raw.hex()]


def test_no_rows_are_no_strings() -> None:
    none = d.digits(np.zeros(0, dtype=np.int64), 11)
    assert lines(none) == lines(d.full_width(none)) == []


def test_every_word_of_the_lists_has_two_bytes_a_character_in_gb18030_and_three_in_utf8() -> None:
    words = [
        *(w for group in (lists.SURNAMES, lists.GIVEN_FIRST, lists.GIVEN_LAST, lists.ROADS) for w in group),
        *(w for group in (lists.ESTATES, lists.CARRIERS, lists.SITES, lists.GOODS) for w in group),
        *("".join(region[1:]) for region in lists.REGIONS),
    ]
    for word, wide_count in zip(words, wide(strings(words)), strict=True):
        others = sum(c.isascii() for c in word)
        assert len(word.encode("gb18030")) == others + 2 * wide_count
        assert len(word.encode()) == others + 3 * wide_count


def test_persons_have_distinct_numbers_and_plausible_births() -> None:
    pool = make_pool(np.random.default_rng(3), 5000)
    ids = lines(pool.resident_id)
    assert (
        len(set(ids)) == len(set(lines(pool.mobile))) == len(set(pool.card.to_pylist())) == len(pool) == 5000
    )
    codes = {region[0] for region in lists.REGIONS} | set(lists.FORMER_CODES)
    assert {i[:6] for i in ids} == codes
    births = [np.datetime64(re.sub(r"(....)(..)(..)", r"\1-\2-\3", i[6:14])) for i in ids]
    assert min(births) >= np.datetime64("1960-01-01")
    assert max(births) < np.datetime64("2008-01-01")
    assert {int(m[:3]) for m in lines(pool.mobile)} == set(lists.MOBILE_PREFIXES)
