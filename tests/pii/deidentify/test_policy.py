"""Policies and the coarser forms of values."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from qingyuan.pii import PiiError
from qingyuan.pii.deidentify import Keys, Rule, load_policy, policies
from qingyuan.pii.deidentify.generalise import To, generalised
from qingyuan.pii.deidentify.treat import Treater, pseudonym

ON = dt.date(2026, 7, 1)


@pytest.mark.parametrize(
    ("value", "to", "new"),
    [
        ("1990-05-12", "year", "1990"),
        ("1990年5月12日", "month", "1990-05"),
        ("19900512", "month", "1990-05"),
        ("1990/05/12", "decade", "1990-1999"),
        ("1990-07-02", "age-band", "30-39"),
        ("1986-07-01", "age-band", "40-49"),
        ("1986-07-02", "age-band", "30-39"),
        ("2027-01-01", "age-band", None),
        ("1990-13-01", "month", None),
        ("不详", "year", None),
        ("浙江省金华市义乌市稠城街道1号", "county", "浙江省金华市义乌市"),
        ("浙江省金华市义乌市稠城街道1号", "city", "浙江省金华市"),
        ("浙江省金华市义乌市稠城街道1号", "province", "浙江省"),
        ("北京市海淀区中关村大街1号", "city", "北京市"),
        ("上海市浦东新区张江路1号", "county", "上海市浦东新区"),
        ("内蒙古自治区呼和浩特市新城区某路", "county", "内蒙古自治区呼和浩特市新城区"),
        ("幸福路12号", "county", None),
        ("3456.7", "range", "3450-3459"),
        ("-3", "range", "-10--1"),
        ("1,234", "range", "1230-1239"),
        ("很多", "range", None),
        ("NaN", "range", None),
        ("10.1.2.3", "network", "10.1.2.0/24"),
        ("2001:db8::1", "network", "2001:db8::/48"),
        ("300.1.2.3", "network", None),
        ("li.na@example.cn", "domain", "***@example.cn"),
        ("@example.cn", "domain", None),
    ],
)
def test_a_value_becomes_coarser_or_is_said_not_to_fit(value: str, to: To, new: str | None) -> None:
    assert generalised(value, to, width=Decimal(10), on=ON) == new


def test_every_shipped_policy_says_in_both_languages_what_it_is_for() -> None:
    known = policies()
    assert set(known) >= {"default", "statistics", "linkable", "reversible"}
    assert all(p.name == name and p.zh and p.en for name, p in known.items())
    assert not known["default"].needs_key
    assert known["reversible"].needs_key


def test_a_column_is_found_by_its_name_its_path_or_the_end_of_its_path() -> None:
    policy = load_policy("statistics")
    assert policy.for_column("出生日期") == Rule("generalise", to="year")
    assert policy.for_column("$.people[].birth_date") == Rule("generalise", to="year")
    assert policy.for_column("Birth Date") == Rule("generalise", to="year")
    assert policy.for_column("日期") is None


@pytest.mark.parametrize(
    "text",
    [
        "name: x",
        "name: x\nzh: x\nen: x\ndefault: {method: shred}",
        "name: x\nzh: x\nen: x\ndefault: {method: generalise}",
        "name: x\nzh: x\nen: x\ndefault: {method: generalise, to: age-band}",
        "name: x\nzh: x\nen: x\ndefault: {method: mask}\nkinds: {moblie: {method: keep}}",
        "name: x\nzh: x\nen: x\ndefault: {method: generalise, to: range, width: 0}",
        "name: [",
    ],
)
def test_a_wrong_policy_is_refused_with_its_field(text: str, tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PiiError, match="the policy is wrong") as error:
        load_policy(str(path))
    assert error.value.code == "pii.bad-policy"
    assert error.value.zh
    assert error.value.remedy_zh


def test_a_policy_of_ones_own_may_name_days(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(
        "name: own\nzh: 本院\nen: ours\ndefault: {method: mask}\n"
        "columns: {生日: {method: generalise, to: age-band, day: 2026-07-01, width: 5}}\n",
        encoding="utf-8",
    )
    rule = load_policy(str(path)).for_column("生日")
    assert rule == Rule("generalise", to="age-band", width=Decimal(5), day=ON)


def test_there_is_no_policy_of_that_name() -> None:
    with pytest.raises(PiiError, match="default"):
        load_policy("nowhere")


def test_pseudonyms_need_a_key_of_32_bytes() -> None:
    with pytest.raises(PiiError) as error:
        Treater(load_policy("linkable"), None)
    assert error.value.code == "pii.no-key"
    with pytest.raises(PiiError, match="32"):
        Keys(bytes(31))


def test_equal_values_have_equal_pseudonyms_however_they_are_written() -> None:
    key = bytes(32)
    same = {
        pseudonym(key, "mobile", v)
        for v in ("13800138000", "138 0013-8000", "+86 13800138000", "１３８００１３８０００")
    }
    assert len(same) == 1
    assert pseudonym(key, "mobile", "13800138001") not in same
    assert len({pseudonym(key, "resident-id", v) for v in ("110105491231002", "110105 19491231 002x")}) == 1
    assert pseudonym(bytes(31) + b"1", "mobile", "13800138000") not in same
