"""FF1 against the sample vectors of NIST and against itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingyuan.pii.deidentify.ff1 import Decimals, decrypt, encrypt

KEY = bytes.fromhex("2B7E151628AED2A6ABF7158809CF4F3CEF4359D8D580AA4F7F036D6F04FC6A94")
SYMBOLS = "0123456789abcdefghijklmnopqrstuvwxyz"
SHORT, LONG = "39383736353433323130", "3737373770717273373737"

#: Samples 1 to 9 of NIST's FF1 examples: bytes of the key, tweak, plain and encrypted text.
SAMPLES = [
    (16, "", "0123456789", "2433477484"),
    (16, SHORT, "0123456789", "6124200773"),
    (16, LONG, "0123456789abcdefghi", "a9tv40mll9kdu509eum"),
    (24, "", "0123456789", "2830668132"),
    (24, SHORT, "0123456789", "2496655549"),
    (24, LONG, "0123456789abcdefghi", "xbj3kv35jrawxv32ysr"),
    (32, "", "0123456789", "6657667009"),
    (32, SHORT, "0123456789", "1001623463"),
    (32, LONG, "0123456789abcdefghi", "xs8a0azh2avyalyzuwd"),
]


@pytest.mark.parametrize(("size", "tweak", "plain", "coded"), SAMPLES)
def test_the_samples_of_nist(size: int, tweak: str, plain: str, coded: str) -> None:
    radix = 36 if tweak == LONG else 10
    numerals, other = [[SYMBOLS.index(c) for c in text] for text in (plain, coded)]
    assert encrypt(KEY[:size], bytes.fromhex(tweak), numerals, radix) == other
    assert decrypt(KEY[:size], bytes.fromhex(tweak), other, radix) == numerals


@given(
    st.binary(min_size=32, max_size=32),
    st.binary(max_size=40),
    st.integers(2, 300).flatmap(
        lambda radix: st.tuples(st.just(radix), st.lists(st.integers(0, radix - 1), min_size=20, max_size=40))
    ),
)
def test_what_was_encrypted_comes_back(key: bytes, tweak: bytes, what: tuple[int, list[int]]) -> None:
    radix, numerals = what
    coded = encrypt(key, tweak, numerals, radix)
    assert len(coded) == len(numerals)
    assert all(0 <= x < radix for x in coded)
    assert decrypt(key, tweak, coded, radix) == numerals


@given(
    st.integers(6, 18), st.binary(max_size=11), st.lists(st.integers(0, 10**18 - 1), min_size=1, max_size=20)
)
def test_many_at_once_are_the_same_as_one_by_one(digits: int, tweak: bytes, numbers: list[int]) -> None:
    values = [number % 10**digits for number in numbers]
    tweaks = np.tile(np.frombuffer(tweak, np.uint8), (len(values), 1))
    cipher = Decimals(KEY, digits)
    coded = cipher.encrypt(np.array(values, np.uint64), tweaks)
    for value, other in zip(values, coded.tolist(), strict=True):
        said = encrypt(KEY, tweak, [int(c) for c in f"{value:0{digits}d}"])
        assert f"{other:0{digits}d}" == "".join(map(str, said))
    assert cipher.decrypt(coded, tweaks).tolist() == values


@pytest.mark.parametrize(
    ("numerals", "radix"), [([1, 2, 3], 10), ([10] * 10, 10), ([0] * 10, 1), ([1] * 19, 2), ([-1] * 10, 10)]
)
def test_a_domain_too_small_or_a_numeral_out_of_range_is_refused(numerals: list[int], radix: int) -> None:
    with pytest.raises(ValueError, match="numeral"):
        encrypt(KEY, b"", numerals, radix)


@pytest.mark.parametrize("digits", [5, 19])
def test_many_at_once_only_for_lengths_that_fit(digits: int) -> None:
    with pytest.raises(ValueError, match="6 to 18"):
        Decimals(KEY, digits)
