"""What format-preserving encryption keeps, and that it can be taken back."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingyuan.pii.deidentify import Keys, originals
from qingyuan.pii.deidentify.fpe import run, split

KEYS = Keys(bytes(range(32)))


def id_check_digit(body: str) -> str:
    """The check character, by the definition of ISO 7064 mod 11-2."""
    rest = 0
    for digit in body:
        rest = (rest + int(digit)) * 2 % 11
    return "0123456789X"[(12 - rest) % 11]


def luhn_ok(number: str) -> bool:
    doubled = [sum(divmod(int(c) * 2, 10)) for c in number[-2::-2]]
    return (sum(doubled) + sum(map(int, number[-1::-2]))) % 10 == 0


def coded(kind: str, value: str) -> str:
    part = split(kind, value)
    assert part is not None
    return run(KEYS.of("fpe", kind), [part])[0]


mobiles = st.from_regex(r"(\+86 ?|0086)?1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4}", fullmatch=True)
days = st.dates(dt.date(1900, 1, 1), dt.date(2099, 12, 31))


@given(mobiles)
def test_a_mobile_keeps_its_prefix_and_its_separators_and_comes_back(value: str) -> None:
    new = coded("mobile", value)
    assert re.sub(r"\d", "0", new) == re.sub(r"\d", "0", value)
    plain, other = re.sub(r"\D", "", value)[-11:], re.sub(r"\D", "", new)[-11:]
    assert other[:3] == plain[:3]
    assert originals("mobile", [new], KEYS) == [value]


@given(st.integers(110000, 659999), days, st.integers(0, 999))
def test_an_identity_number_keeps_its_region_and_its_check_digit_is_visibly_wrong(
    region: int, day: dt.date, order: int
) -> None:
    body = f"{region}{day:%Y%m%d}{order:03d}"
    value = body + id_check_digit(body)
    new = coded("resident-id", value)
    assert new[:6] == value[:6]
    dt.datetime.strptime(new[6:14], "%Y%m%d").replace(tzinfo=dt.UTC)
    assert new[17] != id_check_digit(new[:17])
    assert originals("resident-id", [new], KEYS) == [value]
    assert originals("resident-id", [value], KEYS) == [None], (
        "a number with a right check digit is no pseudonym"
    )


@given(st.from_regex(r"62[0-9]{13,16}", fullmatch=True))
def test_a_card_keeps_its_issuer_and_fails_the_luhn_test_on_purpose(body: str) -> None:
    value = next(body + str(d) for d in range(10) if luhn_ok(body + str(d)))
    new = coded("bank-card", value)
    assert new[:6] == value[:6]
    assert len(new) == len(value)
    assert not luhn_ok(new)
    assert originals("bank-card", [new], KEYS) == [value]


@given(st.from_regex(r"(010|0579|0755)-?[2-8][0-9]{7}", fullmatch=True))
def test_a_landline_keeps_its_area_code_and_stays_in_the_plan(value: str) -> None:
    new = coded("landline", value)
    area = 3 if value.startswith("010") else 4
    assert new[:area] == value[:area]
    assert re.sub(r"\D", "", new)[area] in "2345678"
    assert originals("landline", [new], KEYS) == [value]


def test_full_width_digits_stay_full_width() -> None:
    new = coded("mobile", "１３８００１３８０００")
    assert re.fullmatch("１３８[０-９]{8}", new)
    assert originals("mobile", [new], KEYS) == ["１３８００１３８０００"]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("mobile", "13800"),
        ("resident-id", "110105194912310021"),
        ("resident-id", "11010519491331002X"),
        ("bank-card", "6222020200112233445"),
        ("landline", "110"),
        ("email", "li@example.cn"),
        ("name", "张伟"),
    ],
)
def test_what_has_no_form_to_keep_is_not_encrypted(kind: str, value: str) -> None:
    assert split(kind, value) is None


def test_another_key_gives_another_pseudonym_and_another_value() -> None:
    other = Keys(bytes(range(1, 33)))
    new = coded("mobile", "13800138000")
    assert originals("mobile", [new], other) != ["13800138000"]
    assert other.id != KEYS.id


def test_no_two_numbers_share_a_pseudonym() -> None:
    values = [f"138{n:08d}" for n in range(3000)]
    parts = [p for v in values if (p := split("mobile", v)) is not None]
    assert len(set(run(KEYS.of("fpe", "mobile"), parts))) == len(values)
